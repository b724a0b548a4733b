//! The rows that keep one order, by age: those of a chat's lane, or of a learner's conversation.
//!
//! Owns the rule which of them may be worked on. Must not know kinds of work, due times or turns.

use std::collections::BTreeSet;

/// Rows in order of acceptance.
#[derive(Debug, Default)]
pub struct Queue {
    rows: BTreeSet<u64>,
    /// Of these, the ones that need not wait for what waits for the tutor.
    overtaking: BTreeSet<u64>,
    /// Of these, the ones at work. One at most, unless two chats became one.
    leased: BTreeSet<u64>,
}

impl Queue {
    /// Takes in a row; whether a younger one was there already.
    pub fn insert(&mut self, seq: u64, overtakes: bool) -> bool {
        let within = self.last().is_some_and(|last| last > seq);
        self.rows.insert(seq);
        self.note_overtaking(seq, overtakes);
        within
    }

    /// Removes a row; whether none is left.
    pub fn remove(&mut self, seq: u64) -> bool {
        for rows in [&mut self.rows, &mut self.overtaking, &mut self.leased] {
            rows.remove(&seq);
        }
        self.rows.is_empty()
    }

    /// Takes in all rows of another.
    pub fn absorb(&mut self, other: Self) {
        self.rows.extend(other.rows);
        self.overtaking.extend(other.overtaking);
        self.leased.extend(other.leased);
    }

    /// A row may overtake from now on, or no longer.
    pub fn note_overtaking(&mut self, seq: u64, overtakes: bool) {
        if overtakes {
            self.overtaking.insert(seq);
        } else {
            self.overtaking.remove(&seq);
        }
    }

    /// A row is at work from now on, or no longer.
    pub fn note_leased(&mut self, seq: u64, leased: bool) {
        if leased {
            self.leased.insert(seq);
        } else {
            self.leased.remove(&seq);
        }
    }

    /// Whether this row may be worked on as far as this order goes: it is the oldest, or the oldest of those that may
    /// overtake while the oldest is stuck; and nothing else is at work.
    pub fn lets(&self, seq: u64, is_stuck: impl Fn(u64) -> bool) -> bool {
        let Some(&oldest) = self.rows.first() else { return false };
        let goes_first = oldest == seq || self.overtaking.first() == Some(&seq) && is_stuck(oldest);
        goes_first && self.leased.is_empty()
    }

    /// The rows that it could let.
    pub fn candidates(&self) -> impl Iterator<Item = u64> {
        self.rows.first().into_iter().chain(self.overtaking.first()).copied()
    }

    /// Whether an older row is there.
    pub fn has_before(&self, seq: u64) -> bool {
        self.rows.first().is_some_and(|first| *first < seq)
    }

    /// The youngest.
    pub fn last(&self) -> Option<u64> {
        self.rows.last().copied()
    }

    /// All of them, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = u64> {
        self.rows.iter().copied()
    }
}
