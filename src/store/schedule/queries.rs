//! Questions to the schedule: whose rows, how many, which wait. Must not change anything.

use super::{Queue, Schedule, Standing};
use crate::domain::{ChatId, Lane, Timestamp, UserId, WorkKind};
use crate::store::Counts;
use std::collections::BTreeSet;

impl Schedule {
    /// Whether a younger row is held back by this one.
    pub fn is_waited_for(&self, seq: u64) -> bool {
        let Some(row) = self.rows.get(&seq) else { return false };
        self.queues_of(row).any(|queue| queue.last().is_some_and(|last| last > seq))
    }

    /// Whether older rows wait in this one's queues, which means that it overtook them.
    pub fn has_overtaken(&self, seq: u64) -> bool {
        let Some(row) = self.rows.get(&seq) else { return false };
        row.overtakes.is_some() && self.queues_of(row).any(|queue| queue.has_before(seq))
    }

    /// Whether older rows of its lane in its chat still exist.
    pub fn is_behind(&self, seq: u64) -> bool {
        let lane = self.rows.get(&seq).and_then(|row| self.chats.get(&(row.chat, row.lane)));
        lane.is_some_and(|queue| queue.has_before(seq))
    }

    pub fn is_leased(&self, seq: u64) -> bool {
        self.rows.get(&seq).is_some_and(|row| matches!(row.standing, Standing::Leased(_)))
    }

    /// The transaction that last wrote a row.
    pub fn written(&self, seq: u64) -> u64 {
        self.rows.get(&seq).map_or(0, |row| row.written)
    }

    /// In order of acceptance.
    pub fn rows_of_chat(&self, chat: ChatId) -> BTreeSet<u64> {
        Lane::ALL.into_iter().filter_map(|lane| self.chats.get(&(chat, lane))).flat_map(Queue::iter).collect()
    }

    /// Rows of a learner that are older than `before`.
    pub fn rows_of_user(&self, user: UserId, before: u64) -> BTreeSet<u64> {
        self.rows
            .iter()
            .filter(|(seq, row)| row.user == user && **seq < before)
            .map(|(seq, _)| *seq)
            .collect()
    }

    pub fn rows_owned(&self, user: UserId) -> usize {
        self.owned.get(&user).copied().unwrap_or_default()
    }

    /// When the earliest parked row is due.
    pub fn next_due(&self, kind: WorkKind) -> Option<Timestamp> {
        self.pool_ref(kind).parked.first().map(|(due, _)| *due)
    }

    /// When the oldest row of this kind was accepted, in work or not.
    pub fn oldest(&self, kind: WorkKind) -> Option<Timestamp> {
        self.rows.values().filter(|row| row.kind == kind).map(|row| row.accepted_at).min()
    }

    /// Current numbers, without the dead letters.
    pub fn counts(&self) -> Counts {
        Counts { inbox: self.rows.len(), delivering: self.delivering, leased: self.leased, dead: 0 }
    }
}
