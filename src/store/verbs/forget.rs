//! Deletes a learner completely, in one transaction: all kinds that are declared a learner's with their index entries,
//! rows, replies and dead letters.
//!
//! Must not know what the kinds are, or who asked for it: the learner by `/delete`, or an admin.

use super::person::add_purge;
use crate::domain::{DeadLetter, Job, Learner, Session, Timestamp, UserId};
use crate::store::engine::Range;
use crate::store::kinds::{self, Kind};
use crate::store::state::State;
use crate::store::tx::Tx;
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
    /// Notes the conversations to which a row may have submitted a voice.
    fn note(&mut self, job: &Job) {
        self.sessions.extend(job.stage.conversation());
        self.sessions.extend(&job.in_passing);
    }

    /// Counts a record, and notes its conversation.
    fn note_record(&mut self, kind: Kind, key: &[u8], bytes: &[u8]) -> Result<(), StoreError> {
        let count = match kind {
            kinds::PERSON if keys::is_learner(key) => {
                self.removed.learner = true;
                for open in records::decode::<Learner>(bytes)?.open_sessions() {
                    self.sessions.insert(open.id);
                    self.removed.sessions += 1;
                }
                return Ok(());
            }
            kinds::PERSON => {
                self.sessions.insert(records::decode::<Session>(bytes)?.id);
                &mut self.removed.sessions
            }
            kinds::TURN => &mut self.removed.turns,
            kinds::CARD => &mut self.removed.cards,
            _ => &mut self.removed.marks,
        };
        *count += 1;
        Ok(())
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
    for (kind, _, entries) in kinds::of_learners() {
        state.scan(&Range::prefix(keys::of_learner(kind, user)), false, &mut |key, bytes| {
            forgotten.note_record(kind, key, bytes)?;
            for entry in entries(key, bytes)? {
                tx.delete(entry);
            }
            tx.delete(key.to_vec());
            Ok(true)
        })?;
    }
    let mut delete_all = |prefix: Vec<u8>| -> Result<(), StoreError> {
        for key in state.list_keys(&Range::prefix(prefix), usize::MAX)? {
            tx.delete(key);
        }
        Ok(())
    };
    forgotten.dead = state.dead_of(user);
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
