//! (store, request) -> answer: the only logic of the admin's commands.
//!
//! Must not know how a request arrived or how its answer is shown.

use crate::domain::{
    Admission, Body, DeadLetter, Job, Learner, Session, SessionState, Stage, Task, Timestamp, Turn, UserId,
};
use crate::store::{Store, StoreError};
use uuid::Uuid;

/// Rows fetched at once: listings stream, whatever their length.
const PAGE: usize = 500;

/// A session with its state at the moment of asking.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionRow {
    /// The session.
    pub session: Session,
    /// Its state.
    pub state: SessionState,
}

/// One session, whole.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionDetail {
    /// The session.
    pub row: SessionRow,
    /// Its learner, where still known.
    pub learner: Option<Learner>,
    /// When its turns were and how long the voices; words are the learner's own and not shown.
    pub turns: Vec<Turn>,
    /// Messages of the learner that wait for or are at the tutor.
    pub waiting: usize,
}

/// How `sessions show` names what it wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// All sessions of a learner.
    User(UserId),
    /// The session with this id.
    Session(Uuid),
}

impl std::str::FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(user) = text.parse() {
            return Ok(Self::User(UserId(user)));
        }
        text.parse()
            .map(Self::Session)
            .map_err(|_| "give a Telegram user id (a number) or a session id (a UUID)".to_owned())
    }
}

/// Walks over all sessions in key order, page by page.
///
/// # Errors
/// The store's.
pub async fn each_session(
    store: &dyn Store,
    now: Timestamp,
    timeout_ms: i64,
    mut visit: impl FnMut(SessionRow) -> std::io::Result<()>,
) -> Result<std::io::Result<()>, StoreError> {
    let mut cursor = None;
    loop {
        let page = store.sessions(cursor, PAGE).await?;
        for session in page.sessions {
            let state = session.state(now, timeout_ms);
            if let Err(error) = visit(SessionRow { session, state }) {
                return Ok(Err(error));
            }
        }
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(Ok(())),
        }
    }
}

/// The sessions that match, whole.
///
/// # Errors
/// The store's.
pub async fn show_sessions(
    store: &dyn Store,
    wanted: Wanted,
    now: Timestamp,
    timeout_ms: i64,
) -> Result<Vec<SessionDetail>, StoreError> {
    let mut rows = Vec::new();
    let walked = each_session(store, now, timeout_ms, |row| {
        let matches = match wanted {
            Wanted::User(user) => row.session.user == user,
            Wanted::Session(id) => row.session.id == id,
        };
        if matches && rows.len() < PAGE {
            rows.push(row);
        }
        Ok(())
    });
    // The visitor above cannot fail.
    let _ = walked.await?;
    let mut details = Vec::with_capacity(rows.len());
    for row in rows {
        let (user, id) = (row.session.user, row.session.id);
        let learner = store.learner(user).await?;
        let (turns, _) = store.turns(user, id, 0, PAGE).await?;
        let waiting = store.place(user).await?.own;
        details.push(SessionDetail { row, learner, turns, waiting });
    }
    Ok(details)
}

/// A message in the queue, without its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueRow {
    /// Its number, for `queue show|retry|drop`.
    pub seq: u64,
    /// Whose it is.
    pub user: UserId,
    /// Kind of message.
    pub kind: &'static str,
    /// How far it has come.
    pub stage: &'static str,
    /// When it was accepted.
    pub since: Timestamp,
    /// Not worked on before, where it waits.
    pub until: Option<Timestamp>,
    /// Failed attempts.
    pub attempts: u32,
    /// Why it waits, or why it was given up.
    pub why: String,
    /// Given up.
    pub dead: bool,
}

impl QueueRow {
    fn of(job: &Job, now: Timestamp) -> Self {
        Self {
            seq: job.seq,
            user: job.user,
            kind: kind(job),
            stage: match job.stage {
                Stage::Taken => "taken",
                Stage::Submitted { .. } => "at the tutor",
                Stage::Answered => "answered, sending",
            },
            since: job.accepted_at,
            until: (job.not_before > now).then_some(job.not_before),
            attempts: job.attempts,
            why: job.waiting_for.map(|reason| reason.as_str().to_owned()).unwrap_or_default(),
            dead: false,
        }
    }

    fn dead(letter: &DeadLetter) -> Self {
        Self { why: letter.reason.clone(), dead: true, ..Self::of(&letter.job, Timestamp(i64::MAX)) }
    }
}

fn kind(job: &Job) -> &'static str {
    match &job.task {
        Task::Deliver => "answer",
        Task::Handle(_, Admission::RateLimited { .. }) => "rate notice",
        Task::Handle(incoming, _) => match incoming.body {
            Body::Voice(_) => "voice",
            Body::Text(_) => "text",
            Body::Command { .. } => "command",
            Body::Callback { .. } => "button",
            Body::Other(_) | Body::Blocked(_) => "other",
        },
    }
}

/// Walks over everything that waits, then over what was given up.
///
/// # Errors
/// The store's.
pub async fn each_queued(
    store: &dyn Store,
    now: Timestamp,
    mut visit: impl FnMut(QueueRow) -> std::io::Result<()>,
) -> Result<std::io::Result<()>, StoreError> {
    let mut after = None;
    loop {
        let jobs = store.jobs(after, PAGE).await?;
        after = jobs.last().map(|job| job.seq);
        if after.is_none() {
            break;
        }
        for job in jobs {
            if let Err(error) = visit(QueueRow::of(&job, now)) {
                return Ok(Err(error));
            }
        }
    }
    let mut after = None;
    loop {
        let letters = store.dead_letters(after, PAGE).await?;
        after = letters.last().map(|letter| letter.job.seq);
        if after.is_none() {
            return Ok(Ok(()));
        }
        for letter in letters {
            if let Err(error) = visit(QueueRow::dead(&letter)) {
                return Ok(Err(error));
            }
        }
    }
}

/// What `queue retry` and `queue drop` do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueChange {
    /// Back into the queue, or due at once.
    Retry,
    /// Away for good.
    Drop,
}

/// Changes the dead letter or the waiting message of this number.
///
/// # Errors
/// [`StoreError::Gone`] where there is none, or it is being worked on.
pub async fn change_queued(
    store: &dyn Store,
    seq: u64,
    change: QueueChange,
    now: Timestamp,
) -> Result<(), StoreError> {
    let dead = match change {
        QueueChange::Retry => store.retry_dead(seq, now).await,
        QueueChange::Drop => store.drop_dead(seq).await,
    };
    match (dead, change) {
        (Err(StoreError::Gone), QueueChange::Retry) => store.hurry(seq, now).await,
        (Err(StoreError::Gone), QueueChange::Drop) => store.drop_job(seq).await,
        (done, _) => done,
    }
}
