//! The sentences of `/coach`.

use super::Phrases;
use crate::domain::learner::Language;
use crate::domain::rich::Rich;

impl Phrases {
    /// `/coach` that answers no recording.
    pub(crate) fn coach_what(self) -> Rich {
        Rich::plain(say!(
            self,
            "Reply to a voice message with /coach, and I will coach you on it. 🎧",
            "Responda a uma mensagem de voz com /coach, e eu dou dicas sobre ela. 🎧"
        ))
    }
}
