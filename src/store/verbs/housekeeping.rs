//! Housekeeping: dead letters retried or dropped, conversations purged at the tutor, archived sessions
//! expired.
//!
//! Must not know how the tutor is asked.

use super::left;
use super::outbox::{put, to_delivery};
use super::passing::forget_passing;
use super::person::add_purge;
use crate::domain::stats::Stats;
use crate::domain::{DeadLetter, Job, OutMessage, Reply, Session, Stage, Task, Timestamp};
use crate::store::engine::Range;
use crate::store::records::IndexEntry;
use crate::store::state::State;
use crate::store::tx::Tx;
use crate::store::{Purge, Store, StoreError, keys, kinds};
use uuid::Uuid;

/// Most sessions expired or purges listed at once, so that the thread can serve others.
const AT_ONCE: usize = 1_000;

impl Store {
    /// Puts a dead letter back into the queue, as the youngest row accepted `now`, at its old stage with all
    /// counts at 0. `Gone` when there is none of this number.
    pub async fn retry_dead(&self, seq: u64, now: Timestamp) -> Result<(), StoreError> {
        self.change(move |state| retry_dead(state, seq, now)).await
    }

    /// Removes a dead letter for good. `Gone` when there is none of this number.
    pub async fn drop_dead(&self, seq: u64) -> Result<(), StoreError> {
        self.change(move |state| drop_dead(state, seq)).await
    }

    /// Makes a waiting row due at once and resets its attempts and waiting time. `Gone` if it does not exist
    /// or is in work.
    pub async fn hurry(&self, seq: u64, now: Timestamp) -> Result<(), StoreError> {
        self.change(move |state| hurry(state, seq, now)).await
    }

    /// Removes a waiting row and its replies for good, and sends `replies` instead, if any. `Gone` if it does
    /// not exist or is in work.
    pub async fn drop_job(&self, seq: u64, replies: Vec<Reply>) -> Result<(), StoreError> {
        self.change(move |state| drop_job(state, seq, replies)).await
    }

    /// Queues conversations for the tutor to delete. One that is queued already stays as it is.
    pub async fn add_purges(&self, sessions: Vec<Uuid>, not_before: Timestamp) -> Result<(), StoreError> {
        self.change(move |state| {
            let mut tx = Tx::default();
            for session in sessions {
                add_purge(state, &mut tx, session, not_before)?;
            }
            state.apply(tx)
        })
        .await
    }

    /// Due conversations for the tutor to delete, at most `limit`.
    pub async fn purges(&self, now: Timestamp, limit: usize) -> Result<Vec<Purge>, StoreError> {
        self.change(move |state| purges(state, now, limit)).await
    }

    /// The tutor has deleted it (`None`), or has to be asked again at the given time. Unknown ones are
    /// ignored.
    pub async fn purged(&self, session: Uuid, retry_at: Option<Timestamp>) -> Result<(), StoreError> {
        self.change(move |state| purged(state, session, retry_at)).await
    }

    /// Removes archived sessions older than `before` with their turns, at most `limit` (and 1,000) at once,
    /// and queues their purge at the tutor. Returns how many; call again until it is 0.
    pub async fn expire_archived(
        &self,
        before: Timestamp,
        limit: usize,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        self.change(move |state| expire_archived(state, before, limit, now)).await
    }

    /// Replaces the stored statistics.
    pub async fn keep_stats(&self, stats: Stats) -> Result<(), StoreError> {
        self.change(move |state| {
            let mut tx = Tx::default();
            tx.put(keys::stats(), &stats)?;
            state.apply(tx)
        })
        .await
    }
}

fn retry_dead(state: &mut State, seq: u64, now: Timestamp) -> Result<(), StoreError> {
    state.advance(now);
    let letter: DeadLetter = state.get(&keys::dead(seq))?.ok_or(StoreError::Gone)?;
    let mut job = letter.job;
    let mut tx = Tx::default();
    job.seq = state.new_seq(&mut tx)?;
    job.chat = state.chat(job.chat);
    job.accepted_at = now;
    job.not_before = Timestamp::default();
    job.begin_anew();
    job.submissions = 0;
    job.told_late = false;
    job.overtook = false;
    let left = state.list::<OutMessage>(&Range::prefix(keys::dead_outbox_of(seq)), usize::MAX)?;
    let pointless = match &mut job.task {
        Task::Handle(incoming, _) => {
            incoming.chat.id = job.chat;
            if !job.stage.outlasts_giving_up() {
                job.stage = Stage::Taken;
            }
            false
        }
        Task::Draw { .. } => false,
        Task::Deliver { .. } => {
            to_delivery(&mut job);
            left.is_empty()
        }
    };
    for (key, mut message) in left {
        tx.delete(key);
        message.reply.chat = state.chat(message.reply.chat);
        (message.attempts, message.unsure) = (0, 0);
        tx.put(keys::outbox(job.seq, message.index), &message)?;
    }
    tx.delete(keys::dead(seq));
    if !pointless {
        tx.put(keys::inbox(job.seq), &job)?;
    }
    state.apply(tx)?;
    state.dead.remove(&seq);
    if !pointless {
        state.schedule.insert(&job);
    }
    Ok(())
}

