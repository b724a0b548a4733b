//! One learner's message as types of ours, and its place in the queue.
//!
//! Must not know Telegram's types (see `telegram::from_api`), which message gets which place (see
//! `bot::placement`), or how it is answered.

use super::files::Files;
use super::ids::{ChatId, MessageId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// A message, command or button press that asks for an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incoming {
    /// Telegram's `update_id`: identifies repeats; its order must not be relied on.
    pub update_id: i64,
    pub chat: Chat,
    pub user: UserId,
    /// IETF language tag of the Telegram client, if it tells.
    pub client_language: Option<String>,
    /// The message to answer; for a button press the message with the button.
    pub message: Option<MessageId>,
    /// When Telegram received it; for a button press the time of acceptance.
    pub date: Timestamp,
    pub body: Body,
}

/// A chat and the forum topic in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chat {
    pub id: ChatId,
    pub kind: ChatKind,
    /// Forum topic (`message_thread_id`), kept in every answer.
    pub thread: Option<i64>,
}

impl Chat {
    /// Whether it is the private chat itself, outside all topics.
    pub fn is_main(self) -> bool {
        self.kind == ChatKind::Private && self.thread.is_none()
    }
}

/// Whether a chat has one learner or many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChatKind {
    Private,
    /// A group or supergroup: stricter sending limits; the bot answers only when addressed.
    Group,
}

/// Content of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body {
    /// `/name@bot args`: name in lower case without slash and suffix, args trimmed.
    Command {
        name: String,
        args: String,
    },
    Text(String),
    /// Anything with sound.
    Voice(Recording),
    Callback {
        /// The callback query's id.
        id: String,
        /// The button's data, 1..64 bytes; empty when the message has no such button (any more).
        data: String,
    },
    /// Content that the tutor cannot use.
    Other(OtherKind),
    /// The learner blocked (true) or unblocked (false) the bot.
    Blocked(bool),
    /// Pictures and documents.
    Files(Files),
    /// Plain text that answers another message, with that message's text.
    Quoting {
        text: String,
        quoted: String,
    },
    /// `/coach` in reply to a message with sound.
    Coach {
        recording: Recording,
        /// Whether whoever asks is the one who speaks in it, as far as Telegram tells.
        own: bool,
    },
    /// A location of which only the time zone was kept.
    Located {
        /// IANA name.
        zone: String,
    },
}

/// The command that has a recording coached which it answers.
pub const COACH: &str = "coach";
/// The command that keeps a phrase.
pub const CARD: &str = "card";

impl Body {
    /// What the learner wrote to a chat model: plain text, or the caption of files.
    pub fn words(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Quoting { text, .. } => Some(text),
            Self::Files(files) => Some(&files.caption),
            _ => None,
        }
    }

    /// What is to be assessed.
    pub fn recording(&self) -> Option<&Recording> {
        match self {
            Self::Voice(recording) | Self::Coach { recording, .. } => Some(recording),
            _ => None,
        }
    }

    /// Whether somebody else speaks than whoever sent it.
    pub fn is_of_another(&self) -> bool {
        matches!(self, Self::Coach { own: false, .. })
    }

    /// The text of the message it answers.
    pub fn quoted(&self) -> Option<&str> {
        match self {
            Self::Quoting { quoted, .. } => Some(quoted),
            _ => None,
        }
    }
}

/// A file with sound, as announced by Telegram; everything is checked again when it arrives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// Id for `getFile`.
    pub file_id: String,
    /// Announced size, bytes.
    pub size: Option<u64>,
    /// Announced duration, seconds.
    pub duration_secs: Option<u32>,
    /// Announced MIME type.
    pub mime: Option<String>,
    /// File name extension without the dot, in lower case.
    pub extension: Option<String>,
}

/// Kinds of content that are answered with a friendly notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum OtherKind {
    /// Sticker, animation, dice, game.
    Sticker,
    /// A photo, or a video without sound.
    Picture,
    /// Location or venue.
    Location,
    /// A document that is not audio.
    Document,
    /// Anything else.
    Unknown,
}

/// Messages of one lane of one chat are answered strictly in order; lanes do not wait for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Lane {
    /// Needs the tutor or changes the conversation.
    Conversation,
    /// Answered without the tutor, at once.
    Local,
    /// What may take a while and nothing waits for: a button has a chat model asked about an earlier turn.
    Aside,
    /// What nobody asked for.
    Unasked,
}

impl Lane {
    pub const ALL: [Self; 4] = [Self::Conversation, Self::Local, Self::Aside, Self::Unasked];
}

/// Which pool of workers takes a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum WorkKind {
    /// Needs a slot at the tutor.
    Tutor,
    /// Answered without a tutor turn.
    Local,
    /// Replies waiting to be sent.
    Delivery,
    /// A chat model answers it.
    Model,
}

impl WorkKind {
    pub const ALL: [Self; 4] = [Self::Tutor, Self::Local, Self::Delivery, Self::Model];
}

/// A message's place in the queue: decided when it is accepted and stored with its row, so that a later
/// version cannot change the order of rows that wait already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placement {
    /// The lane whose order it keeps.
    pub lane: Lane,
    pub work: WorkKind,
    /// It ends the conversation, so it goes before older rows of its lane that wait for a tutor that is down.
    pub leaving: bool,
}

impl Placement {
    /// Answered without the tutor, whatever else the learner has sent.
    pub const AT_ONCE: Self = Self { lane: Lane::Local, work: WorkKind::Local, leaving: false };
    /// Answered without the tutor, but after the learner's earlier messages, because it is about the
    /// conversation.
    pub const IN_TURN: Self = Self { lane: Lane::Conversation, work: WorkKind::Local, leaving: false };
    /// As [`IN_TURN`](Self::IN_TURN), but before rows that wait for a tutor that is down: the way out of a
    /// stuck conversation.
    pub const LEAVING: Self = Self { lane: Lane::Conversation, work: WorkKind::Local, leaving: true };
    /// The bot's own notices, which answer nobody.
    pub const OWN_WORDS: Self = Self { lane: Lane::Local, work: WorkKind::Delivery, leaving: false };
    pub const TEXT_TURN: Self = Self { lane: Lane::Conversation, work: WorkKind::Model, leaving: false };
    /// A chat model is asked about an earlier turn.
    pub const ASIDE: Self = Self { lane: Lane::Aside, work: WorkKind::Model, leaving: false };
    /// As `ASIDE`, but nobody asked for it.
    pub const UNASKED: Self = Self { lane: Lane::Unasked, work: WorkKind::Model, leaving: false };
    pub const TUTOR_TURN: Self = Self { lane: Lane::Conversation, work: WorkKind::Tutor, leaving: false };
}

impl Incoming {
    /// Whether it is quickly answered: a command or a button.
    pub(crate) fn is_command(&self) -> bool {
        matches!(self.body, Body::Command { .. } | Body::Callback { .. })
    }

    /// Whether it counts towards the learner's rate limit. Button presses and membership changes do not: they
    /// answer the bot.
    pub(crate) fn counts_for_rate(&self) -> bool {
        !matches!(self.body, Body::Callback { .. } | Body::Blocked(_))
    }
}
