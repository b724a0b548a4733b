//! The sentences about who may use the bot and how to get access. Must not know how access is decided.

use super::Phrases;
use crate::domain::UserId;
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
        let text = Rich::plain(phrase!(self, "not-allowed"));
        match id {
            Some(id) => text
                .push(Style::Plain, format!(" {} ", phrase!(self, "not-allowed-send-id")))
                .push(Style::Code, id.to_string()),
            None => text.push(Style::Plain, format!(" {}", phrase!(self, "not-allowed-ask-in-private"))),
        }
    }

    /// How to join the required channel, above the buttons; `linked`: one of them is a link.
    pub(crate) fn members_only(self, channel: Option<&str>, linked: bool) -> Rich {
        let text = match channel {
            Some(channel) => Rich::plain(format!("{} ", phrase!(self, "members-only-of")))
                .push(Style::Bold, channel)
                .push(Style::Plain, "."),
            None => Rich::plain(phrase!(self, "members-only")),
        };
        text.push(
            Style::Plain,
            if linked {
                format!(" {}", phrase!(self, "members-only-join"))
            } else {
                format!(" {}", phrase!(self, "members-only-invitation"))
            },
        )
    }

    /// Below the welcome, while a channel is required.
    pub(crate) fn members_hint(self) -> Rich {
        Rich::plain(format!("\n\n{}", phrase!(self, "members-hint")))
    }

    /// `/subscribe` where no channel is required.
    pub(crate) fn no_channel(self) -> Rich {
        Rich::plain(phrase!(self, "no-channel"))
    }

    /// A refusal without buttons.
    pub(crate) fn refused(self, why: Refusal) -> Rich {
        Rich::plain(match why {
            Refusal::TryLater => phrase!(self, "refused-try-later"),
            Refusal::Hidden => phrase!(self, "refused-hidden"),
            Refusal::NotMember | Refusal::NotAllowed => self.refused_notice(why),
        })
    }

    /// The same as one short line, for a pressed button.
    pub(crate) fn refused_notice(self, why: Refusal) -> String {
        match why {
            Refusal::NotAllowed => {
                phrase!(self, "refused-not-allowed-notice")
            }
            Refusal::NotMember => phrase!(self, "refused-not-member-notice"),
            Refusal::TryLater => phrase!(self, "refused-try-later-notice"),
            Refusal::Hidden => phrase!(self, "refused-hidden-notice"),
        }
    }

    pub(crate) fn join_button(self) -> String {
        phrase!(self, "join-button")
    }

    pub(crate) fn joined_button(self) -> String {
        phrase!(self, "joined-button")
    }

    pub(crate) fn joined(self) -> Rich {
        Rich::plain(phrase!(self, "joined"))
    }

    pub(crate) fn joined_notice(self) -> String {
        phrase!(self, "joined-notice")
    }

    pub(crate) fn not_joined_notice(self) -> String {
        phrase!(self, "not-joined-notice")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Language;

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