fn hurry(state: &mut State, seq: u64, now: Timestamp) -> Result<(), StoreError> {
    state.advance(now);
    let mut job: Job = state.get(&keys::inbox(seq))?.ok_or(StoreError::Gone)?;
    if state.schedule.is_leased(seq) {
        return Err(StoreError::Gone);
    }
    job.not_before = Timestamp::default();
    job.begin_anew();
    let mut tx = Tx::default();
    tx.put(keys::inbox(seq), &job)?;
    state.apply(tx)?;
    state.schedule.renew(&job);
    Ok(())
}

fn drop_job(state: &mut State, seq: u64, replies: Vec<Reply>) -> Result<(), StoreError> {
    let mut job: Job = state.get(&keys::inbox(seq))?.ok_or(StoreError::Gone)?;
    // What the tutor records for it meanwhile would be an answer that nobody wants any more.
    if state.schedule.is_leased(seq) {
        return Err(StoreError::Gone);
    }
    let mut tx = Tx::default();
    left::look_away(state, &mut tx, &job, None)?;
    forget_passing(state, &mut tx, &mut job, state.schedule.clock())?;
    for message in state.outbox(seq)? {
        tx.delete(keys::outbox(seq, message.index));
    }
    if replies.is_empty() {
        tx.delete(keys::inbox(seq));
        state.apply(tx)?;
        state.schedule.remove(seq);
    } else {
        to_delivery(&mut job);
        put(state, &mut tx, seq, replies)?;
        tx.put(keys::inbox(seq), &job)?;
        state.apply(tx)?;
        state.schedule.renew(&job);
    }
    Ok(())
}

fn drop_dead(state: &mut State, seq: u64) -> Result<(), StoreError> {
    if !state.dead.contains_key(&seq) {
        return Err(StoreError::Gone);
    }
    let mut tx = Tx::default();
    tx.delete(keys::dead(seq));
    for key in state.list_keys(&Range::prefix(keys::dead_outbox_of(seq)), usize::MAX)? {
        tx.delete(key);
    }
    state.apply(tx)?;
    state.dead.remove(&seq);
    Ok(())
}

fn purges(state: &State, now: Timestamp, limit: usize) -> Result<Vec<Purge>, StoreError> {
    let due = Range::prefix(keys::kind(kinds::PURGE_DUE)).before(keys::purge_due_after(now));
    let mut found = Vec::new();
    for key in state.list_keys(&due, limit.min(AT_ONCE))? {
        if let Some(session) = keys::purge_session(&key) {
            found.extend(state.get::<Purge>(&keys::purge(session))?);
        }
    }
    Ok(found)
}

fn purged(state: &mut State, session: Uuid, retry_at: Option<Timestamp>) -> Result<(), StoreError> {
    let Some(mut purge) = state.get::<Purge>(&keys::purge(session))? else { return Ok(()) };
    let mut tx = Tx::default();
    tx.delete(keys::purge_due(purge.not_before, session));
    match retry_at {
        None => tx.delete(keys::purge(session)),
        Some(retry_at) => {
            purge.not_before = retry_at;
            purge.attempts = purge.attempts.saturating_add(1);
            tx.put(keys::purge(session), &purge)?;
            tx.put(keys::purge_due(retry_at, session), &IndexEntry)?;
        }
    }
    state.apply(tx)
}

fn expire_archived(
    state: &mut State,
    before: Timestamp,
    limit: usize,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let old = Range::prefix(keys::kind(kinds::EXPIRY)).before(keys::expiry_before(before));
    let found = state.list_keys(&old, limit.min(AT_ONCE))?;
    let expired = found.len();
    let mut tx = Tx::default();
    for key in found {
        let person_key = keys::expiring(&key).to_vec();
        if let Some(session) = state.get::<Session>(&person_key)? {
            for turn in state.list_keys(&Range::prefix(keys::turns(session.user, session.id)), usize::MAX)? {
                tx.delete(turn);
            }
            add_purge(state, &mut tx, session.id, now)?;
        }
        tx.delete(person_key);
        tx.delete(key);
    }
    state.apply(tx)?;
    Ok(expired)
}
