//! A card: a phrase that a learner means to say right, and how well it is remembered.
//!
//! Days are the learner's local ones, as days since 1970-01-01. Must not know when a card is due again: `practice`
//! does.

use super::correction::CorrectionKind;
use serde::{Deserialize, Serialize};

/// Most cards of one learner.
pub const MOST_CARDS: u32 = 20_000;
/// Longest text of a card, characters.
pub const LONGEST_SIDE: usize = 500;
/// From this stability on a card is learnt, days: it is remembered for three weeks.
const LEARNT_DAYS: f32 = 21.0;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// Counted from 1 for each learner, never given twice.
    pub id: u32,
    /// The wrong phrase; may be empty.
    pub front: String,
    /// The right one.
    pub back: String,
    /// May be empty.
    pub why: String,
    pub kind: Option<CorrectionKind>,
    /// The turn it was made of, as the number of its row.
    pub source: Option<u64>,
    /// The day it was made.
    pub created: i32,
    /// The day it is due.
    pub due: i32,
    pub memory: Memory,
    pub reps: u32,
    pub lapses: u32,
    /// Not asked for.
    pub suspended: bool,
    /// The right phrase as it was first, where it was edited since.
    pub first_back: Option<String>,
}

/// How well a card is remembered, in the terms of FSRS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// Days; 0: never reviewed.
    pub stability: f32,
    /// 1..=10.
    pub difficulty: f32,
    /// The day of the last review.
    pub reviewed: Option<i32>,
}

/// What a learner wants to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCard {
    pub front: String,
    pub back: String,
    pub why: String,
    pub kind: Option<CorrectionKind>,
    pub source: Option<u64>,
}

/// How a review left a card.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Review {
    pub memory: Memory,
    pub due: i32,
    pub reps: u32,
    pub lapses: u32,
}

/// A change to a learner's cards. One that names a card there is none of (any more) changes nothing.
#[derive(Debug, Clone, PartialEq)]
pub enum CardChange {
    /// Changes nothing where this became a card already ([`Card::origin`]), or there are [`MOST_CARDS`].
    Add(NewCard),
    Edit {
        id: u32,
        front: String,
        back: String,
    },
    Remove(u32),
    Suspend(u32, bool),
    /// Counts as a review of the day.
    Reviewed(u32, Review),
    /// The grade of the last review was changed.
    Regraded(u32, Review),
    /// A card was answered by a voice of this length, ms: counts as an attempt, and towards the daily goal.
    Drilled(u64),
}

/// Numbers kept with the learner, so that cards need not be counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardBook {
    pub last_id: u32,
    pub cards: u32,
    pub learnt: u32,
}

impl Card {
    pub fn new(id: u32, card: NewCard, today: i32) -> Self {
        let NewCard { front, back, why, kind, source } = card;
        Self {
            id,
            front: cut(front),
            back: cut(back),
            why: cut(why),
            kind,
            source,
            created: today,
            due: today,
            memory: Memory::default(),
            reps: 0,
            lapses: 0,
            suspended: false,
            first_back: None,
        }
    }

    pub fn is_new(&self) -> bool {
        self.memory.reviewed.is_none()
    }

    pub fn is_learnt(&self) -> bool {
        self.memory.stability >= LEARNT_DAYS
    }

    /// What it was made of: nothing becomes a card twice.
    pub fn origin(&self) -> (Option<u64>, &str) {
        (self.source, self.first_back.as_ref().unwrap_or(&self.back))
    }

    pub(crate) fn edit(&mut self, front: String, back: String) {
        let before = std::mem::replace(&mut self.back, cut(back));
        self.front = cut(front);
        if self.first_back.is_none() && before != self.back {
            self.first_back = Some(before);
        }
    }

    /// As the last review left it.
    pub(crate) fn standing(&self) -> Review {
        Review { memory: self.memory, due: self.due, reps: self.reps, lapses: self.lapses }
    }

    pub(crate) fn review(&mut self, review: Review) {
        Review { memory: self.memory, due: self.due, reps: self.reps, lapses: self.lapses } = review;
    }
}

impl NewCard {
    /// As [`Card::origin`].
    pub fn origin(&self) -> (Option<u64>, String) {
        (self.source, cut(self.back.clone()))
    }
}

fn cut(text: String) -> String {
    let text = text.trim();
    text.char_indices()
        .nth(LONGEST_SIDE)
        .map_or(text, |(end, _)| text.get(..end).unwrap_or_default())
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_holds_no_more_than_fits() {
        let long = "ã".repeat(LONGEST_SIDE + 1);
        let card =
            NewCard { front: "  I goes ".into(), back: long, why: String::new(), kind: None, source: None };
        let made = Card::new(1, card.clone(), 20_000);
        assert_eq!((made.front.as_str(), made.back.chars().count()), ("I goes", LONGEST_SIDE));
        assert_eq!(made.origin(), (None, card.origin().1.as_str()));
        assert!(made.is_new() && !made.is_learnt());
    }
}
