//! The layout of keys: one ordered space for all kinds of record, so that one batch is atomic over all of
//! them.
//!
//! The first byte is the kind; integers are big-endian, with the sign bit of signed ones flipped, so that
//! bytes sort as the numbers do. Must not know the records behind the keys, except by name.

use super::engine::Span;
use super::kinds::{
    CARD, CARD_DUE, CARD_ORIGIN, CONTOUR, DAY, DEAD, DEAD_OUTBOX, EXPIRY, INBOX, Kind, MEMBER, MENU, MOVED,
    OUTBOX, PERSON, PURGE, PURGE_DUE, RATE, REMINDER_DUE, SEEN, SINGLE, TOLD, TURN,
};
use crate::domain::{AlertKind, ChatId, Session, Timestamp, UserId};
use sha2::{Digest, Sha256};
use uuid::Uuid;

const ARCHIVED: u8 = 0;
const RECORD: u8 = 1;

struct Key(Vec<u8>);

impl Key {
    fn new(kind: Kind) -> Self {
        let mut bytes = Vec::with_capacity(34);
        bytes.push(kind.byte());
        Self(bytes)
    }

    fn byte(mut self, byte: u8) -> Self {
        self.0.push(byte);
        self
    }

    fn signed(mut self, number: i64) -> Self {
        self.0.extend((number.cast_unsigned() ^ (1 << 63)).to_be_bytes());
        self
    }

    /// A day or another small signed number.
    fn day(mut self, day: i32) -> Self {
        self.0.extend((day.cast_unsigned() ^ (1 << 31)).to_be_bytes());
        self
    }

    fn small(mut self, number: u32) -> Self {
        self.0.extend(number.to_be_bytes());
        self
    }

    fn unsigned(mut self, number: u64) -> Self {
        self.0.extend(number.to_be_bytes());
        self
    }

    fn id(mut self, id: Uuid) -> Self {
        self.0.extend(id.as_bytes());
        self
    }
}

pub fn kind(kind: Kind) -> Vec<u8> {
    vec![kind.byte()]
}

/// All keys of a kind whose first field is a learner.
pub(crate) fn of_learner(kind: Kind, user: UserId) -> Vec<u8> {
    Key::new(kind).signed(user.0).0
}

/// The learner in a key of such a kind.
pub(crate) fn user(key: &[u8]) -> Option<UserId> {
    signed(key.get(1..9)?).map(UserId)
}

fn signed(bytes: &[u8]) -> Option<i64> {
    Some((u64::from_be_bytes(bytes.try_into().ok()?) ^ (1 << 63)).cast_signed())
}

pub fn everything() -> Span {
    Span { start: kind(SINGLE), end: vec![u8::MAX] }
}

pub fn person(user: UserId) -> Vec<u8> {
    Key::new(PERSON).signed(user.0).0
}

pub fn learner(user: UserId) -> Vec<u8> {
    Key::new(PERSON).signed(user.0).byte(RECORD).0
}

/// Whether a key of [`PERSON`] is a learner's record (otherwise it is an archived session).
pub(crate) fn is_learner(key: &[u8]) -> bool {
    key.get(9) == Some(&RECORD)
}

/// Oldest first.
pub(crate) fn archived_of(user: UserId) -> Vec<u8> {
    Key::new(PERSON).signed(user.0).byte(ARCHIVED).0
}

pub fn archived(user: UserId, created: Timestamp, session: Uuid) -> Vec<u8> {
    Key::new(PERSON).signed(user.0).byte(ARCHIVED).signed(created.0).id(session).0
}

/// An archived session in order of archiving; after the time comes its key of [`PERSON`].
pub fn expiry(archived_at: Timestamp, user: UserId, created: Timestamp, session: Uuid) -> Vec<u8> {
    let mut key = expiry_before(archived_at);
    key.extend(archived(user, created, session));
    key
}

