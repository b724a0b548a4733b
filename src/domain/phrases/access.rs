//! The sentences about who may use the bot and how to get access. Must not know how access is decided.

use super::Phrases;
use crate::domain::UserId;
use crate::domain::learner::Language;
use crate::domain::rich::{Rich, Style};

/// Why somebody may not use the bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Not in `ALLOWED_USERS`.
    NotAllowed,
    /// Not in the required channel.
    NotMember,
    /// Telegram does not tell at the moment, and no earlier answer is known.
    TryLater,
    /// Telegram will not tell until the bot's admin corrects something.
    Hidden,
}

impl Phrases {
    /// `id` is what the admin needs to give access; only told in a private chat.
    pub(crate) fn not_allowed(self, id: Option<UserId>) -> Rich {
        let text = Rich::plain(say!(self, "This tutor is private.", "Este tutor é privado."));
        match id {
            Some(id) => text
                .push(
                    Style::Plain,
                    say!(
                        self,
                        " To be let in, send this number to the person who runs it: ",
                        " Para ter acesso, envie este número ao responsável pelo bot: "
                    ),
                )
                .push(Style::Code, id.to_string()),
            None => text.push(
                Style::Plain,
                say!(
                    self,
                    " Write to me in a private chat to see how to be let in.",
                    " Me chame no privado para ver como ter acesso."
                ),
            ),
        }
    }

    /// How to join the required channel, above the buttons; `linked`: one of them is a link.
    pub(crate) fn members_only(self, channel: Option<&str>, linked: bool) -> Rich {
        let text = match channel {
            Some(channel) => Rich::plain(say!(self, "This is for members of ", "Isso é só para membros de "))
                .push(Style::Bold, channel)
                .push(Style::Plain, "."),
            None => Rich::plain(say!(
                self,
                "This is for members of a private channel.",
                "Isso é só para membros de um canal privado."
            )),
        };
        text.push(
            Style::Plain,
            if linked {
                say!(
                    self,
                    " Join it, then press “I have joined” and send me your voice message.",
                    " Entre nele, toque em “Já entrei” e envie sua mensagem de voz."
                )
            } else {
                say!(
                    self,
                    " Ask the person who runs me for an invitation, then press “I have joined”.",
                    " Peça um convite ao responsável pelo bot e depois toque em “Já entrei”."
                )
            },
        )
    }

    /// Below the welcome, while a channel is required.
    pub(crate) fn members_hint(self) -> Rich {
        Rich::plain(say!(
            self,
            "\n\nPractice is for members of a channel: /subscribe shows the way in.",
            "\n\nA prática é só para membros de um canal: /subscribe mostra como entrar."
        ))
    }

    /// `/subscribe` where no channel is required.
    pub(crate) fn no_channel(self) -> Rich {
        Rich::plain(say!(
            self,
            "There is no channel to join: just send me a voice message in English. 🎙",
            "Não é preciso entrar em nenhum canal: é só enviar uma mensagem de voz em inglês. 🎙"
        ))
    }

    /// A refusal without buttons.
    pub(crate) fn refused(self, why: Refusal) -> Rich {
        Rich::plain(match why {
            Refusal::TryLater => say!(
                self,
                "Telegram does not tell me at the moment whether you are in the channel. Please try again in a minute.",
                "Agora não consigo verificar se você está no canal. Tente de novo em um minuto, por favor."
            ),
            Refusal::Hidden => say!(
                self,
                "I cannot see who is in the channel: something is set up wrong here, and the person who runs me is told. \
                 Please try again later.",
                "Não consigo ver quem está no canal: há algo mal configurado aqui, e o responsável pelo bot já foi avisado. \
                 Tente de novo mais tarde, por favor."
            ),
            Refusal::NotMember | Refusal::NotAllowed => self.refused_notice(why),
        })
    }

    /// The same as one short line, for a pressed button.
    pub(crate) fn refused_notice(self, why: Refusal) -> String {
        match why {
            Refusal::NotAllowed => {
                say!(
                    self,
                    "This tutor is private: write to me in a private chat.",
                    "Este tutor é privado: me chame no privado."
                )
            }
            Refusal::NotMember => say!(
                self,
                "This is for members of the channel: /subscribe shows the way in.",
                "Isso é só para membros do canal: /subscribe mostra como entrar."
            ),
            Refusal::TryLater => say!(
                self,
                "Telegram does not tell me at the moment. Please try again in a minute.",
                "Agora não consigo verificar. Tente de novo em um minuto, por favor."
            ),
            Refusal::Hidden => say!(
                self,
                "I cannot see who is in the channel. Please try again later.",
                "Não consigo ver quem está no canal. Tente de novo mais tarde, por favor."
            ),
        }
    }

    pub(crate) fn join_button(self) -> String {
        say!(self, "Open the channel", "Abrir o canal")
    }

    pub(crate) fn joined_button(self) -> String {
        say!(self, "I have joined", "Já entrei")
    }

    pub(crate) fn joined(self) -> Rich {
        Rich::plain(say!(
            self,
            "You are in. Send me a voice message in English! 🎙",
            "Pronto, você entrou! Envie uma mensagem de voz em inglês! 🎙"
        ))
    }

    pub(crate) fn joined_notice(self) -> String {
        say!(self, "Welcome!", "Boas-vindas!")
    }

    pub(crate) fn not_joined_notice(self) -> String {
        say!(
            self,
            "I don't see you in the channel yet. Join it, then press again.",
            "Ainda não vejo você no canal. Entre nele e toque de novo."
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_is_short_in_both_languages_and_names_the_way_in() {
        let (en, pt) = (Phrases(Language::En), Phrases(Language::Pt));
        for why in [Refusal::NotAllowed, Refusal::NotMember, Refusal::TryLater, Refusal::Hidden] {
            assert_ne!(en.refused(why), pt.refused(why));
            for phrases in [en, pt] {
                // Bot API "answerCallbackQuery": 0..200 characters.
                assert!((1..=200).contains(&phrases.refused_notice(why).chars().count()), "{why:?}");
                assert!(phrases.refused(why).utf16_len() < 300);
            }
        }
        for phrases in [en, pt] {
            assert!(phrases.not_allowed(Some(UserId(4711))).to_plain().contains("4711"));
            assert!(!phrases.not_allowed(None).is_blank());
            assert!(phrases.members_only(Some("@school"), true).to_plain().contains("@school"));
            assert_ne!(phrases.members_only(None, true), phrases.members_only(None, false));
            for notice in [phrases.joined_notice(), phrases.not_joined_notice()] {
                assert!((1..=200).contains(&notice.chars().count()));
            }
        }
    }
}
