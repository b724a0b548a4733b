//! One message to whoever waits long for an answer: what to expect. It becomes the answer's first part, or goes away.
//!
//! The row is told before it goes out (`Job::progress_begun`), which the store allows only while the row is unanswered and
//! the oldest of its lane in its chat, and once: so none is sent after the answer, before an older answer, or again by the
//! next start. Then the row keeps its id (`Job::progress`), and delivery finds it. All this while the chat is taken: nothing
//! else goes to it in between, and of each chat one at most is in flight at a kill; that one may stay.
//!
//! A courtesy: it goes only when its chat may be written to now, so few at a time that no answer feels it, and its failures
//! end it. Must not know what the words are.

use super::DaemonContext;
use super::sending::Turn;
use super::shutdown::Stop;
use crate::domain::expectation::{TurnTimes, Wait};
use crate::domain::{Chat, ChatId, Job, MessageId, Task, Timestamp, Urgency, UserId, WorkKind};
use crate::logging::Event;
use crate::store::StoreError;
use crate::telegram::{Outgoing, Retry, SendForm, TelegramError};
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
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
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
        let mut waiting = self.waiting();
        if waiting.len() < WATCHED {
            waiting.entry(seq).or_insert(Entry {
                user,
                chat,
                answers,
                since,
                at_work: None,
                looked: None,
                state: State::Untold,
            });
        }
        drop(waiting);
        self.changed.notify_one();
    }

    /// As [`Self::begin`], for a row as the store knows it; whoever was told that the answer comes later is told no more.
    pub fn take_up(&self, job: &Job) {
        let Task::Handle(incoming, _) = &job.task else { return };
        if job.told_late || job.work != WorkKind::Tutor {
            return;
        }
        self.begin(job.seq, job.user, incoming.chat, incoming.message, job.accepted_at);
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

    /// Looks one up: tells it what to expect, or takes away what is told to nobody any more.
    async fn look(&self, daemon: &DaemonContext, seq: u64, stop: Stop) -> Result<(), StoreError> {
        let store = &daemon.app.store;
        let row = store.jobs(seq.checked_sub(1), 1).await?.into_iter().find(|job| job.seq == seq);
        let shown = self.waiting().get(&seq).map(|entry| entry.state);
        let handled = row.as_ref().is_some_and(|job| matches!(job.task, Task::Handle(..)));
        match (shown, row) {
            (Some(State::Untold), Some(job)) if handled && !job.told_late => {}
            (Some(State::Shown(_)), Some(_)) if handled => return Ok(()),
            (Some(State::Shown(message)), None) => {
                // Dropped or deleted: there will be no answer.
                let chat = self.remove(seq).map(|entry| entry.chat.id);
                take_away(daemon, chat, message).await;
                return Ok(());
            }
            _ => {
                self.remove(seq);
                return Ok(());
            }
        }
        let Some(out) = self.words(daemon, seq).await? else { return Ok(()) };
        if self.set(seq, State::Asking)
            && let Some(state) = self.say(daemon, seq, &out, stop).await?
        {
            self.set(seq, state);
        }
        Ok(())
    }

    /// Says it once its chat may be written to. `None`: it was called off before that.
    async fn say(
        &self,
        daemon: &DaemonContext,
        seq: u64,
        out: &Outgoing,
        mut stop: Stop,
    ) -> Result<Option<State>, StoreError> {
        let turn = tokio::select! {
            turn = daemon.sending.turn(out.chat(), Urgency::Own, &mut stop) => turn,
            () = self.until(seq, |state| state.is_none()) => return Ok(None),
        };
        let Turn::Now(pass) = turn else { return Ok(Some(State::Untold)) };
        // From here on whoever answers waits for us.
        if !self.set(seq, State::Sending) {
            return Ok(None);
        }
        let store = &daemon.app.store;
        let begun = store.begin_progress(seq).await;
        if !matches!(begun, Ok(true)) {
            return begun.map(|_| Some(State::Untold));
        }
        let deliver = daemon.telegram.deliver(out, SendForm::default());
        let sent = tokio::time::timeout(PATIENCE, deliver).await.unwrap_or_else(|_| {
            Err(TelegramError::Unknown {
                what: "a message that nobody waits for was not answered soon".into(),
            })
        });
        pass.ended();
        // The chat stays taken until the row knows.
        match sent.map(|delivered| delivered.message) {
            Ok(Some(message)) => self.keep(daemon, seq, out.chat(), message).await.map(Some),
            Ok(None) => Ok(Some(State::Silent)),
            Err(error) => {
                if let TelegramError::RetryAfter { secs } = &error {
                    daemon.sending.refused(out.chat(), *secs);
                }
                match error.retry() {
                    // Said again only where it surely was not.
                    Retry::Yes | Retry::After(_) => match store.note_progress(seq, None).await {
                        Ok(()) | Err(StoreError::Gone) => Ok(Some(State::Untold)),
                        Err(error) => Err(error),
                    },
                    Retry::Unsure | Retry::No => Ok(Some(State::Silent)),
                }
            }
        }
    }

    /// What to say; `None`: nothing (any more).
    async fn words(&self, daemon: &DaemonContext, seq: u64) -> Result<Option<Outgoing>, StoreError> {
        let Some((user, chat, answers)) =
            self.waiting().get(&seq).map(|entry| (entry.user, entry.chat, entry.answers))
        else {
            return Ok(None);
        };
        let Some(learner) = daemon.app.store.learner(user).await?.filter(|learner| !learner.blocked) else {
            return Ok(None);
        };
        let ahead = daemon.app.store.place(user).await?.ahead;
        let typical = self.times().typical_ms();
        let at_once = daemon.app.config.backend_concurrency;
        let now = daemon.clock.now();
        let told = self.waiting().get(&seq).and_then(|entry| entry.wait(now, ahead, at_once, typical).tell());
        Ok(told.map(|expected| Outgoing::Text {
            chat: chat.id,
            thread: chat.thread,
            answers,
            text: daemon.app.context.phrases(&learner).expectation(expected),
            keyboard: Default::default(),
        }))
    }

    /// It is out: the row is to know.
    async fn keep(
        &self,
        daemon: &DaemonContext,
        seq: u64,
        chat: Option<ChatId>,
        message: MessageId,
    ) -> Result<State, StoreError> {
        // The answer did not wait for us: it goes out as a message of its own, after this one is gone.
        let late = !self.waiting().contains_key(&seq);
        let kept = if late {
            Err(StoreError::Gone)
        } else {
            daemon.app.store.note_progress(seq, Some(message)).await
        };
        match kept {
            Ok(()) => {
                tracing::info!(event = %Event::ExpectationTold, seq, "told what to expect");
                Ok(State::Shown(message))
            }
            Err(StoreError::Gone) => {
                take_away(daemon, chat, message).await;
                Ok(State::Silent)
            }
            Err(error) => Err(error),
        }
    }
}

