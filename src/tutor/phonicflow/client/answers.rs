//! What the tutor answers, as types of ours. Must not know the JSON.

use crate::domain::RecordedTurn;

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
