//! Reading without a lease: turns, sessions, rows, dead letters, numbers.
//!
//! Changes nothing. Must not know who asks.

use crate::domain::rate::RateState;
use crate::domain::stats::{Holdings, Stats};
use crate::domain::{
    AlertKind, Chat, ChatKind, DeadLetter, Hidden, Job, Learner, Membership, Session, Timestamp, Told, Turn,
    TurnKind, UserId, WorkKind,
};
use crate::store::engine::Range;
use crate::store::records::{self, Menu};
use crate::store::state::State;
use crate::store::{Counts, Place, Reader, SessionPage, Store, StoreError, keys, kinds};
use uuid::Uuid;

/// Largest page, whatever is asked for, so that the thread can serve others.
const PAGE: usize = 10_000;
/// Learners without a session that are skipped per requested session before a page ends early.
const PASSED_OVER: usize = 16;

impl Store {
    /// A random secret created with the store, for the keyed hash of user ids in logs.
    pub async fn log_key(&self) -> Result<[u8; 32], StoreError> {
        self.look(|state| Ok(state.log_key.0)).await
    }
}

impl Reader {
    pub async fn learner(&self, user: UserId) -> Result<Option<Learner>, StoreError> {
        self.look(move |state| state.learner(user)).await
    }

    /// A session, open or archived.
    pub async fn session(&self, user: UserId, id: Uuid) -> Result<Option<Session>, StoreError> {
        self.look(move |state| {
            let learner = state.learner(user)?;
            let mut open = learner.iter().flat_map(|learner| learner.open_sessions());
            let mut found = open.find(|open| open.id == id).cloned();
            state.scan(&Range::prefix(keys::archived_of(user)), true, &mut |key, bytes| {
                if found.is_none() && key.ends_with(id.as_bytes()) {
                    found = Some(records::decode(bytes)?);
                }
                Ok(found.is_none())
            })?;
            Ok(found)
        })
        .await
    }

    /// Finished turns of a session in order, from the `skip`-th (from 0), and how many there are in total.
    pub async fn turns(
        &self,
        user: UserId,
        session: Uuid,
        skip: usize,
        limit: usize,
    ) -> Result<(Vec<Turn>, usize), StoreError> {
        self.look(move |state| turns(state, user, session, skip, limit)).await
    }

    /// The learner's latest finished turn of a session that was spoken to the tutor.
    pub async fn last_voice_turn(&self, user: UserId, session: Uuid) -> Result<Option<Turn>, StoreError> {
        self.look(
            move |state| Ok(latest(state, user, session, 1, |turn| turn.kind == TurnKind::Voice)?.pop()),
        )
        .await
    }

    /// The learner's turn that answered row `seq`, in whatever session.
    pub async fn turn(&self, user: UserId, seq: u64) -> Result<Option<Turn>, StoreError> {
        self.look(move |state| Ok(turn_of(state, user, seq)?.map(|(_, turn)| turn))).await
    }

    /// The learner's latest turns of a session, spoken or written, in this chat and topic only, oldest first.
    pub async fn turns_in(
        &self,
        user: UserId,
        session: Uuid,
        chat: Chat,
        limit: usize,
    ) -> Result<Vec<Turn>, StoreError> {
        self.look(move |state| {
            let here = |turn: &Turn| match turn.chat {
                Some(said) => state.chat(said.id) == chat.id && said.thread == chat.thread,
                // Turns of older versions do not name their chat; they are not shown in groups, because they
                // may have been said in private.
                None => chat.kind == ChatKind::Private,
            };
            let mut found = latest(state, user, session, limit, here)?;
            found.reverse();
            Ok(found)
        })
        .await
    }

    pub async fn rate(&self, user: UserId) -> Result<RateState, StoreError> {
        self.look(move |state| Ok(state.get(&keys::rate(user))?.unwrap_or_default())).await
    }

    /// Telegram's last answer about the learner and the required channel.
    pub async fn membership(&self, user: UserId) -> Result<Option<Membership>, StoreError> {
        self.look(move |state| state.get(&keys::member(user))).await
    }

    /// What an admin was last told of this kind.
    pub async fn told(&self, admin: UserId, kind: AlertKind) -> Result<Option<Told>, StoreError> {
        self.look(move |state| state.get(&keys::told(admin, kind))).await
    }

    /// The channel whose members were hidden at the last look.
    pub async fn hidden(&self) -> Result<Option<Hidden>, StoreError> {
        self.look(|state| state.get(&keys::hidden())).await
    }

    /// Users with a command menu of their own.
    pub async fn menus(&self) -> Result<Vec<UserId>, StoreError> {
        self.look(|state| {
            let given = state.list::<Menu>(&Range::prefix(keys::kind(kinds::MENU)), usize::MAX)?;
            Ok(given.into_iter().map(|(_, menu)| menu.of).collect())
        })
        .await
    }

    pub async fn place(&self, user: UserId) -> Result<Place, StoreError> {
        self.look(move |state| Ok(state.schedule.place(user))).await
    }

    pub async fn counts(&self) -> Result<Counts, StoreError> {
        self.look(|state| Ok(counts(state))).await
    }

