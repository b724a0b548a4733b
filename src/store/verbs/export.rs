//! All records into one file, as they are at one moment: the store's thread does nothing else meanwhile.
//!
//! They go as they lie on the disk: an encrypted store's export is encrypted with the same key. Must not know the format.

use crate::domain::Timestamp;
use crate::store::StoreError;
use crate::store::export::{self, Exported, Writer};
use crate::store::ledger::{self, Ledger};
use crate::store::state::State;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// The first half of [`Store::export`](crate::store::Store::export): the file is written, not yet safe.
///
/// It counts the records against the ledger as it goes: of a store that has lost some without a word no export is made,
/// since it would push out a good one.
pub fn write(state: &mut State, partial: &Path, now: Timestamp) -> Result<Exported, StoreError> {
    // Nothing is exported that is not safe itself.
    state.flush()?;
    // sled asserts some of what it reads; on a damaged page that must not end the daemon.
    let written = catch_unwind(AssertUnwindSafe(|| gather(state, partial, now)));
    let result = written.unwrap_or_else(|_| Err(ledger::gap()));
    if result.is_err() {
        // Half a file is of no use to anybody.
        let _ = std::fs::remove_file(partial);
    }
    result
}

fn gather(state: &State, partial: &Path, now: Timestamp) -> Result<Exported, StoreError> {
    // An error of the exports' file says nothing about the store's.
    let failed = |error: io::Error| StoreError::Export(error.to_string());
    let mut writer = Writer::begin(export::create(partial).map_err(failed)?, now).map_err(failed)?;
    let mut stock = Ledger::default();
    state.scan_raw(&mut |key, value| {
        stock.count(key, value);
        writer.record(key, value).map_err(failed)?;
        Ok(true)
    })?;
    if !state.agrees(&stock) {
        return Err(ledger::gap());
    }
    let (_, exported) = writer.end().map_err(failed)?;
    Ok(exported)
}
