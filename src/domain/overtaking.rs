//! Which rows may go before older ones that wait for a server that is down.
//!
//! Must not know how rows are ordered (see `store::schedule`).

/// Kinds of rows that may go before older rows that are stuck. Each kind keeps its own order, and waits for
/// older rows of other kinds that are not stuck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Overtaking {
    /// Ends the conversation (`/new`, `/delete`).
    Leaving,
    /// Answered by the tutor.
    Tutor,
    /// Answered by the chat model.
    Model,
    /// The answer of a row that has overtaken others.
    Answer,
}

impl Overtaking {
    pub const ALL: [Self; 4] = [Self::Leaving, Self::Tutor, Self::Model, Self::Answer];

    /// Whether it goes before a row in this state. Only [`Self::Leaving`] goes before a turn whose answer is
    /// looked for.
    pub fn passes(self, stuck: Stuck) -> bool {
        stuck == Stuck::Down || stuck == Stuck::Uncertain && self == Self::Leaving
    }
}

/// Whether a row was put off because its server is down, and its learner told that the answer comes later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stuck {
    No,
    /// It was, and its answer is looked for: it may come at any moment.
    Uncertain,
    /// It was, and its server is down.
    Down,
}
