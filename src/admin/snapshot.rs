//! The running daemon at one moment, as `top` shows it: numbers, never a word of a message, never a name.
//!
//! Must not know how it is gathered or drawn.

use crate::domain::Timestamp;
use serde::{Deserialize, Serialize};

/// Everything at one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The moment.
    pub at: Timestamp,
    /// Version of the daemon.
    pub version: String,
    /// When it was started.
    pub started: Timestamp,
    /// Why it is not well, in words; empty when it is.
    pub troubles: Vec<String>,
    /// When `getUpdates` was last answered.
    pub last_poll: Option<Timestamp>,
    /// The tutor, by its last calls.
    pub tutor: TutorSign,
    /// Turns at the tutor now, and how many may be.
    pub slots: Share,
    /// What waits.
    pub queue: Queue,
    /// What is worked on, by kind of work.
    pub workers: Vec<(String, Share)>,
    /// Counters since the start, in the order in which they are shown.
    pub totals: Vec<(String, u64)>,
    /// Size of the store on disk, bytes.
    pub store_bytes: u64,
    /// The latest warnings and errors of the log, oldest first.
    pub recent: Vec<LogLine>,
}

/// Some of so many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// In use.
    pub used: usize,
    /// At most.
    pub of: usize,
}

/// Whether the tutor answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TutorSign {
    /// Not called yet.
    #[default]
    Unknown,
    /// It answers, without interruption since then.
    Answers(Timestamp),
    /// It is there, but no turn has succeeded since then, so many in a row.
    Failing(Timestamp, u32),
    /// It does not, since then, so many calls in a row.
    Silent(Timestamp, u32),
}

/// What waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    /// Messages taken and not done with.
    pub inbox: usize,
    /// How many the inbox holds before polling pauses.
    pub capacity: usize,
    /// Of these, answered and being sent.
    pub delivering: usize,
    /// Of these, worked on.
    pub leased: usize,
    /// Given up.
    pub dead: usize,
}

/// A warning or an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When.
    pub at: Timestamp,
    /// An error rather than a warning.
    pub error: bool,
    /// As in the log.
    pub text: String,
}
