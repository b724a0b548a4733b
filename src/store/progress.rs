//! How far the disk is: how much of what was written is flushed, and whether it has failed.
//!
//! Shared by the thread that writes and the one that flushes. Owns the rule that a store whose disk has failed once writes
//! no more: its memory may have drifted. Must not know what is written.

use super::StoreError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The first failure, to be told to everybody who asks afterwards: what was tried, and what the system said.
type Failure = (&'static str, std::io::ErrorKind, String);

/// Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Transactions, counted from the opening, that survive a crash.
    flushed: AtomicU64,
    failure: Mutex<Option<Failure>>,
}

impl Progress {
    fn failure(&self) -> MutexGuard<'_, Option<Failure>> {
        self.0.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Transactions that survive a crash.
    pub fn flushed(&self) -> u64 {
        self.0.flushed.load(Ordering::Acquire)
    }

    /// So many transactions survive a crash now.
    pub fn reached(&self, written: u64) {
        self.0.flushed.fetch_max(written, Ordering::AcqRel);
    }

    /// The error of a store whose disk has failed.
    pub fn usable(&self) -> Result<(), StoreError> {
        match &*self.failure() {
            None => Ok(()),
            Some((action, kind, text)) => {
                let source = std::io::Error::new(*kind, text.clone());
                Err(StoreError::Io { action, source })
            }
        }
    }

    /// Remembers a failure of the disk. A record that cannot be read is none: the others can.
    pub fn note<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(StoreError::Io { action, source }) = &result {
            self.failure().get_or_insert_with(|| (action, source.kind(), source.to_string()));
        }
        result
    }

    /// Remembers any failure to write or flush: from here on memory and disk may differ.
    pub fn note_write(&self, result: Result<(), StoreError>) -> Result<(), StoreError> {
        let result = self.note(result);
        if let Err(error) = &result {
            let told = || ("write", std::io::ErrorKind::InvalidData, error.to_string());
            self.failure().get_or_insert_with(told);
        }
        result
    }
}
