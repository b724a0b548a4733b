//! The end of a row's work: what the handler decided becomes durable in one transaction, or the learner is forgotten.
//!
//! Must not know what was decided or why.

use super::outbox::{self, to_delivery};
use super::person::{Person, add_purge};
use crate::domain::{Job, Outcome, Session, Stage, Timestamp};
use crate::store::engine::Range;
use crate::store::records;
use crate::store::state::{State, Tx};
use crate::store::{Lease, StoreError, keys};
use std::collections::BTreeSet;
use uuid::Uuid;

/// See [`Store::commit`](crate::store::Store::commit).
pub fn commit(state: &mut State, lease: Lease, outcome: Outcome, now: Timestamp) -> Result<(), StoreError> {
    state.advance(now);
    let mut job = state.leased(lease)?;
    let mut tx = Tx::default();
    let mut forgotten = Forgotten::default();
    if outcome.forget {
        forgotten = forget(state, &mut tx, &job)?;
    } else {
        let mut person = Person::load(state, job.user)?;
        person.change(outcome.changes, now);
        if let Some(turn) = outcome.turn {
            person.count(state, &mut tx, turn, now)?;
        }
        person.write(&mut tx)?;
    }
    for session in forgotten.sessions.iter().copied().chain(outcome.purge) {
        add_purge(state, &mut tx, session, now)?;
    }
    let answered = !outcome.replies.is_empty();
    if answered {
        to_delivery(&mut job);
        outbox::put(state, &mut tx, job.seq, outcome.replies)?;
        tx.put(keys::inbox(job.seq), &job)?;
    } else {
        tx.delete(keys::inbox(job.seq));
    }
    state.apply(tx)?;
    for seq in forgotten.dead {
        state.dead.remove(&seq);
    }
    for seq in forgotten.rows {
        state.schedule.remove(seq);
    }
    if answered {
        state.schedule.renew(&job);
    } else {
        state.schedule.remove(job.seq);
    }
    Ok(())
}

/// What a deletion takes out of memory once it is on disk, and what the tutor has to forget.
#[derive(Default)]
struct Forgotten {
    rows: BTreeSet<u64>,
    dead: BTreeSet<u64>,
    sessions: BTreeSet<Uuid>,
}

impl Forgotten {
    /// Notes the conversation a row may have handed a voice to.
    fn note(&mut self, job: &Job) {
        if let Stage::Submitted { session, .. } = job.stage {
            self.sessions.insert(session);
        }
    }
}

/// Removes everything held about the learner of `job`, save that row itself and younger ones.
fn forget(state: &State, tx: &mut Tx, job: &Job) -> Result<Forgotten, StoreError> {
    let user = job.user;
    let mut forgotten = Forgotten::default();
    forgotten.note(job);
    if let Some(open) = state.learner(user)?.and_then(|learner| learner.session) {
        forgotten.sessions.insert(open.id);
    }
    state.scan(&Range::prefix(keys::archived_of(user)), false, &mut |key, bytes| {
        let session: Session = records::decode(bytes)?;
        let at = session.archived_at.unwrap_or(session.last_activity);
        tx.delete(keys::expiry(at, user, session.created, session.id));
        tx.delete(key.to_vec());
        forgotten.sessions.insert(session.id);
        Ok(true)
    })?;
    let mut delete_all = |prefix: Vec<u8>| -> Result<(), StoreError> {
        for key in state.list_keys(&Range::prefix(prefix), usize::MAX)? {
            tx.delete(key);
        }
        Ok(())
    };
    delete_all(keys::turns_of(user))?;
    delete_all(keys::learner(user))?;
    delete_all(keys::rate(user))?;
    delete_all(keys::member(user))?;
    delete_all(keys::told_to(user))?;
    forgotten.dead = state.dead.iter().filter(|(_, whose)| **whose == user).map(|(seq, _)| *seq).collect();
    for seq in &forgotten.dead {
        delete_all(keys::dead(*seq))?;
        delete_all(keys::dead_outbox_of(*seq))?;
    }
    forgotten.rows = state.schedule.rows_of_user(user, job.seq);
    for seq in &forgotten.rows {
        delete_all(keys::inbox(*seq))?;
        delete_all(keys::outbox_of(*seq))?;
    }
    for seq in forgotten.rows.clone() {
        forgotten.note(&state.row(seq)?);
    }
    for seq in forgotten.dead.clone() {
        if let Some(letter) = state.get::<crate::domain::DeadLetter>(&keys::dead(seq))? {
            forgotten.note(&letter.job);
        }
    }
    Ok(forgotten)
}
