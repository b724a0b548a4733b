//! One learner within one transaction: the record, the sessions it closes and the turns it counts.
//!
//! Must not know which verb changes them or why.

use super::lookup::{last_turn, turn_of};
use crate::domain::{
    Change, Correction, Learner, Level, Session, Timestamp, Turn, TurnChange, TurnKind, UserId,
};
use crate::store::engine::Range;
use crate::store::records::IndexEntry;
use crate::store::state::State;
use crate::store::tx::Tx;
use crate::store::{Purge, StoreError, keys};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use uuid::Uuid;

/// A learner's record and the archived sessions touched so far.
pub struct Person {
    user: UserId,
    learner: Option<Learner>,
    /// When the reminder was due, as its index entry says.
    due: Option<Timestamp>,
    changed: bool,
    archived: Vec<Session>,
}

impl Person {
    pub fn load(state: &State, user: UserId) -> Result<Self, StoreError> {
        let learner = state.learner(user)?;
        let due = learner.as_ref().and_then(due_of);
        Ok(Self { user, learner, due, changed: false, archived: Vec::new() })
    }

    pub fn exists(&self) -> bool {
        self.learner.is_some()
    }

    /// The current record, or what a new one would be.
    pub(crate) fn learner_or_new(&self, now: Timestamp) -> Learner {
        self.learner.clone().unwrap_or_else(|| Learner::new(self.user, now))
    }

    /// Applies changes in order; the first one creates the record if there is none.
    pub fn change(&mut self, changes: Vec<Change>, now: Timestamp) {
        for change in changes {
            let learner = self.learner.get_or_insert_with(|| Learner::new(self.user, now));
            let zone = learner.zone.clone();
            self.archived.extend(learner.apply(change));
            self.changed = true;
            let Learner { reminder: Some(reminder), zone: zone_now, .. } = learner else { continue };
            if reminder.on && (reminder.due.is_none() || *zone_now != zone) {
                reminder.plan(now, zone_now.as_deref());
            }
        }
    }

    /// The record, to be changed; created if there is none.
    pub(crate) fn learner_mut(&mut self, now: Timestamp) -> &mut Learner {
        self.changed = true;
        self.learner.get_or_insert_with(|| Learner::new(self.user, now))
    }

    pub(crate) fn has_archived(&self, state: &State, id: Uuid) -> Result<bool, StoreError> {
        Ok(self.find_archived(state, id)?.is_some())
    }

    /// Stores what is known about the learner, if nothing was known yet.
    pub fn note(&mut self, language: Option<String>, level: Option<Level>) {
        let Some(learner) = &mut self.learner else { return };
        let before = (learner.client_language.clone(), learner.level);
        learner.client_language = learner.client_language.take().or(language);
        learner.level = learner.level.or(level);
        self.changed |= before != (learner.client_language.clone(), learner.level);
    }

    /// Takes over another bot's session: as the open one if nothing was said in ours, otherwise as an
    /// archived one.
    pub(crate) fn take_over(&mut self, session: Session, now: Timestamp) {
        let learner = self.learner.get_or_insert_with(|| Learner::new(self.user, session.created));
        learner.first_seen = learner.first_seen.min(session.created);
        learner.imported_at = Some(now);
        self.changed = true;
        match session.archived_at {
            Some(_) => self.archived.push(session),
            None => learner.session = Some(session),
        }
    }

    /// Stores a finished turn, numbers it and counts it in its session, open or archived meanwhile.
    pub fn count(
        &mut self,
        state: &State,
        tx: &mut Tx,
        mut turn: Turn,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let written = u32::from(turn.kind == TurnKind::Text);
        let add = |session: &mut Session| {
            session.turns = session.turns.saturating_add(1);
            session.text_turns = session.text_turns.saturating_add(written);
            session.last_activity = session.last_activity.max(now);
        };
        let learner = self.learner.as_mut();
        match learner.and_then(|learner| learner.open_sessions_mut().find(|open| open.id == turn.session)) {
            Some(open) => {
                self.changed = true;
                add(open);
            }
            None => {
                let mut session = self.take_archived(state, turn.session, turn.at, now)?;
                add(&mut session);
                self.archived.push(session);
            }
        }
        // Stored turns are numbered without a gap; a session of another bot counts turns that were never
        // stored.
        let last = last_turn(state, self.user, turn.session)?;
        turn.number = last.map_or(0, |last| last.number).saturating_add(1);
        tx.put(keys::turn(self.user, turn.session, turn.number), &turn)
    }

