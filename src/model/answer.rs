//! An answer while it grows.

/// Tokens, as the server counted them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Of what it was asked.
    pub input: u32,
    /// Of what it answered, reasoning included.
    pub output: u32,
}

/// How an answer ended that is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// What it cost, where the server says.
    pub usage: Option<Usage>,
    /// It stopped at a limit (`AI_MAX_TOKENS`, the model's, or our cap on a text), perhaps within a sentence.
    pub cut: bool,
}

/// What a look at a growing answer brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The text has changed; nearly always it has become longer.
    Grew,
    /// It is complete. Nothing follows.
    Ended(End),
}
