//! Counts failed turns in a row and decides whether the tutor is at fault. A recording without speech fails
//! every time, and a dead model fails every recording; a tutor answers 500 to both. Pure.
//!
//! Kept in memory only: after a restart it is found out anew. Must not know what is done about it.

use crate::domain::Timestamp;
use std::collections::{BTreeMap, HashSet};
use uuid::Uuid;

/// Most recordings told apart.
const REMEMBERED: usize = 64;

/// What a failed turn is blamed on, by the words of the failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blame {
    /// This recording: nothing was recognised in it, or nothing usable made of it.
    Voice,
    /// The tutor's language model.
    Model,
    /// It does not say.
    Unknown,
}

impl std::fmt::Display for Blame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Voice => "nothing to be made of this voice",
            Self::Model => "its model",
            Self::Unknown => "no reason given",
        })
    }
}

/// Failed turns since the last one that succeeded.
#[derive(Debug, Default)]
pub(crate) struct Streak {
    since: Option<Timestamp>,
    failures: u32,
    /// How many of them named each culprit.
    blamed: [u32; 3],
    /// The recordings that failed, and their conversations.
    voices: BTreeMap<u64, Uuid>,
}

impl Streak {
    /// A turn succeeded, so earlier failures were not the tutor's fault.
    pub(crate) fn succeeded(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn failed(&mut self, session: Uuid, voice: u64, blame: Blame, now: Timestamp) {
        self.since.get_or_insert(now);
        self.failures = self.failures.saturating_add(1);
        if let Some(count) = self.blamed.get_mut(blame as usize) {
            *count = count.saturating_add(1);
        }
        while self.voices.len() >= REMEMBERED && !self.voices.contains_key(&voice) {
            self.voices.pop_first();
        }
        self.voices.insert(voice, session);
    }

    /// Since when every turn has failed and how many have, if that is the tutor's fault. Two different
    /// recordings that fail without a reason are enough; failures that look like silence take three learners;
    /// if the tutor names its model, two failures are enough.
    pub(crate) fn tutors_fault(&self) -> Option<(Timestamp, u32)> {
        let learners = self.voices.values().collect::<HashSet<_>>().len();
        let blamed = |blame: Blame| self.blamed.get(blame as usize).copied().unwrap_or(0);
        let guilty = blamed(Blame::Model) >= 2
            || self.voices.len() >= 2 && blamed(Blame::Unknown) >= 2
            || learners >= 3;
        self.since.filter(|_| guilty).map(|since| (since, self.failures))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Blame::{Model, Unknown, Voice};

    #[test]
    fn it_takes_several_voices_to_blame_the_tutor() {
        for (name, failures, guilty) in [
            ("silence, again and again", vec![(1, 1, Voice); 9], false),
            ("a learner whose microphone is off", vec![(1, 1, Voice), (1, 2, Voice), (1, 3, Voice)], false),
            ("two such learners", vec![(1, 1, Voice), (2, 2, Voice), (1, 1, Voice), (2, 2, Voice)], false),
            ("three in a row", vec![(1, 1, Voice), (2, 2, Voice), (3, 3, Voice)], true),
            ("one voice, no reason given", vec![(1, 1, Unknown); 9], false),
            ("silence beside it", vec![(1, 1, Unknown), (2, 2, Voice)], false),
            ("two voices, no reason given", vec![(1, 1, Unknown), (1, 2, Unknown)], true),
            ("the model named once", vec![(1, 1, Model)], false),
            ("the model named twice", vec![(1, 1, Model), (1, 1, Model)], true),
        ] {
            let mut streak = Streak::default();
            for (learner, voice, blame) in failures {
                streak.failed(Uuid::from_u128(learner), voice, blame, Timestamp(7));
            }
            assert_eq!(streak.tutors_fault().is_some(), guilty, "{name}");
        }
    }

    #[test]
    fn a_turn_that_succeeds_clears_the_tutor() {
        let mut streak = Streak::default();
        for (n, at) in [(1, 5), (2, 6), (2, 8)] {
            streak.failed(Uuid::from_u128(1), n, Unknown, Timestamp(at));
        }
        assert_eq!(streak.tutors_fault(), Some((Timestamp(5), 3)));
        streak.succeeded();
        streak.failed(Uuid::from_u128(1), 2, Unknown, Timestamp(9));
        assert_eq!(streak.tutors_fault(), None);
        for voice in 10..200 {
            streak.failed(Uuid::from_u128(1), voice, Unknown, Timestamp(9));
        }
        assert_eq!(streak.voices.len(), REMEMBERED);
    }
}
