//! Every sentence a learner reads, in each language, written once.
//!
//! Must not know when a sentence is said.

use super::incoming::OtherKind;
use super::learner::Language;
use super::rich::{Rich, Style};

/// A sentence in each language, for what declares its words with itself: a command's line in the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    pub en: &'static str,
    pub pt: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Phrases(pub Language);

/// A pair of sentences with the same arguments, one per language.
macro_rules! say {
    ($self:ident, $en:literal, $pt:literal $(, $arg:expr)* $(,)?) => {
        match $self.0 {
            Language::En => format!($en $(, $arg)*),
            Language::Pt => format!($pt $(, $arg)*),
        }
    };
}

pub(crate) mod access;
pub(crate) mod admin;
mod alerts;
mod answer;
mod choices;
mod files;
mod made;
mod recordings;
mod status;
mod tutor;
mod waiting;
#[cfg(test)]
pub(crate) mod wording;
mod writing;

pub(crate) use admin::AdminView;
pub(crate) use status::StatusView;
pub(crate) use writing::STILL_WRITING;

impl Phrases {
    pub(crate) fn welcome(self) -> Rich {
        Rich::default()
            .push(Style::Bold, say!(self, "Welcome to PhonicFlow!", "Boas-vindas ao PhonicFlow!"))
            .push(
                Style::Plain,
                say!(
                    self,
                    "\n\nHold the microphone, say something in English and send it. You will get back what I understood, \
                     coaching on your pronunciation and grammar, and a spoken reply, so that we can keep talking.\n\n\
                     Try now: tell me what you did yesterday. 🎙\n\n/help shows what else I can do.",
                    "\n\nSegure o microfone, diga algo em inglês e solte para enviar. Você recebe o que eu entendi, dicas de pronúncia e \
                     gramática e uma resposta falada, para continuarmos a conversa.\n\n\
                     Experimente agora: conte em inglês o que você fez ontem. 🎙\n\n/help mostra o que mais eu faço."
                ),
            )
    }

