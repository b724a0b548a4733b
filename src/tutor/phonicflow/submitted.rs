//! A voice that was submitted to the tutor, and the search for its answer if that was lost. Pure; must not
//! know how the tutor is asked.

use super::client::History;
use crate::domain::{Stage, Timestamp};
use uuid::Uuid;

/// The stored facts.
#[derive(Clone, Copy)]
pub(crate) struct Submitted {
    /// The conversation.
    pub session: Uuid,
    /// Turns that its history held before.
    pub baseline: u32,
    /// When.
    pub at: Timestamp,
    /// Length of the voice, ms.
    pub voice_ms: u64,
}

/// Pause (ms) before the next look: grows with the time already waited; one look falls on the end of the
/// window.
pub(crate) fn look_again_in(uncertain_ms: i64, window_ms: i64) -> i64 {
    (uncertain_ms / 2).clamp(250, 8_000).min(window_ms.saturating_sub(uncertain_ms).max(1))
}

/// Turns in a history. Some tutors count messages (two per turn); some list only the latest turns.
pub(crate) fn turns_in(history: &History) -> u32 {
    let listed = history.len;
    if history.count == listed.saturating_mul(2) { listed } else { history.count.max(listed) }
}

impl Submitted {
    /// The stage to store.
    pub(crate) fn stage(self, uncertain_since: Option<Timestamp>) -> Stage {
        Stage::Submitted {
            session: self.session,
            baseline: self.baseline,
            at: self.at,
            uncertain_since,
            voice_ms: self.voice_ms,
        }
    }
}
