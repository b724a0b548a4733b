//! Writes all records of one moment into a file, during which the store's thread does nothing else.
//!
//! They are written as stored: an encrypted store's export is encrypted with the same key. Must not know the
//! format.

use crate::domain::Timestamp;
use crate::store::export::{self, Exported, Writer};
use crate::store::ledger::{self, Ledger};
use crate::store::state::State;
use crate::store::{Store, StoreError};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

impl Store {
    /// Writes all records of one moment into a checked file: written under another name, flushed, read back,
    /// then renamed to `to`. Other verbs wait while the records are collected, not while the file is flushed
    /// and checked. A failure is [`StoreError::Export`] and harms nothing.
    pub async fn export(&self, to: PathBuf, now: Timestamp) -> Result<Exported, StoreError> {
        let partial = export::partial(&to);
        let to_write = partial.clone();
        let written = self.change(move |state| write(state, &to_write, now)).await?;
        let sealed = tokio::task::spawn_blocking(move || export::seal(&partial, &to, written));
        sealed.await.unwrap_or(Err(StoreError::Closed))
    }
}

/// The first half of an export: the file is written, not yet durable.
///
/// It compares the records with the ledger as it goes: a store that has silently lost some is not exported,
/// because that would displace a good export.
pub fn write(state: &mut State, partial: &Path, now: Timestamp) -> Result<Exported, StoreError> {
    // Nothing is exported that is not durable itself.
    state.flush()?;
    // sled panics on some damaged pages, which must not end the daemon.
    let written = catch_unwind(AssertUnwindSafe(|| gather(state, partial, now)));
    let result = written.unwrap_or_else(|_| Err(ledger::gap()));
    if result.is_err() {
        // Half a file is useless.
        let _ = std::fs::remove_file(partial);
    }
    result
}

fn gather(state: &State, partial: &Path, now: Timestamp) -> Result<Exported, StoreError> {
    // An error of the export's file says nothing about the store.
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
