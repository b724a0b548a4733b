//! A voice that was submitted to the tutor, and the search for its answer when that was lost. Pure.

use crate::domain::{Stage, Timestamp};
use crate::tutor::History;
use uuid::Uuid;

/// What was submitted, as recorded.
#[derive(Clone, Copy)]
pub struct Submitted {
    /// The conversation.
    pub session: Uuid,
    /// Turns its history held before.
    pub baseline: u32,
    /// When.
    pub at: Timestamp,
    /// Length of the voice, milliseconds.
    pub voice_ms: u64,
}

/// Pauses between looks grow with the time already waited; one falls on the end of the window.
pub fn look_again_in(uncertain_ms: i64, window_ms: i64) -> i64 {
    (uncertain_ms / 2).clamp(250, 8_000).min(window_ms.saturating_sub(uncertain_ms).max(1))
}

/// Turns a history counts. Some tutors count messages, two a turn; some hand out the latest turns only.
pub fn turns_in(history: &History) -> u32 {
    let listed = history.len;
    if history.count == listed.saturating_mul(2) { listed } else { history.count.max(listed) }
}

impl Submitted {
    /// As the stage to record.
    pub fn stage(self, uncertain_since: Option<Timestamp>) -> Stage {
        Stage::Submitted {
            session: self.session,
            baseline: self.baseline,
            at: self.at,
            uncertain_since,
            voice_ms: self.voice_ms,
        }
    }
}
