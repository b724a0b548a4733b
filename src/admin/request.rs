//! What can be asked and what is answered: the words on the wire, as plain data.
//!
//! One [`Request`] per verb, one kind of [`Item`] per kind of row. Changing one of them changes the protocol: raise
//! [`VERSION`](super::protocol::VERSION). Must not know how a request travels, is carried out or is shown.

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

/// What the store, or the daemon that holds it, is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    /// `sessions list`: [`Item::Session`]s in the order of learners.
    Sessions(SessionFilter),
    /// `sessions show`: [`Item::Detail`]s.
    Session(Wanted),
    /// `queue list`, `queue show`: [`Item::Queued`]s, what waits first.
    Queue(QueueFilter),
    /// `queue retry`, `queue drop`: no item.
    Change {
        /// The row's number.
        number: u64,
        /// What is to become of it.
        change: QueueChange,
    },
    /// `sessions export`: the [`Item::Held`] about a learner, piece by piece.
    Export(Wanted),
    /// `sessions delete`: [`Item::Deleted`].
    Delete(UserId),
    /// `sessions expire`: [`Item::Expired`].
    Expire {
        /// Ended sessions at least so old are removed, milliseconds; `None`: as `SESSION_RETENTION_DAYS` has it.
        older_than_ms: Option<i64>,
        /// Only say how many that would be.
        dry: bool,
    },
    /// `sessions import`: one [`Item::Imported`] for each, in order; at most [`IMPORTS`].
    Import {
        /// The sessions, each learner once.
        sessions: Vec<Import>,
        /// Change nothing.
        dry: bool,
    },
    /// `backup`: [`Item::Backup`], then the bytes of a checked export.
    Backup,
    /// `stats`: one [`Item::Stats`].
    Stats,
    /// How the daemon is: one [`Item::Health`]; refused where none runs.
    Health,
    /// `top`: an [`Item::Snapshot`] now and after each pause, until the client goes; refused where no daemon runs.
    Watch {
        /// The pause, milliseconds; no shorter than [`PAUSE_LEAST_MS`].
        pause_ms: u64,
    },
}

/// Shortest pause between two snapshots, milliseconds.
pub(crate) const PAUSE_LEAST_MS: u64 = 100;

/// Sessions in one [`Request::Import`].
pub(crate) const IMPORTS: usize = 500;

/// One piece of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Item {
    /// A session.
    Session(SessionRow),
    /// A session, whole.
    Detail(Box<SessionDetail>),
    /// A message of the queue.
    Queued(QueueRow),
    /// A piece of what is held about a learner.
    Held(Box<Held>),
    /// What a deletion removed.
    Deleted(Removed),
    /// What an expiry did.
    Expired {
        /// Idle sessions ended.
        archived: u64,
        /// Ended sessions removed.
        removed: u64,
    },
    /// What became of an imported session.
    Imported(Imported),
    /// The bytes of an export of this moment and size follow.
    Backup {
        /// The state of this moment.
        taken_at: Timestamp,
        /// Records in it.
        records: u64,
        /// Bytes that follow.
        bytes: u64,
    },
    /// The numbers.
    Stats(Box<StatsReport>),
    /// How the daemon is.
    Health(Box<Health>),
    /// The daemon at one moment.
    Snapshot(Box<Snapshot>),
}

/// Why there is no answer, in words for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{text}")]
pub(crate) struct Refusal {
    /// What to make of it.
    pub kind: RefusalKind,
    /// The words.
    pub text: String,
}

/// Kinds of refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RefusalKind {
    /// What was named is not there.
    NotFound,
    /// It did not work.
    Failed,
    /// This daemon does not talk to this client: another version, another user, too many at once.
    Unwelcome,
}

impl Refusal {
    /// What was named is not there.
    pub(crate) fn not_found(text: impl Into<String>) -> Self {
        Self { kind: RefusalKind::NotFound, text: text.into() }
    }

    /// It did not work.
    pub(crate) fn failed(text: impl ToString) -> Self {
        Self { kind: RefusalKind::Failed, text: text.to_string() }
    }

    /// No talk with this client.
    pub(crate) fn unwelcome(text: impl Into<String>) -> Self {
        Self { kind: RefusalKind::Unwelcome, text: text.into() }
    }
}

/// Which sessions are wanted; all that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SessionFilter {
    /// In this state at the moment of asking.
    pub state: Option<SessionState>,
    /// Of this learner.
    pub user: Option<UserId>,
    /// Last used at or after this moment.
    pub since: Option<Timestamp>,
    /// Last used before this moment.
    pub before: Option<Timestamp>,
    /// At most so many.
    pub limit: Option<u64>,
}

/// How `sessions show` and `sessions export` name what they want.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Wanted {
    /// All sessions of a learner.
    User(UserId),
    /// The session with this id.
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

/// Which messages of the queue are wanted; all that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct QueueFilter {
    /// Given up (`Some(true)`), or waiting and at work (`Some(false)`).
    pub dead: Option<bool>,
    /// Of this learner.
    pub user: Option<UserId>,
    /// With this number.
    pub number: Option<u64>,
}

/// What `queue retry` and `queue drop` do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum QueueChange {
    /// Back into the queue, or due at once.
    Retry,
    /// Away for good.
    Drop,
}

/// A session with its state at the moment of asking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SessionRow {
    /// The session.
    pub session: Session,
    /// Its state.
    pub state: SessionState,
}

/// One session, whole but for its words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SessionDetail {
    /// The session.
    pub row: SessionRow,
    /// Its learner's settings, where still known.
    pub settings: Option<Settings>,
    /// Its first turns, at most 500.
    pub turns: Vec<TurnRow>,
    /// Messages of the learner that wait for or are at the tutor.
    pub waiting: u64,
}

/// What a learner has chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// Language of the bot's own sentences.
    pub language: LanguageChoice,
    /// When the Portuguese is shown.
    pub translation: Translation,
    /// Whether the reply is also spoken.
    pub voice_reply: bool,
    /// The learner blocked the bot.
    pub blocked: bool,
    /// How well the learner speaks English, where known.
    pub level: Option<Level>,
    /// When a conversation of another bot was taken over.
    pub imported_at: Option<Timestamp>,
}

/// One turn; its words are the learner's own and not shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TurnRow {
    /// 1 for the session's first.
    pub number: u32,
    /// When the answer came.
    pub at: Timestamp,
    /// Length of the voice, milliseconds.
    pub voice_ms: u64,
}

/// A message of the queue, without its words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct QueueRow {
    /// Its number, for `queue show|retry|drop`.
    pub seq: u64,
    /// Whose it is.
    pub user: UserId,
    /// Kind of message.
    pub kind: String,
    /// How far it has come.
    pub stage: String,
    /// When it was accepted.
    pub since: Timestamp,
    /// Not worked on before, where it waits.
    pub until: Option<Timestamp>,
    /// Failed attempts of every kind.
    pub attempts: u32,
    /// What it waits for.
    pub waiting_for: Option<WaitReason>,
    /// Why it was given up; `None`: it was not.
    pub given_up: Option<DeadReason>,
    /// What the error said when it was given up.
    pub detail: String,
}

/// The numbers, the same with the daemon running and at rest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StatsReport {
    /// What was counted; `None` where no daemon has kept any yet.
    pub stats: Option<Stats>,
    /// What the store holds at this moment.
    pub holdings: Holdings,
}
