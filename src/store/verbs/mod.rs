//! What each verb of the store does, written once for every engine.
//!
//! Owns the way from the trait to the thread. Each function works on [`State`](super::state::State) alone: it reads,
//! prepares one transaction, applies it, and only then brings the schedule in step. Must not know engines or threads.

mod accept;
mod access;
pub mod after_restore;
mod archive_import;
mod commit;
pub mod export;
mod forget;
mod housekeeping;
mod left;
mod lookup;
mod outbox;
mod person;
mod work;

use super::engine::Engine;
use super::thread::ThreadedStore;
use super::{
    AcceptPolicy, Accepted, Archived, Burial, Claimed, Counts, Deferral, Exported, Import, Imported, Later,
    Lease, Place, Purge, Removed, Sent, SessionPage, Store, StoreError, keys,
};
use crate::domain::rate::RateState;
use crate::domain::stats::{Holdings, Stats};
use crate::domain::{
    AlertKind, Announced, Announcement, Change, ChatId, DeadLetter, DeadReason, Hidden, Incoming, Job,
    Learner, Membership, MessageId, OutMessage, Outcome, Reply, Stage, Timestamp, Told, Turn, UserId,
    WorkKind,
};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Notify;
use uuid::Uuid;

impl<E: Engine + 'static> Store for ThreadedStore<E> {
    fn accept(&self, batch: Vec<Incoming>, policy: AcceptPolicy, now: Timestamp) -> Later<'_, Accepted> {
        self.ask(move |state| accept::accept(state, batch, policy, now))
    }

    fn claim(&self, kind: WorkKind, now: Timestamp) -> Later<'_, Claimed> {
        self.ask_claim(move |state| work::claim(state, kind, now))
    }

    fn wakeup(&self, kind: WorkKind) -> Arc<Notify> {
        self.bell(kind)
    }

    fn give_way(&self, lease: Lease) -> Later<'_, bool> {
        self.look(move |state| work::give_way(state, lease))
    }

    fn submit(&self, lease: Lease, stage: Stage, changes: Vec<Change>) -> Later<'_, Learner> {
        self.ask(move |state| work::submit(state, lease, stage, changes))
    }

    fn commit(&self, lease: Lease, outcome: Outcome, now: Timestamp) -> Later<'_, ()> {
        self.ask(move |state| commit::commit(state, lease, outcome, now))
    }

    fn defer(&self, lease: Lease, deferral: Deferral, now: Timestamp) -> Later<'_, ()> {
        self.ask(move |state| work::defer(state, lease, deferral, now))
    }

    fn bury(&self, lease: Lease, burial: Burial, now: Timestamp) -> Later<'_, ()> {
        self.ask(move |state| work::bury(state, lease, burial, now))
    }

    fn note_deaths(&self, in_hands: Vec<u64>) -> Later<'_, Vec<(u64, u32)>> {
        self.ask(move |state| work::note_deaths(state, &in_hands))
    }

    fn begin_progress(&self, seq: u64) -> Later<'_, bool> {
        self.ask(move |state| work::begin_progress(state, seq))
    }

    fn note_progress(&self, seq: u64, message: Option<MessageId>) -> Later<'_, ()> {
        self.ask(move |state| work::note_progress(state, seq, message))
    }

    fn delivered(&self, lease: Lease, index: u32, sent: Sent) -> Later<'_, ()> {
        self.ask(move |state| outbox::delivered(state, lease, index, sent))
    }

    fn bury_message(
        &self,
        lease: Lease,
        index: u32,
        reason: DeadReason,
        detail: String,
        now: Timestamp,
    ) -> Later<'_, ()> {
        self.ask(move |state| outbox::bury_message(state, lease, index, reason, detail, now))
    }

    fn drop_replies(&self, lease: Lease, changes: Vec<Change>) -> Later<'_, ()> {
        self.ask(move |state| outbox::drop_replies(state, lease, changes))
    }

    fn release(&self, lease: Lease) -> Later<'_, ()> {
        self.look(move |state| work::release(state, lease))
    }

    fn migrate_chat(&self, from: ChatId, to: ChatId) -> Later<'_, ()> {
        self.ask(move |state| outbox::migrate_chat(state, from, to))
    }

    fn learner(&self, user: UserId) -> Later<'_, Option<Learner>> {
        self.look(move |state| state.learner(user))
    }

    fn turns(&self, user: UserId, session: Uuid, skip: usize, limit: usize) -> Later<'_, (Vec<Turn>, usize)> {
        self.look(move |state| lookup::turns(state, user, session, skip, limit))
    }

    fn last_turn(&self, user: UserId, session: Uuid) -> Later<'_, Option<Turn>> {
        self.look(move |state| lookup::last_turn(state, user, session))
    }

    fn rate(&self, user: UserId) -> Later<'_, RateState> {
        self.look(move |state| Ok(state.get(&keys::rate(user))?.unwrap_or_default()))
    }

    fn membership(&self, user: UserId) -> Later<'_, Option<Membership>> {
        self.look(move |state| state.get(&keys::member(user)))
    }

    fn note_membership(&self, lease: Lease, membership: Membership) -> Later<'_, ()> {
        self.ask(move |state| access::note_membership(state, lease, membership))
    }

    fn told(&self, admin: UserId, kind: AlertKind) -> Later<'_, Option<Told>> {
        self.look(move |state| state.get(&keys::told(admin, kind)))
    }

    fn announce(&self, announcement: Announcement, now: Timestamp) -> Later<'_, Announced> {
        self.ask(move |state| access::announce(state, announcement, now))
    }

    fn hidden(&self) -> Later<'_, Option<Hidden>> {
        self.look(|state| state.get(&keys::hidden()))
    }

    fn note_hidden(&self, hidden: Option<Hidden>) -> Later<'_, ()> {
        self.ask(move |state| access::note_hidden(state, hidden))
    }

    fn menus(&self) -> Later<'_, Vec<UserId>> {
        self.look(|state| access::menus(state))
    }

    fn note_menu(&self, user: UserId, given: bool) -> Later<'_, ()> {
        self.ask(move |state| access::note_menu(state, user, given))
    }

    fn place(&self, user: UserId) -> Later<'_, Place> {
        self.look(move |state| Ok(state.schedule.place(user)))
    }

    fn counts(&self) -> Later<'_, Counts> {
        self.look(|state| Ok(lookup::counts(state)))
    }

    fn sessions(&self, cursor: Option<Vec<u8>>, limit: usize) -> Later<'_, SessionPage> {
        self.look(move |state| lookup::sessions(state, keys::kind(keys::PERSON), cursor, limit))
    }

    fn sessions_of(&self, user: UserId, cursor: Option<Vec<u8>>, limit: usize) -> Later<'_, SessionPage> {
        self.look(move |state| lookup::sessions(state, keys::person(user), cursor, limit))
    }

    fn jobs(&self, after: Option<u64>, limit: usize) -> Later<'_, Vec<Job>> {
        self.look(move |state| lookup::jobs(state, after, limit))
    }

    fn dead_letters(&self, after: Option<u64>, limit: usize) -> Later<'_, Vec<DeadLetter>> {
        self.look(move |state| lookup::dead_letters(state, after, limit))
    }

    fn left_to_send(&self, seq: u64, dead: bool) -> Later<'_, Vec<OutMessage>> {
        self.look(move |state| lookup::left_to_send(state, seq, dead))
    }

    fn retry_dead(&self, seq: u64, now: Timestamp) -> Later<'_, ()> {
        self.ask(move |state| housekeeping::retry_dead(state, seq, now))
    }

    fn drop_dead(&self, seq: u64) -> Later<'_, ()> {
        self.ask(move |state| housekeeping::drop_dead(state, seq))
    }

    fn hurry(&self, seq: u64, now: Timestamp) -> Later<'_, ()> {
        self.ask(move |state| housekeeping::hurry(state, seq, now))
    }

    fn drop_job(&self, seq: u64, replies: Vec<Reply>) -> Later<'_, ()> {
        self.ask(move |state| housekeeping::drop_job(state, seq, replies))
    }

    fn add_purges(&self, sessions: Vec<Uuid>, not_before: Timestamp) -> Later<'_, ()> {
        self.ask(move |state| housekeeping::add_purges(state, sessions, not_before))
    }

    fn purges(&self, now: Timestamp, limit: usize) -> Later<'_, Vec<Purge>> {
        self.ask(move |state| housekeeping::purges(state, now, limit))
    }

    fn purged(&self, session: Uuid, retry_at: Option<Timestamp>) -> Later<'_, ()> {
        self.ask(move |state| housekeeping::purged(state, session, retry_at))
    }

    fn expire_archived(&self, before: Timestamp, limit: usize, now: Timestamp) -> Later<'_, usize> {
        self.ask(move |state| housekeeping::expire_archived(state, before, limit, now))
    }

    fn keep_stats(&self, stats: Stats) -> Later<'_, ()> {
        self.ask(move |state| housekeeping::keep_stats(state, &stats))
    }

    fn stats(&self) -> Later<'_, Option<Stats>> {
        self.look(|state| state.get(&keys::stats()))
    }

    fn holdings(&self) -> Later<'_, Holdings> {
        self.look(|state| Ok(lookup::holdings(state)))
    }

    fn archive_idle(
        &self,
        before: Timestamp,
        idle_ms: i64,
        cursor: Option<Vec<u8>>,
        now: Timestamp,
    ) -> Later<'_, Archived> {
        self.ask(move |state| archive_import::archive_idle(state, before, idle_ms, cursor, now))
    }

    fn import(&self, imports: Vec<Import>, dry: bool, now: Timestamp) -> Later<'_, Vec<Imported>> {
        self.ask(move |state| archive_import::import(state, imports, dry, now))
    }

    fn forget(&self, user: UserId, now: Timestamp) -> Later<'_, Removed> {
        self.ask(move |state| forget::forget(state, user, now))
    }

    fn purge_of(&self, session: Uuid) -> Later<'_, Option<Purge>> {
        self.look(move |state| state.get(&keys::purge(session)))
    }

    fn log_key(&self) -> Later<'_, [u8; 32]> {
        self.look(|state| Ok(state.log_key.0))
    }

    fn export(&self, to: PathBuf, now: Timestamp) -> Later<'_, Exported> {
        let partial = crate::store::export::partial(&to);
        let gathered = self.ask({
            let partial = partial.clone();
            move |state| export::write(state, &partial, now)
        });
        Box::pin(async move {
            let written = gathered.await?;
            let sealed =
                tokio::task::spawn_blocking(move || crate::store::export::seal(&partial, &to, written));
            sealed.await.unwrap_or(Err(StoreError::Closed))
        })
    }

    fn close(&self) -> Later<'_, ()> {
        self.end()
    }
}
