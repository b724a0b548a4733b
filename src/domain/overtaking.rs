//! Which rows may go before older ones, and before which: those that wait for what is down.
//!
//! Must not know how rows are ordered (see `store::schedule`).

/// What may go before older rows that are stuck: each of these keeps its own order, and waits for older ones of the others
/// that are not stuck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Overtaking {
    /// The way out of the conversation (`/new`, `/delete`).
    Leaving,
    /// What the tutor answers.
    Tutor,
    /// What the chat model answers.
    Model,
    /// The answer of one that has overtaken others.
    Answer,
}

impl Overtaking {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Leaving, Self::Tutor, Self::Model, Self::Answer];

    /// Whether it goes before a row that is stuck. Only the way out does before its learner was told to wait.
    pub fn passes(self, stuck: Stuck) -> bool {
        stuck == Stuck::Told || stuck == Stuck::Untold && self == Self::Leaving
    }
}

/// Whether a row was put off because what answers it is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stuck {
    /// It was not.
    No,
    /// It was.
    Untold,
    /// It was, and its learner was told that the answer comes later.
    Told,
}
