//! Record of the tutor's last calls: does it answer, do its turns succeed. Pure; must not know HTTP.

use super::CallError;
use crate::domain::Timestamp;
use crate::tutor::Reach;
use crate::tutor::streak::Streak;

#[derive(Default)]
pub(super) struct CallRecord {
    pub(super) reach: Reach,
    pub(super) turns: Streak,
}

impl CallRecord {
    /// Both together.
    pub(super) fn reach(&self) -> Reach {
        match (self.reach, self.turns.tutors_fault()) {
            (Reach::No { .. }, _) | (_, None) => self.reach,
            (_, Some((since, failures))) => Reach::Failing { since, failures },
        }
    }
}

/// Updates reachability after a call. `decisive`: the call was a turn. Other calls may go unanswered merely
/// because the tutor is busy with a turn, so their failure does not mean that it is gone.
pub(super) fn next_reach(reach: Reach, error: Option<&CallError>, decisive: bool, now: Timestamp) -> Reach {
    match error {
        Some(CallError::Setup(_)) => reach,
        Some(CallError::Uncertain(_)) if !decisive => reach,
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
