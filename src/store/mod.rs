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
//! Invariants (checked by `tests/it/store_model.rs` against a plain model, on every implementation):
//! 1. Only the oldest row of a (chat, lane) may be claimed, and it keeps that place until it is gone: a younger one
//!    of the same chat and lane is never worked on while an older one is queued, leased, parked or being delivered.
//! 2. A row of [`Lane::Conversation`](crate::domain::Lane) is also held back by older rows of the same *learner* in other chats: one call
//!    of one session at a time.
//!
//!    The one exception to both: a row that leaves the conversation ([`Job::overtakes`]: `/new`, `/delete`) goes before
//!    the older ones while the oldest, in each of these orders, has been put off for the tutor and its learner told so
//!    ([`Job::waits_for_tutor`]); it is the way out of a session that is stuck. It overtakes no row at work and no other one of its kind, while it is at work
//!    itself nothing else of these orders is, and what it has to say goes out in the local lane, beside those overtaken.
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
pub mod reader;
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
pub use memory::{MemoryDisk, MemoryStore};
pub use seal::KeyTrouble;
pub use sled::SledStore;
pub use thread::ThreadedStore;

use crate::domain::rate::RateState;
use crate::domain::stats::{Holdings, Stats};
use crate::domain::{
    AlertKind, Announced, Announcement, DeadLetter, DeadReason, Failed, Hidden, Incoming, Job, Learner,
    Membership, MessageId, OutMessage, Outcome, Reply, Session, Stage, Timestamp, Told, Turn, UserId,
    WaitReason, WorkKind,
};
use serde::{Deserialize, Serialize};
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::Notify;
use uuid::Uuid;

/// A boxed future, so that the store is a `dyn` trait.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

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

/// The durable state. Every verb that changes something answers only after its effect is flushed to disk.
pub trait Store: Send + Sync {
    /// Takes a batch: tells repeats by recently taken ids, judges the rate by each message's date, creates rows, and
    /// flushes. Only after this has answered may the offset be confirmed. A message whose row would be pointless
    /// ([`Body::Blocked`](crate::domain::Body::Blocked)) only changes its learner. Any other message lifts the learner's `blocked` mark and notes the
    /// client's language; an unknown learner is created. The limit on all learners together goes by `now`: it spares
    /// the tutor the rush after an outage. A row that need not wait has a `not_before` of 0.
    fn accept(&self, batch: Vec<Incoming>, policy: AcceptPolicy, now: Timestamp) -> Later<'_, Accepted>;

    /// The next claimable row of a kind, leased, and flushed as it is; or when to ask again, where none is due at `now`.
    /// When the caller drops this future before it has answered, the lease ends by itself. `Corrupt` when the row or its
    /// learner cannot be read: that row is set aside for a minute, the others go on.
    fn claim(&self, kind: WorkKind, now: Timestamp) -> Later<'_, Claimed>;

    /// Ends a lease where a more urgent row of its kind ([`Urgency`](crate::domain::Urgency)) waits; whether it did.
    fn give_way(&self, lease: Lease) -> Later<'_, bool>;

    /// Woken (one permit) whenever a row of this kind may have become claimable.
    fn wakeup(&self, kind: WorkKind) -> Arc<Notify>;

    /// Records that the voice is about to be handed to the tutor (stage [`Stage::Submitted`]; `changes` hold a freshly
    /// opened session). Raises `submissions`. The returned learner has the changes applied.
    fn submit(&self, lease: Lease, stage: Stage, changes: Vec<crate::domain::Change>) -> Later<'_, Learner>;

    /// Ends a row's work: changes, turn, purges and replies in one transaction. The row stays for delivery
    /// when there are replies, and its lease ends either way. `Gone` when the learner was deleted meanwhile. The turn
    /// is numbered and counted by the store, in its session wherever that is by now. With `forget`, `changes` and
    /// `turn` are left out; everything of the learner goes but this row and younger ones, and all sessions known are
    /// queued to be purged.
    fn commit(&self, lease: Lease, outcome: Outcome, now: Timestamp) -> Later<'_, ()>;

    /// Puts a row off and ends the lease.
    fn defer(&self, lease: Lease, deferral: Deferral, now: Timestamp) -> Later<'_, ()>;

    /// Gives a row up: it becomes a dead letter, its chat goes on, `replies` are delivered in its place. Ends the lease.
    /// The letter has the row's number (a new one when that is taken by an earlier letter of the same row) and keeps what
    /// was left to send.
    fn bury(&self, lease: Lease, burial: Burial, now: Timestamp) -> Later<'_, ()>;

