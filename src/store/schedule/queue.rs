//! The rows that keep one order, by age: those of a chat's lane, or of a learner's conversation.
//!
//! Owns the rule which of them may be worked on. Must not know kinds of work, due times or turns.

use crate::domain::{Overtaking, Stuck};
use std::collections::BTreeSet;

/// Rows in order of acceptance.
#[derive(Debug, Default)]
pub struct Queue {
    rows: BTreeSet<u64>,
    /// Of these, the ones that need not wait for what is stuck, by what they are.
    overtaking: [BTreeSet<u64>; Overtaking::ALL.len()],
    /// Of these, the ones at work. One at most, unless two chats became one.
    leased: BTreeSet<u64>,
}

impl Queue {
    /// Takes in a row; whether a younger one was there already.
    pub fn insert(&mut self, seq: u64, overtakes: Option<Overtaking>) -> bool {
        let within = self.last().is_some_and(|last| last > seq);
        self.rows.insert(seq);
        self.note_overtaking(seq, overtakes);
        within
    }

    /// Removes a row; whether none is left.
    pub fn remove(&mut self, seq: u64) -> bool {
        self.note_overtaking(seq, None);
        for rows in [&mut self.rows, &mut self.leased] {
            rows.remove(&seq);
        }
        self.rows.is_empty()
    }

    /// Takes in all rows of another.
    pub fn absorb(&mut self, other: Self) {
        self.rows.extend(other.rows);
        for (own, others) in self.overtaking.iter_mut().zip(other.overtaking) {
            own.extend(others);
        }
        self.leased.extend(other.leased);
    }

    /// A row may overtake as this from now on, or no longer.
    pub fn note_overtaking(&mut self, seq: u64, overtakes: Option<Overtaking>) {
        for (own, rows) in Overtaking::ALL.into_iter().zip(&mut self.overtaking) {
            if overtakes == Some(own) {
                rows.insert(seq);
            } else {
                rows.remove(&seq);
            }
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

    /// Whether this row may be worked on as far as this order goes: it is the oldest; or the oldest of its kind, while it may
    /// pass the oldest of all and of every other kind that is older. And nothing else is at work.
    pub fn lets(&self, seq: u64, overtakes: Option<Overtaking>, stuck: impl Fn(u64) -> Stuck) -> bool {
        let Some(&oldest) = self.rows.first() else { return false };
        let passes = |own: Overtaking| {
            let firsts = Overtaking::ALL.into_iter().zip(&self.overtaking);
            own.passes(stuck(oldest))
                && firsts.filter_map(|(kind, rows)| Some((kind, *rows.first()?))).all(|(kind, first)| {
                    if kind == own { first == seq } else { first > seq || own.passes(stuck(first)) }
                })
        };
        self.leased.is_empty() && (oldest == seq || overtakes.is_some_and(passes))
    }

    /// The rows that it could let.
    pub fn candidates(&self) -> impl Iterator<Item = u64> {
        self.overtaking.iter().filter_map(|rows| rows.first()).chain(self.rows.first()).copied()
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
