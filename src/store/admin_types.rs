//! Arguments and results of the admin's verbs. Must not know how they are carried out.

use crate::domain::{Level, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a deletion removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// There was a record of the learner.
    pub learner: bool,
    /// Sessions, open and archived.
    pub sessions: u64,
    pub turns: u64,
    pub cards: u64,
    /// Rows of the queue, with their replies.
    pub queued: u64,
    /// Dead letters, with their replies.
    pub dead: u64,
    /// Conversations queued to be deleted at the tutor.
    pub purges: u64,
    /// Other records: days, how turns sounded, rate state, membership, what an admin was told.
    pub marks: u64,
}

/// Result of one step of archiving.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Archived {
    pub sessions: usize,
    /// Cursor to continue from; `None` at the end.
    pub next: Option<Vec<u8>>,
}

/// A session of another bot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    pub user: UserId,
    /// The tutor's id of the conversation.
    pub session: Uuid,
    pub created: Timestamp,
    pub last_activity: Timestamp,
    /// Turns answered in it.
    pub turns: u32,
    /// IETF language tag, where known.
    pub language: Option<String>,
    /// Level of English, where known.
    pub level: Option<Level>,
}

/// What became of an imported session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Imported {
    /// The learner is new; it is their open session now.
    Taken,
    /// The learner existed and has this session as well now.
    Merged(Merged),
    /// It was imported before.
    Known,
}

/// What an existing learner got from another bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merged {
    /// Its session became the open one, because there was none or nothing was said in it. Otherwise it is
    /// archived.
    pub open: bool,
    /// The language was not known before.
    pub language: bool,
    /// The level was not known before.
    pub level: bool,
}
