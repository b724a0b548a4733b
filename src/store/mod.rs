//! The durable state. Its operations are called verbs: accept, claim, submit, commit, defer, bury, delivered.
//!
//! Keeps the promise "nothing lost, nothing twice": whatever a verb has answered `Ok` to survives any crash. Must not
//! know Telegram, the tutor or any text that a learner reads.
//!
//! # The protocol
//!
//! A row is created by `accept` (or, only to deliver something, by `announce` and by a `defer` with a notice). It is removed
//! by a `commit` without replies, by the last `delivered`, by `bury`, or with its learner by `forget`. In between it is *queued*, *leased* or *parked*:
//!
//! ```text
//!  accept -> queued --claim(Tutor|Local)--> leased --commit--> queued for delivery --claim(Delivery)--> leased --delivered*--> gone
//!              ^  ^                           | |                     ^                                    |
//!              |  +------- defer(until) ------+ +-- bury -> dead      +------------- postpone(until) ------+
//!              +---------- release / crash ---+                       +------------- release / crash ------+
//! ```
//!
//! Invariants (checked by `tests/it/store_model.rs` against a plain model, on every engine):
//! 1. Only the oldest row of a (chat, lane) may be claimed, and it keeps that place until it is gone: a younger one
//!    of the same chat and lane is never worked on while an older one is queued, leased, parked or being delivered.
//! 2. A row of [`Lane::Conversation`](crate::domain::Lane) is also held back by older rows of the same *learner* in other chats: one call
//!    of one session at a time.
//!
//!    The one exception to both: rows that were put off because what answers them is down, and whose learners were told so
//!    ([`Job::stuck`]), are passed by others ([`Job::overtakes`]), in each of these orders: the way out of the conversation
//!    (`/new`, `/delete`) goes before any of them; what the tutor answers and what the chat model answers go before one
//!    another, but not before a turn whose answer is looked for. None goes before a row at work, before an older one of its own
//!    kind, or before an older first of another kind that is not stuck, and while it is at work itself nothing else of these
//!    orders is. What the way out has to say goes out in the local lane, beside those overtaken; any other answer goes out
//!    before theirs ([`Job::overtook`]) and holds back the next.
//! 3. A row has at most one lease; leases live in memory, so a crash frees them all.
//! 4. Rows are handed out in the order in which they became claimable, so a learner who sends ten messages does not go
//!    before one who sends a first one. Of rows to deliver the more urgent go first: an answer of which nothing was sent
//!    yet, then the rest of an answer, then the bot's own notices.
//! 5. A worker registers for the wake-up before it searches for work ([`Store::wakeup`] holds one permit), so none is
//!    missed. A worker that takes one of several claimable rows wakes the next worker.
//!
//! # How it is built
//!
//! The verbs are written once, over [`engine::Engine`]: an ordered map of bytes with atomic batches. One thread owns
//! engine and schedule and carries out verbs in order; a second one flushes, once for all that wait, and answers after
//! that. Reads are answered at once. After a failed write memory and disk may differ, so every further verb answers
//! [`StoreError::Io`] until a restart. Records (`records`), their bytes (`codec`) and keys (`keys`) are versioned
//! independently. Between the verbs and the engine, `disk` keeps the ledger and encrypts if there is a key ([`seal`]).

mod admin_types;
mod claim;
mod codec;
mod disk;
pub mod engine;
mod error;
pub mod export;
mod flusher;
pub mod held;
pub mod home;
mod intake;
pub mod keys;
pub mod kinds;
mod ledger;
pub mod memory;
pub mod moving;
mod progress;
mod reader;
pub mod rebuild;
pub mod records;
pub mod reencrypted_copy;
pub mod refill;
mod schedule;
pub mod seal;
pub mod server;
pub mod sled;
mod state;
mod thread;
mod tx;
mod verbs;

pub use admin_types::{Archived, Import, Imported, Merged, Removed};
pub use claim::{Claim, Claimed, Lease};
pub use error::StoreError;
pub use export::Exported;
pub use held::Held;
pub use home::{Home, OnDamage};
pub use intake::{AcceptPolicy, Accepted, WaitingEach};
pub use memory::MemoryDisk;
pub use reader::Reader;
pub use seal::KeyTrouble;
pub use verbs::{CardCounts, Conversation, DueReminder};

