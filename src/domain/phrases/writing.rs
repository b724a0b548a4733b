//! The sentences around a written conversation. Must not know when they are said.

use super::Phrases;
use crate::domain::learner::DAY_MS;
use crate::domain::{Rich, Style, Timestamp};

impl Phrases {
    /// The learner has used up the day's tokens.
    pub fn tokens_used_up(self, now: Timestamp) -> Rich {
        let left_min = (DAY_MS - now.0.rem_euclid(DAY_MS)) / 60_000;
        let left = match (left_min / 60, left_min % 60) {
            (0, minutes) => format!("{} min", minutes.max(1)),
            (hours, minutes) => format!("{hours} h {minutes} min"),
        };
        Rich::plain(phrase!(self, "tokens-used-up", left))
    }

    /// The question does not fit into the model's context.
    pub fn too_much_for_the_model(self) -> Rich {
        Rich::plain(phrase!(self, "too-much-for-the-model"))
    }

    /// The model rejects this message.
    pub fn model_refused(self) -> Rich {
        Rich::plain(phrase!(self, "model-refused"))
    }

    /// The model accepts no pictures.
    pub fn model_is_blind(self) -> Rich {
        Rich::plain(phrase!(self, "model-is-blind"))
    }

    /// Below an answer: the learner's model no longer exists.
    pub fn model_gone(self, gone: &str, instead: &str) -> Rich {
        Rich::default()
            .push(Style::Plain, "\n\n")
            .push(Style::Italic, phrase!(self, "model-gone", gone, instead))
    }

    /// The button that stops a growing answer.
    pub fn stop(self) -> String {
        phrase!(self, "stop-button")
    }

    /// The button was pressed when there was nothing left to stop.
    pub fn over_already(self) -> String {
        phrase!(self, "over-already-notice")
    }
}

/// Ends a growing answer, so that nobody takes it for a complete one.
pub const STILL_WRITING: &str = "\n\n✍️ …";
