//! How much of what was written is flushed, and whether the disk has failed.
//!
//! Shared by the thread that writes and the one that flushes. A store whose disk has failed once writes no
//! more, because its memory may differ from the disk. Must not know what is written.

use super::StoreError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The first failure, reported to every later caller.
#[derive(Debug, Clone)]
enum Failure {
    /// What was tried, and the system's error.
    Io(&'static str, std::io::ErrorKind, String),
    /// Of a shared store: somebody else owns it.
    Fenced,
    /// Of a shared store: it is not known what has arrived.
    Unknown(String),
}

impl Failure {
    /// `None`: not one that makes memory and disk differ.
    fn of(error: &StoreError) -> Option<Self> {
        match error {
            StoreError::Io { action, source } => Some(Self::Io(action, source.kind(), source.to_string())),
            StoreError::Fenced => Some(Self::Fenced),
            StoreError::Unknown { detail } => Some(Self::Unknown(detail.clone())),
            _ => None,
        }
    }

    fn error(self) -> StoreError {
        match self {
            Self::Io(action, kind, text) => {
                StoreError::Io { action, source: std::io::Error::new(kind, text) }
            }
            Self::Fenced => StoreError::Fenced,
            Self::Unknown(detail) => StoreError::Unknown { detail },
        }
    }
}

/// Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Transactions since the opening that survive a crash.
    flushed: AtomicU64,
    failure: Mutex<Option<Failure>>,
}

impl Progress {
    fn failure(&self) -> MutexGuard<'_, Option<Failure>> {
        self.0.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn flushed(&self) -> u64 {
        self.0.flushed.load(Ordering::Acquire)
    }

    /// This many transactions survive a crash now.
    pub fn reached(&self, written: u64) {
        self.0.flushed.fetch_max(written, Ordering::AcqRel);
    }

    /// Fails if the disk has failed before.
    pub(crate) fn usable(&self) -> Result<(), StoreError> {
        self.failure().clone().map_or(Ok(()), |failure| Err(failure.error()))
    }

    /// Remembers a failure of the disk. A record that cannot be read is none: others can be.
    pub fn note<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Some(failure) = result.as_ref().err().and_then(Failure::of) {
            self.failure().get_or_insert(failure);
        }
        result
    }

    /// Remembers any failure to write or flush: from here on memory and disk may differ.
    pub(crate) fn note_write(&self, result: Result<(), StoreError>) -> Result<(), StoreError> {
        let result = self.note(result);
        if let Err(error) = &result {
            let told = || Failure::Io("write", std::io::ErrorKind::InvalidData, error.to_string());
            self.failure().get_or_insert_with(told);
        }
        result
    }
}
