//! The sentences of an answer to a voice and of the buttons under it. Must not know how an answer is put together.

use super::Phrases;
use crate::domain::fluency::Fluency;

impl Phrases {
    /// Under the first transcript with underlined words.
    pub(crate) fn underlined(self) -> String {
        phrase!(self, "underlined")
    }

    /// Over the list of corrections.
    pub(crate) fn corrections(self) -> String {
        phrase!(self, "corrections")
    }

    /// One line on how fluent it was.
    pub(crate) fn fluency(self, fluency: Fluency) -> String {
        let Fluency { words_per_minute: rate, pauses_percent: pauses, longest_pause_ms, fillers } = fluency;
        let mut parts = vec![phrase!(self, "fluency-rate", rate)];
        if longest_pause_ms > 0 {
            let (whole, tenth) = (longest_pause_ms / 1_000, longest_pause_ms % 1_000 / 100);
            let longest = phrase!(self, "decimal", whole, tenth);
            parts.push(phrase!(self, "fluency-pauses", pauses, longest));
        }
        if fillers > 0 {
            parts.push(phrase!(self, "fluency-fillers", fillers));
        }
        parts.join(", ")
    }

    pub(crate) fn translate_button(self) -> String {
        phrase!(self, "translate-button")
    }

    pub(crate) fn hear_coaching_button(self) -> String {
        phrase!(self, "hear-coaching-button")
    }

    pub(crate) fn corrections_button(self) -> String {
        phrase!(self, "corrections-button")
    }

    pub(crate) fn cannot_draw(self) -> String {
        phrase!(self, "cannot-draw-notice")
    }

    /// The tutor corrected nothing.
    pub(crate) fn nothing_to_correct(self) -> String {
        phrase!(self, "nothing-to-correct-notice")
    }

    /// A button pressed again a moment later.
    pub(crate) fn pressed_already(self) -> String {
        phrase!(self, "pressed-already-notice")
    }

    /// There is no model to translate with, or it does not answer.
    pub(crate) fn cannot_translate(self) -> String {
        phrase!(self, "cannot-translate-notice")
    }

    /// The coaching of an earlier message is asked for, and the tutor speaks only its last one.
    pub(crate) fn coaching_not_spoken(self) -> String {
        phrase!(self, "coaching-not-spoken")
    }
}
