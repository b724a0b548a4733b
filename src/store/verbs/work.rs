//! Work on a row that is not yet answered: claim, submit, defer, bury, release; and the place in the queue.
//!
//! Must not know what the work is.

use super::left;
use super::outbox::{self, to_answer, to_delivery};
use super::passing::forget_passing;
use super::person::Person;
use crate::domain::{
    Change, DeadLetter, Job, Lane, Learner, MessageId, Reply, Stage, Task, Timestamp, WaitReason, WorkKind,
};
use crate::store::engine::Range;
use crate::store::state::State;
use crate::store::tx::Tx;
use crate::store::{Burial, Claim, Claimed, Deferral, Lease, Store, StoreError, keys, kinds};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Notify;

/// A row that cannot be read is looked at again only after this, milliseconds.
const UNREADABLE_PAUSE_MS: i64 = 60_000;

impl Store {
    /// The next claimable row of a kind, leased, and flushed as it is; or when to ask again, where none is due at `now`.
    /// When the caller drops this future before it has answered, the lease ends by itself. `Corrupt` when the row or its
    /// learner cannot be read: that row is set aside for a minute, the others go on.
    pub async fn claim(&self, kind: WorkKind, now: Timestamp) -> Result<Claimed, StoreError> {
        self.0.0.claim(move |state| claim(state, kind, now)).await
    }

    /// Woken (one permit) whenever a row of this kind may have become claimable.
    pub fn wakeup(&self, kind: WorkKind) -> Arc<Notify> {
        self.0.0.bell(kind)
    }

    /// Ends a lease where a more urgent row of its kind ([`Urgency`](crate::domain::Urgency)) waits; whether it did.
    pub async fn give_way(&self, lease: Lease) -> Result<bool, StoreError> {
        self.look(move |state| {
            if state.schedule.holds(lease) {
                Ok(state.schedule.give_way(lease))
            } else {
                Err(StoreError::Gone)
            }
        })
        .await
    }

    /// Records that the message is about to be handed to a server (`changes` hold a freshly
    /// opened session). Raises `submissions`. The returned learner has the changes applied.
    pub async fn submit(
        &self,
        lease: Lease,
        stage: Stage,
        changes: Vec<Change>,
    ) -> Result<Learner, StoreError> {
        self.change(move |state| submit(state, lease, stage, changes)).await
    }

    /// Puts a row off and ends the lease.
    pub async fn defer(&self, lease: Lease, deferral: Deferral, now: Timestamp) -> Result<(), StoreError> {
        self.change(move |state| defer(state, lease, deferral, now)).await
    }

    /// Gives a row up: it becomes a dead letter, its chat goes on, `replies` are delivered in its place. Ends the lease.
    /// The letter has the row's number (a new one when that is taken by an earlier letter of the same row) and keeps what
    /// was left to send.
    pub async fn bury(&self, lease: Lease, burial: Burial, now: Timestamp) -> Result<(), StoreError> {
        self.change(move |state| bury(state, lease, burial, now)).await
    }

    /// The daemon ended out of order with these rows in hands, each in this kind of work (none: it ended in order): counts it
    /// for those that are still at it, and clears all others. Answers who was in hands how often in a row.
    pub async fn note_deaths(
        &self,
        in_hands: BTreeMap<u64, WorkKind>,
    ) -> Result<Vec<(u64, u32)>, StoreError> {
        self.change(move |state| note_deaths(state, &in_hands)).await
    }

    /// Notes that a message is about to be sent that says the row's answer is being worked on; whether it may be. Not when
    /// the row is answered, when one was begun before (a restart would not know the id of one on its way), or while older
    /// rows of its lane are in its chat: their answers come before.
    pub async fn begin_progress(&self, seq: u64) -> Result<bool, StoreError> {
        self.change(move |state| begin_progress(state, seq)).await
    }

