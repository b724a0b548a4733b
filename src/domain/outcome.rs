//! What a handler decides: facts to store and replies to send, committed together.
//!
//! Must not know how either happens.

mod stored;

use super::assessment::{Turn, TurnChange};
use super::card::CardChange;
use super::contour::Contour;
use super::ids::{ChatId, MessageId};
use super::incoming::Incoming;
use super::learner::Change;
use super::made::Made;
use super::rich::{CAPTION_LIMIT, Rich, TEXT_LIMIT};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The whole result of handling one message, committed in one transaction.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// Changes to the learner's record, in order.
    pub changes: Vec<Change>,
    /// A finished turn; the store numbers it and counts it in the session.
    pub turn: Option<Turn>,
    /// How the learner's voice in that turn sounded.
    pub contour: Option<Contour>,
    /// What became known of earlier turns; of one that is no more, nothing is kept.
    pub turn_changes: Vec<TurnChange>,
    /// Changes to the learner's cards, in order.
    pub cards: Vec<CardChange>,
    /// Conversations for the tutor to delete.
    pub purge: Vec<Uuid>,
    /// Delete everything held about the learner (before the replies are queued).
    pub forget: bool,
    /// What the learner gets, in order.
    pub replies: Vec<Reply>,
}

impl Outcome {
    pub fn reply(replies: Vec<Reply>) -> Self {
        Self { replies, ..Self::default() }
    }
}

/// One thing to send to one chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    pub chat: ChatId,
    /// Forum topic.
    pub thread: Option<i64>,
    /// The message it answers; sent all the same if that is deleted.
    pub answers: Option<MessageId>,
    pub content: Content,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "stored::Stored", into = "stored::Stored")]
pub enum Content {
    /// A message of 1..4096 UTF-16 code units.
    Text { text: Rich, keyboard: Keyboard },
    /// A new text for a message sent before.
    Edit { message: MessageId, text: Rich, keyboard: Keyboard },
    /// The tutor's spoken answer, fetched and encoded when it is sent; if there is none, the caption is sent
    /// as a text (unless empty).
    Spoken {
        /// The conversation whose latest turn is spoken.
        session: Uuid,
        part: SpokenPart,
        /// 0..1024 UTF-16 code units.
        caption: Rich,
        /// Under the voice note; words that stand alone have none of it.
        keyboard: Keyboard,
    },
    /// The answer to a button press, which stops the button's clock.
    CallbackAnswer {
        /// The callback query's id.
        callback: String,
        /// A short notice, 0..200 characters.
        text: String,
    },
    /// A file, made when it is sent.
    Made(Made),
    /// A message of 1..4096 UTF-16 code units that changes what stands below the input field; in private chats only.
    Keys { text: Rich, keys: Keys },
}

/// What stands below the input field, where a message says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Keys {
    /// A key that shares the learner's location, and one that says this instead.
    Location { share: String, cancel: String },
    /// The learner's own keyboard alone again.
    Gone,
}

/// The parts of an answer that the tutor can speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SpokenPart {
    Conversational,
    Coaching,
}

/// Rows of inline buttons; empty for none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keyboard(pub Vec<Vec<Button>>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    pub label: String,
    /// Callback data, 1..64 bytes; or, if it begins with `https://`, the page to open.
    pub data: String,
}

impl Button {
    /// The page it opens, if it is a link.
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
    /// has the buttons.
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

    /// The spoken answer with its text: as the caption if it fits, otherwise as text messages before it.
    pub(crate) fn spoken(
        incoming: &Incoming,
        session: Uuid,
        part: SpokenPart,
        words: Rich,
        keyboard: Keyboard,
    ) -> Vec<Reply> {
        let (mut replies, caption) = if words.utf16_len() <= CAPTION_LIMIT {
            (Vec::new(), words)
        } else {
            (Self::texts(incoming, words, Keyboard::default()), Rich::default())
        };
        replies.push(Self::to(incoming, Content::Spoken { session, part, caption, keyboard }));
        replies
    }

    /// An answer to `incoming` in its chat and topic.
    pub(crate) fn to(incoming: &Incoming, content: Content) -> Reply {
        Reply { chat: incoming.chat.id, thread: incoming.chat.thread, answers: incoming.message, content }
    }
}
