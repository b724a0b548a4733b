//! The outbox: replies queued by an outcome, removed one by one as they are sent, dropped, or redirected to a
//! migrated chat.
//!
//! Must not know how anything is sent.

use super::contours;
use super::person::{self, Person};
use crate::domain::{
    Change, ChatId, Contours, DeadLetter, DeadReason, Job, Lane, OutMessage, Overtaking, Reply, Stage, Task,
    Timestamp, WaitReason, WorkKind,
};
use crate::store::engine::Range;
use crate::store::records::Moved;
use crate::store::state::State;
use crate::store::tx::Tx;
use crate::store::{Lease, Sent, Store, StoreError, keys, kinds};

impl Store {
    /// Records what became of one outbox message. `Done` on the last one removes the row and ends the lease;
    /// `Done` on another keeps the lease; `Later` and `Unsure` park the row until then and end the lease.
    pub async fn delivered(&self, lease: Lease, index: u32, sent: Sent) -> Result<(), StoreError> {
        self.change(move |state| delivered(state, lease, index, sent)).await
    }

    /// Gives one outbox message up: it becomes a dead letter of its own and is removed as by [`Sent::Done`].
    pub async fn bury_message(
        &self,
        lease: Lease,
        index: u32,
        reason: DeadReason,
        detail: String,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.change(move |state| bury_message(state, lease, index, reason, detail, now)).await
    }

    /// Removes everything left to send of this row (the chat cannot be reached) and ends the lease; `changes`
    /// are applied to the learner (the blocked mark) if there is still a record.
    pub async fn drop_replies(&self, lease: Lease, changes: Vec<Change>) -> Result<(), StoreError> {
        self.change(move |state| drop_replies(state, lease, changes)).await
    }

    /// A group was migrated: rows and replies for `from` go to `to` from now on.
    pub async fn migrate_chat(&self, from: ChatId, to: ChatId) -> Result<(), StoreError> {
        self.change(move |state| migrate_chat(state, from, to)).await
    }
}

/// Turns a row into one that only delivers; of the message itself only its update id is kept, for the log.
pub fn to_delivery(job: &mut Job) {
    job.task = Task::Deliver { update_id: job.update_id() };
    job.stage = Stage::Answered;
    job.work = WorkKind::Delivery;
    job.leaving = false;
    job.not_before = Timestamp::default();
    job.begin_anew();
}

/// Turns a row into one that brings its answer. What overtook others brings it at once: of what left the conversation the
/// words go out beside them, and of anything else the next one waits for it.
pub fn to_answer(state: &State, job: &mut Job) {
    let (overtook, leaves) =
        (state.schedule.has_overtaken(job.seq), job.overtakes() == Some(Overtaking::Leaving));
    if overtook && leaves {
        job.lane = Lane::Local;
    }
    job.overtook = overtook && !leaves;
    to_delivery(job);
}

pub fn put(state: &State, tx: &mut Tx, seq: u64, replies: Vec<Reply>) -> Result<(), StoreError> {
    for (index, mut reply) in (0..).zip(replies) {
        reply.chat = state.chat(reply.chat);
        tx.put(keys::outbox(seq, index), &OutMessage::new(index, reply))?;
    }
    Ok(())
}

fn delivered(state: &mut State, lease: Lease, index: u32, sent: Sent) -> Result<(), StoreError> {
    let mut job = state.leased(lease)?;
    let key = keys::outbox(job.seq, index);
    let mut tx = Tx::default();
    match sent {
        Sent::Done => strike_off(state, tx, job, key)?,
        Sent::Spoken(change, reply) => {
            if reply.is_some() {
                let contours = Contours { turn: change.seq, learner: None, reply };
                contours::keep(state, &mut tx, job.user, contours)?;
            }
            person::amend(state, &mut tx, job.user, vec![change])?;
            strike_off(state, tx, job, key)?;
        }
        Sent::Later(until, reason) => {
            // Waiting for its turn is no failure.
            let failed = u32::from(reason != WaitReason::Paced);
            job.send_failures = job.send_failures.saturating_add(failed);
            let tried = |message: &mut OutMessage| message.attempts = message.attempts.saturating_add(failed);
            postpone(state, tx, job, index, until, reason, tried)?;
        }
        Sent::Words => {
            if let Some(mut message) = state.get::<OutMessage>(&key)? {
                message.words_sent = true;
                tx.put(key, &message)?;
            }
            state.apply(tx)?;
        }
        Sent::Unsure(until) => {
            job.send_failures = job.send_failures.saturating_add(1);
            let tried = |message: &mut OutMessage| message.unsure = message.unsure.saturating_add(1);
            postpone(state, tx, job, index, until, WaitReason::TelegramDown, tried)?;
        }
    }
    Ok(())
}

