//! A new database from an export, in a folder of its own; whoever asked puts it in place.
//!
//! Must not know where exports are kept or why one is needed.

use super::{SledEngine, guarded};
use crate::domain::Timestamp;
use crate::store::engine::{Batch, Engine, Range};
use crate::store::export::{self, Exported};
use crate::store::state::State;
use crate::store::verbs::aftermath;
use crate::store::{StoreError, keys, ledger};
use std::path::Path;

/// Records written at once.
const AT_ONCE: usize = 1_000;
/// Bytes written at once, but for a single larger record.
const BYTES_AT_ONCE: usize = 1 << 20;

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rebuilt {
    /// What the export held.
    pub exported: Exported,
    /// Rows of the queue that became dead letters, see [`aftermath`].
    pub set_aside: u64,
}

/// Restores an export into the folder `into`, which must be empty or not exist. The whole export is checked before its
/// first record is written. [`StoreError::Export`] or [`StoreError::Corrupt`] when it is no good, [`StoreError::Io`] when
/// the new database cannot be written.
pub fn rebuild(export: &Path, into: &Path, now: Timestamp) -> Result<Rebuilt, StoreError> {
    let exported = export::verify(export)?;
    let set_aside = guarded(into, None, |mut engine| {
        fill(&mut engine, export)?;
        let mut state = State::open(Box::new(engine))?;
        if !state.agrees(&state.take_stock()?) {
            return Err(ledger::gap());
        }
        let set_aside = aftermath::settle(&mut state, now)?;
        state.flush()?;
        Ok(set_aside)
    })?;
    // Opened once more: it reads back, and nothing of sled is at work in this folder any more when it is moved.
    guarded(into, None, |engine| State::open(Box::new(engine)).map(drop))?;
    Ok(Rebuilt { exported, set_aside })
}

/// Whether the store in this folder holds nothing of any learner. The folder must exist.
pub fn is_blank(folder: &Path) -> Result<bool, StoreError> {
    guarded(folder, None, |engine| {
        let state = State::open(Box::new(engine))?;
        for kind in [keys::PERSON, keys::TURN, keys::INBOX, keys::DEAD] {
            if !state.list_keys(&Range::prefix(keys::kind(kind)), 1)?.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    })
}

/// Copies the database in `from` into a new one in `into`, which must be empty or not exist: what was removed is not in its
/// files. [`StoreError::Corrupt`] when `from` has lost records.
pub fn copy(from: &Path, into: &Path) -> Result<(), StoreError> {
    guarded(from, None, |source| {
        guarded(into, None, |mut target| {
            let (mut batch, mut records, mut bytes) = (Batch::default(), 0, 0);
            source.scan(&keys::everything(), false, &mut |key, value| {
                batch.put(key.to_vec(), value.to_vec());
                (records, bytes) = (records + 1, bytes + key.len() + value.len());
                if records >= AT_ONCE || bytes >= BYTES_AT_ONCE {
                    (records, bytes) = (0, 0);
                    target.apply(std::mem::take(&mut batch))?;
                }
                Ok(true)
            })?;
            target.apply(batch)?;
            target.flush()
        })
    })?;
    guarded(into, None, |engine| {
        let state = State::open(Box::new(engine))?;
        if state.agrees(&state.take_stock()?) { Ok(()) } else { Err(ledger::gap()) }
    })
}

/// Makes an empty store.
pub fn empty(into: &Path) -> Result<(), StoreError> {
    guarded(into, None, |engine| State::open(Box::new(engine)).map(drop))
}

fn fill(engine: &mut SledEngine, export: &Path) -> Result<(), StoreError> {
    let (mut batch, mut records, mut bytes) = (Batch::default(), 0, 0);
    export::read_file(export, &mut |key, value| {
        batch.put(key.to_vec(), value.to_vec());
        (records, bytes) = (records + 1, bytes + key.len() + value.len());
        if records >= AT_ONCE || bytes >= BYTES_AT_ONCE {
            (records, bytes) = (0, 0);
            engine.apply(std::mem::take(&mut batch))?;
        }
        Ok(())
    })?;
    engine.apply(batch)?;
    engine.flush()
}
