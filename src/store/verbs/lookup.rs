//! Reading without a lease: turns, sessions, rows, dead letters, numbers.
//!
//! Must not know who asks. Changes nothing.

use crate::domain::stats::Holdings;
use crate::domain::{Chat, ChatKind, DeadLetter, Job, OutMessage, Turn, TurnKind, UserId};
use crate::store::engine::Range;
use crate::store::state::State;
use crate::store::{Counts, SessionPage, StoreError, keys, records};
use uuid::Uuid;

/// No page is larger, however much is asked for: the thread has others to serve.
const PAGE: usize = 10_000;
/// Learners without a session that are passed over per session asked for, before a page ends short.
const PASSED_OVER: usize = 16;

/// See [`Store::turns`](crate::store::Store::turns).
pub fn turns(
    state: &State,
    user: UserId,
    session: Uuid,
    skip: usize,
    limit: usize,
) -> Result<(Vec<Turn>, usize), StoreError> {
    let all = Range::prefix(keys::turns(user, session));
    // They are numbered from 1 without a gap, so the last one's number is how many there are.
    let total = last_turn(state, user, session)?.map_or(0, |turn| turn.number as usize);
    let Some(before) = u32::try_from(skip).ok().filter(|_| skip < total) else {
        return Ok((Vec::new(), total));
    };
    let range = all.after(&keys::turn(user, session, before));
    let found = state.list(&range, limit.min(PAGE))?;
    Ok((found.into_iter().map(|(_, turn)| turn).collect(), total))
}

/// The latest turn of a session, of whatever kind.
pub fn last_turn(state: &State, user: UserId, session: Uuid) -> Result<Option<Turn>, StoreError> {
    Ok(latest(state, user, session, 1, |_| true)?.pop())
}

/// See [`Store::last_voice_turn`](crate::store::Store::last_voice_turn).
pub fn last_voice_turn(state: &State, user: UserId, session: Uuid) -> Result<Option<Turn>, StoreError> {
    Ok(latest(state, user, session, 1, |turn| turn.kind == TurnKind::Voice)?.pop())
}

/// See [`Store::turns_in`](crate::store::Store::turns_in).
pub fn turns_in(
    state: &State,
    user: UserId,
    session: Uuid,
    chat: Chat,
    limit: usize,
) -> Result<Vec<Turn>, StoreError> {
    let here = |turn: &Turn| match turn.chat {
        Some(said) => state.chat(said.id) == chat.id && said.thread == chat.thread,
        // Of an older program: kept from groups, for it may have been said in private.
        None => chat.kind == ChatKind::Private,
    };
    let mut found = latest(state, user, session, limit, here)?;
    found.reverse();
    Ok(found)
}

/// The latest turns that fit, newest first. Looks no further back than a page.
fn latest(
    state: &State,
    user: UserId,
    session: Uuid,
    limit: usize,
    fits: impl Fn(&Turn) -> bool,
) -> Result<Vec<Turn>, StoreError> {
    let (mut found, mut looked) = (Vec::new(), 0);
    state.scan(&Range::prefix(keys::turns(user, session)), true, &mut |_, bytes| {
        let turn = records::decode(bytes)?;
        if fits(&turn) {
            found.push(turn);
        }
        looked += 1;
        Ok(found.len() < limit && looked < PAGE)
    })?;
    found.truncate(limit);
    Ok(found)
}

/// See [`Store::sessions`](crate::store::Store::sessions); `of` is what the keys of those wanted begin with.
pub fn sessions(
    state: &State,
    of: Vec<u8>,
    cursor: Option<Vec<u8>>,
    limit: usize,
) -> Result<SessionPage, StoreError> {
    let mut range = Range::prefix(of);
    if let Some(cursor) = cursor {
        range = range.after(&cursor);
    }
    let limit = limit.clamp(1, PAGE);
    let mut budget = limit.saturating_mul(PASSED_OVER);
    let mut page = SessionPage::default();
    let mut last = Vec::new();
    let mut more = false;
    state.scan(&range, false, &mut |key, bytes| {
        let session = if keys::is_learner(key) {
            records::decode::<crate::domain::Learner>(bytes)?.session
        } else {
            Some(records::decode(bytes)?)
        };
        more = budget == 0 || (session.is_some() && page.sessions.len() == limit);
        if !more {
            page.sessions.extend(session);
            last = key.to_vec();
            budget -= 1;
        }
        Ok(!more)
    })?;
    page.next = more.then_some(last);
    Ok(page)
}

/// See [`Store::jobs`](crate::store::Store::jobs).
pub fn jobs(state: &State, after: Option<u64>, limit: usize) -> Result<Vec<Job>, StoreError> {
    let range = Range::prefix(keys::kind(keys::INBOX)).after(&after.map_or_else(Vec::new, keys::inbox));
    Ok(state.list(&range, limit.min(PAGE))?.into_iter().map(|(_, job)| job).collect())
}

/// See [`Store::dead_letters`](crate::store::Store::dead_letters).
pub fn dead_letters(state: &State, after: Option<u64>, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
    let range = Range::prefix(keys::kind(keys::DEAD)).after(&after.map_or_else(Vec::new, keys::dead));
    Ok(state.list(&range, limit.min(PAGE))?.into_iter().map(|(_, letter)| letter).collect())
}

/// See [`Store::left_to_send`](crate::store::Store::left_to_send).
pub fn left_to_send(state: &State, seq: u64, dead: bool) -> Result<Vec<OutMessage>, StoreError> {
    let all = if dead { keys::dead_outbox_of(seq) } else { keys::outbox_of(seq) };
    Ok(state.list(&Range::prefix(all), PAGE)?.into_iter().map(|(_, message)| message).collect())
}

/// See [`Store::holdings`](crate::store::Store::holdings).
pub fn holdings(state: &State) -> Holdings {
    let Counts { inbox, delivering, dead, .. } = counts(state);
    let archived_sessions = state.held(keys::EXPIRY);
    Holdings {
        inbox: inbox as u64,
        delivering: delivering as u64,
        dead_letters: dead as u64,
        // Learners and their archived sessions are of one kind; each of the latter is in the index of expiry as well.
        learners: state.held(keys::PERSON).saturating_sub(archived_sessions),
        archived_sessions,
        turns_kept: state.held(keys::TURN),
    }
}

/// See [`Store::counts`](crate::store::Store::counts).
pub fn counts(state: &State) -> Counts {
    Counts { dead: state.dead.len(), ..state.schedule.counts() }
}
