//! What the tutor answers, as types of ours. Must not know the JSON.

use crate::domain::{RecordedTurn, Timestamp};
use bytes::Bytes;

/// What the tutor remembers of a conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct History {
    /// Number of turns by the tutor's own count where that is usable, never below `len`.
    pub count: u32,
    /// Turns listed in the answer.
    pub len: u32,
    /// Newest last. A turn that could not be read is empty.
    pub turns: Vec<RecordedTurn>,
}

/// Result of asking the tutor for a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Past {
    Kept(History),
    /// The tutor does not know the conversation (yet).
    Unknown,
    /// This tutor keeps no history.
    NotOffered,
    /// It answers, but not with a usable history.
    Broken,
}

/// Spoken answer as the tutor made it: WAV in practice, sometimes MP3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spoken {
    pub bytes: Bytes,
}

/// Whether the tutor answers, judged by the last calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Reach {
    #[default]
    Unknown,
    Yes {
        /// Since when without interruption.
        since: Timestamp,
    },
    /// It answers, but every turn fails.
    Failing {
        since: Timestamp,
        /// Failed turns in a row.
        failures: u32,
    },
    /// It does not answer.
    No {
        since: Timestamp,
        /// Failed calls in a row.
        failures: u32,
    },
}
