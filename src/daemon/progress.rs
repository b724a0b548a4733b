//! One message to whoever waits long for an answer: what to expect. It becomes the answer's first part, or goes away.
//!
//! The row is told before it goes out (`Job::progress_begun`), which the store allows only while the row is unanswered and
//! the oldest of its lane in its chat, and once: so none is sent after the answer, before an older answer, or again by the
//! next start. Then the row keeps its id (`Job::progress`), and delivery finds it. All this while the chat is taken: nothing
//! else goes to it in between, and of each chat one at most is in flight at a kill; that one may stay.
//!
//! A courtesy: it goes only when its chat may be written to now, so few at a time that no answer feels it, and its failures
//! end it. Must not know what the words are.

mod telling;

pub use telling::{in_place_of, take_away};

use super::DaemonContext;
use super::shutdown::Stop;
use crate::domain::expectation::{TurnTimes, Wait};
use crate::domain::{Chat, ChatId, Job, MessageId, Task, Timestamp, UserId, WorkKind};
use crate::store::StoreError;
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How often those who wait are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// At most so many are looked up and told at once.
const AT_ONCE: usize = 4;
/// Whoever was looked up is left alone for this long.
const AGAIN: Duration = Duration::from_secs(5);
/// The answer waits no longer for the end of a word that is on its way, which holds its chat no longer either.
const PATIENCE: Duration = Duration::from_secs(3);
/// Rows watched at most; more are simply not told.
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
    /// Nothing was said yet.
    Untold,
    /// It waits for its turn to be sent; may be called off.
    Asking,
    /// On its way.
    Sending,
    /// It stands in the chat.
    Shown(MessageId),
    /// Nothing will be said.
    Silent,
}

/// The rows that wait for their turn to end.
#[derive(Default)]
pub struct Progress {
    waiting: Mutex<BTreeMap<u64, Entry>>,
    times: Mutex<TurnTimes>,
    changed: Notify,
    /// A row stands otherwise, or waits no more.
    moved: Notify,
}

impl Progress {
    fn waiting(&self) -> MutexGuard<'_, BTreeMap<u64, Entry>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn times(&self) -> MutexGuard<'_, TurnTimes> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the row still waits; it then stands so.
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

    /// Returns when the row stands so, `None`: waits no more.
    async fn until(&self, seq: u64, stands: impl Fn(Option<State>) -> bool) {
        loop {
            // Registered before the look.
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

    /// As [`Self::begin`], for a row as the store knows it; whoever was told that the answer comes later is told no more.
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
            // It was on its way at the end of the last run: nobody knows whether it stands in the chat.
            self.set(job.seq, State::Silent);
        }
    }

    /// The tutor is at work on it.
    pub fn at_work(&self, seq: u64) {
        if let Some(entry) = self.waiting().get_mut(&seq) {
            entry.at_work = Some(Instant::now());
        }
    }

    /// The tutor is done with it, or is to be asked again later. Its time tells what others may expect where it was a turn.
    pub fn off_work(&self, seq: u64, turn: bool) {
        let began = self.waiting().get_mut(&seq).and_then(|entry| entry.at_work.take());
        if let Some(began) = began.filter(|_| turn) {
            self.times().note(i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX));
        }
    }

    /// The wait is over: what waits for its turn is called off, and what is on its way is waited for, so that the row knows of
    /// it before its answer is under way. Returns what stands in the chat.
    pub async fn end(&self, seq: u64) -> Option<MessageId> {
        let quiet = self.until(seq, |state| state != Some(State::Sending));
        let _ = tokio::time::timeout(PATIENCE, quiet).await;
        match self.remove(seq)?.state {
            State::Shown(message) => Some(message),
            _ => None,
        }
    }

    /// Those to look up now: of each chat the first that waits, those not looked at for a while, the oldest first.
    fn due(&self, now: Timestamp, at_once: usize, room: usize) -> Vec<u64> {
        let typical = self.times().typical_ms();
        let mut waiting = self.waiting();
        let all = waiting.len();
        let (mut chats, mut due): (HashSet<ChatId>, Vec<u64>) = (HashSet::new(), Vec::new());
        for (seq, entry) in waiting.iter_mut() {
            let first = chats.insert(entry.chat.id);
            let rested = entry.looked.is_none_or(|at| at.elapsed() >= AGAIN);
            let worth = match entry.state {
                State::Asking | State::Sending | State::Silent => false,
                State::Shown(_) => true,
                // As if all others went before: if even that is soon enough, nobody needs to be asked.
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

    /// Those who waited when the daemon ended wait on. To be called before anything is worked on: of a row that was answered
    /// since it was read, the answer would be taken for a word about the wait.
    ///
    /// # Errors
    /// The store's.
    pub async fn take_up_all(&self, daemon: &DaemonContext) -> Result<(), StoreError> {
        for job in daemon.app.store.jobs(None, WATCHED).await? {
            self.take_up(&job);
        }
        Ok(())
    }

    /// Tells those who wait, until the shutdown signal.
    ///
    /// # Errors
    /// The store's.
    pub async fn run(&self, daemon: &Arc<DaemonContext>, mut stop: Stop) -> Result<(), StoreError> {
        let mut under_way: JoinSet<Result<(), StoreError>> = JoinSet::new();
        while !stop.is_raised() {
            if self.waiting().is_empty() {
                tokio::select! {
                    () = self.changed.notified() => {}
                    () = stop.raised() => break,
                }
            }
            let at_once = daemon.app.config.backend_concurrency;
            let room = AT_ONCE.saturating_sub(under_way.len());
            for seq in self.due(daemon.clock.now(), at_once, room) {
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
        // What is on its way is noted, or the next start would say it again.
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
