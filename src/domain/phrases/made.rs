//! The sentences about files that the bot makes. Must not know how one is made.

use super::Phrases;
use crate::domain::learner::Language;
use crate::domain::rich::Rich;

impl Phrases {
    /// In the place of a file that could not be made.
    pub(crate) fn not_made(self) -> Rich {
        Rich::plain(say!(
            self,
            "I couldn't make this just now. Please ask me again in a little while.",
            "Não consegui preparar isto agora. Peça de novo daqui a pouco, por favor."
        ))
    }

    /// In the place of a file that this chat does not take.
    pub(crate) fn not_taken(self) -> Rich {
        Rich::plain(say!(
            self,
            "This chat doesn't let me send files like this one. Ask me in our private chat.",
            "Este chat não me deixa enviar arquivos como este. Peça na nossa conversa privada."
        ))
    }
}