    /// When the oldest row of each of these kinds was accepted, in work or not.
    pub async fn oldest<const N: usize>(
        &self,
        kinds: [WorkKind; N],
    ) -> Result<[Option<Timestamp>; N], StoreError> {
        self.look(move |state| Ok(kinds.map(|kind| state.schedule.oldest(kind)))).await
    }

    /// In key order, at most `limit`, after `cursor`.
    pub async fn sessions(&self, cursor: Option<Vec<u8>>, limit: usize) -> Result<SessionPage, StoreError> {
        self.look(move |state| sessions(state, keys::kind(kinds::PERSON), cursor, limit)).await
    }

    /// The sessions of one learner, as in [`Store::sessions`].
    pub(crate) async fn sessions_of(
        &self,
        user: UserId,
        cursor: Option<Vec<u8>>,
        limit: usize,
    ) -> Result<SessionPage, StoreError> {
        self.look(move |state| sessions(state, keys::person(user), cursor, limit)).await
    }

    /// Rows of the inbox in order of acceptance after `after`, at most `limit` (and 10,000, as in all
    /// listings).
    pub async fn jobs(&self, after: Option<u64>, limit: usize) -> Result<Vec<Job>, StoreError> {
        self.look(move |state| {
            let range =
                Range::prefix(keys::kind(kinds::INBOX)).after(&after.map_or_else(Vec::new, keys::inbox));
            Ok(state.list(&range, limit.min(PAGE))?.into_iter().map(|(_, job)| job).collect())
        })
        .await
    }

    /// In order, after `after`, at most `limit`.
    pub async fn dead_letters(
        &self,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        self.look(move |state| {
            let range =
                Range::prefix(keys::kind(kinds::DEAD)).after(&after.map_or_else(Vec::new, keys::dead));
            Ok(state.list(&range, limit.min(PAGE))?.into_iter().map(|(_, letter)| letter).collect())
        })
        .await
    }

    /// The stored statistics.
    pub async fn stats(&self) -> Result<Option<Stats>, StoreError> {
        self.look(|state| state.get(&keys::stats())).await
    }

    pub async fn holdings(&self) -> Result<Holdings, StoreError> {
        self.look(|state| {
            let Counts { inbox, delivering, dead, .. } = counts(state);
            let archived_sessions = state.held(kinds::EXPIRY);
            Ok(Holdings {
                inbox: inbox as u64,
                delivering: delivering as u64,
                dead_letters: dead as u64,
                // Learners and their archived sessions are of one kind; each archived session is in the index
                // of expiry as well.
                learners: state.held(kinds::PERSON).saturating_sub(archived_sessions),
                archived_sessions,
                turns_kept: state.held(kinds::TURN),
            })
        })
        .await
    }
}

fn turns(
    state: &State,
    user: UserId,
    session: Uuid,
    skip: usize,
    limit: usize,
) -> Result<(Vec<Turn>, usize), StoreError> {
    let all = Range::prefix(keys::turns(user, session));
    // Numbered from 1 without a gap, so the last one's number is the total.
    let total = last_turn(state, user, session)?.map_or(0, |turn| turn.number as usize);
    let Some(before) = u32::try_from(skip).ok().filter(|_| skip < total) else {
        return Ok((Vec::new(), total));
    };
    let range = all.after(&keys::turn(user, session, before));
    let found = state.list(&range, limit.min(PAGE))?;
    Ok((found.into_iter().map(|(_, turn)| turn).collect(), total))
}

/// The latest turn of a session, of whatever kind.
pub(crate) fn last_turn(state: &State, user: UserId, session: Uuid) -> Result<Option<Turn>, StoreError> {
    Ok(latest(state, user, session, 1, |_| true)?.pop())
}

/// The turn that answered row `seq`, and its key.
pub(crate) fn turn_of(state: &State, user: UserId, seq: u64) -> Result<Option<(Vec<u8>, Turn)>, StoreError> {
    let mut found = None;
    state.scan(&Range::prefix(keys::of_learner(kinds::TURN, user)), true, &mut |key, bytes| {
        let turn: Turn = records::decode(bytes)?;
        // Turns of older versions have no number of their row; no row has the number 0.
        if turn.seq == seq && seq > 0 {
            found = Some((key.to_vec(), turn));
        }
        Ok(found.is_none())
    })?;
    Ok(found)
}

/// The latest matching turns, newest first, looking back at most one page.
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

/// `of`: prefix of the wanted keys.
fn sessions(
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
        let here: Vec<Session> = if keys::is_learner(key) {
            records::decode::<Learner>(bytes)?.open_sessions().cloned().collect()
        } else {
            vec![records::decode(bytes)?]
        };
        // The open ones of a learner are one record and stay on one page.
        more = budget == 0 || (!here.is_empty() && page.sessions.len() >= limit);
        if !more {
            page.sessions.extend(here);
            last = key.to_vec();
            budget -= 1;
        }
        Ok(!more)
    })?;
    page.next = more.then_some(last);
    Ok(page)
}

fn counts(state: &State) -> Counts {
    Counts { dead: state.dead.len(), ..state.schedule.counts() }
}
