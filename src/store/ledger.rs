//! The ledger: number of records of each kind and a checksum over them, updated with every write and checked
//! when the store is opened.
//!
//! A damaged page can make the disk lose a few records and keep the rest, which nothing else would notice. It
//! counts stored bytes, encrypted or not, so no key is needed. Must not know what a record holds.

use super::engine::{Batch, Engine, Span};
use super::kinds::{self, Kind};
use super::{StoreError, keys};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Up to this many records everything is read on opening.
const CHECK_ALL: u64 = 100_000;

/// Count and sum of each kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger(BTreeMap<u8, Tally>);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Tally {
    count: u64,
    sum: u64,
}

impl Ledger {
    /// Updates the ledger for a batch that is about to be written.
    pub(crate) fn enter(&mut self, engine: &dyn Engine, batch: &Batch) -> Result<(), StoreError> {
        for (key, value) in batch.iter() {
            if let Some(old) = engine.get(key)? {
                self.remove(key, &old);
            }
            if let Some(value) = value {
                self.add(key, value);
            }
        }
        Ok(())
    }

    /// As [`Self::enter`], for a batch that only adds records: nothing has to be looked up.
    pub(crate) fn enter_new(&mut self, batch: &Batch) {
        for (key, value) in batch.iter() {
            if let Some(value) = value {
                self.add(key, value);
            }
        }
    }

    /// The ledger of everything that is there.
    pub(crate) fn take_stock(engine: &dyn Engine) -> Result<Self, StoreError> {
        let mut stock = Self::default();
        engine.scan(&keys::everything(), false, &mut |key, value| {
            stock.count(key, value);
            Ok(true)
        })?;
        Ok(stock)
    }

    /// Counts a record; the ledger itself is not counted.
    pub fn count(&mut self, key: &[u8], value: &[u8]) {
        if key != keys::ledger() {
            self.add(key, value);
        }
    }

    /// Compares it with what is there: all kinds in a store of usual size, otherwise those that make up the
    /// queue.
    pub fn check(&self, engine: &dyn Engine) -> Result<(), StoreError> {
        if self.records() <= CHECK_ALL {
            return if Self::take_stock(engine)? == *self { Ok(()) } else { Err(gap()) };
        }
        for (kind, tally) in self.0.iter().filter(|(kind, _)| !is_large(**kind)) {
            let mut found = Self::default();
            engine.scan(&Span::prefix([*kind]), false, &mut |key, value| {
                found.count(key, value);
                Ok(true)
            })?;
            if found.0.get(kind) != Some(tally) {
                return Err(gap());
            }
        }
        Ok(())
    }

    /// Number of all records.
    pub(crate) fn records(&self) -> u64 {
        self.0.values().map(|tally| tally.count).sum()
    }

    /// Number of records of a kind.
    pub fn held(&self, kind: Kind) -> u64 {
        self.0.get(&kind.byte()).map_or(0, |tally| tally.count)
    }

    fn add(&mut self, key: &[u8], value: &[u8]) {
        let tally = self.0.entry(key.first().copied().unwrap_or_default()).or_default();
        tally.count = tally.count.wrapping_add(1);
        tally.sum = tally.sum.wrapping_add(hash(key, value));
    }

    fn remove(&mut self, key: &[u8], value: &[u8]) {
        let kind = key.first().copied().unwrap_or_default();
        let tally = self.0.entry(kind).or_default();
        tally.count = tally.count.wrapping_sub(1);
        tally.sum = tally.sum.wrapping_sub(hash(key, value));
        if *tally == Tally::default() {
            self.0.remove(&kind);
        }
    }
}

/// Of a kind that grows with the number of learners: in a store of more than [`CHECK_ALL`] records it is not read on
/// opening.
fn is_large(kind: u8) -> bool {
    kinds::declared(kind).is_some_and(|declared| declared.large)
}

/// The error of a disk that does not hold what was written.
pub fn gap() -> StoreError {
    let detail = "records are missing or changed that nobody removed: the file was damaged".to_owned();
    StoreError::Corrupt { kind: "database", detail }
}

/// FNV-1a, 64 bits, over key and value. It is stored, so it must never change.
fn hash(key: &[u8], value: &[u8]) -> u64 {
    let length = (key.len() as u64).to_be_bytes();
    let bytes = length.iter().chain(key).chain(value);
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_removed_leaves_no_trace_and_what_is_missing_shows() {
        let mut ledger = Ledger::default();
        ledger.add(b"ia", b"1");
        let one = ledger.clone();
        ledger.add(b"ib", b"2");
        ledger.add(b"oa", b"3");
        assert_ne!(ledger, one);
        ledger.remove(b"oa", b"3");
        ledger.remove(b"ib", b"2");
        assert_eq!(ledger, one);
        ledger.remove(b"ia", b"1");
        assert_eq!(ledger, Ledger::default());
    }

    #[test]
    fn the_hash_is_the_published_one_and_tells_key_from_value() {
        // FNV-1a of eight zero bytes.
        assert_eq!(hash(b"", b""), 0xa8c7_f832_281a_39c5);
        assert_ne!(hash(b"ab", b"c"), hash(b"a", b"bc"));
    }
}
