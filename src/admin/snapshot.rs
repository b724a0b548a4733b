//! The running daemon at one moment, as `top` shows it: numbers, never a word of a message, never a name.
//!
//! `top --json` prints it as it stands here, so its words are snake_case and docs/operating.md documents them; moments are
//! milliseconds since the epoch. Must not know how it is gathered or drawn.

use crate::domain::Timestamp;
use serde::{Deserialize, Serialize};

/// Everything at one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Snapshot {
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
    pub tutor: TutorLook,
    /// Turns at the tutor now, and how many may be.
    pub slots: Share,
    /// What waits.
    pub queue: Queue,
    /// What is worked on, by kind of work.
    pub workers: Vec<Work>,
    /// What was counted, in the order in which it is shown.
    pub counts: Vec<Counted>,
    /// How long the stages of a turn took in the last minute; those that did not happen are left out.
    pub latencies: Vec<Timed>,
    /// Size of the store on disk, bytes.
    pub store_bytes: u64,
    /// The latest warnings and errors of the log, oldest first.
    pub recent: Vec<LogLine>,
}

/// Some of so many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Share {
    /// In use.
    pub used: usize,
    /// At most.
    pub of: usize,
}

/// A kind of work: how much of it goes on, of how much at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Work {
    /// `voices`, `commands` or `sending`.
    pub name: String,
    /// Going on.
    pub used: usize,
    /// At most.
    pub of: usize,
}

/// Something that is counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counted {
    /// Its name, as in `stats --json`.
    pub name: String,
    /// In the last minute.
    pub last_minute: u64,
    /// Since the start.
    pub total: u64,
}

/// How long a stage of a turn took.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Timed {
    /// Its name, as in `stats --json`.
    pub stage: String,
    /// How often it was measured.
    pub count: u64,
    /// Half of them took no longer, milliseconds.
    pub p50_ms: f64,
    /// 95 of 100 took no longer, milliseconds.
    pub p95_ms: f64,
}

/// The tutor, by its last calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TutorLook {
    /// Whether it answers.
    pub state: TutorState,
    /// Since when without interruption; `None` before the first call.
    pub since: Option<Timestamp>,
    /// Calls that failed in a row.
    pub failed_calls: u32,
}

/// Whether the tutor answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TutorState {
    /// Not called yet.
    #[default]
    Unknown,
    /// It does.
    Answering,
    /// It is there, but no turn succeeds.
    Failing,
    /// It does not.
    Silent,
}

/// What waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Queue {
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
pub(crate) struct LogLine {
    /// When.
    pub at: Timestamp,
    /// An error rather than a warning.
    pub error: bool,
    /// As in the log.
    pub text: String,
}
