//! How a message is sent: as intended, or without the part that Telegram refused.
//!
//! Must not know how a call is written or when it is made.

use super::error::TelegramError;
use super::html::html;
use super::to_api::Outgoing;
use crate::domain::markdown::bare;
use crate::domain::{MessageId, Rich};
use frankenstein::ParseMode;
use frankenstein::types::ReplyParameters;

/// Begins with everything; each refusal may remove one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SendForm {
    /// HTML rather than plain text.
    pub(super) html: bool,
    /// In its forum topic rather than in the chat as a whole.
    pub(super) topic: bool,
    /// As a reply to the message it answers.
    pub(super) reply: bool,
}

impl Default for SendForm {
    fn default() -> Self {
        Self { html: true, topic: true, reply: true }
    }
}

impl SendForm {
    /// The form to try after this refusal (which means that nothing was sent); `None` if no other would help.
    /// An unknown refusal may be about what the message refers to.
    pub(crate) fn after(self, error: &TelegramError, out: &Outgoing) -> Option<Self> {
        let (replies, in_topic) = match out {
            Outgoing::Text { answers, thread, .. }
            | Outgoing::Keys { answers, thread, .. }
            | Outgoing::File { answers, thread, .. } => (answers.is_some(), thread.is_some()),
            Outgoing::Edit { .. } | Outgoing::CallbackAnswer { .. } => (false, false),
        };
        let next = match error {
            TelegramError::ParseEntities => Self { html: false, ..self },
            TelegramError::ThreadGone if in_topic => Self { topic: false, ..self },
            TelegramError::ReplyGone if replies => Self { reply: false, ..self },
            TelegramError::Permanent { .. } if replies || in_topic => {
                Self { topic: false, reply: false, ..self }
            }
            _ => self,
        };
        (next != self).then_some(next)
    }

    pub(super) fn text(self, rich: &Rich) -> String {
        if self.html { html(rich) } else { bare(rich) }
    }

    pub(super) fn caption(self, rich: &Rich) -> Option<String> {
        (!rich.is_blank()).then(|| self.text(rich))
    }

    pub(super) fn parse_mode(self) -> Option<ParseMode> {
        self.html.then_some(ParseMode::Html)
    }

    /// The message may be gone by now: the answer goes out all the same.
    pub(super) fn answer_to(self, message: Option<MessageId>) -> Option<ReplyParameters> {
        let id = i32::try_from(message.filter(|_| self.reply)?.0).ok()?;
        Some(ReplyParameters::builder().message_id(id).allow_sending_without_reply(true).build())
    }

    pub(super) fn thread(self, thread: Option<i64>) -> Option<i32> {
        thread.filter(|_| self.topic).and_then(|id| i32::try_from(id).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ChatId, Keyboard};

    #[test]
    fn what_telegram_refuses_is_tried_in_every_manner_once() {
        let as_meant = SendForm::default();
        let unknown = TelegramError::Permanent { code: 400, what: "Bad Request: SOMETHING_NEW".into() };
        let out = Outgoing::Text {
            chat: ChatId(7),
            thread: Some(3),
            answers: Some(MessageId(5)),
            text: Rich::plain("x"),
            keyboard: Keyboard::default(),
        };
        let bare = SendForm { topic: false, reply: false, ..as_meant };
        assert_eq!(as_meant.after(&unknown, &out), Some(bare));
        assert_eq!(bare.after(&unknown, &out), None);
        let plain = SendForm { html: false, ..bare };
        assert_eq!(bare.after(&TelegramError::ParseEntities, &out), Some(plain));
        assert_eq!(plain.after(&TelegramError::ParseEntities, &out), None);
        let no_topic = SendForm { topic: false, ..as_meant };
        assert_eq!(as_meant.after(&TelegramError::ThreadGone, &out), Some(no_topic));
        assert_eq!(no_topic.after(&TelegramError::ReplyGone, &out), Some(bare));
        // What refers to nothing cannot be refused for it; an edit is of what it names.
        let Outgoing::Text { chat, text, keyboard, .. } = out else { panic!("a text") };
        let alone = Outgoing::Text {
            chat,
            thread: None,
            answers: None,
            text: text.clone(),
            keyboard: keyboard.clone(),
        };
        assert_eq!(as_meant.after(&unknown, &alone), None);
        let edit = Outgoing::Edit { chat, message: MessageId(5), text, keyboard };
        assert_eq!(as_meant.after(&TelegramError::ReplyGone, &edit), None);
        assert!(as_meant.after(&TelegramError::ParseEntities, &edit).is_some());
    }
}