    /// The sentence in this language.
    pub fn of(self, words: &Words) -> &'static str {
        match self.0 {
            Language::En => words.en,
            Language::Pt => words.pt,
        }
    }

    /// `/help` with these commands and their lines.
    pub fn help(self, commands: &[(&str, &Words)]) -> Rich {
        let mut text = Rich::plain(say!(
            self,
            "Send me a voice message in English and I will coach you.\n",
            "Envie uma mensagem de voz em inglês e eu te dou dicas.\n"
        ));
        for (name, line) in commands {
            text = text.push(Style::Plain, format!("\n/{name} – {}", self.of(line)));
        }
        text
    }

    pub(crate) fn unknown_command(self, name: &str, nearest: Option<&str>) -> Rich {
        let shown: String = name.chars().take(32).collect();
        Rich::plain(match nearest {
            Some(near) => say!(
                self,
                "I don't know /{}. Did you mean /{}? /help shows all commands.",
                "Não conheço /{}. Você quis dizer /{}? /help mostra todos os comandos.",
                shown,
                near
            ),
            None => say!(
                self,
                "I don't know /{}. /help shows all commands.",
                "Não conheço /{}. /help mostra todos os comandos.",
                shown
            ),
        })
    }

    /// The answer to plain text while no chat model is configured.
    pub(crate) fn voice_only(self) -> Rich {
        Rich::plain(say!(
            self,
            "Thanks for writing! I listen to voice messages: hold the microphone, speak English and send it. 🎙",
            "Obrigado pela mensagem! Eu escuto mensagens de voz: segure o microfone, fale em inglês e solte para enviar. 🎙"
        ))
    }

    /// The answer to content that the tutor cannot use.
    pub(crate) fn other(self, kind: OtherKind) -> Rich {
        Rich::plain(match kind {
            OtherKind::Sticker => say!(
                self,
                "Nice one! But I can only listen: send me a voice message in English. 🎙",
                "Legal! Mas eu só sei escutar: envie uma mensagem de voz em inglês. 🎙"
            ),
            OtherKind::Picture => say!(
                self,
                "I can't see pictures, but I would love to hear about this one: describe it in a voice message. 🎙",
                "Não consigo ver imagens, mas quero ouvir sobre esta: descreva em inglês numa mensagem de voz. 🎙"
            ),
            OtherKind::Location => say!(
                self,
                "I can't read maps. Tell me about this place in a voice message! 🎙",
                "Não sei ler mapas. Conte sobre este lugar em inglês numa mensagem de voz! 🎙"
            ),
            OtherKind::Document => say!(
                self,
                "I can't open this file. Send me a voice message, or an audio file such as ogg, mp3, m4a, flac or wav. 🎙",
                "Não consigo abrir este arquivo. Envie uma mensagem de voz ou um áudio ogg, mp3, m4a, flac ou wav. 🎙"
            ),
            OtherKind::Unknown => say!(
                self,
                "I can only listen: send me a voice message in English. 🎙",
                "Eu só sei escutar: envie uma mensagem de voz em inglês. 🎙"
            ),
        })
    }

    /// Sent once per rate limit window.
    pub(crate) fn rate_limited(self, secs: u32) -> Rich {
        Rich::plain(say!(
            self,
            "That was a lot at once! Please wait {} s before the next message; the ones sent meanwhile are not answered.",
            "Foi bastante coisa de uma vez! Espere {} s antes da próxima mensagem; as enviadas até lá ficam sem resposta.",
            secs
        ))
    }

    /// Sent once a minute while so many of the learner's messages wait that no more are accepted.
    pub(crate) fn crowded(self) -> Rich {
        Rich::plain(say!(
            self,
            "Many of your messages are waiting already, so I have not taken this one. Once they are answered, please send it \
             again.",
            "Já há muitas mensagens suas esperando, por isso não peguei esta. Quando elas forem respondidas, envie-a de \
             novo, por favor."
        ))
    }

    /// Sent once while a message waits for a tutor that is down.
    pub(crate) fn later(self) -> Rich {
        Rich::plain(say!(
            self,
            "The tutor takes longer than usual. Your message is safe: the answer will come here by itself.",
            "O tutor está demorando mais que o normal. Sua mensagem está guardada: a resposta chega aqui sozinha."
        ))
    }

    /// A message became a dead letter.
    pub(crate) fn given_up(self) -> Rich {
        Rich::plain(say!(
            self,
            "I'm sorry: the tutor could not be reached for too long, so this message stays without an answer. Please send it again later.",
            "Sinto muito: o tutor ficou fora do ar por tempo demais, e esta mensagem ficou sem resposta. Envie de novo mais tarde."
        ))
    }

    /// An admin removed a waiting message from the queue.
    pub(crate) fn dropped(self) -> Rich {
        Rich::plain(say!(
            self,
            "I'm sorry: the person who runs this bot has taken this message out, so it stays without an answer. You are \
             welcome to send it again.",
            "Sinto muito: o responsável pelo bot retirou esta mensagem, e ela ficou sem resposta. Se quiser, envie de novo."
        ))
    }

    /// A message became a dead letter because of a bug of the bot.
    pub(crate) fn stumbled(self) -> Rich {
        Rich::plain(say!(
            self,
            "I'm sorry: I stumble over this message again and again, so it stays without an answer. The fault is mine. Please \
             try another one.",
            "Sinto muito: eu tropeço nesta mensagem toda vez, por isso ela ficou sem resposta. A falha é minha. Tente \
             com outra, por favor."
        ))
    }

    pub(crate) fn you_said(self) -> String {
        say!(self, "🎧 You said", "🎧 Você disse")
    }

    pub(crate) fn coaching(self) -> String {
        say!(self, "📝 Coaching", "📝 Dicas")
    }

    /// `/feedback` or `/history` with nothing to show.
    pub(crate) fn nothing_yet(self) -> Rich {
        Rich::plain(say!(
            self,
            "Nothing here yet: send me a voice message in English and we begin. 🎙",
            "Ainda não há nada aqui: envie uma mensagem de voz em inglês e começamos. 🎙"
        ))
    }

    /// `/new`; `waits`: earlier messages are still to be answered.
    pub(crate) fn fresh(self, turns: u32, waits: bool) -> Rich {
        if waits {
            return Rich::plain(say!(
                self,
                "A fresh conversation. What you sent and is not answered yet will be answered in it.",
                "Conversa nova. O que você enviou e ainda não foi respondido será respondido nela."
            ));
        }
        Rich::plain(match turns {
            0 => say!(
                self,
                "A fresh conversation: send me a voice message. 🎙",
                "Conversa nova: envie uma mensagem de voz. 🎙"
            ),
            n => say!(
                self,
                "A fresh conversation. The last one (turns: {}) is put away. Send me a voice message. 🎙",
                "Conversa nova. A anterior (mensagens: {}) foi arquivada. Envie uma mensagem de voz. 🎙",
                n
            ),
        })
    }

    pub(crate) fn delete_yes(self) -> String {
        say!(self, "Delete everything", "Apagar tudo")
    }

    pub(crate) fn delete_no(self) -> String {
        say!(self, "Keep it", "Manter")
    }

    /// `/delete`, cancelled.
    pub(crate) fn kept(self) -> Rich {
        Rich::plain(say!(self, "Nothing was deleted.", "Nada foi apagado."))
    }

    /// A button pressed by another person than the one who was asked.
    pub(crate) fn not_yours(self) -> String {
        say!(self, "This button is for somebody else.", "Este botão é para outra pessoa.")
    }

    /// A button whose purpose is gone.
    pub(crate) fn outdated(self) -> String {
        say!(self, "This button is out of date.", "Este botão expirou.")
    }

    pub(crate) fn history_heading(self, page: usize, pages: usize) -> String {
        say!(self, "Our conversation, page {} of {}", "Nossa conversa, página {} de {}", page, pages)
    }

    pub(crate) fn older(self) -> String {
        say!(self, "« Older", "« Anteriores")
    }

    pub(crate) fn newer(self) -> String {
        say!(self, "Newer »", "Seguintes »")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_say_something_of_their_own() {
        let (en, pt) = (Phrases(Language::En), Phrases(Language::Pt));
        for (a, b) in [
            (en.welcome(), pt.welcome()),
            (en.help(&[]), pt.help(&[])),
            (en.voice_only(), pt.voice_only()),
            (en.given_up(), pt.given_up()),
            (en.no_channel(), pt.no_channel()),
            (en.joined(), pt.joined()),
            (en.status(&StatusView::default()), pt.status(&StatusView::default())),
        ] {
            assert!(!a.is_blank() && !b.is_blank());
            assert_ne!(a, b);
        }
        let line = Words { en: "How it works", pt: "Como funciona" };
        assert!(pt.help(&[("start", &line)]).to_plain().ends_with("\n/start – Como funciona"));
    }
}
