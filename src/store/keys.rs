//! The layout of keys: one ordered space for all kinds of record, so that one batch is atomic over all of
//! them.
//!
//! The first byte is the kind; integers are big-endian, with the sign bit of signed ones flipped, so that
//! bytes sort as the numbers do. Must not know the records behind the keys, except by name.

use super::engine::Span;
use crate::domain::{AlertKind, ChatId, Timestamp, UserId};
use uuid::Uuid;

/// A learner's archived sessions and, after them, the learner's record, so that a listing is one walk.
pub(crate) const PERSON: u8 = b'l';
pub(crate) const TURN: u8 = b't';
pub const INBOX: u8 = b'i';
pub(crate) const OUTBOX: u8 = b'o';
pub(crate) const DEAD: u8 = b'd';
/// Messages that were still to be sent when their row was given up.
pub(crate) const DEAD_OUTBOX: u8 = b'x';
pub const RATE: u8 = b'r';
/// Telegram's last answer about a learner and the required channel.
pub(crate) const MEMBER: u8 = b'j';
/// What admins were told, and when.
pub const TOLD: u8 = b'a';
/// Users with a command menu of their own.
pub(crate) const MENU: u8 = b'u';
/// Recently accepted update ids, in order of acceptance.
pub(crate) const SEEN: u8 = b's';
/// Conversations to be deleted at the tutor.
pub const PURGE: u8 = b'p';
/// The same by due time.
pub(crate) const PURGE_DUE: u8 = b'q';
/// Archived sessions by the time they were archived.
pub(crate) const EXPIRY: u8 = b'e';
/// Chats that were migrated.
pub(crate) const MOVED: u8 = b'm';
/// Single values.
pub(crate) const SINGLE: u8 = b'0';

const ARCHIVED: u8 = 0;
const RECORD: u8 = 1;

/// A part of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// This many bytes that identify nobody: times, numbers, flags.
    Open(usize),
    /// This many bytes that could identify somebody: ids of learners, chats, sessions. An encrypted store
    /// keeps a keyed hash of them.
    Hidden(usize),
}

/// The fields after the kind in keys of this kind; a key may end after any of them. `None`: there is no such
/// kind. A new kind has to be added here, or an encrypted store refuses it.
pub fn fields(kind: u8) -> Option<&'static [Field]> {
    use Field::{Hidden, Open};
    Some(match kind {
        PERSON => &[Hidden(8), Open(1), Open(8), Hidden(16)],
        TURN => &[Hidden(8), Hidden(16), Open(4)],
        INBOX | DEAD | SEEN => &[Open(8)],
        OUTBOX | DEAD_OUTBOX => &[Open(8), Open(4)],
        RATE | MOVED | MEMBER | MENU => &[Hidden(8)],
        TOLD => &[Hidden(8), Open(1)],
        PURGE => &[Hidden(16)],
        PURGE_DUE => &[Open(8), Hidden(16)],
        // After the time come the kind and fields of the key of PERSON.
        EXPIRY => &[Open(8), Open(1), Hidden(8), Open(1), Open(8), Hidden(16)],
        SINGLE => &[Open(1)],
        _ => return None,
    })
}

struct Key(Vec<u8>);

