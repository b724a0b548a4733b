//! `sessions list` and `sessions show`. Must not know how sessions are shown.

use super::{Context, PAGE, Sink, Stopped};
use crate::admin::request::{
    Item, Refusal, SessionDetail, SessionFilter, SessionRow, Settings, TurnRow, Wanted,
};
use crate::domain::{Session, Timestamp, UserId};
use crate::store::StoreError;
use uuid::Uuid;

/// Streams the matching sessions in key order, page by page.
pub(crate) async fn list(
    context: &Context,
    filter: &SessionFilter,
    sink: &mut dyn Sink,
) -> Result<(), Stopped> {
    let now = context.host.now();
    let mut left = filter.limit.unwrap_or(u64::MAX);
    let mut walk = Walk::over(filter.user);
    while left > 0 {
        let Some(page) = walk.next(context).await? else { break };
        for session in page {
            let row = row(context, session, now);
            if left > 0 && passes(filter, &row) {
                left -= 1;
                sink.item(Item::Session(row)).await?;
            }
        }
    }
    Ok(())
}

/// All sessions, or those of one learner, a page at a time.
struct Walk {
    user: Option<UserId>,
    cursor: Option<Vec<u8>>,
    ended: bool,
}

impl Walk {
    fn over(user: Option<UserId>) -> Self {
        Self { user, cursor: None, ended: false }
    }

    async fn next(&mut self, context: &Context) -> Result<Option<Vec<Session>>, StoreError> {
        if self.ended {
            return Ok(None);
        }
        let cursor = self.cursor.take();
        let page = match self.user {
            Some(user) => context.store.sessions_of(user, cursor, PAGE).await?,
            None => context.store.sessions(cursor, PAGE).await?,
        };
        self.ended = page.next.is_none();
        self.cursor = page.next;
        Ok(Some(page.sessions))
    }
}

fn row(context: &Context, session: Session, now: Timestamp) -> SessionRow {
    let state = session.state(now, context.session_timeout_ms);
    SessionRow { session, state }
}

fn passes(filter: &SessionFilter, row: &SessionRow) -> bool {
    let SessionFilter { state, user, since, before, limit: _ } = filter;
    state.is_none_or(|state| row.state == state)
        && user.is_none_or(|user| row.session.user == user)
        && since.is_none_or(|since| row.session.last_activity >= since)
        && before.is_none_or(|before| row.session.last_activity < before)
}

pub(crate) async fn show(context: &Context, wanted: Wanted, sink: &mut dyn Sink) -> Result<(), Stopped> {
    let mut shown = 0_u64;
    match wanted {
        Wanted::User(user) => {
            let mut walk = Walk::over(Some(user));
            while let Some(page) = walk.next(context).await? {
                for session in page {
                    shown += 1;
                    sink.item(detail(context, session).await?).await?;
                }
            }
        }
        Wanted::Session(id) => {
            if let Some(session) = find(context, id).await? {
                shown += 1;
                sink.item(detail(context, session).await?).await?;
            }
        }
    }
    match (shown, wanted) {
        (0, Wanted::User(user)) => {
            Err(Refusal::not_found(format!("no session of user {user}; `sessions list` shows all")).into())
        }
        (0, Wanted::Session(id)) => {
            Err(Refusal::not_found(format!("no session {id}; `sessions list` shows all")).into())
        }
        _ => Ok(()),
    }
}

/// Finds a session by its id: a search, because sessions are stored by learner.
pub(crate) async fn find(context: &Context, id: Uuid) -> Result<Option<Session>, StoreError> {
    let mut walk = Walk::over(None);
    while let Some(page) = walk.next(context).await? {
        if let Some(found) = page.into_iter().find(|session| session.id == id) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

async fn detail(context: &Context, session: Session) -> Result<Item, StoreError> {
    let store = &context.store;
    let learner = store.learner(session.user).await?;
    let (turns, _) = store.turns(session.user, session.id, 0, PAGE).await?;
    let waiting = store.place(session.user).await?.own as u64;
    Ok(Item::Detail(Box::new(SessionDetail {
        row: row(context, session, context.host.now()),
        settings: learner.map(|learner| Settings {
            language: learner.language,
            translation: learner.translation,
            voice_reply: learner.voice_reply,
            blocked: learner.blocked,
            level: learner.level,
            imported_at: learner.imported_at,
        }),
        turns: turns
            .into_iter()
            .map(|turn| TurnRow { number: turn.number, at: turn.at, voice_ms: turn.voice_ms })
            .collect(),
        waiting,
    })))
}