/// The bound after all sessions archived before `moment`.
pub(crate) fn expiry_before(moment: Timestamp) -> Vec<u8> {
    Key::new(EXPIRY).signed(moment.0).0
}

/// The key of [`PERSON`] in a key of [`EXPIRY`].
pub(crate) fn expiring(key: &[u8]) -> &[u8] {
    key.get(9..).unwrap_or_default()
}

/// The entry of an archived session.
pub(crate) fn expiry_of(session: &Session) -> Vec<u8> {
    let at = session.archived_at.unwrap_or(session.last_activity);
    expiry(at, session.user, session.created, session.id)
}

pub fn turns(user: UserId, session: Uuid) -> Vec<u8> {
    Key::new(TURN).signed(user.0).id(session).0
}

/// Numbers begin at 1.
pub fn turn(user: UserId, session: Uuid, number: u32) -> Vec<u8> {
    let mut key = turns(user, session);
    key.extend(number.to_be_bytes());
    key
}

pub(crate) fn cards_of(user: UserId) -> Vec<u8> {
    of_learner(CARD, user)
}

pub fn card(user: UserId, id: u32) -> Vec<u8> {
    Key::new(CARD).signed(user.0).small(id).0
}

/// Cards to be learnt (`new`) or reviewed, in the order in which they are due.
pub(crate) fn cards_due_of(user: UserId, new: bool) -> Vec<u8> {
    Key::new(CARD_DUE).signed(user.0).byte(u8::from(new)).0
}

pub fn card_due(user: UserId, new: bool, due: i32, id: u32) -> Vec<u8> {
    Key(cards_due_of(user, new)).day(due).small(id).0
}

/// The bound after all cards due on `today`.
pub(crate) fn cards_due_after(user: UserId, new: bool, today: i32) -> Vec<u8> {
    Key(cards_due_of(user, new)).day(today.saturating_add(1)).0
}

/// The card in a key of [`CARD_DUE`].
pub(crate) fn due_card(key: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(key.get(14..18)?.try_into().ok()?))
}

/// Of what a card was made of ([`Card::origin`](crate::domain::Card::origin)) it holds a hash.
pub fn card_origin(user: UserId, (source, back): (Option<u64>, &str)) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(source.map_or([0; 9], |source| {
        let [a, b, c, d, e, f, g, h] = source.to_be_bytes();
        [1, a, b, c, d, e, f, g, h]
    }));
    hash.update(back);
    let mut key = Key::new(CARD_ORIGIN).signed(user.0).0;
    key.extend(hash.finalize().into_iter().take(16));
    key
}

pub(crate) fn days_of(user: UserId) -> Vec<u8> {
    of_learner(DAY, user)
}

/// Days since 1970-01-01.
pub fn day(user: UserId, day: i32) -> Vec<u8> {
    Key::new(DAY).signed(user.0).day(day).0
}

pub(crate) fn contours_of(user: UserId) -> Vec<u8> {
    of_learner(CONTOUR, user)
}

/// `turn`: the number of its row.
pub fn contour(user: UserId, turn: u64) -> Vec<u8> {
    Key::new(CONTOUR).signed(user.0).unsigned(turn).0
}

pub fn reminder_due(due: Timestamp, user: UserId) -> Vec<u8> {
    Key::new(REMINDER_DUE).signed(due.0).signed(user.0).0
}

/// The bound after all reminders due at `moment`.
pub(crate) fn reminders_due_after(moment: Timestamp) -> Vec<u8> {
    Key::new(REMINDER_DUE).signed(moment.0.saturating_add(1)).0
}

/// Time and learner in a key of [`REMINDER_DUE`].
pub(crate) fn reminded(key: &[u8]) -> Option<(Timestamp, UserId)> {
    Some((Timestamp(signed(key.get(1..9)?)?), UserId(signed(key.get(9..17)?)?)))
}

pub fn inbox(seq: u64) -> Vec<u8> {
    Key::new(INBOX).unsigned(seq).0
}

