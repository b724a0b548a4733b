//! What is said around a written conversation.

use super::Phrases;
use crate::domain::learner::{DAY_MS, Language};
use crate::domain::{Rich, Style, Timestamp};

impl Phrases {
    /// The day's tokens are used up.
    pub fn tokens_used_up(self, now: Timestamp) -> Rich {
        let left_min = (DAY_MS - now.0.rem_euclid(DAY_MS)) / 60_000;
        let left = match (left_min / 60, left_min % 60) {
            (0, minutes) => format!("{} min", minutes.max(1)),
            (hours, minutes) => format!("{hours} h {minutes} min"),
        };
        Rich::plain(say!(
            self,
            "We have written a lot today! I can write again at 00:00 UTC, in {}. Voice messages are welcome any time. 🎙",
            "Escrevemos bastante hoje! Posso escrever de novo às 00:00 UTC, daqui a {}. Mensagens de voz são sempre bem-vindas. 🎙",
            left
        ))
    }

    /// The question does not fit into the model.
    pub fn too_much_for_the_model(self) -> Rich {
        Rich::plain(say!(
            self,
            "That is too much for me at once. Please send it in shorter parts.",
            "Isso é demais para mim de uma vez só. Envie em partes menores, por favor."
        ))
    }

    /// The model takes no such message.
    pub fn model_refused(self) -> Rich {
        Rich::plain(say!(
            self,
            "I'm sorry: I can't answer this message. Try other words, or send a voice message. 🎙",
            "Sinto muito: não consigo responder a esta mensagem. Tente com outras palavras, ou mande um áudio. 🎙"
        ))
    }

    /// The model takes no pictures.
    pub fn model_is_blind(self) -> Rich {
        Rich::plain(say!(
            self,
            "I can't look at pictures here. Tell me in words what it shows, or send a voice message. 🎙",
            "Aqui não consigo ver imagens. Conte com palavras o que ela mostra, ou mande um áudio. 🎙"
        ))
    }

    /// Below an answer: the learner's model is gone.
    pub fn model_gone(self, gone: &str, instead: &str) -> Rich {
        Rich::default().push(Style::Plain, "\n\n").push(
            Style::Italic,
            say!(
                self,
                "The model {} is no longer there: {} answered in its place.",
                "O modelo {} não existe mais: {} respondeu no lugar dele.",
                gone,
                instead
            ),
        )
    }

    /// Label of the button that ends a growing answer.
    pub fn stop(self) -> String {
        say!(self, "⏹ Stop", "⏹ Parar")
    }

    /// The button's answer once there is nothing to stop.
    pub fn over_already(self) -> String {
        say!(self, "This answer has ended already.", "Esta resposta já terminou.")
    }
}

/// What a growing answer ends with: nobody takes it for a whole one.
pub const STILL_WRITING: &str = "\n\n✍️ …";
