//! An answer while it grows. Must not know any protocol.

/// Tokens as counted by the server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Of the question and its context.
    pub input: u32,
    /// Of the answer, reasoning included.
    pub output: u32,
}

/// How a complete answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// Token counts, if the server tells.
    pub usage: Option<Usage>,
    /// It was cut by a limit (`AI_MAX_TOKENS`, the model's, or our cap on a text), perhaps within a sentence.
    pub cut: bool,
}

/// Result of waiting for a growing answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The text has changed; nearly always it has become longer.
    Grew,
    /// It is complete. Nothing follows.
    Ended(End),
}
