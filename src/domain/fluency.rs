//! How fluently something was said: an indication, measured by the times of its words.
//!
//! Must not know where the times come from.

use serde::{Deserialize, Serialize};

/// Measured of one voice; only where there were times, and words enough for it to mean something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fluency {
    /// From the first word's beginning to the last one's end.
    pub words_per_minute: u32,
    /// Share of that time without words, in pauses long enough to be heard as such, percent.
    pub pauses_percent: u32,
    pub longest_pause_ms: u32,
    /// "um", "uh" and the like.
    pub fillers: u32,
}
