//! One failed attempt at a message, and how it is to wait. Must not know how long a message may wait at most.

use super::job::{Failed, WaitReason};
use super::stage::Stage;

/// One failed attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setback {
    /// What it waits for.
    pub reason: WaitReason,
    /// What failed; `None`: nothing did, it is only not there yet.
    pub failed: Option<Failed>,
    /// Stage to continue from.
    pub stage: Stage,
    /// Pause before the next attempt, ms.
    pub pause_ms: i64,
    /// Whether to tell the learner, unless that has happened.
    pub tell: bool,
    /// The last submission does not count: it is known to have had no effect, or our own shutdown interrupted
    /// it.
    pub forgive: bool,
    /// For the dead letter: in words, without message text.
    pub what: String,
}
