//! What is on disk: kinds of record, their versions, and the conversion from older versions.
//!
//! A record is one version byte and its payload. Records that grow with the product are written field by
//! field (`layout`) and gain a field by one line there. The payloads of the others are the domain's own
//! structs: changing one changes the layout, and `tests/it/store_records.rs` fails. Then the old struct moves
//! to a module of its version, the version is raised, and [`Record::upgrade`] converts. Must not know keys or
//! verbs.

mod fields;
mod layout;
mod unplaced;
mod v1;
mod v2;

use super::ledger::Ledger;
use super::{Purge, StoreError, codec};
use crate::domain::rate::RateState;
use crate::domain::stats::Stats;
use crate::domain::{ChatId, Hidden, Membership, Told, UserId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub trait Record: Serialize + DeserializeOwned {
    /// Its name in error messages.
    const KIND: &'static str;
    /// The version written today.
    const VERSION: u8 = 1;

    /// Writes the payload. The error does not contain the content.
    fn write(&self, to: &mut Vec<u8>) -> Result<(), String> {
        codec::write(self, to)
    }

    /// Reads the payload of today's version.
    fn read(payload: &[u8]) -> Result<Self, Unreadable> {
        Ok(codec::read(payload)?)
    }

    /// Reads the payload of an older version. The error does not contain the content.
    fn upgrade(version: u8, payload: &[u8]) -> Result<Self, String> {
        let _ = payload;
        Err(unknown::<Self>(version))
    }
}

pub enum Unreadable {
    /// In words, without the content.
    Damaged(String),
    /// It holds a field of a newer version of this program.
    NewerField {
        tag: u8,
        /// The highest tag known here.
        known: u8,
    },
}

impl From<String> for Unreadable {
    fn from(detail: String) -> Self {
        Self::Damaged(detail)
    }
}

fn unknown<R: Record>(version: u8) -> String {
    format!("version {version} is unknown to this program, which knows versions up to {}", R::VERSION)
}

pub fn encode<R: Record>(record: &R) -> Result<Vec<u8>, StoreError> {
    let mut bytes = vec![R::VERSION];
    record.write(&mut bytes).map_err(|detail| StoreError::Corrupt { kind: R::KIND, detail })?;
    Ok(bytes)
}

pub fn decode<R: Record>(bytes: &[u8]) -> Result<R, StoreError> {
    let read = match bytes.split_first() {
        None => Err("it is empty".to_owned().into()),
        Some((&version, payload)) if version == R::VERSION => R::read(payload),
        Some((&version, payload)) if (1..R::VERSION).contains(&version) => {
            R::upgrade(version, payload).map_err(Unreadable::from)
        }
        Some((&version, _)) if version > R::VERSION => {
            return Err(StoreError::Newer { kind: R::KIND, version, known: R::VERSION });
        }
        Some((&version, _)) => Err(unknown::<R>(version).into()),
    };
    read.map_err(|unreadable| match unreadable {
        Unreadable::Damaged(detail) => StoreError::Corrupt { kind: R::KIND, detail },
        Unreadable::NewerField { tag, known } => StoreError::Newer { kind: R::KIND, version: tag, known },
    })
}

/// A recently accepted update id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    pub update_id: i64,
}

/// A chat that was migrated; the key holds the old id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Its new id.
    pub to: ChatId,
}

/// Number of the next row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextSeq(pub u64);

/// A command menu of one user. Its key may be a hash, so the record holds the user id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Menu {
    pub of: UserId,
}

/// Secret for the keyed hash of user ids.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogKey(pub [u8; 32]);

/// An entry of an index: everything is in the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexEntry;

macro_rules! records {
    ($($record:ty = $kind:literal),* $(,)?) => { $(impl Record for $record { const KIND: &'static str = $kind; })* };
}

records! {
    RateState = "rate",
    Purge = "purge",
    Seen = "seen update",
    Moved = "moved chat",
    NextSeq = "next seq",
    LogKey = "log key",
    IndexEntry = "index entry",
    Ledger = "ledger",
    Stats = "numbers",
    Membership = "membership",
    Told = "alert",
    Hidden = "hidden channel",
    Menu = "command menu",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct PlaceV1 {
        name: String,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Place {
        name: String,
        floor: u8,
    }

    impl Record for PlaceV1 {
        const KIND: &'static str = "place";
    }

    impl Record for Place {
        const KIND: &'static str = "place";
        const VERSION: u8 = 2;

        fn upgrade(version: u8, payload: &[u8]) -> Result<Self, String> {
            match version {
                1 => codec::read(payload).map(|PlaceV1 { name }| Self { name, floor: 0 }),
                other => Err(unknown::<Self>(other)),
            }
        }
    }

    #[test]
    fn an_older_version_is_led_to_todays() {
        let old = encode(&PlaceV1 { name: "hall".to_owned() }).unwrap();
        assert_eq!(decode::<Place>(&old).unwrap(), Place { name: "hall".to_owned(), floor: 0 });
        let new = Place { name: "hall".to_owned(), floor: 3 };
        assert_eq!(decode::<Place>(&encode(&new).unwrap()).unwrap(), new);
    }

    #[test]
    fn what_cannot_be_read_names_kind_and_version() {
        for (bytes, word) in
            [(&[9, 1][..], "version 9"), (&[0], "version 0"), (&[], "empty"), (&[1, 2, 3, 4], "too many")]
        {
            let error = decode::<NextSeq>(bytes).unwrap_err().to_string();
            assert!(error.contains("next seq") && error.contains(word), "{error}");
        }
    }
}