impl Entry {
    fn wait(&self, now: Timestamp, ahead: usize, at_once: usize, typical_ms: Option<i64>) -> Wait {
        let at_work_ms = self.at_work.map(|at| i64::try_from(at.elapsed().as_millis()).unwrap_or(i64::MAX));
        Wait { waited_ms: now.since_ms(self.since), at_work_ms, ahead, at_once, typical_ms }
    }
}

/// Removes what was said. Where that fails it stays: not worth more.
pub async fn take_away(daemon: &DaemonContext, chat: Option<ChatId>, message: MessageId) {
    let Some(chat) = chat else { return };
    if let Err(error) = daemon.telegram.remove(chat, message).await {
        tracing::debug!(%error, "what was said of the wait could not be taken away");
    }
}

/// The answer's first part in the place of what was said of the wait: an edit, which may be repeated without harm. What no
/// edit can carry (a voice) goes out as it is, and the other goes away.
pub async fn in_place_of(daemon: &DaemonContext, shown: Option<MessageId>, out: Outgoing) -> Outgoing {
    match (shown, out) {
        (Some(message), Outgoing::Text { chat, text, keyboard, .. }) => {
            Outgoing::Edit { chat, message, text, keyboard }
        }
        (Some(message), out) => {
            take_away(daemon, out.chat(), message).await;
            out
        }
        (None, out) => out,
    }
}
