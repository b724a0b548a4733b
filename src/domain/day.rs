//! What a learner did on one day: what progress and the daily goal are counted from, kept longer than the turns.
//!
//! Must not know which moment belongs to which day (see `local_day`).

use super::assessment::Turn;
use super::correction::{Correction, CorrectionKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Days that are kept.
pub const DAYS_KEPT: i32 = 400;

/// One day of a learner with something on it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// In the learner's time zone of that day, as days since 1970-01-01.
    pub day: i32,
    /// Length of all voices, ms.
    pub voice_ms: u64,
    /// Words said and written.
    pub words: u32,
    pub corrections: BTreeMap<CorrectionKind, u32>,
    /// Spoken turns.
    pub turns: u32,
    /// Written turns.
    pub texts: u32,
    /// Cards answered by voice, every attempt counted.
    pub drills: u32,
    pub reviewed: u32,
    /// Cards reviewed for the first time.
    pub introduced: u32,
    /// The daily goal of that day was reached on it.
    pub goal_met: bool,
}

impl Day {
    pub fn on(day: i32) -> Self {
        Self { day, ..Self::default() }
    }

    /// `goal`: minutes to speak; 0 (none): anything said or written that day will do.
    ///
    /// What somebody else said counts for nothing.
    pub(crate) fn note_turn(&mut self, turn: &Turn, goal: u16) {
        if turn.of_another {
            return;
        }
        let words = turn.assessment.transcript.split_whitespace().count();
        self.words = self.words.saturating_add(u32::try_from(words).unwrap_or(u32::MAX));
        match turn.kind {
            super::TurnKind::Voice => self.turns = self.turns.saturating_add(1),
            super::TurnKind::Text => self.texts = self.texts.saturating_add(1),
        }
        self.note_corrections(&turn.corrections);
        self.spoke(turn.voice_ms, goal);
    }

    pub(crate) fn note_corrections(&mut self, corrections: &[Correction]) {
        for correction in corrections {
            let count = self.corrections.entry(correction.kind).or_default();
            *count = count.saturating_add(1);
        }
    }

    pub(crate) fn note_drill(&mut self, voice_ms: u64, goal: u16) {
        self.drills = self.drills.saturating_add(1);
        self.spoke(voice_ms, goal);
    }

    pub(crate) fn note_review(&mut self, first: bool) {
        self.reviewed = self.reviewed.saturating_add(1);
        self.introduced = self.introduced.saturating_add(u32::from(first));
    }

    fn spoke(&mut self, voice_ms: u64, goal: u16) {
        self.voice_ms = self.voice_ms.saturating_add(voice_ms);
        // Once met it stays met, whatever the goal becomes.
        self.goal_met |= self.voice_ms >= u64::from(goal) * 60_000;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Assessment, Timestamp};
    use uuid::Uuid;

    fn said(words: &str, voice_ms: u64) -> Turn {
        let assessment = Assessment { transcript: words.to_owned(), ..Assessment::default() };
        Turn::voice(Uuid::nil(), Timestamp(0), voice_ms, assessment)
    }

    #[test]
    fn somebody_elses_voice_is_nobodys_practice() {
        let mut day = Day::on(20_000);
        day.note_turn(&Turn { of_another: true, ..said("I go to market", 600_000) }, 5);
        assert_eq!(day, Day::on(20_000));
    }

    #[test]
    fn a_goal_once_met_stays_met() {
        let mut day = Day::on(20_000);
        day.note_turn(&said("I go  to market", 59_999), 1);
        assert_eq!((day.words, day.goal_met), (4, false));
        day.note_drill(1, 1);
        assert_eq!((day.voice_ms, day.turns, day.drills, day.goal_met), (60_000, 1, 1, true));
        day.note_drill(1, 90);
        assert!(day.goal_met);
        let mut idle = Day::on(20_000);
        idle.note_review(true);
        assert!(!idle.goal_met, "without a goal something has to be said all the same");
        idle.note_turn(&said("Hello", 900), 0);
        assert!(idle.goal_met);
    }
}
