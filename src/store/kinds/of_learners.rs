//! What is a learner's, kind by kind: what an export shows of a record, and the index entries that go with it.
//!
//! Must not know who asks.

use super::Whose;
use crate::domain::data_export::Held;
use crate::domain::rate::RateState;
use crate::domain::{AlertKind, Card, Contours, Day, Learner, Membership, Session, Told, Turn, UserId};
use crate::store::keys;
use crate::store::records::{Menu, decode};

pub(super) const PERSON: Whose = Whose::Learner {
    shown: |key, bytes| {
        if !keys::is_learner(key) {
            return Ok(vec![Held::Session(decode(bytes)?)]);
        }
        let learner: Learner = decode(bytes)?;
        let open: Vec<Held> = learner.open_sessions().cloned().map(Held::Session).collect();
        Ok([Held::Learner(learner)].into_iter().chain(open).collect())
    },
    entries: |key, bytes| {
        if !keys::is_learner(key) {
            return Ok(vec![keys::expiry_of(&decode::<Session>(bytes)?)]);
        }
        let learner: Learner = decode(bytes)?;
        let due = learner.reminder.as_ref().and_then(|reminder| reminder.due);
        Ok(due.map(|due| keys::reminder_due(due, learner.user)).into_iter().collect())
    },
};

pub(super) const TURN: Whose = Whose::Learner {
    shown: |_, bytes| Ok(vec![Held::Turn(decode::<Turn>(bytes)?)]),
    entries: |_, _| Ok(Vec::new()),
};

pub(super) const CARD: Whose = Whose::Learner {
    shown: |_, bytes| Ok(vec![Held::Card(decode(bytes)?)]),
    entries: |key, bytes| {
        let card: Card = decode(bytes)?;
        let Some(user) = keys::user(key) else { return Ok(Vec::new()) };
        let due = (!card.suspended).then(|| keys::card_due(user, card.is_new(), card.due, card.id));
        Ok([keys::card_origin(user, card.origin())].into_iter().chain(due).collect())
    },
};

pub(super) const DAY: Whose = Whose::Learner {
    shown: |_, bytes| Ok(vec![Held::Day(decode::<Day>(bytes)?)]),
    entries: |_, _| Ok(Vec::new()),
};

pub(super) const CONTOUR: Whose = Whose::Learner {
    shown: |_, bytes| Ok(vec![Held::Contours(decode::<Contours>(bytes)?)]),
    entries: |_, _| Ok(Vec::new()),
};

pub(super) const RATE: Whose = Whose::Learner {
    shown: |_, bytes| Ok(vec![Held::Rate(decode::<RateState>(bytes)?)]),
    entries: |_, _| Ok(Vec::new()),
};

pub(super) const MEMBER: Whose = Whose::Learner {
    shown: |_, bytes| Ok(vec![Held::Membership(decode::<Membership>(bytes)?)]),
    entries: |_, _| Ok(Vec::new()),
};

pub(super) const TOLD: Whose = Whose::Learner {
    shown: |key, bytes| {
        let told: Told = decode(bytes)?;
        let number = key.last().copied().unwrap_or_default();
        let kind = AlertKind::ALL.into_iter().find(|kind| kind.number() == number);
        Ok(vec![Held::Alert(kind.map_or_else(|| number.to_string(), |kind| kind.name().to_owned()), told)])
    },
    entries: |_, _| Ok(Vec::new()),
};

pub(super) const MENU: Whose = Whose::Learner {
    shown: |_, bytes| decode(bytes).map(|Menu { of: UserId(_) }| vec![Held::Menu]),
    entries: |_, _| Ok(Vec::new()),
};
