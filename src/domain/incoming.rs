//! One learner's message in our own words, and what it means to have a place in the queue.
//!
//! Must not know Telegram's types (see `telegram::from_api`), which message gets which place (see `bot::placement`), or
//! how it is answered.

use super::files::Files;
use super::ids::{ChatId, MessageId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// A message, command or button press that asks for an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incoming {
    /// Telegram's `update_id`: tells repeats, never an order to rely on.
    pub update_id: i64,
    /// Where it was said.
    pub chat: Chat,
    /// Who said it.
    pub user: UserId,
    /// The Telegram client's language as an IETF tag, where it tells.
    pub client_language: Option<String>,
    /// The message to answer; for a button press the message that carries the button.
    pub message: Option<MessageId>,
    /// When Telegram received it; for a button press the moment of acceptance.
    pub date: Timestamp,
    /// What was said.
    pub body: Body,
}

/// A chat and the topic in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chat {
    /// Its id.
    pub id: ChatId,
    /// Private or shared.
    pub kind: ChatKind,
    /// Forum topic (`message_thread_id`), kept in every answer.
    pub thread: Option<i64>,
}

/// Whether a chat has one learner or many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChatKind {
    /// One learner and the bot.
    Private,
    /// A group or supergroup: stricter sending limits, the bot speaks only when addressed.
    Group,
}

/// What a message holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body {
    /// `/name@bot args`: name in lower case without slash and suffix, args with outer white space removed.
    Command {
        /// Name in lower case.
        name: String,
        /// The rest of the line.
        args: String,
    },
    /// Plain text.
    Text(String),
    /// Anything to listen to.
    Voice(Recording),
    /// A pressed inline button.
    Callback {
        /// The query to answer.
        id: String,
        /// The button's data, 1..64 bytes; empty when the message does not hold such a button (any more).
        data: String,
    },
    /// Content the tutor can do nothing with.
    Other(OtherKind),
    /// The learner blocked (true) or unblocked (false) the bot.
    Blocked(bool),
    /// Pictures and documents to look at.
    Files(Files),
    /// Plain text that answers another message, with the words of that one.
    Quoting {
        /// What the learner writes.
        text: String,
        /// What it refers to.
        quoted: String,
    },
}

impl Body {
    /// What the learner wrote, to be answered by a chat model: plain text, or what stands beneath files.
    pub fn words(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Quoting { text, .. } => Some(text),
            Self::Files(files) => Some(&files.caption),
            _ => None,
        }
    }

    /// The words of the message it answers.
    pub fn quoted(&self) -> Option<&str> {
        match self {
            Self::Quoting { quoted, .. } => Some(quoted),
            _ => None,
        }
    }
}

/// A file to listen to, as announced by Telegram; every figure is checked again when it arrives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// Telegram's handle for `getFile`.
    pub file_id: String,
    /// Announced size in bytes.
    pub size: Option<u64>,
    /// Announced duration in seconds.
    pub duration_secs: Option<u32>,
    /// Announced MIME type.
    pub mime: Option<String>,
    /// File-name extension without the dot, in lower case.
    pub extension: Option<String>,
}

/// Kinds of content that get one kind line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum OtherKind {
    /// Sticker, animation, dice, game.
    Sticker,
    /// Photo, or a video without a voice to read.
    Picture,
    /// Location or venue.
    Location,
    /// A document that is not audio.
    Document,
    /// Anything else.
    Unknown,
}

/// Messages of one lane of one chat are answered strictly in order; lanes do not wait for one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Lane {
    /// Needs the tutor or changes the conversation.
    Conversation,
    /// Answered from here alone, at once.
    Local,
}

/// Which pool of workers takes a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum WorkKind {
    /// Needs a slot at the tutor.
    Tutor,
    /// Answered without a tutor turn.
    Local,
    /// Replies that wait to be sent.
    Delivery,
    /// A chat model answers it.
    Model,
}

impl WorkKind {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Tutor, Self::Local, Self::Delivery, Self::Model];
}

/// A message's place in the queue: decided when it is taken in, and kept with its row, so that a later program cannot
/// change the order of what waits already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placement {
    /// The lane it keeps its order in.
    pub lane: Lane,
    /// The pool that handles it.
    pub work: WorkKind,
    /// It leaves the conversation, so it goes before older rows of its lane that wait for a tutor that does not answer.
    pub leaving: bool,
}

impl Placement {
    /// Answered from here at once, whatever else the learner has sent.
    pub const AT_ONCE: Self = Self { lane: Lane::Local, work: WorkKind::Local, leaving: false };
    /// Answered from here, after the learner's earlier messages: it speaks of the conversation.
    pub const IN_TURN: Self = Self { lane: Lane::Conversation, work: WorkKind::Local, leaving: false };
    /// As [`IN_TURN`](Self::IN_TURN), but past what waits for a tutor that does not answer: the way out of a conversation that is stuck.
    pub const LEAVING: Self = Self { lane: Lane::Conversation, work: WorkKind::Local, leaving: true };
    /// Words of the bot's own, which answer nobody.
    pub const OWN_WORDS: Self = Self { lane: Lane::Local, work: WorkKind::Delivery, leaving: false };
    /// A chat model answers it.
    pub const TEXT_TURN: Self = Self { lane: Lane::Conversation, work: WorkKind::Model, leaving: false };
    /// A turn of the tutor.
    pub const TUTOR_TURN: Self = Self { lane: Lane::Conversation, work: WorkKind::Tutor, leaving: false };
}

impl Incoming {
    /// Whether it asks for something that is soon done: a command or a button.
    pub(crate) fn is_command(&self) -> bool {
        matches!(self.body, Body::Command { .. } | Body::Callback { .. })
    }

    /// Whether it uses up the learner's rate. Button presses and membership changes do not: they answer us.
    pub(crate) fn counts_for_rate(&self) -> bool {
        !matches!(self.body, Body::Callback { .. } | Body::Blocked(_))
    }
}