    /// Records what became of one outbox message. `Done` on the last one removes the row and ends the lease;
    /// `Later` and `Unsure` park the row until then and end the lease; `Done` on another keeps the lease.
    fn delivered(&self, lease: Lease, index: u32, sent: Sent) -> Later<'_, ()>;

    /// Notes that a message is about to be sent that says the row's answer is being worked on; whether it may be. Not when
    /// the row is answered, when one was begun before (a restart would not know the id of one on its way), or while older
    /// rows of its lane are in its chat: their answers come before.
    fn begin_progress(&self, seq: u64) -> Later<'_, bool>;

    /// Notes the message that says the row's answer is being worked on (`None`: there is none), whoever holds the row: also
    /// one that waits for its turn is told of. The row keeps the note while its answer is delivered, or hands it to the
    /// notice that the answer comes later.
    fn note_progress(&self, seq: u64, message: Option<MessageId>) -> Later<'_, ()>;

    /// Gives one outbox message up: it becomes a dead letter of its own and is struck off, as by [`Sent::Done`].
    fn bury_message(
        &self,
        lease: Lease,
        index: u32,
        reason: DeadReason,
        detail: String,
        now: Timestamp,
    ) -> Later<'_, ()>;

    /// Strikes off all that is left to send of this row (the chat cannot be reached) and ends the lease; `changes` go to
    /// the learner (the blocked mark) when there is still a record.
    fn drop_replies(&self, lease: Lease, changes: Vec<crate::domain::Change>) -> Later<'_, ()>;

    /// Ends a lease without a word, as a crash would; the row is claimable again at once.
    fn release(&self, lease: Lease) -> Later<'_, ()>;

    /// The daemon ended out of order with these rows in hands (none: it ended in order): counts it for those that are still
    /// there, and clears all others. Answers who was in hands how often in a row.
    fn note_deaths(&self, in_hands: Vec<u64>) -> Later<'_, Vec<(u64, u32)>>;

    /// A group moved: rows and replies for `from` go to `to` from now on.
    fn migrate_chat(&self, from: crate::domain::ChatId, to: crate::domain::ChatId) -> Later<'_, ()>;

    /// The learner's record.
    fn learner(&self, user: UserId) -> Later<'_, Option<Learner>>;

    /// Finished turns of a session in order, from the 0-based `skip`-th, and how many there are in all.
    fn turns(&self, user: UserId, session: Uuid, skip: usize, limit: usize) -> Later<'_, (Vec<Turn>, usize)>;

    /// The learner's latest finished turn of a session.
    fn last_turn(&self, user: UserId, session: Uuid) -> Later<'_, Option<Turn>>;

    /// The learner's rate state.
    fn rate(&self, user: UserId) -> Later<'_, RateState>;

    /// What Telegram last said of the learner and the required channel.
    fn membership(&self, user: UserId) -> Later<'_, Option<Membership>>;

    /// Keeps what Telegram has just said of the learner of a row. `Gone` when the learner was deleted meanwhile: nothing
    /// is kept then.
    fn note_membership(&self, lease: Lease, membership: Membership) -> Later<'_, ()>;

    /// What an admin was last told of a kind.
    fn told(&self, admin: UserId, kind: AlertKind) -> Later<'_, Option<Told>>;

    /// Tells an admin something, unless known already or too soon ([`judge`](crate::domain::alert::judge)): a row of its
    /// own for delivery in the admin's private chat, in one transaction with the mark that it was told.
    fn announce(&self, announcement: Announcement, now: Timestamp) -> Later<'_, Announced>;

    /// The channel whose members were hidden when last heard of.
    fn hidden(&self) -> Later<'_, Option<Hidden>>;

    /// Keeps that a channel's members are hidden, in place of what was kept before; `None`: of none they are.
    fn note_hidden(&self, hidden: Option<Hidden>) -> Later<'_, ()>;

    /// Who was given a command menu of their own.
    fn menus(&self) -> Later<'_, Vec<UserId>>;

    /// Keeps that this user is given a menu of their own, or that it was taken away. Goes with the learner.
    fn note_menu(&self, user: UserId, given: bool) -> Later<'_, ()>;

    /// The learner's place in the queue for the tutor.
    fn place(&self, user: UserId) -> Later<'_, Place>;

    /// Numbers of the moment.
    fn counts(&self) -> Later<'_, Counts>;

    /// Sessions in key order, at most `limit`, after `cursor`.
    fn sessions(&self, cursor: Option<Vec<u8>>, limit: usize) -> Later<'_, SessionPage>;

