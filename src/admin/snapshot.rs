//! The state of the running daemon at one moment, as `top` shows it: numbers, never a text or a name.
//!
//! `top --json` prints it as it stands here: field names are snake_case, docs/operating.md documents them,
//! times are Unix milliseconds. Must not know how it is gathered or drawn.

use crate::domain::Timestamp;
use crate::domain::health::TutorPart;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    pub at: Timestamp,
    pub version: String,
    /// When the daemon was started.
    pub started: Timestamp,
    /// Why it is not well, in words; empty when it is.
    pub troubles: Vec<String>,
    /// When `getUpdates` was last answered.
    pub last_poll: Option<Timestamp>,
    pub tutor: TutorLook,
    /// Turns at the tutor now, and how many may run.
    pub slots: Share,
    pub queue: Queue,
    pub workers: Vec<Work>,
    /// The chat models' servers, as configured.
    #[serde(default)]
    pub models: Vec<ModelServer>,
    /// In the order in which they are shown.
    pub counts: Vec<Counted>,
    /// Durations of the stages of a turn in the last minute; stages that did not happen are left out.
    pub latencies: Vec<Timed>,
    /// Bytes on disk.
    pub store_bytes: u64,
    /// The latest warnings and errors of the log, oldest first.
    pub recent: Vec<LogLine>,
}

/// A number out of a maximum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Share {
    pub used: usize,
    pub of: usize,
}

/// A pool of workers: how many are busy, of how many.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Work {
    /// `voices`, `texts`, `commands` or `sending`.
    pub name: String,
    pub used: usize,
    pub of: usize,
}

/// A chat models' server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ModelServer {
    /// As configured.
    pub name: String,
    /// For how many seconds more it is not asked, after failures; `None`: it is asked.
    pub resting_secs: Option<u32>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counted {
    /// As in `stats --json`.
    pub name: String,
    pub last_minute: u64,
    pub total: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Timed {
    /// As in `stats --json`.
    pub stage: String,
    /// How often it was measured.
    pub count: u64,
    /// Median, ms.
    pub p50_ms: f64,
    /// 95th percentile, ms.
    pub p95_ms: f64,
}

/// The tutor, judged by its last calls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TutorLook {
    pub state: TutorState,
    /// Since when without interruption; `None` before the first call.
    pub since: Option<Timestamp>,
    /// Calls that failed in a row.
    pub failed_calls: u32,
    /// The servers it consists of, where there is more than one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<TutorPart>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TutorState {
    /// Not called yet.
    #[default]
    Unknown,
    Answering,
    /// It answers, but no turn succeeds.
    Failing,
    /// It does not answer.
    Silent,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Queue {
    /// Messages accepted and not finished.
    pub inbox: usize,
    /// How many the inbox holds before polling pauses.
    pub capacity: usize,
    /// Of these, answered and being sent.
    pub delivering: usize,
    /// Of these, in work.
    pub leased: usize,
    /// Dead letters.
    pub dead: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LogLine {
    pub at: Timestamp,
    /// An error rather than a warning.
    pub error: bool,
    /// As in the log.
    pub text: String,
}
