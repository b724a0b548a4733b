//! What can be asked and answered: the messages of the admin protocol, as plain data.
//!
//! One [`Request`] per command, one kind of [`Item`] per kind of row. Changing one of them changes the
//! protocol: raise [`VERSION`](super::protocol::VERSION). Must not know how a request is transported, carried
//! out or shown.

use super::snapshot::Snapshot;
use crate::domain::data_export::Held;
use crate::domain::health::Health;
use crate::domain::stats::{Holdings, Stats};
use crate::domain::{
    DeadReason, LanguageChoice, Level, Session, SessionState, Timestamp, Translation, UserId, WaitReason,
};
use crate::store::{Import, Imported, Removed};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    /// `sessions list`: [`Item::Session`]s ordered by learner.
    Sessions(SessionFilter),
    /// `sessions show`: [`Item::Detail`]s.
    Session(Wanted),
    /// `queue list`, `queue show`: [`Item::Queued`]s, waiting ones first.
    Queue(QueueFilter),
    /// `queue retry`, `queue drop`: no item.
    Change { number: u64, change: QueueChange },
    /// `sessions export`: the [`Item::Held`] of a learner, piece by piece.
    Export(Wanted),
    /// `sessions delete`: [`Item::Deleted`].
    Delete(UserId),
    /// `sessions expire`: [`Item::Expired`].
    Expire {
        /// Ended sessions of at least this age (ms) are removed; `None`: `SESSION_RETENTION_DAYS`.
        older_than_ms: Option<i64>,
        /// Only count them.
        dry: bool,
    },
    /// `sessions import`: one [`Item::Imported`] for each, in order; at most [`IMPORTS`].
    Import {
        /// Each learner once.
        sessions: Vec<Import>,
        /// Change nothing.
        dry: bool,
    },
    /// `backup`: [`Item::Backup`], then the bytes of a checked export.
    Backup,
    /// `stats`: one [`Item::Stats`].
    Stats,
    /// `health`: one [`Item::Health`]; refused without a daemon.
    Health,
    /// `top`: an [`Item::Snapshot`] now and after each pause, until the client is gone; refused without a
    /// daemon.
    Watch {
        /// At least [`PAUSE_LEAST_MS`].
        pause_ms: u64,
    },
}

impl Request {
    /// Whether the store may be another one afterwards.
    pub(crate) fn changes(&self) -> bool {
        match self {
            Self::Change { .. } | Self::Delete(_) => true,
            Self::Expire { dry, .. } | Self::Import { dry, .. } => !dry,
            Self::Sessions(_)
            | Self::Session(_)
            | Self::Queue(_)
            | Self::Export(_)
            | Self::Backup
            | Self::Stats
            | Self::Health
            | Self::Watch { .. } => false,
        }
    }
}

pub(crate) const PAUSE_LEAST_MS: u64 = 100;

/// Most sessions in one [`Request::Import`].
pub(crate) const IMPORTS: usize = 500;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Item {
    Session(SessionRow),
    Detail(Box<SessionDetail>),
    Queued(QueueRow),
    /// A piece of what is held about a learner.
    Held(Box<Held>),
    Deleted(Removed),
    Expired {
        archived: u64,
        removed: u64,
    },
    Imported(Imported),
    /// The bytes of an export follow.
    Backup {
        /// The state it holds is of this moment.
        taken_at: Timestamp,
        /// Records in it.
        records: u64,
        /// Bytes that follow.
        bytes: u64,
    },
    Stats(Box<StatsReport>),
    Health(Box<Health>),
    Snapshot(Box<Snapshot>),
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{text}")]
pub(crate) struct Refusal {
    pub kind: RefusalKind,
    /// In words for a person.
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RefusalKind {
    /// What was named does not exist.
    NotFound,
    /// The request failed.
    Failed,
    /// This daemon does not serve this client: another version, another user, or too many clients.
    Unwelcome,
}

impl Refusal {
    pub(crate) fn not_found(text: impl Into<String>) -> Self {
        Self { kind: RefusalKind::NotFound, text: text.into() }
    }

    pub(crate) fn failed(text: impl ToString) -> Self {
        Self { kind: RefusalKind::Failed, text: text.to_string() }
    }

    pub(crate) fn unwelcome(text: impl Into<String>) -> Self {
        Self { kind: RefusalKind::Unwelcome, text: text.into() }
    }
}

/// Which sessions are wanted; all given conditions must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SessionFilter {
    /// State at the time of the request.
    pub state: Option<SessionState>,
    pub user: Option<UserId>,
    /// Last used at or after this.
    pub since: Option<Timestamp>,
    /// Last used before this.
    pub before: Option<Timestamp>,
    /// At most this many.
    pub limit: Option<u64>,
}

/// What `sessions show` and `sessions export` name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Wanted {
    User(UserId),
    Session(Uuid),
}

impl std::str::FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(user) = text.parse() {
            return Ok(Self::User(UserId(user)));
        }
        text.parse()
            .map(Self::Session)
            .map_err(|_| "give a Telegram user id (a number) or a session id (a UUID)".to_owned())
    }
}

/// Which rows are wanted; all given conditions must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct QueueFilter {
    /// Dead letters (`Some(true)`), or waiting and in work (`Some(false)`).
    pub dead: Option<bool>,
    pub user: Option<UserId>,
    pub number: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum QueueChange {
    /// Back into the queue, or due at once.
    Retry,
    /// Removed for good.
    Drop,
}

/// A session with its state at the time of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SessionRow {
    pub session: Session,
    pub state: SessionState,
}

/// One session, without its texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SessionDetail {
    pub row: SessionRow,
    /// The learner's settings, where still stored.
    pub settings: Option<Settings>,
    /// The first turns, at most 500.
    pub turns: Vec<TurnRow>,
    /// The learner's rows that wait for the tutor or are in work there.
    pub waiting: u64,
}

/// A learner's settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// Language of the bot's own sentences.
    pub language: LanguageChoice,
    /// When the Portuguese translation is shown.
    pub translation: Translation,
    /// Whether the reply is also spoken.
    pub voice_reply: bool,
    /// The learner blocked the bot.
    pub blocked: bool,
    /// Level of English, where known.
    pub level: Option<Level>,
    /// When a conversation of another bot was taken over.
    pub imported_at: Option<Timestamp>,
}

/// One turn without its texts, which belong to the learner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TurnRow {
    /// Counted from 1 in each session.
    pub number: u32,
    /// When the answer came.
    pub at: Timestamp,
    /// Length of the recording, ms.
    pub voice_ms: u64,
}

/// A row of the queue, without its texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct QueueRow {
    /// Its number, for `queue show|retry|drop`.
    pub seq: u64,
    pub user: UserId,
    pub kind: String,
    pub stage: String,
    pub since: Timestamp,
    /// Not due before this, while it waits.
    pub until: Option<Timestamp>,
    /// Failed attempts of every kind.
    pub attempts: u32,
    /// What it waits for.
    pub waiting_for: Option<WaitReason>,
    /// Why it was given up; `None`: it was not.
    pub given_up: Option<DeadReason>,
    /// Text of the error when it was given up.
    pub detail: String,
}

/// The statistics; the same whether or not a daemon runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StatsReport {
    /// What was counted; `None` if no daemon has stored any yet.
    pub stats: Option<Stats>,
    /// What the store holds now.
    pub holdings: Holdings,
}
