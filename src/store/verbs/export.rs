//! All records into one file, as they are at one moment: the store's thread does nothing else meanwhile.
//!
//! They go as they lie on the disk: an encrypted store's export is encrypted with the same key. Must not know the format.

use crate::domain::Timestamp;
use crate::store::export::{self, Exported, Writer};
use crate::store::ledger::{self, Ledger};
use crate::store::state::State;
use crate::store::{Store, StoreError};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

impl Store {
    /// Writes all records, as they are at one moment, into a checked file: written beside, flushed, read back, then named
    /// `to`. Other verbs wait while the records are gathered, not while the file is flushed and checked. A failure
    /// is [`StoreError::Export`] and harms nothing.
    pub async fn export(&self, to: PathBuf, now: Timestamp) -> Result<Exported, StoreError> {
        let partial = export::partial(&to);
        let to_write = partial.clone();
        let written = self.change(move |state| write(state, &to_write, now)).await?;
        let sealed = tokio::task::spawn_blocking(move || export::seal(&partial, &to, written));
        sealed.await.unwrap_or(Err(StoreError::Closed))
    }
}

/// The first half of an export: the file is written, not yet safe.
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