use self::engine::Engine;
use self::state::State;
use self::thread::Thread;
use crate::domain::{Contour, DeadReason, Failed, Reply, Session, Stage, Timestamp, TurnChange, WaitReason};
use crate::secret::KeyMaterial;
use serde::{Deserialize, Serialize};
use std::ops::Deref;
use uuid::Uuid;

/// Numbers for `/status`, `stats` and the poller's check for a full inbox.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows in the inbox, whatever their stage.
    pub inbox: usize,
    /// Rows whose answer is committed and being delivered.
    pub delivering: usize,
    /// Rows under lease.
    pub leased: usize,
    pub dead: usize,
}

/// A learner's place in the queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// The learner's own rows that wait for the tutor or are in work there.
    pub own: usize,
    /// Other learners' rows in work since before the learner's first one, or due before it.
    pub ahead: usize,
}

/// How a claimed row is put off.
#[derive(Debug, Clone)]
pub struct Deferral {
    /// Not to be claimed before this.
    pub until: Timestamp,
    pub reason: WaitReason,
    /// Stage from now on.
    pub stage: Stage,
    /// What failed, if anything did: raises its count.
    pub failed: Option<Failed>,
    /// Does not count the last submission: it is known to have had no effect, or our own shutdown interrupted
    /// it.
    pub forgive: bool,
    /// Sent at once, as a row of its own in the local lane; marks the row as `told_late`.
    pub notice: Option<Reply>,
}

/// How a claimed row is given up.
#[derive(Debug, Clone, Default)]
pub struct Burial {
    pub reason: DeadReason,
    /// Text of the error for the admin, without message text.
    pub detail: String,
    /// Stage from which a retry continues; `None`: as stored.
    pub stage: Option<Stage>,
    /// What the learner is told.
    pub replies: Vec<Reply>,
}

/// What became of one message of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// Sent, or given up for good: removed from the outbox.
    Done,
    /// As [`Sent::Done`]: a part of a turn was spoken; with how the reply sounded, where that was measured.
    Spoken(TurnChange, Option<Contour>),
    /// The text of a spoken answer was sent: only its voice is left of this message. Keeps the lease.
    Words,
    /// Certainly not sent: try again, not before this.
    Later(Timestamp, WaitReason),
    /// Outcome unknown: try once more, not before this; raises `unsure`.
    Unsure(Timestamp),
}

/// A conversation that the tutor still has to delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purge {
    /// The tutor's session id; the learner is not recorded here.
    pub session: Uuid,
    pub not_before: Timestamp,
    pub attempts: u32,
}

/// A page of a session listing: continue with its cursor until there is none. A page may hold fewer sessions
/// than requested, even none, and still have a next one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SessionPage {
    /// Learner by learner, archived ones before the open one.
    pub sessions: Vec<Session>,
    /// Cursor to continue from; `None` at the end.
    pub next: Option<Vec<u8>>,
}

/// The durable state: a handle to the thread that owns it, cheap to clone. A verb that changes something
/// answers only after its effect is flushed to disk. The verbs are in `verbs`; those that only read belong to
/// [`Reader`].
///
/// The thread ends once the last handle is dropped and all requests are carried out; [`Store::close`] waits
/// for that.
#[derive(Clone)]
pub struct Store(Reader);

impl Deref for Store {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.0
    }
}

impl Store {
    /// Reads the whole inbox, so call it before the daemon is at work, or off its threads.
    fn start(engine: Box<dyn Engine>, key: Option<&KeyMaterial>, now: Timestamp) -> Result<Self, StoreError> {
        Ok(Self(Reader(Thread::start(State::open(engine, key, now)?)?)))
    }

    /// A handle that can read but not change this store.
    pub fn reader(&self) -> Reader {
        self.0.clone()
    }

    /// Flushes and closes; further verbs answer `Closed`.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.0.0.end().await
    }

    /// Carries out a verb that changes something, and answers once the change is durable.
    async fn change<T: Send + 'static>(
        &self,
        verb: impl FnOnce(&mut State) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.0.0.carry_out(verb, |state, _| state.written()).await
    }
}

/// For openers that are told no time.
fn wall_clock() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
