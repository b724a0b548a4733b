//! Every kind of record, declared once: the first byte of its keys, the fields after it, whose it is and, where it is a
//! learner's, what an export of the learner's data shows of it and which index entries go with it.
//!
//! Deletion (`verbs::forget`), the data export (`verbs::held`), encryption (`seal`) and the check at opening (`ledger`)
//! read it here. A key can be built of a declared kind only, and a declaration without an owner does not compile. Must
//! not know when any of these happen.

mod of_learners;

use super::StoreError;
use crate::domain::data_export::Held;

/// The first byte of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind(u8);

impl Kind {
    pub fn byte(self) -> u8 {
        self.0
    }
}

/// A part of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// This many bytes that identify nobody: times, numbers, flags.
    Open(usize),
    /// This many bytes that could identify somebody: ids of learners, chats, sessions. An encrypted store
    /// keeps a keyed hash of them.
    Hidden(usize),
}

/// A function of a record: of its key and its bytes.
pub(crate) type Of<T> = fn(&[u8], &[u8]) -> Result<Vec<T>, StoreError>;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Whose {
    /// A learner's, whose id is the first field.
    Learner {
        /// What an export of the learner's data shows of it.
        shown: Of<Held>,
        /// Keys of the index entries that exist because of it.
        entries: Of<Vec<u8>>,
    },
    /// A row's, or a dead letter's: its learner is the one who is named there.
    Row,
    /// An index of learners' records; each entry is an `entries` of one.
    Index,
    /// Names no learner.
    Nobody,
}

/// What is known of a kind.
#[derive(Debug)]
pub(crate) struct Declared {
    pub kind: Kind,
    /// A key may end after any of them.
    pub fields: &'static [Field],
    /// Grows with the number of learners: in a large store it is not read on opening.
    pub large: bool,
    pub whose: Whose,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $byte:literal [$($field:expr),*] $size:ident, $whose:expr;)*) => {
        $($(#[$doc])* pub(crate) const $name: Kind = Kind($byte);)*

        pub(crate) const ALL: &[Declared] = &[$(Declared {
            kind: $name,
            fields: &[$($field),*],
            large: kinds!(@ $size),
            whose: $whose,
        }),*];
    };
    (@ large) => { true };
    (@ small) => { false };
}

use Field::{Hidden, Open};

kinds! {
    /// A learner's archived sessions and, after them, the learner's record, so that a listing is one walk.
    PERSON = b'l' [Hidden(8), Open(1), Open(8), Hidden(16)] large, of_learners::PERSON;
    TURN = b't' [Hidden(8), Hidden(16), Open(4)] large, of_learners::TURN;
    CARD = b'k' [Hidden(8), Open(4)] large, of_learners::CARD;
    /// Cards by whether they are new and the day they are due.
    CARD_DUE = b'w' [Hidden(8), Open(1), Open(4), Open(4)] large, Whose::Index;
    /// Cards by what they were made of, so that nothing becomes a card twice.
    CARD_ORIGIN = b'v' [Hidden(8), Hidden(16)] large, Whose::Index;
    /// What a learner did on one day of theirs.
    DAY = b'y' [Hidden(8), Open(4)] large, of_learners::DAY;
    /// How the last few turns sounded.
    CONTOUR = b'f' [Hidden(8), Open(8)] large, of_learners::CONTOUR;
    RATE = b'r' [Hidden(8)] large, of_learners::RATE;
    /// Telegram's last answer about a learner and the required channel.
    MEMBER = b'j' [Hidden(8)] large, of_learners::MEMBER;
    /// What admins were told, and when.
    TOLD = b'a' [Hidden(8), Open(1)] small, of_learners::TOLD;
    /// Users with a command menu of their own.
    MENU = b'u' [Hidden(8)] small, of_learners::MENU;
    INBOX = b'i' [Open(8)] small, Whose::Row;
    OUTBOX = b'o' [Open(8), Open(4)] small, Whose::Row;
    DEAD = b'd' [Open(8)] small, Whose::Row;
    /// Messages that were still to be sent when their row was given up.
    DEAD_OUTBOX = b'x' [Open(8), Open(4)] small, Whose::Row;
    /// Archived sessions by the time they were archived: after it, the kind and fields of the key of [`PERSON`].
    EXPIRY = b'e' [Open(8), Open(1), Hidden(8), Open(1), Open(8), Hidden(16)] large, Whose::Index;
    /// Learners by the time their reminder falls due.
    REMINDER_DUE = b'z' [Open(8), Hidden(8)] large, Whose::Index;
    /// Conversations to be deleted at the tutor, which outlive their learner.
    PURGE = b'p' [Hidden(16)] large, Whose::Nobody;
    /// The same by due time.
    PURGE_DUE = b'q' [Open(8), Hidden(16)] large, Whose::Nobody;
    /// Recently accepted update ids, in order of acceptance.
    SEEN = b's' [Open(8)] small, Whose::Nobody;
    /// Groups that were migrated.
    MOVED = b'm' [Hidden(8)] small, Whose::Nobody;
    /// Single values.
    SINGLE = b'0' [Open(1)] small, Whose::Nobody;
}

/// `None`: there is no such kind.
pub(crate) fn declared(byte: u8) -> Option<&'static Declared> {
    ALL.iter().find(|declared| declared.kind.0 == byte)
}

/// The fields after the kind in keys of this kind; `None`: there is no such kind.
pub(crate) fn fields(byte: u8) -> Option<&'static [Field]> {
    declared(byte).map(|declared| declared.fields)
}

/// The kinds that are a learner's, with what is shown of each and its index entries.
pub(crate) fn of_learners() -> impl Iterator<Item = (Kind, Of<Held>, Of<Vec<u8>>)> {
    ALL.iter().filter_map(|declared| match declared.whose {
        Whose::Learner { shown, entries } => Some((declared.kind, shown, entries)),
        _ => None,
    })
}

/// Keys of the index entries that exist because of a record.
pub(crate) fn entries(key: &[u8], bytes: &[u8]) -> Result<Vec<Vec<u8>>, StoreError> {
    match key.first().and_then(|byte| declared(*byte)).map(|declared| declared.whose) {
        Some(Whose::Learner { entries, .. }) => entries(key, bytes),
        _ => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests;
