//! What a learner reads when the tutor could not answer a voice message, and about deleting what it stores.
//! Must not know how the tutor is called.

use super::Phrases;
use crate::domain::rich::Rich;

impl Phrases {
    /// No speech in the recording.
    pub(crate) fn no_speech(self) -> Rich {
        Rich::plain(phrase!(self, "no-speech"))
    }

    /// The tutor fails on this recording again and again, and on no other.
    pub(crate) fn voice_failed(self) -> Rich {
        Rich::plain(phrase!(self, "voice-failed"))
    }

    /// The tutor refuses what it is sent.
    pub(crate) fn tutor_refused(self) -> Rich {
        Rich::plain(phrase!(self, "tutor-refused"))
    }

    /// `/delete`, the question. `tutor_remembers`: something stays with the tutor; `database_keeps`: in the database.
    pub(crate) fn delete_ask(self, tutor_remembers: bool, database_keeps: bool) -> Rich {
        let text = match tutor_remembers {
            true => phrase!(self, "delete-ask"),
            false => phrase!(self, "delete-ask-here"),
        };
        self.with_what_is_kept(text, database_keeps)
    }

    /// `/delete`, done.
    pub(crate) fn deleted(self, tutor_remembers: bool, database_keeps: bool) -> Rich {
        let text = match tutor_remembers {
            true => phrase!(self, "deleted"),
            false => phrase!(self, "deleted-here"),
        };
        self.with_what_is_kept(text, database_keeps)
    }

    fn with_what_is_kept(self, text: String, database_keeps: bool) -> Rich {
        let kept =
            if database_keeps { format!(" {}", phrase!(self, "database-keeps")) } else { String::new() };
        Rich::plain(text + &kept)
    }
}
