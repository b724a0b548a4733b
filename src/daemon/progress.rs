//! The progress message: one message to a learner who waits long, saying what to expect. It becomes the
//! answer's first part, or is deleted.
//!
//! The store records it before it is sent (`Job::progress_begun`) and allows that only once, while the row is
//! unanswered and the oldest of its lane in its chat. So none is sent after the answer, before an older
//! answer, or again after a restart. Then the row keeps the message's id (`Job::progress`), where delivery
//! finds it. The chat is reserved all the while, so nothing else is sent in between, and a crash can leave at
//! most one such message per chat.
//!
//! A courtesy: it is sent only if its chat may be written to now, few at a time so that no answer is delayed,
//! and not retried if it fails. Must not know the wording.

mod telling;

pub use telling::{in_place_of, take_away};

use super::DaemonContext;
use super::shutdown::Stop;
use crate::domain::expectation::Wait;
use crate::domain::{Chat, ChatId, Job, MessageId, Task, Timestamp, UserId, WorkKind};
use crate::store::StoreError;
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How often waiting rows are checked.
const LOOK: Duration = Duration::from_secs(1);
/// Rows checked and told at once.
const AT_ONCE: usize = 4;
/// Pause before the same row is checked again.
const AGAIN: Duration = Duration::from_secs(5);
/// Longest time that the answer waits for a progress message that is being sent.
const PATIENCE: Duration = Duration::from_secs(3);
/// Most rows watched; others are not told.
const WATCHED: usize = 10_000;

struct Entry {
    user: UserId,
    chat: Chat,
    answers: Option<MessageId>,
    since: Timestamp,
    at_work: Option<Instant>,
    looked: Option<Instant>,
    /// It waits for the tutor, of whom there is something to expect.
    for_tutor: bool,
    state: State,
}

/// How a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Not told yet.
    Untold,
    /// Waiting for permission to send; can be cancelled.
    Asking,
    /// Being sent.
    Sending,
    /// In the chat.
    Shown(MessageId),
    /// Will not be told.
    Silent,
}

/// The rows that wait for their turn to end.
#[derive(Default)]
pub struct Progress {
    waiting: Mutex<BTreeMap<u64, Entry>>,
    changed: Notify,
    /// Notified when a row's state changes or it no longer waits.
    moved: Notify,
}

impl Progress {
    fn waiting(&self) -> MutexGuard<'_, BTreeMap<u64, Entry>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the state of a row that still waits; `false` if it does not.
    fn set(&self, seq: u64, state: State) -> bool {
        let known = self.waiting().get_mut(&seq).map(|entry| entry.state = state).is_some();
        self.moved.notify_waiters();
        known
    }

    fn remove(&self, seq: u64) -> Option<Entry> {
        let removed = self.waiting().remove(&seq);
        self.moved.notify_waiters();
        removed
    }

    /// Returns when the row's state (`None`: no longer waiting) fulfils the condition.
    async fn until(&self, seq: u64, stands: impl Fn(Option<State>) -> bool) {
        loop {
            // Registered before looking, so that no change is missed.
            let moved = self.moved.notified();
            let state = self.waiting().get(&seq).map(|entry| entry.state);
            if stands(state) {
                return;
            }
            moved.await;
        }
    }

    /// Row `seq` waits from now on.
    pub fn begin(&self, seq: u64, user: UserId, chat: Chat, answers: Option<MessageId>, since: Timestamp) {
        self.watch(seq, (user, chat, answers), since, true);
    }

    fn watch(
        &self,
        seq: u64,
        (user, chat, answers): (UserId, Chat, Option<MessageId>),
        since: Timestamp,
        for_tutor: bool,
    ) {
        let mut waiting = self.waiting();
        if waiting.len() < WATCHED {
            waiting.entry(seq).or_insert(Entry {
                user,
                chat,
                answers,
                since,
                at_work: None,
                looked: None,
                for_tutor,
                state: State::Untold,
            });
        }
        drop(waiting);
        self.changed.notify_one();
    }

    /// As [`Self::begin`], for a row read from the store. A learner who was already told that the answer
    /// comes later is not told again.
    pub fn take_up(&self, job: &Job) {
        let Task::Handle(incoming, _) = &job.task else { return };
        let for_tutor = match job.work {
            WorkKind::Tutor => true,
            WorkKind::Model => false,
            WorkKind::Local | WorkKind::Delivery => return,
        };
        if job.told_late {
            return;
        }
        let whose = (job.user, incoming.chat, incoming.message);
        self.watch(job.seq, whose, job.accepted_at, for_tutor);
        if let Some(shown) = job.progress {
            self.set(job.seq, State::Shown(shown));
        }
        if job.progress_begun {
            // It was being sent when the previous run ended, so it is unknown whether it is in the chat.
            self.set(job.seq, State::Silent);
        }
    }