    /// The sessions of one learner, as in [`Store::sessions`].
    fn sessions_of(&self, user: UserId, cursor: Option<Vec<u8>>, limit: usize) -> Later<'_, SessionPage>;

    /// All rows of the inbox in order of acceptance after `after`, at most `limit` (10,000 here and in all listings).
    fn jobs(&self, after: Option<u64>, limit: usize) -> Later<'_, Vec<Job>>;

    /// Dead letters in order, after `after`, at most `limit`.
    fn dead_letters(&self, after: Option<u64>, limit: usize) -> Later<'_, Vec<DeadLetter>>;

    /// What a row has left to send, or, with `dead`, what the dead letter of this number had.
    fn left_to_send(&self, seq: u64, dead: bool) -> Later<'_, Vec<OutMessage>>;

    /// Puts a dead letter back into the queue, as the youngest row accepted `now`, at its old stage with all
    /// counts at 0. `Gone` when there is none of this number.
    fn retry_dead(&self, seq: u64, now: Timestamp) -> Later<'_, ()>;

    /// Removes a dead letter for good. `Gone` when there is none of this number.
    fn drop_dead(&self, seq: u64) -> Later<'_, ()>;

    /// Makes a waiting row due at once, with fresh attempts and patience. `Gone` where there is none, or it is being
    /// worked on.
    fn hurry(&self, seq: u64, now: Timestamp) -> Later<'_, ()>;

    /// Removes a waiting row and its replies for good; these replies go out in its place, where there are any. `Gone` where
    /// there is none, or it is being worked on.
    fn drop_job(&self, seq: u64, replies: Vec<Reply>) -> Later<'_, ()>;

    /// Asks the tutor to forget these conversations, soon. One that is queued already stays as it is.
    fn add_purges(&self, sessions: Vec<Uuid>, not_before: Timestamp) -> Later<'_, ()>;

    /// Conversations to be forgotten at the tutor that are due, at most `limit`.
    fn purges(&self, now: Timestamp, limit: usize) -> Later<'_, Vec<Purge>>;

    /// The tutor has forgotten it (`None`), or has to be asked again at the given moment. Unknown ones are left alone.
    fn purged(&self, session: Uuid, retry_at: Option<Timestamp>) -> Later<'_, ()>;

    /// Removes archived sessions older than `before` with their turns, at most `limit` in one go, and queues their
    /// purge at the tutor. Returns how many; call again until it is 0 (1,000 at once, however many are asked for).
    fn expire_archived(&self, before: Timestamp, limit: usize, now: Timestamp) -> Later<'_, usize>;

    /// Keeps the daemon's numbers in place of those kept before.
    fn keep_stats(&self, stats: Stats) -> Later<'_, ()>;

    /// The numbers kept last.
    fn stats(&self) -> Later<'_, Option<Stats>>;

    /// How much of what there is.
    fn holdings(&self) -> Later<'_, Holdings>;

    /// Archives open sessions last used before `before`, as having ended `idle_ms` after that; those of learners with a
    /// message for the tutor stay. Looks at 1,000 records: walk on with the cursor until there is none.
    fn archive_idle(
        &self,
        before: Timestamp,
        idle_ms: i64,
        cursor: Option<Vec<u8>>,
        now: Timestamp,
    ) -> Later<'_, Archived>;

    /// Takes in open sessions of another bot, at most 1,000 at once, each learner once; with `dry` only says what would
    /// come of it. Doing so twice changes nothing. A learner who has a conversation here goes on with it, and the other one is
    /// added to those that ended. Retention counts from `now`.
    fn import(&self, imports: Vec<Import>, dry: bool, now: Timestamp) -> Later<'_, Vec<Imported>>;

    /// Removes everything held about a learner, rows at work included (whoever works on them is answered `Gone`), and
    /// queues all sessions known to be forgotten at the tutor.
    fn forget(&self, user: UserId, now: Timestamp) -> Later<'_, Removed>;

    /// Whether the tutor still has to forget this conversation.
    fn purge_of(&self, session: Uuid) -> Later<'_, Option<Purge>>;

    /// A random secret made with the store, for the keyed hash of user ids in logs.
    fn log_key(&self) -> Later<'_, [u8; 32]>;

    /// Writes all records, as they are at one moment, into a checked file: written beside, flushed, read back, then named
    /// `to`. Other verbs wait while the records are gathered, not while the file is flushed and checked. A failure
    /// is [`StoreError::Export`] and harms nothing.
    fn export(&self, to: PathBuf, now: Timestamp) -> Later<'_, Exported>;

    /// Flushes and closes; further verbs answer `Closed`.
    fn close(&self) -> Later<'_, ()>;
}
