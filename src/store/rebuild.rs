//! Fills new records from an export, or with a copy of others; the caller puts them in place.
//!
//! Must not know which engine holds them, where exports are kept or why one is needed.

use super::disk::Disk;
use super::engine::{Batch, Engine, Opens, Range};
use super::export::{Exported, Source};
use super::seal::Header;
use super::state::State;
use super::verbs::after_restore;
use super::{StoreError, keys, kinds, ledger};
use crate::domain::Timestamp;
use crate::secret::KeyMaterial;
use std::time::Instant;

/// Records per batch.
const AT_ONCE: usize = 1_000;
/// Bytes per batch, except for a single larger record.
const BYTES_AT_ONCE: usize = 1 << 20;

/// Result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rebuilt {
    /// What the export held.
    pub exported: Exported,
    /// Rows of the queue that became dead letters, see [`after_restore`].
    pub set_aside: u64,
    /// The export was plain, the new database is encrypted.
    pub sealed: bool,
}

/// Restores an export into `into`, which must be empty. The whole export is checked
/// before the first record is written. An encrypted export needs the key it was made with; with a key, a
/// plain one becomes an encrypted store. [`StoreError::Export`] or [`StoreError::Corrupt`] when it is not
/// valid, [`StoreError::Key`] when the key does not fit, [`StoreError::Io`] when the new database cannot be
/// written. `tell` is called now and then with the records written and their total.
pub fn rebuild(
    export: &Source,
    into: &dyn Opens,
    key: Option<&KeyMaterial>,
    now: Timestamp,
    tell: &mut dyn FnMut(u64, u64),
) -> Result<Rebuilt, StoreError> {
    let mut header = None;
    let exported = export.read(&mut |key, value| {
        if key == keys::seal() {
            header = Some(Header::read(value)?);
        }
        Ok(())
    })?;
    if let Some(header) = &header {
        header.unlock(key)?;
    }
    let mut written = 0;
    let mut tell = |batch: &Batch| {
        written += batch.len() as u64;
        tell(written.min(exported.records), exported.records);
    };
    let recode = header.is_none() && key.is_some();
    let set_aside = into.opened(|mut engine| {
        if !recode {
            fill(export, false, &mut |batch| {
                tell(&batch);
                engine.apply(batch)
            })?;
            engine.flush()?;
            return finish_restore(engine, key, now);
        }
        let mut disk = Disk::create(engine, key)?;
        fill(export, true, &mut |batch| {
            tell(&batch);
            disk.add(batch)
        })?;
        disk.flush()?;
        Ok(0)
    })?;
    let set_aside = match recode {
        false => set_aside,
        true => into.opened(|engine| finish_restore(engine, key, now))?,
    };
    // Opened once more: this checks that it can be read, and ensures that sled is not active in a folder when it
    // is moved.
    into.opened(|engine| State::open(engine, key, now).map(drop))?;
    Ok(Rebuilt { exported, set_aside, sealed: recode })
}

fn finish_restore(
    engine: Box<dyn Engine>,
    key: Option<&KeyMaterial>,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let mut state = State::open(engine, key, now)?;
    if !state.agrees(&state.take_stock()?) {
        return Err(ledger::gap());
    }
    let set_aside = after_restore::apply(&mut state, now)?;
    state.flush()?;
    Ok(set_aside)
}

/// Whether these records hold nothing of any learner.
pub fn is_blank(of: &dyn Opens, key: Option<&KeyMaterial>, now: Timestamp) -> Result<bool, StoreError> {
    of.opened(|engine| {
        let state = State::open(engine, key, now)?;
        for kind in [kinds::PERSON, kinds::TURN, kinds::INBOX, kinds::DEAD, kinds::PURGE] {
            if !state.list_keys(&Range::prefix(keys::kind(kind)), 1)?.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    })
}

/// Copies the records of `from`, as they are stored, to `into`, which must be empty: where that is a database's files,
/// they do not contain what was removed. `false`: not finished by `until`. [`StoreError::Corrupt`] when `from` has lost
/// records.
pub fn copy(
    from: &dyn Opens,
    into: &dyn Opens,
    key: Option<&KeyMaterial>,
    until: Option<Instant>,
) -> Result<bool, StoreError> {
    let mut in_time = true;
    from.opened(|source| {
        into.opened(|mut target| {
            let mut sink = |batch| target.apply(batch);
            let mut bulk = Bulk::new(&mut sink);
            source.scan(&keys::everything(), false, &mut |key, value| {
                in_time = until.is_none_or(|until| Instant::now() < until);
                bulk.put(key, value)?;
                Ok(in_time)
            })?;
            bulk.end()?;
            target.flush()
        })
    })?;
    if !in_time {
        return Ok(false);
    }
    into.opened(|engine| {
        let disk = Disk::open(engine, key)?;
        if disk.agrees(&disk.take_stock()?) { Ok(true) } else { Err(ledger::gap()) }
    })
}

/// Creates an empty store, encrypted when there is a key.
pub fn empty(into: &dyn Opens, key: Option<&KeyMaterial>, now: Timestamp) -> Result<(), StoreError> {
    into.opened(|engine| State::open(engine, key, now).map(drop))
}

/// `own_ledger`: the disk keeps its own ledger.
fn fill(export: &Source, own_ledger: bool, sink: Sink<'_>) -> Result<(), StoreError> {
    let mut bulk = Bulk::new(sink);
    export.read(&mut |key, value| match own_ledger && key == keys::ledger() {
        true => Ok(()),
        false => bulk.put(key, value),
    })?;
    bulk.end()
}

/// Receives batches.
pub type Sink<'a> = &'a mut dyn FnMut(Batch) -> Result<(), StoreError>;

/// Collects records into batches of a reasonable size.
pub struct Bulk<'a> {
    sink: Sink<'a>,
    batch: Batch,
    records: usize,
    bytes: usize,
}

impl<'a> Bulk<'a> {
    pub fn new(sink: Sink<'a>) -> Self {
        Self { sink, batch: Batch::default(), records: 0, bytes: 0 }
    }

    pub fn put(&mut self, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        self.batch.put(key.to_vec(), value.to_vec());
        (self.records, self.bytes) = (self.records + 1, self.bytes + key.len() + value.len());
        if self.records >= AT_ONCE || self.bytes >= BYTES_AT_ONCE {
            (self.records, self.bytes) = (0, 0);
            (self.sink)(std::mem::take(&mut self.batch))?;
        }
        Ok(())
    }

    /// Writes the rest.
    pub fn end(self) -> Result<(), StoreError> {
        (self.sink)(self.batch)
    }
}
