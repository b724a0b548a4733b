//! The sentences of reminders. Must not know when one is sent.

use super::Phrases;
use crate::domain::rich::Rich;

impl Phrases {
    /// `cards`: how many are due.
    pub(crate) fn reminder(self, cards: usize) -> Rich {
        Rich::plain(phrase!(self, "reminder", cards))
    }

    pub(crate) fn reminder_practise_button(self) -> String {
        phrase!(self, "reminder-practise-button")
    }

    pub(crate) fn reminder_off_button(self) -> String {
        phrase!(self, "reminder-off-button")
    }

    pub(crate) fn reminders_are_off(self) -> Rich {
        Rich::plain(phrase!(self, "reminders-are-off"))
    }
}