    /// A session that is not the open one.
    fn take_archived(
        &mut self,
        state: &State,
        id: Uuid,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Session, StoreError> {
        if let Some(index) = self.archived.iter().position(|session| session.id == id) {
            return Ok(self.archived.swap_remove(index));
        }
        Ok(self.find_archived(state, id)?.unwrap_or_else(|| {
            // Turns are only stored with a session that expires, so an unknown session is created as a closed
            // one.
            let mut unknown = Session::open(id, self.user, at);
            unknown.tutor_turns = None;
            unknown.archived_at = Some(now);
            unknown
        }))
    }

    fn find_archived(&self, state: &State, id: Uuid) -> Result<Option<Session>, StoreError> {
        let mut found = None;
        state.scan(&Range::prefix(keys::archived_of(self.user)), true, &mut |key, _| {
            if key.ends_with(id.as_bytes()) {
                found = Some(key.to_vec());
            }
            Ok(found.is_none())
        })?;
        match found {
            Some(key) => state.get(&key),
            None => Ok(None),
        }
    }

    pub fn write(self, tx: &mut Tx) -> Result<(), StoreError> {
        for session in &self.archived {
            tx.put(keys::archived(self.user, session.created, session.id), session)?;
            tx.put(keys::expiry_of(session), &IndexEntry)?;
        }
        let due = self.learner.as_ref().and_then(due_of);
        if self.due != due {
            if let Some(before) = self.due {
                tx.delete(keys::reminder_due(before, self.user));
            }
            if let Some(due) = due {
                tx.put(keys::reminder_due(due, self.user), &IndexEntry)?;
            }
        }
        match &self.learner {
            Some(learner) if self.changed => tx.put(keys::learner(self.user), learner),
            _ => Ok(()),
        }
    }
}

fn due_of(learner: &Learner) -> Option<Timestamp> {
    learner.reminder.as_ref()?.due
}

/// Writes what became known of turns since, and returns the corrections of the learner's own that had none; a turn that was deleted meanwhile stays deleted.
pub(crate) fn amend(
    state: &State,
    tx: &mut Tx,
    user: UserId,
    changes: Vec<TurnChange>,
) -> Result<Vec<Correction>, StoreError> {
    let mut found = Vec::new();
    let mut amended: BTreeMap<u64, (Vec<u8>, Turn)> = BTreeMap::new();
    for TurnChange { seq, fact } in changes {
        if let Entry::Vacant(place) = amended.entry(seq)
            && let Some(found) = turn_of(state, user, seq)?
        {
            place.insert(found);
        }
        if let Some((_, turn)) = amended.get_mut(&seq) {
            let counts = turn.corrections.is_empty() && !turn.of_another;
            turn.apply(fact);
            if counts {
                found.extend(turn.corrections.iter().cloned());
            }
        }
    }
    amended.into_values().try_for_each(|(key, turn)| tx.put(key, &turn))?;
    Ok(found)
}

/// Queues a conversation to be deleted at the tutor; one that is queued already keeps its attempts and due
/// time.
pub(crate) fn add_purge(
    state: &State,
    tx: &mut Tx,
    session: Uuid,
    not_before: Timestamp,
) -> Result<(), StoreError> {
    if state.get::<Purge>(&keys::purge(session))?.is_some() {
        return Ok(());
    }
    tx.put(keys::purge(session), &Purge { session, not_before, attempts: 0 })?;
    tx.put(keys::purge_due(not_before, session), &IndexEntry)
}
