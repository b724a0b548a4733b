//! Sessions archived or imported at an admin's request: idle ones are archived, those of another bot taken
//! over.
//!
//! Must not know where imported ones come from.

use super::days;
use super::person::Person;
use crate::domain::{Change, Learner, Session, Timestamp};
use crate::store::engine::Range;
use crate::store::state::State;
use crate::store::tx::Tx;
use crate::store::{Archived, Import, Imported, Merged, Store, StoreError, keys, kinds, records};
use std::collections::HashSet;

/// Most learners handled in one go, whatever is asked for, so that the thread can serve others.
const AT_ONCE: usize = 1_000;

impl Store {
    /// Archives open sessions last used before `before`, as having ended `idle_ms` later; those of learners
    /// with a row for the tutor stay. Days kept long enough are removed as well. Looks at 1,000 records: continue with the cursor until there is none.
    pub async fn archive_idle(
        &self,
        before: Timestamp,
        idle_ms: i64,
        cursor: Option<Vec<u8>>,
        now: Timestamp,
    ) -> Result<Archived, StoreError> {
        self.change(move |state| archive_idle(state, before, idle_ms, cursor, now)).await
    }

    /// Imports open sessions of another bot, at most 1,000 at once, each learner once; with `dry` it only
    /// reports what would happen. Repeating it changes nothing. A learner who has a conversation here keeps
    /// it, and the imported one is archived. Retention counts from `now`.
    pub async fn import(
        &self,
        imports: Vec<Import>,
        dry: bool,
        now: Timestamp,
    ) -> Result<Vec<Imported>, StoreError> {
        self.change(move |state| import(state, imports, dry, now)).await
    }
}

fn archive_idle(
    state: &mut State,
    before: Timestamp,
    idle_ms: i64,
    cursor: Option<Vec<u8>>,
    now: Timestamp,
) -> Result<Archived, StoreError> {
    state.advance(now);
    let mut range = Range::prefix(keys::kind(kinds::PERSON));
    if let Some(cursor) = cursor {
        range = range.after(&cursor);
    }
    let mut tx = Tx::default();
    let (mut seen, mut last, mut idle) = (0, Vec::new(), Vec::new());
    state.scan(&range, false, &mut |key, bytes| {
        (seen, last) = (seen + 1, key.to_vec());
        if keys::is_learner(key) {
            let learner: Learner = records::decode(bytes)?;
            days::drop_old(state, &mut tx, &learner, now)?;
            let unused = learner.open_sessions().map(|open| (open.id, learner.in_use_since(open)));
            let unused: Vec<_> = unused.filter(|(_, used)| *used < before).collect();
            if !unused.is_empty() {
                idle.push((learner.user, unused));
            }
        }
        Ok(seen < AT_ONCE)
    })?;
    let mut archived = 0;
    for (user, unused) in idle {
        // A learner who is being answered is not idle.
        if state.schedule.place(user).own > 0 {
            continue;
        }
        let mut person = Person::load(state, user)?;
        // It ended when it became idle: its retention counts from then.
        let ended = |used: Timestamp| used.plus_ms(idle_ms).min(now);
        archived += unused.len();
        person.change(
            unused.into_iter().map(|(id, used)| Change::SessionArchived(id, ended(used))).collect(),
            now,
        );
        person.write(&mut tx)?;
    }
    state.apply(tx)?;
    Ok(Archived { sessions: archived, next: (seen == AT_ONCE).then_some(last) })
}

fn import(
    state: &mut State,
    imports: Vec<Import>,
    dry: bool,
    now: Timestamp,
) -> Result<Vec<Imported>, StoreError> {
    state.advance(now);
    let mut tx = Tx::default();
    let mut outcomes = Vec::new();
    let mut users = HashSet::new();
    for import in imports.into_iter().take(AT_ONCE) {
        if !users.insert(import.user) {
            outcomes.push(Imported::Known);
            continue;
        }
        let mut person = Person::load(state, import.user)?;
        let learner = state.learner(import.user)?;
        let open = learner.as_ref().and_then(|learner| learner.session.as_ref());
        if learner.as_ref().is_some_and(|learner| learner.is_open(import.session))
            || person.has_archived(state, import.session)?
        {
            // An earlier version did not import the level.
            person.note(None, import.level);
            person.write(&mut tx)?;
            outcomes.push(Imported::Known);
            continue;
        }
        // If nothing was said here yet, the old conversation continues.
        let is_bare = |open: &Session| open.turns == 0 && open.tutor_turns == Some(0);
        let stays = open.is_some_and(|open| !is_bare(open) || state.schedule.place(import.user).own > 0);
        outcomes.push(match &learner {
            None => Imported::Taken,
            Some(learner) => Imported::Merged(Merged {
                open: !stays,
                language: learner.client_language.is_none() && import.language.is_some(),
                level: learner.level.is_none() && import.level.is_some(),
            }),
        });
        let mut session = Session::open(import.session, import.user, import.created);
        session.last_activity = import.last_activity.max(import.created);
        session.turns = import.turns;
        // What the tutor holds of it has to be asked before relying on it.
        session.tutor_turns = None;
        session.archived_at = stays.then_some(now);
        person.take_over(session, now);
        person.note(import.language, import.level);
        person.write(&mut tx)?;
    }
    if !dry {
        state.apply(tx)?;
    }
    Ok(outcomes)
}