    /// The tutor works on it.
    pub fn at_work(&self, seq: u64) {
        if let Some(entry) = self.waiting().get_mut(&seq) {
            entry.at_work = Some(Instant::now());
        }
    }

    /// The tutor has finished with it, or will be asked again later; how long it was at work on it.
    pub fn off_work(&self, seq: u64) -> Option<Duration> {
        let began = self.waiting().get_mut(&seq).and_then(|entry| entry.at_work.take());
        began.map(|began| began.elapsed())
    }

    /// The wait is over: cancels what is not sent yet and waits for what is being sent, so that the row knows
    /// about it before its answer is sent. Returns the message in the chat.
    pub async fn end(&self, seq: u64) -> Option<MessageId> {
        let quiet = self.until(seq, |state| state != Some(State::Sending));
        let _ = tokio::time::timeout(PATIENCE, quiet).await;
        match self.remove(seq)?.state {
            State::Shown(message) => Some(message),
            _ => None,
        }
    }

    /// Rows to check now: the first waiting one of each chat, not checked recently, oldest first.
    fn due(&self, now: Timestamp, typical: Option<i64>, at_once: usize, room: usize) -> Vec<u64> {
        let mut waiting = self.waiting();
        let all = waiting.len();
        let (mut chats, mut due): (HashSet<ChatId>, Vec<u64>) = (HashSet::new(), Vec::new());
        for (seq, entry) in waiting.iter_mut() {
            let first = chats.insert(entry.chat.id);
            let rested = entry.looked.is_none_or(|at| at.elapsed() >= AGAIN);
            let worth = match entry.state {
                State::Asking | State::Sending | State::Silent => false,
                State::Shown(_) => true,
                // As if all others went first: if even that is soon enough, the store need not be asked.
                State::Untold if !entry.for_tutor => false,
                State::Untold => first && entry.wait(now, all, at_once, typical).tell().is_some(),
            };
            if rested && worth && due.len() < room {
                entry.looked = Some(Instant::now());
                due.push(*seq);
            }
        }
        due
    }

    /// Takes up the rows that waited when the daemon was stopped. Must run before anything is worked on: if a
    /// row were answered in between, its answer would be mistaken for a progress message.
    pub async fn take_up_all(&self, daemon: &DaemonContext) -> Result<(), StoreError> {
        for job in daemon.app.store.jobs(None, WATCHED).await? {
            self.take_up(&job);
        }
        Ok(())
    }

    /// Runs until the shutdown signal.
    pub async fn run(&self, daemon: &Arc<DaemonContext>, mut stop: Stop) -> Result<(), StoreError> {
        let mut under_way: JoinSet<Result<(), StoreError>> = JoinSet::new();
        while !stop.is_raised() {
            if self.waiting().is_empty() {
                tokio::select! {
                    () = self.changed.notified() => {}
                    () = stop.raised() => break,
                }
            }
            let at_once = daemon.app.tutor.slots().of;
            let room = AT_ONCE.saturating_sub(under_way.len());
            let typical = daemon.telemetry.typical_turn_ms();
            for seq in self.due(daemon.clock.now(), typical, at_once, room) {
                let (daemon, stop) = (daemon.clone(), stop.clone());
                under_way.spawn(async move { daemon.progress.look(&daemon, seq, stop).await });
            }
            while let Some(done) = under_way.try_join_next() {
                done.unwrap_or(Ok(()))?;
            }
            if !stop.sleep(LOOK).await {
                break;
            }
        }
        // What is being sent must be recorded, or it would be sent again after the next start.
        while let Some(done) = under_way.join_next().await {
            done.unwrap_or(Ok(()))?;
        }
        Ok(())
    }
}

impl Entry {
    fn wait(&self, now: Timestamp, ahead: usize, at_once: usize, typical_ms: Option<i64>) -> Wait {
        let at_work_ms = self.at_work.map(|at| i64::try_from(at.elapsed().as_millis()).unwrap_or(i64::MAX));
        Wait { waited_ms: now.since_ms(self.since), at_work_ms, ahead, at_once, typical_ms }
    }
}