impl Key {
    fn new(kind: u8) -> Self {
        let mut bytes = Vec::with_capacity(34);
        bytes.push(kind);
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

    fn unsigned(mut self, number: u64) -> Self {
        self.0.extend(number.to_be_bytes());
        self
    }

    fn id(mut self, id: Uuid) -> Self {
        self.0.extend(id.as_bytes());
        self
    }
}

pub fn kind(kind: u8) -> Vec<u8> {
    vec![kind]
}

pub fn everything() -> Span {
    Span { start: vec![SINGLE], end: vec![u8::MAX] }
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

pub(crate) fn turns_of(user: UserId) -> Vec<u8> {
    Key::new(TURN).signed(user.0).0
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
    let number = u64::from_be_bytes(key.get(1..9)?.try_into().ok()?);
    Some(ChatId((number ^ (1 << 63)).cast_signed()))
}

/// Number of the next row.
pub fn next_seq() -> Vec<u8> {
    vec![SINGLE, b's']
}

/// Rate state of all learners together.
pub fn global_rate() -> Vec<u8> {
    vec![SINGLE, b'g']
}

/// The channel whose members are hidden.
pub fn hidden() -> Vec<u8> {
    vec![SINGLE, b'h']
}

/// Counts and sums over all records.
pub fn ledger() -> Vec<u8> {
    vec![SINGLE, b'c']
}

/// How the store is encrypted; absent where it is not. The first of all keys, so that it comes first in every
/// export.
pub fn seal() -> Vec<u8> {
    vec![SINGLE, b'!']
}

/// Secret for the keyed hash of user ids.
pub fn log_key() -> Vec<u8> {
    vec![SINGLE, b'k']
}

/// The daemon's statistics.
pub fn stats() -> Vec<u8> {
    vec![SINGLE, b'n']
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_their_numbers_do() {
        let ids = [i64::MIN, -5, -1, 0, 1, 7, 256, i64::MAX];
        assert!(ids.windows(2).all(|pair| learner(UserId(pair[0])) < learner(UserId(pair[1]))));
        assert!(ids.iter().all(|id| moved_from(&moved(ChatId(*id))) == Some(ChatId(*id))));
        assert!(inbox(255) < inbox(256) && outbox(1, u32::MAX) < outbox(2, 0));
    }

    #[test]
    fn every_key_ends_with_one_of_its_fields() {
        let (user, id, now) = (UserId(5), Uuid::max(), Timestamp(9));
        for key in [
            learner(user),
            archived_of(user),
            archived(user, now, id),
            expiry(now, user, now, id),
            expiry_before(now),
            turns_of(user),
            turns(user, id),
            turn(user, id, 3),
            inbox(1),
            outbox_of(1),
            outbox(1, 2),
            dead(1),
            dead_outbox_of(1),
            dead_outbox(1, 2),
            rate(user),
            member(user),
            told_to(user),
            told(user, AlertKind::TutorDown),
            menu(user),
            hidden(),
            stats(),
            seen(1),
            purge(id),
            purge_due(now, id),
            purge_due_after(now),
            moved(ChatId(-1)),
            next_seq(),
            global_rate(),
            ledger(),
            log_key(),
            seal(),
        ] {
            let mut ends = vec![1];
            for field in fields(key[0]).unwrap() {
                let (Field::Open(length) | Field::Hidden(length)) = field;
                ends.push(ends.last().unwrap() + length);
            }
            assert!(ends.contains(&key.len()), "{key:?}");
            assert!(seal() <= key);
        }
    }

    #[test]
    fn archived_sessions_come_before_their_learner_and_after_the_learner_before() {
        let session = archived(UserId(5), Timestamp(i64::MAX), Uuid::max());
        assert!(learner(UserId(4)) < session && session < learner(UserId(5)));
        assert!(is_learner(&learner(UserId(5))) && !is_learner(&session));
        let index = expiry(Timestamp(9), UserId(5), Timestamp(i64::MAX), Uuid::max());
        assert_eq!(expiring(&index), session);
        assert!(expiry_before(Timestamp(9)) < index && index < expiry_before(Timestamp(10)));
    }

    #[test]
    fn the_parts_of_a_key_can_be_read_back() {
        assert_eq!(seq(&outbox(77, 3)), Some(77));
        assert_eq!(seq(b"o"), None);
        let due = purge_due(Timestamp(50), Uuid::max());
        assert_eq!(purge_session(&due), Some(Uuid::max()));
        assert!(due < purge_due_after(Timestamp(50)) && due > purge_due_after(Timestamp(49)));
    }
}
