//! What a restored store may no longer take for granted: the world has gone on since the export was taken.
//!
//! - A row that was open then has most likely been answered since. Whether it was, nobody can tell: it becomes a dead
//!   letter, to be retried by a person, not answered again by itself.
//! - Its conversation at the tutor has grown: what we counted of it no longer tells a lost turn from a recorded one.
//! - Reminders that fell due since were sent.
//! - Row numbers were given out since: as many as a day may have taken are left out.
//!
//! Must not know where the records came from.

use super::passing::forget_passing;
use crate::domain::{DeadLetter, DeadReason, Learner, Stage, Timestamp};
use crate::store::engine::Range;
use crate::store::state::State;
use crate::store::tx::Tx;
use crate::store::{StoreError, keys, kinds, records};

/// At least so many row numbers are left out, and the next one is the first of a thousand: people type them.
const NUMBERS_LEFT_OUT: u64 = 1_000;
/// Records changed in one transaction.
const AT_ONCE: usize = 1_000;

/// The next number of a store that has given out all below `next`: exports are a day apart, and a day takes no more than a
/// tenth of a store's life, or a thousand of a young one.
pub(crate) fn number_after(next: u64) -> u64 {
    let taken = NUMBERS_LEFT_OUT.max(next / 10);
    next.saturating_add(taken).checked_next_multiple_of(1_000).unwrap_or(u64::MAX)
}

/// Brings a freshly restored store in step with what may have happened since; how many rows it set aside.
pub(crate) fn apply(state: &mut State, now: Timestamp) -> Result<u64, StoreError> {
    let mut tx = Tx::default();
    state.skip_seqs(&mut tx)?;
    state.apply(tx)?;
    let rows = state.list_keys(&Range::prefix(keys::kind(kinds::INBOX)), usize::MAX)?;
    for seq in rows.iter().filter_map(|key| keys::seq(key)) {
        set_aside(state, seq, now)?;
    }
    renew_learners(state, now)?;
    Ok(rows.len() as u64)
}

fn set_aside(state: &mut State, seq: u64, now: Timestamp) -> Result<(), StoreError> {
    let mut tx = Tx::default();
    let mut job = state.row(seq)?;
    let user = job.user;
    forget_passing(state, &mut tx, &mut job, now)?;
    if job.stage.conversation().is_some() {
        // Its count of the tutor's turns is out of date: retried, it begins anew.
        job.stage = Stage::Taken;
    }
    if state.dead.contains_key(&seq) {
        // It was bringing the dead-letter notice of its number.
        job.seq = state.new_seq(&mut tx)?;
    }
    let dead = job.seq;
    for message in state.outbox(seq)? {
        tx.delete(keys::outbox(seq, message.index));
        tx.put(keys::dead_outbox(dead, message.index), &message)?;
    }
    let (reason, detail) = (DeadReason::Restored, String::new());
    tx.put(keys::dead(dead), &DeadLetter { job, at: now, reason, detail })?;
    tx.delete(keys::inbox(seq));
    state.apply(tx)?;
    state.dead.insert(dead, user);
    state.schedule.remove(seq);
    Ok(())
}

/// No open session knows any more how many turns the tutor's history holds: it is asked before the next one. Reminders are
/// planned from now on.
fn renew_learners(state: &mut State, now: Timestamp) -> Result<(), StoreError> {
    let mut range = Range::prefix(keys::kind(kinds::PERSON));
    loop {
        let mut tx = Tx::default();
        let (mut seen, mut last) = (0, Vec::new());
        state.scan(&range, false, &mut |key, bytes| {
            (seen, last) = (seen + 1, key.to_vec());
            if keys::is_learner(key) {
                let before: Learner = records::decode(bytes)?;
                let mut learner = before.clone();
                for session in learner.open_sessions_mut() {
                    session.tutor_turns = None;
                }
                if let Some(reminder) = &mut learner.reminder {
                    reminder.plan(now, learner.zone.as_deref());
                }
                if learner != before {
                    tx.replace(key.to_vec(), Some(&before), Some(&learner))?;
                }
            }
            Ok(seen < AT_ONCE)
        })?;
        state.apply(tx)?;
        if seen < AT_ONCE {
            return Ok(());
        }
        range = range.after(&last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_short_and_leave_out_what_a_day_takes() {
        for (next, after) in [(1, 2_000), (17, 2_000), (1_000, 2_000), (1_001, 3_000), (1_000_000, 1_100_000)]
        {
            assert_eq!(number_after(next), after, "{next}");
        }
        assert_eq!(number_after(u64::MAX), u64::MAX);
    }
}
