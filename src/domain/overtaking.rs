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

    /// Whether it goes before a row that stands so. Only the way out goes before a turn whose answer is looked for.
    pub fn passes(self, stuck: Stuck) -> bool {
        stuck == Stuck::Down || stuck == Stuck::Uncertain && self == Self::Leaving
    }
}

/// Whether a row was put off because what answers it is down, and its learner told that the answer comes later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stuck {
    /// It was not.
    No,
    /// It was, and its answer is looked for: it may come any moment.
    Uncertain,
    /// It was, and what answers it is down.
    Down,
}
