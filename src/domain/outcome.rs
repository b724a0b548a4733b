//! What a handler decides: facts to keep and replies to send, committed together.
//!
//! Must not know how either happens.

use super::assessment::Turn;
use super::ids::{ChatId, MessageId};
use super::incoming::Incoming;
use super::learner::Change;
use super::rich::{CAPTION_LIMIT, Rich, TEXT_LIMIT};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The whole result of handling one message; committed in one transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Changes to the learner's record, in order.
    pub changes: Vec<Change>,
    /// A finished turn to keep; the store counts it in the session.
    pub turn: Option<Turn>,
    /// Conversations the tutor shall forget.
    pub purge: Vec<Uuid>,
    /// Remove everything held about the learner (before the replies are queued).
    pub forget: bool,
    /// What the learner gets, in order.
    pub replies: Vec<Reply>,
}

impl Outcome {
    /// Only replies.
    pub fn reply(replies: Vec<Reply>) -> Self {
        Self { replies, ..Self::default() }
    }
}

/// One thing to send to one chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Where to.
    pub chat: ChatId,
    /// Topic to stay in.
    pub thread: Option<i64>,
    /// The message it answers; sent all the same should that one be gone.
    pub answers: Option<MessageId>,
    /// What.
    pub content: Content,
}

/// What a reply holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// A message of 1..4096 UTF-16 code units.
    Text {
        /// The words.
        text: Rich,
        /// Buttons beneath.
        keyboard: Keyboard,
    },
    /// A new text for a message sent before.
    Edit {
        /// The message to change.
        message: MessageId,
        /// The words.
        text: Rich,
        /// Buttons beneath.
        keyboard: Keyboard,
    },
    /// The tutor's spoken answer, fetched and encoded at the moment of sending; where there is none to be had
    /// the caption goes out as a text (when it is not empty).
    Spoken {
        /// The conversation whose latest turn speaks.
        session: Uuid,
        /// Which of its two voices.
        part: SpokenPart,
        /// 0..1024 UTF-16 code units.
        caption: Rich,
    },
    /// Ends the little clock on a pressed button.
    CallbackAnswer {
        /// The query.
        callback: String,
        /// A short notice, 0..200 characters.
        text: String,
    },
}

/// Which of the tutor's two voices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SpokenPart {
    /// The conversational reply.
    Conversational,
    /// The coaching.
    Coaching,
}

/// Rows of inline buttons; empty for none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keyboard(pub Vec<Vec<Button>>);

/// One inline button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// What it says.
    pub label: String,
    /// What comes back when it is pressed, 1..64 bytes; or, beginning with `https://`, the page it opens.
    pub data: String,
}

impl Button {
    /// The page it opens, when it is a link.
    pub(crate) fn link(&self) -> Option<&str> {
        Some(self.data.as_str()).filter(|data| data.starts_with("https://"))
    }
}

impl Keyboard {
    /// One row of buttons from (label, data) pairs.
    pub fn row(buttons: &[(&str, &str)]) -> Self {
        Self(vec![
            buttons
                .iter()
                .map(|(label, data)| Button { label: (*label).to_owned(), data: (*data).to_owned() })
                .collect(),
        ])
    }
}

impl Reply {
    /// Text answers to `incoming`, split to Telegram's limit; the first one quotes the message, the last one
    /// carries the buttons.
    pub(crate) fn texts(incoming: &Incoming, text: Rich, keyboard: Keyboard) -> Vec<Reply> {
        let mut parts = text.split(TEXT_LIMIT);
        let last = parts.pop();
        let mut replies: Vec<Reply> = parts
            .into_iter()
            .map(|part| Self::to(incoming, Content::Text { text: part, keyboard: Keyboard::default() }))
            .collect();
        if let Some(text) = last {
            replies.push(Self::to(incoming, Content::Text { text, keyboard }));
        }
        for later in replies.iter_mut().skip(1) {
            later.answers = None;
        }
        replies
    }

    /// The spoken answer with its words: as the caption where they fit, else as texts before it.
    pub(crate) fn spoken(incoming: &Incoming, session: Uuid, part: SpokenPart, words: Rich) -> Vec<Reply> {
        let (mut replies, caption) = if words.utf16_len() <= CAPTION_LIMIT {
            (Vec::new(), words)
        } else {
            (Self::texts(incoming, words, Keyboard::default()), Rich::default())
        };
        replies.push(Self::to(incoming, Content::Spoken { session, part, caption }));
        replies
    }

    /// An answer to `incoming` in its chat and topic.
    pub(crate) fn to(incoming: &Incoming, content: Content) -> Reply {
        Reply { chat: incoming.chat.id, thread: incoming.chat.thread, answers: incoming.message, content }
    }
}
