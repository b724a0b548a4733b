//! The sentences about what is kept of a learner: conversations, and the files of `/export`. Must not know what is in
//! them.

use super::Phrases;
use crate::domain::rich::{Rich, Style};

impl Phrases {
    /// Above the first answer of a conversation that follows an idle one.
    pub(crate) fn new_conversation(self) -> Rich {
        Rich::default().push(Style::Italic, phrase!(self, "new-conversation"))
    }

    /// Above a page of one of several conversations; `date` is that of its beginning.
    pub(crate) fn history_conversation(self, date: &str, turns: usize) -> String {
        phrase!(self, "history-conversation", date, turns)
    }

    /// In the place of an export that a group would see.
    pub(crate) fn export_in_private(self) -> Rich {
        Rich::plain(phrase!(self, "export-in-private"))
    }

    /// Under the document that is for reading.
    pub(crate) fn export_to_read(self) -> Rich {
        Rich::plain(phrase!(self, "export-to-read"))
    }

    /// Under the same for other programs.
    pub(crate) fn export_for_machines(self) -> Rich {
        Rich::plain(phrase!(self, "export-for-machines"))
    }

    /// Under the file of cards.
    pub(crate) fn cards_for_anki(self, count: usize) -> Rich {
        Rich::plain(phrase!(self, "cards-for-anki", count))
    }

    pub(crate) fn no_cards_to_export(self) -> Rich {
        Rich::plain(phrase!(self, "no-cards-to-export"))
    }
}