    /// Notes the message that says the row's answer is being worked on (`None`: there is none), whoever holds the row: also
    /// one that waits for its turn is told of. The row keeps the note while its answer is delivered, or hands it to the
    /// notice that the answer comes later.
    pub async fn note_progress(&self, seq: u64, message: Option<MessageId>) -> Result<(), StoreError> {
        self.change(move |state| {
            let mut job: Job = state.get(&keys::inbox(seq))?.ok_or(StoreError::Gone)?;
            job.progress = message;
            job.progress_begun = false;
            // It got further: what ended the daemon before was at another step.
            job.deaths = 0;
            let mut tx = Tx::default();
            tx.put(keys::inbox(job.seq), &job)?;
            state.apply(tx)
        })
        .await
    }

    /// Ends a lease without a word, as a crash would; the row is claimable again at once.
    pub async fn release(&self, lease: Lease) -> Result<(), StoreError> {
        self.look(move |state| {
            if !state.schedule.holds(lease) {
                return Err(StoreError::Gone);
            }
            state.schedule.release(lease);
            Ok(())
        })
        .await
    }
}

fn claim(state: &mut State, kind: WorkKind, now: Timestamp) -> Result<Claimed, StoreError> {
    state.advance(now);
    let Some(lease) = state.schedule.lease(kind) else {
        return Ok(Claimed::Nothing { due: state.schedule.next_due(kind) });
    };
    let read = read_claim(state, lease, kind);
    if read.is_err() {
        state.schedule.set_aside(lease, now.plus_ms(UNREADABLE_PAUSE_MS));
    }
    read.map(|claim| Claimed::Row(Box::new(claim)))
}

fn read_claim(state: &State, lease: Lease, kind: WorkKind) -> Result<Claim, StoreError> {
    let job = state.row(lease.seq)?;
    // A deleted learner's last replies are still delivered; that must not bring the record back.
    // Whoever only pressed a button is not kept, and still answered in a language of his own.
    let client_language = match &job.task {
        Task::Handle(incoming, _) => incoming.client_language.clone(),
        Task::Deliver { .. } | Task::Draw { .. } => None,
    };
    let unknown = || Learner { client_language, ..Learner::new(job.user, job.accepted_at) };
    let learner = state.learner(job.user)?.unwrap_or_else(unknown);
    let outbox = if kind == WorkKind::Delivery { state.outbox(lease.seq)? } else { Vec::new() };
    let is_waited_for = state.schedule.is_waited_for(lease.seq);
    Ok(Claim { lease, job, learner, is_waited_for, outbox })
}

fn submit(
    state: &mut State,
    lease: Lease,
    stage: Stage,
    changes: Vec<Change>,
) -> Result<Learner, StoreError> {
    let mut job = state.leased(lease)?;
    if job.stage == Stage::Taken {
        // It got further: what ended the daemon before was at another step.
        job.deaths = 0;
    }
    let mut tx = Tx::default();
    left::look_away(state, &mut tx, &job, Some(&stage))?;
    job.stage = stage;
    job.submissions = job.submissions.saturating_add(1);
    let mut person = Person::load(state, job.user)?;
    person.change(changes, job.accepted_at);
    let learner = person.learner_or_new(job.accepted_at);
    person.write(&mut tx)?;
    tx.put(keys::inbox(job.seq), &job)?;
    state.apply(tx)?;
    Ok(learner)
}

fn begin_progress(state: &mut State, seq: u64) -> Result<bool, StoreError> {
    let Some(mut job) = state.get::<Job>(&keys::inbox(seq))? else { return Ok(false) };
    let waits = matches!(job.task, Task::Handle(..)) && !job.told_late;
    let begun = job.progress_begun || job.progress.is_some();
    // One at work that has older ones before it may go before them.
    if !waits || begun || state.schedule.is_behind(seq) && !state.schedule.is_leased(seq) {
        return Ok(false);
    }
    job.progress_begun = true;
    let mut tx = Tx::default();
    tx.put(keys::inbox(job.seq), &job)?;
    state.apply(tx)?;
    Ok(true)
}

fn note_deaths(state: &mut State, in_hands: &BTreeMap<u64, WorkKind>) -> Result<Vec<(u64, u32)>, StoreError> {
    let mut tx = Tx::default();
    let mut counted = Vec::new();
    for (key, mut job) in state.list::<Job>(&Range::prefix(keys::kind(kinds::INBOX)), usize::MAX)? {
        // One that got to another kind of work did so since: elsewhere, while another daemon owned the store.
        let deaths = match in_hands.get(&job.seq) == Some(&job.work) {
            true => job.deaths.saturating_add(1),
            false => 0,
        };
        if deaths > 0 {
            counted.push((job.seq, deaths));
        }
        if deaths != job.deaths {
            job.deaths = deaths;
            tx.put(key, &job)?;
        }
    }
    state.apply(tx)?;
    Ok(counted)
}

