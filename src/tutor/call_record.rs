//! The book kept of the tutor's calls: whether it answers, and whether its turns succeed. Pure.

use super::streak::Streak;
use super::{Reach, TutorError};
use crate::domain::Timestamp;

/// How the last calls ended.
#[derive(Default)]
pub(super) struct CallRecord {
    /// Whether it answers at all.
    pub(super) reach: Reach,
    /// Whether its turns succeed.
    pub(super) turns: Streak,
}

impl CallRecord {
    /// Whether it answers, all in all.
    pub(super) fn reach(&self) -> Reach {
        match (self.reach, self.turns.tutors_fault()) {
            (Reach::No { .. }, _) | (_, None) => self.reach,
            (_, Some((since, failures))) => Reach::Failing { since, failures },
        }
    }
}

/// What a call tells about reachability. `decisive`: it was a turn; the other calls also go unanswered while the
/// tutor is at work, which is no sign that it is gone.
pub(super) fn next_reach(reach: Reach, error: Option<&TutorError>, decisive: bool, now: Timestamp) -> Reach {
    match error {
        Some(TutorError::Setup(_)) => reach,
        Some(TutorError::Uncertain(_)) if !decisive => reach,
        Some(error) if error.means_unreachable() => match reach {
            Reach::No { since, failures } => Reach::No { since, failures: failures.saturating_add(1) },
            _ => Reach::No { since: now, failures: 1 },
        },
        _ => match reach {
            Reach::Yes { .. } => reach,
            _ => Reach::Yes { since: now },
        },
    }
}
