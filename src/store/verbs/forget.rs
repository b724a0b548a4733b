//! Deletes a learner completely: record, sessions, turns, rate state, rows, replies and dead letters in one
//! transaction.
//!
//! Must not know who asked for it: the learner by `/delete`, or an admin.

use super::person::add_purge;
use crate::domain::{DeadLetter, Job, Learner, Session, Timestamp, UserId};
use crate::store::engine::Range;
use crate::store::state::{State, Tx};
use crate::store::{Removed, Store, StoreError, keys, records};
use std::collections::BTreeSet;
use uuid::Uuid;

impl Store {
    /// Deletes everything about a learner, including rows in work (their workers get `Gone`), and queues all
    /// known sessions to be deleted at the tutor.
    pub async fn forget(&self, user: UserId, now: Timestamp) -> Result<Removed, StoreError> {
        self.change(move |state| forget(state, user, now)).await
    }
}

/// What a deletion removes from memory once it is on disk, and what the tutor has to delete.
#[derive(Default)]
pub struct Forgotten {
    rows: BTreeSet<u64>,
    dead: BTreeSet<u64>,
    /// Conversations for the tutor to delete.
    pub sessions: BTreeSet<Uuid>,
    /// In numbers.
    pub removed: Removed,
}

impl Forgotten {
    /// Notes the conversation to which a row may have submitted a voice.
    fn note(&mut self, job: &Job) {
        if let Some(session) = job.stage.conversation() {
            self.sessions.insert(session);
        }
    }

    /// Updates memory.
    pub(crate) fn apply(self, state: &mut State) {
        for seq in self.dead {
            state.dead.remove(&seq);
        }
        for seq in self.rows {
            state.schedule.remove(seq);
        }
    }
}

fn forget(state: &mut State, user: UserId, now: Timestamp) -> Result<Removed, StoreError> {
    state.advance(now);
    let mut tx = Tx::default();
    let forgotten = gather(state, &mut tx, user, u64::MAX)?;
    for session in &forgotten.sessions {
        add_purge(state, &mut tx, *session, now)?;
    }
    let removed = forgotten.removed;
    state.apply(tx)?;
    forgotten.apply(state);
    Ok(removed)
}

/// Prepares the deletion of everything about a learner; of the queue only rows older than `before`.
pub(crate) fn gather(state: &State, tx: &mut Tx, user: UserId, before: u64) -> Result<Forgotten, StoreError> {
    let mut forgotten = Forgotten::default();
    let learner = state.learner(user)?;
    forgotten.removed.learner = learner.is_some();
    for open in learner.iter().flat_map(Learner::open_sessions) {
        forgotten.sessions.insert(open.id);
        forgotten.removed.sessions += 1;
    }
    state.scan(&Range::prefix(keys::archived_of(user)), false, &mut |key, bytes| {
        let session: Session = records::decode(bytes)?;
        let at = session.archived_at.unwrap_or(session.last_activity);
        tx.delete(keys::expiry(at, user, session.created, session.id));
        tx.delete(key.to_vec());
        forgotten.sessions.insert(session.id);
        forgotten.removed.sessions += 1;
        Ok(true)
    })?;
    let mut delete_all = |prefix: Vec<u8>| -> Result<u64, StoreError> {
        let found = state.list_keys(&Range::prefix(prefix), usize::MAX)?;
        let count = found.len() as u64;
        for key in found {
            tx.delete(key);
        }
        Ok(count)
    };
    forgotten.removed.turns = delete_all(keys::turns_of(user))?;
    delete_all(keys::learner(user))?;
    for marks in [keys::rate(user), keys::member(user), keys::told_to(user), keys::menu(user)] {
        forgotten.removed.marks += delete_all(marks)?;
    }
    forgotten.dead = state.dead.iter().filter(|(_, whose)| **whose == user).map(|(seq, _)| *seq).collect();
    for seq in &forgotten.dead {
        delete_all(keys::dead(*seq))?;
        delete_all(keys::dead_outbox_of(*seq))?;
    }
    forgotten.rows = state.schedule.rows_of_user(user, before);
    for seq in &forgotten.rows {
        delete_all(keys::inbox(*seq))?;
        delete_all(keys::outbox_of(*seq))?;
    }
    forgotten.removed.queued = forgotten.rows.len() as u64;
    forgotten.removed.dead = forgotten.dead.len() as u64;
    for seq in forgotten.rows.clone() {
        forgotten.note(&state.row(seq)?);
    }
    for seq in forgotten.dead.clone() {
        if let Some(letter) = state.get::<DeadLetter>(&keys::dead(seq))? {
            forgotten.note(&letter.job);
        }
    }
    forgotten.removed.purges = forgotten.sessions.len() as u64;
    Ok(forgotten)
}
