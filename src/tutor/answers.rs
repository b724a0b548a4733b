//! What the tutor answers, in our words. Must not know the wire.

use crate::domain::{RecordedTurn, Timestamp};
use bytes::Bytes;

/// What the tutor remembers of a conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct History {
    /// Turns held, by the tutor's own count where that is usable, never below `len`.
    pub count: u32,
    /// Turns listed in the answer.
    pub len: u32,
    /// The turns listed, newest last; one that could not be read is empty.
    pub turns: Vec<RecordedTurn>,
}

/// The answer to "what do you remember of this conversation?".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Past {
    /// This.
    Kept(History),
    /// Nothing: the conversation is unknown to it (yet).
    Unknown,
    /// It cannot be asked.
    NotOffered,
    /// It answers, but cannot show this one.
    Broken,
}

/// A spoken answer as the tutor made it: WAV in practice, sometimes MP3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spoken {
    /// The file.
    pub bytes: Bytes,
    /// The content type it was sent with, which may be wrong.
    pub mime: Option<String>,
}

/// Whether the tutor answers, judged by the last calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Not called yet.
    #[default]
    Unknown,
    /// It answers.
    Yes {
        /// Since when without interruption.
        since: Timestamp,
    },
    /// It answers, but no turn succeeds any more.
    Failing {
        /// Since when.
        since: Timestamp,
        /// Failed turns in a row.
        failures: u32,
    },
    /// It does not.
    No {
        /// Since when.
        since: Timestamp,
        /// Failed calls in a row.
        failures: u32,
    },
}