/// Removes a message; with the last one the row is removed.
fn strike_off(state: &mut State, mut tx: Tx, mut job: Job, key: Vec<u8>) -> Result<(), StoreError> {
    let left = state.list_keys(&Range::prefix(keys::outbox_of(job.seq)), 2)?;
    let more = left.iter().any(|other| *other != key);
    tx.delete(key);
    if !more {
        tx.delete(keys::inbox(job.seq));
        state.apply(tx)?;
        state.schedule.remove(job.seq);
        return Ok(());
    }
    if job.failures() > 0 || job.waiting_since.is_some() {
        job.begin_anew();
        tx.put(keys::inbox(job.seq), &job)?;
    }
    state.schedule.begun(job.seq);
    state.apply(tx)
}

fn bury_message(
    state: &mut State,
    lease: Lease,
    index: u32,
    reason: DeadReason,
    detail: String,
    now: Timestamp,
) -> Result<(), StoreError> {
    let job = state.leased(lease)?;
    let key = keys::outbox(job.seq, index);
    let mut tx = Tx::default();
    let Some(message) = state.get::<OutMessage>(&key)? else { return strike_off(state, tx, job, key) };
    let dead = if state.dead.contains_key(&job.seq) { state.new_seq(&mut tx)? } else { job.seq };
    let job_then = Job { seq: dead, progress: None, progress_begun: false, ..job.clone() };
    tx.put(keys::dead(dead), &DeadLetter { job: job_then, at: now, reason, detail })?;
    tx.put(keys::dead_outbox(dead, index), &message)?;
    let user = job.user;
    strike_off(state, tx, job, key)?;
    state.dead.insert(dead, user);
    Ok(())
}

fn postpone(
    state: &mut State,
    mut tx: Tx,
    mut job: Job,
    index: u32,
    until: Timestamp,
    reason: WaitReason,
    tried: impl FnOnce(&mut OutMessage),
) -> Result<(), StoreError> {
    let key = keys::outbox(job.seq, index);
    if let Some(mut message) = state.get::<OutMessage>(&key)? {
        tried(&mut message);
        tx.put(key, &message)?;
    }
    job.not_before = until;
    job.waiting_since = Some(job.waiting_since(reason, state.schedule.clock()));
    job.deaths = 0;
    job.waiting_for = Some(reason);
    tx.put(keys::inbox(job.seq), &job)?;
    state.apply(tx)?;
    state.schedule.renew(&job);
    Ok(())
}

fn drop_replies(state: &mut State, lease: Lease, changes: Vec<Change>) -> Result<(), StoreError> {
    let job = state.leased(lease)?;
    let mut tx = Tx::default();
    for key in state.list_keys(&Range::prefix(keys::outbox_of(job.seq)), usize::MAX)? {
        tx.delete(key);
    }
    tx.delete(keys::inbox(job.seq));
    let mut person = Person::load(state, job.user)?;
    if person.exists() {
        person.change(changes, job.accepted_at);
        person.write(&mut tx)?;
    }
    state.apply(tx)?;
    state.schedule.remove(job.seq);
    Ok(())
}

fn migrate_chat(state: &mut State, from: ChatId, to: ChatId) -> Result<(), StoreError> {
    let mut to = to;
    let mut tx = Tx::default();
    let mut moved = state.moved.clone();
    match state.chat(to) {
        back if back == from => {
            moved.remove(&to);
            tx.delete(keys::moved(to));
        }
        further => to = further,
    }
    if from == to {
        return Ok(());
    }
    moved.insert(from, to);
    for (origin, target) in &mut moved {
        if *target == from || *origin == from {
            *target = to;
            tx.put(keys::moved(*origin), &Moved { to })?;
        }
    }
    for seq in state.schedule.rows_of_chat(from) {
        let mut job = state.row(seq)?;
        job.chat = to;
        if let Task::Handle(incoming, _) = &mut job.task {
            incoming.chat.id = to;
        }
        tx.put(keys::inbox(seq), &job)?;
    }
    for (key, mut message) in
        state.list::<OutMessage>(&Range::prefix(keys::kind(kinds::OUTBOX)), usize::MAX)?
    {
        if message.reply.chat == from {
            message.reply.chat = to;
            tx.put(key, &message)?;
        }
    }
    state.apply(tx)?;
    state.moved = moved;
    state.schedule.move_chat(from, to);
    Ok(())
}
