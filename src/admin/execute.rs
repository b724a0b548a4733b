//! (store, request) -> answer: the only logic of the admin's commands.
//!
//! Must not know how a request arrived or how its answer is shown.

use crate::domain::{Learner, Session, SessionState, Timestamp, Turn, UserId};
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
