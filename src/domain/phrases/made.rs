//! The sentences about files that the bot makes. Must not know how one is made.

use super::Phrases;
use crate::domain::rich::Rich;

impl Phrases {
    /// In the place of a file that could not be made.
    pub(crate) fn not_made(self) -> Rich {
        Rich::plain(phrase!(self, "not-made"))
    }

    /// In the place of a file that this chat does not take.
    pub(crate) fn not_taken(self) -> Rich {
        Rich::plain(phrase!(self, "not-taken"))
    }
}
