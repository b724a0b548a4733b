//! What a restored store may no longer take for granted: the world has gone on since the export was taken.
//!
//! - A row that was open then has most likely been answered since. Whether it was, nobody can tell: it becomes a dead
//!   letter, to be retried by a person, not answered again by itself.
//! - Its conversation at the tutor has grown: what we counted of it no longer tells a lost turn from a recorded one.
//! - Row numbers were given out since: they are left out.
//!
//! Must not know where the records came from.

use crate::domain::{DeadLetter, DeadReason, Learner, Stage, Timestamp};
use crate::store::engine::Range;
use crate::store::state::{State, Tx};
use crate::store::{StoreError, keys, records};

/// More rows than any store takes in between two exports.
const NUMBERS_LEFT_OUT: u64 = 1 << 24;
/// Records changed in one transaction.
const AT_ONCE: usize = 1_000;

/// Brings a freshly restored store in step with what may have happened since; how many rows it set aside.
pub fn settle(state: &mut State, now: Timestamp) -> Result<u64, StoreError> {
    let mut tx = Tx::default();
    state.skip_seqs(&mut tx, NUMBERS_LEFT_OUT)?;
    state.apply(tx)?;
    let rows = state.list_keys(&Range::prefix(keys::kind(keys::INBOX)), usize::MAX)?;
    for seq in rows.iter().filter_map(|key| keys::seq(key)) {
        set_aside(state, seq, now)?;
    }
    forget_counts(state)?;
    Ok(rows.len() as u64)
}

fn set_aside(state: &mut State, seq: u64, now: Timestamp) -> Result<(), StoreError> {
    let mut tx = Tx::default();
    let mut job = state.row(seq)?;
    let user = job.user;
    if matches!(job.stage, Stage::Submitted { .. }) {
        // Its count of the tutor's turns is out of date: retried, it begins anew.
        job.stage = Stage::Taken;
    }
    if state.dead.contains_key(&seq) {
        // It was bringing the words of regret for a dead letter of its number.
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

/// No open session knows any more how many turns the tutor's history holds; it is asked before the next one.
fn forget_counts(state: &mut State) -> Result<(), StoreError> {
    let mut range = Range::prefix(keys::kind(keys::PERSON));
    loop {
        let mut tx = Tx::default();
        let (mut seen, mut last) = (0, Vec::new());
        state.scan(&range, false, &mut |key, bytes| {
            (seen, last) = (seen + 1, key.to_vec());
            if keys::is_learner(key) {
                let mut learner: Learner = records::decode(bytes)?;
                if let Some(session) = &mut learner.session
                    && session.tutor_turns.take().is_some()
                {
                    tx.put(key.to_vec(), &learner)?;
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