pub(crate) fn outbox_of(seq: u64) -> Vec<u8> {
    Key::new(OUTBOX).unsigned(seq).0
}

pub fn outbox(seq: u64, index: u32) -> Vec<u8> {
    let mut key = outbox_of(seq);
    key.extend(index.to_be_bytes());
    key
}

/// The row of a key of [`INBOX`], [`OUTBOX`], [`DEAD`] or [`DEAD_OUTBOX`].
pub fn seq(key: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(key.get(1..9)?.try_into().ok()?))
}

pub fn dead(seq: u64) -> Vec<u8> {
    Key::new(DEAD).unsigned(seq).0
}

pub(crate) fn dead_outbox_of(seq: u64) -> Vec<u8> {
    Key::new(DEAD_OUTBOX).unsigned(seq).0
}

pub fn dead_outbox(seq: u64, index: u32) -> Vec<u8> {
    let mut key = dead_outbox_of(seq);
    key.extend(index.to_be_bytes());
    key
}

pub fn rate(user: UserId) -> Vec<u8> {
    Key::new(RATE).signed(user.0).0
}

pub fn member(user: UserId) -> Vec<u8> {
    Key::new(MEMBER).signed(user.0).0
}

pub fn told_to(admin: UserId) -> Vec<u8> {
    Key::new(TOLD).signed(admin.0).0
}

pub fn told(admin: UserId, kind: AlertKind) -> Vec<u8> {
    Key(told_to(admin)).byte(kind.number()).0
}

pub fn menu(user: UserId) -> Vec<u8> {
    Key::new(MENU).signed(user.0).0
}

/// The n-th update id ever accepted.
pub fn seen(number: u64) -> Vec<u8> {
    Key::new(SEEN).unsigned(number).0
}

pub fn purge(session: Uuid) -> Vec<u8> {
    Key::new(PURGE).id(session).0
}

pub fn purge_due(not_before: Timestamp, session: Uuid) -> Vec<u8> {
    Key::new(PURGE_DUE).signed(not_before.0).id(session).0
}

/// The bound after all purges due at `moment`.
pub(crate) fn purge_due_after(moment: Timestamp) -> Vec<u8> {
    Key::new(PURGE_DUE).signed(moment.0.saturating_add(1)).0
}

/// The session in a key of [`PURGE_DUE`].
pub(crate) fn purge_session(key: &[u8]) -> Option<Uuid> {
    Uuid::from_slice(key.get(9..)?).ok()
}

pub fn moved(from: ChatId) -> Vec<u8> {
    Key::new(MOVED).signed(from.0).0
}

/// The chat in a key of [`MOVED`].
pub(crate) fn moved_from(key: &[u8]) -> Option<ChatId> {
    signed(key.get(1..9)?).map(ChatId)
}

/// Number of the next row.
pub fn next_seq() -> Vec<u8> {
    Key::new(SINGLE).byte(b's').0
}

/// Rate state of all learners together.
pub fn global_rate() -> Vec<u8> {
    Key::new(SINGLE).byte(b'g').0
}

/// The channel whose members are hidden.
pub fn hidden() -> Vec<u8> {
    Key::new(SINGLE).byte(b'h').0
}

/// Counts and sums over all records.
pub fn ledger() -> Vec<u8> {
    Key::new(SINGLE).byte(b'c').0
}

/// How the store is encrypted; absent where it is not. The first of all keys, so that it comes first in every
/// export.
pub fn seal() -> Vec<u8> {
    Key::new(SINGLE).byte(b'!').0
}

/// Secret for the keyed hash of user ids.
pub fn log_key() -> Vec<u8> {
    Key::new(SINGLE).byte(b'k').0
}

/// The daemon's statistics.
pub fn stats() -> Vec<u8> {
    Key::new(SINGLE).byte(b'n').0
}

#[cfg(test)]
mod tests;
