//! One file per kind of message that is no command. A handler turns a case into an [`Outcome`]; it never sends and never saves.

mod answer;
pub(crate) mod drill;
mod melody;
pub mod text;
pub mod text_turn;
pub mod voice;

use crate::domain::outcome::{Content, Keyboard};
use crate::domain::phrases::Phrases;
use crate::domain::{Body, Change, Incoming, Learner, Outcome, Reply, Rich, Timestamp};

/// A message with what is known about who sent it.
pub struct Case<'a> {
    /// The message.
    pub incoming: &'a Incoming,
    /// The number of its row.
    pub row: u64,
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

    /// A press answered with a short notice, and its message with a new text. Every press gets its answer, or the button
    /// would show a clock for ever.
    pub fn pressed(&self, notice: &str, edit: Option<(Rich, Keyboard)>) -> Outcome {
        let mut replies = Vec::new();
        if let Body::Callback { id, .. } = &self.incoming.body {
            let content = Content::CallbackAnswer { callback: id.clone(), text: notice.to_owned() };
            replies.push(Reply::to(self.incoming, content));
        }
        if let (Some(message), Some((text, keyboard))) = (self.incoming.message, edit) {
            let mut reply = Reply::to(self.incoming, Content::Edit { message, text, keyboard });
            reply.answers = None;
            replies.push(reply);
        }
        Outcome::reply(replies)
    }

    /// The press of a button that chooses: the choice is kept, and its message shows it.
    pub fn chosen(&self, change: Change, shown: (Rich, Keyboard)) -> Outcome {
        Outcome { changes: vec![change], ..self.pressed("", Some(shown)) }
    }

    /// The press of a button whose choice is kept already.
    pub fn chosen_already(&self) -> Outcome {
        self.pressed(&self.phrases.chosen_already(), None)
    }

    /// The press of a button that no longer leads anywhere.
    pub fn outdated(&self) -> Outcome {
        self.pressed(&self.phrases.outdated(), None)
    }
}
