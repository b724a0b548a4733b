//! What the verbs of an admin take and answer.

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
    /// Finished turns.
    pub turns: u64,
    /// Messages that waited or were at work, with their replies.
    pub queued: u64,
    /// Dead letters, with their replies.
    pub dead: u64,
    /// Conversations queued to be forgotten at the tutor.
    pub purges: u64,
    /// Small things that may outlive the record: state of the rate, membership, what an admin was told.
    pub marks: u64,
}

/// What came of one step of archiving.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Archived {
    /// Sessions archived.
    pub sessions: usize,
    /// Where to go on; `None` at the end.
    pub next: Option<Vec<u8>>,
}

/// A session of another bot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// Whose it is.
    pub user: UserId,
    /// The id the tutor knows it by.
    pub session: Uuid,
    /// When it began.
    pub created: Timestamp,
    /// When it was last used.
    pub last_activity: Timestamp,
    /// Turns answered in it.
    pub turns: u32,
    /// The learner's language as an IETF tag, where known.
    pub language: Option<String>,
    /// How well the learner speaks English, where known.
    pub level: Option<Level>,
}

/// What became of an imported session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Imported {
    /// The learner is new, and it is their open session now.
    Taken,
    /// The learner was here already and has it, too, now.
    Merged(Merged),
    /// It was here already.
    Known,
}

/// What a learner who was here already got of another bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merged {
    /// Its session is the open one: there was none here, or one in which nothing was said. Else it is among the ended ones.
    pub open: bool,
    /// The language was not known here.
    pub language: bool,
    /// The level was not known here.
    pub level: bool,
}