fn defer(state: &mut State, lease: Lease, deferral: Deferral, now: Timestamp) -> Result<(), StoreError> {
    state.advance(now);
    let mut job = state.leased(lease)?;
    job.not_before = deferral.until;
    job.waiting_since = Some(job.waiting_since(deferral.reason, now));
    job.waiting_for = Some(deferral.reason);
    let mut tx = Tx::default();
    if job.work != WorkKind::Delivery {
        if deferral.forgive {
            job.submissions = job.submissions.saturating_sub(1);
        }
        left::look_away(state, &mut tx, &job, Some(&deferral.stage))?;
        job.stage = deferral.stage;
    }
    if let Some(failed) = deferral.failed {
        job.note_failure(failed);
    }
    // To look for a lost answer, or to be left alone for a while, is not the work that may have ended the daemon.
    if !matches!(deferral.reason, WaitReason::TutorUncertain | WaitReason::Fault) {
        job.deaths = 0;
    }
    let notice = match deferral.notice {
        None => None,
        Some(reply) => {
            job.told_late = true;
            let notice = notice_row(state, &mut tx, &job, reply, now)?;
            // What was said of the wait becomes the notice; the answer comes as a message of its own, and is heard.
            job.progress = None;
            Some(notice)
        }
    };
    tx.put(keys::inbox(job.seq), &job)?;
    state.apply(tx)?;
    state.schedule.renew(&job);
    if let Some(notice) = notice {
        state.schedule.insert(&notice);
    }
    Ok(())
}

/// A row of its own for a word to the learner while `job` waits.
fn notice_row(
    state: &mut State,
    tx: &mut Tx,
    job: &Job,
    reply: Reply,
    now: Timestamp,
) -> Result<Job, StoreError> {
    let mut notice = job.clone();
    notice.seq = state.new_seq(tx)?;
    notice.lane = Lane::Local;
    notice.accepted_at = now;
    notice.submissions = 0;
    notice.overtook = false;
    notice.in_passing.clear();
    to_delivery(&mut notice);
    outbox::put(state, tx, notice.seq, vec![reply])?;
    tx.put(keys::inbox(notice.seq), &notice)?;
    Ok(notice)
}

fn bury(state: &mut State, lease: Lease, burial: Burial, now: Timestamp) -> Result<(), StoreError> {
    state.advance(now);
    let mut job = state.leased(lease)?;
    let mut tx = Tx::default();
    left::look_away(state, &mut tx, &job, None)?;
    forget_passing(state, &mut tx, &mut job, now)?;
    if let Some(stage) = burial.stage.filter(|_| job.work != WorkKind::Delivery) {
        job.stage = stage;
    }
    let mut letter = DeadLetter {
        job: Job { progress: None, progress_begun: false, ..job.clone() },
        at: now,
        reason: burial.reason,
        detail: burial.detail,
    };
    let mut replies = burial.replies;
    if state.dead.contains_key(&job.seq) {
        // The dead-letter notice could not be delivered either; a notice of that would have no end.
        letter.job.seq = state.new_seq(&mut tx)?;
        replies.clear();
    }
    let dead = letter.job.seq;
    for message in state.outbox(job.seq)? {
        tx.delete(keys::outbox(job.seq, message.index));
        tx.put(keys::dead_outbox(dead, message.index), &message)?;
    }
    tx.put(keys::dead(dead), &letter)?;
    let answered = !replies.is_empty();
    if answered {
        to_answer(state, &mut job);
        outbox::put(state, &mut tx, job.seq, replies)?;
        tx.put(keys::inbox(job.seq), &job)?;
    } else {
        tx.delete(keys::inbox(job.seq));
    }
    state.apply(tx)?;
    state.dead.insert(dead, job.user);
    if answered {
        state.schedule.renew(&job);
    } else {
        state.schedule.remove(job.seq);
    }
    Ok(())
}
