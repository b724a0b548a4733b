//! The durable state, spoken to in verbs: accept, claim, submit, commit, defer, bury, delivered.
//!
//! Owns the promise "nothing lost, nothing twice": whatever a verb has answered `Ok` to survives any crash. Must not
//! know Telegram, the tutor or a sentence of the product.
//!
//! # The protocol
//!
//! A row is created by `accept` (or, to deliver alone, by `announce` and a `defer` with a notice) and leaves by `commit` (nothing to send), by the last `delivered`, by `bury`, or with
//! its learner by a `forget`. In between it is *queued*, *leased* or *parked*:
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
//! 4. Rows that become claimable are handed out in the order in which they became so: a learner who sends ten messages
//!    does not go before one who sends his first. Of rows to deliver the more urgent go first: an answer of which nothing
//!    is out yet, then the rest of one, then the bot's own words.
//! 5. A wake-up is registered before the search for work ([`Store::wakeup`] holds one permit), so none is missed. Who
//!    takes one of several claimable rows wakes the next worker.
//!
//! # How it is built
//!
//! The verbs are written once, over [`engine::Engine`]: an ordered map of bytes with atomic batches. A thread of its
//! own owns engine and schedule and carries verbs out in order; a second one flushes, once for all that are waiting, and
//! answers after that. What only reads is answered at once. A failed write leaves memory and disk apart, so from then on every verb answers [`StoreError::Io`] until a
//! restart. Records (`records`), their bytes (`codec`) and keys (`keys`) are versioned apart from all this. Between the
//! verbs and the engine lies the `disk`: it keeps the ledger and, in an encrypted store, seals what goes down ([`seal`]).

mod admin_types;
mod claim;
mod codec;
mod disk;
pub mod engine;
mod error;
pub mod export;
mod flusher;
pub mod home;
mod intake;
pub mod keys;
mod ledger;
pub mod memory;
mod progress;
mod reader;
pub mod records;
mod schedule;
pub mod seal;
pub mod sled;
mod state;
mod thread;
mod verbs;

pub use admin_types::{Archived, Import, Imported, Merged, Removed};
pub use claim::{Claim, Claimed, Lease};
pub use error::StoreError;
pub use export::Exported;
pub use home::{Home, OnDamage};
pub use intake::{AcceptPolicy, Accepted, WaitingEach};
pub use memory::MemoryDisk;
pub use reader::Reader;
pub use seal::KeyTrouble;

use self::engine::Engine;
use self::state::State;
use self::thread::Thread;
use crate::domain::{DeadReason, Failed, Reply, Session, Stage, Timestamp, WaitReason};
use crate::secret::KeyMaterial;
use serde::{Deserialize, Serialize};
use std::ops::Deref;
use uuid::Uuid;

/// Numbers for `/status`, `stats` and the poller's full-inbox check.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows in the inbox, whatever their stage.
    pub inbox: usize,
    /// Rows whose answer is committed and being delivered.
    pub delivering: usize,
    /// Rows under lease.
    pub leased: usize,
    /// Dead letters.
    pub dead: usize,
}

/// A learner's place in the queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// The learner's own messages that wait for or are at the tutor.
    pub own: usize,
    /// Other learners' messages at work since before the learner's first one, or to be worked on before it.
    pub ahead: usize,
}

/// How a claimed row is put off.
#[derive(Debug, Clone)]
pub struct Deferral {
    /// Not to be claimed before.
    pub until: Timestamp,
    /// Why.
    pub reason: WaitReason,
    /// Stage from now on.
    pub stage: Stage,
    /// What failed, where something did: raises its count.
    pub failed: Option<Failed>,
    /// Takes the last submission back out of the count: it is known to have had no effect, or it was our own end that
    /// cut it short.
    pub forgive: bool,
    /// Sent at once, beside the row (its own delivery in the local lane); marks the row as `told_late`.
    pub notice: Option<Reply>,
}

/// How a claimed row is given up.
#[derive(Debug, Clone, Default)]
pub struct Burial {
    /// Why.
    pub reason: DeadReason,
    /// What the error said, for the admin, without message text.
    pub detail: String,
    /// Stage to go on from should it be retried; `None`: as recorded.
    pub stage: Option<Stage>,
    /// What the learner is told.
    pub replies: Vec<Reply>,
}

/// What became of one message of the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// Delivered, or given up for good: struck off.
    Done,
    /// The words of a spoken answer are out as text: only its voice is left of this message. Keeps the lease.
    Words,
    /// Not delivered for sure: to be tried again not before the given moment.
    Later(Timestamp, WaitReason),
    /// Fate unknown: to be tried once more not before the given moment; raises `unsure`.
    Unsure(Timestamp),
}

/// A conversation the tutor still has to forget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purge {
    /// The tutor's session id; nothing here says whose it was.
    pub session: Uuid,
    /// Not before.
    pub not_before: Timestamp,
    /// Attempts so far.
    pub attempts: u32,
}

/// A page of sessions for listings: walk on with its cursor until there is none. A page may hold fewer sessions than
/// asked for, even none, and still have a next one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SessionPage {
    /// Sessions, learner by learner, archived ones before the open one.
    pub sessions: Vec<Session>,
    /// Where to go on; `None` at the end.
    pub next: Option<Vec<u8>>,
}

/// The durable state: a handle to the thread that owns it, cheap to clone. A verb that changes something answers only after
/// its effect is flushed to disk. The verbs stand in `verbs`; those that only read belong to [`Reader`].
///
/// The thread ends once the last handle is dropped and all that was asked is carried out; [`Store::close`] waits for that.
#[derive(Clone)]
pub struct Store(Reader);

impl Deref for Store {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.0
    }
}

impl Store {
    /// Opens the store on an engine. Reads the whole inbox: call it before the daemon is at work, or off its threads.
    fn start(engine: impl Engine + 'static, key: Option<&KeyMaterial>) -> Result<Self, StoreError> {
        Ok(Self(Reader(Thread::start(State::open(Box::new(engine), key)?)?)))
    }

    /// What may see this store, and not change it.
    pub fn reader(&self) -> Reader {
        self.0.clone()
    }

    /// Flushes and closes; further verbs answer `Closed`.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.0.0.end().await
    }

    /// Carries out a verb that changes something, and answers once that is safe.
    async fn change<T: Send + 'static>(
        &self,
        verb: impl FnOnce(&mut State) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.0.0.carry_out(verb, |state, _| state.written()).await
    }
}
