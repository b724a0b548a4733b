//! One file per kind of message. A handler turns a case into an [`Outcome`]; it never sends and never saves.

pub mod admin;
pub mod callback;
pub mod command;
mod submitted;
pub mod text;
pub mod text_turn;
pub mod voice;

use crate::domain::outcome::Keyboard;
use crate::domain::phrases::Phrases;
use crate::domain::{Incoming, Learner, Outcome, Reply, Rich, Timestamp};

/// A message with what is known about who sent it.
pub struct Case<'a> {
    /// The message.
    pub incoming: &'a Incoming,
    /// Its learner.
    pub learner: &'a Learner,
    /// The sentences in the learner's language.
    pub phrases: Phrases,
    /// The moment.
    pub now: Timestamp,
}

impl Case<'_> {
    /// An outcome of words alone.
    pub fn say(&self, text: Rich) -> Outcome {
        Outcome::reply(Reply::texts(self.incoming, text, Keyboard::default()))
    }
}
