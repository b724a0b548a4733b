//! State of polling: when it last worked, and why it does not work now.
//!
//! Must not know who polls or who judges it.

use crate::domain::Timestamp;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Why no updates come in although the server answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Telegram asked for a pause until then (429, `retry_after`).
    Wait(Timestamp),
    /// The server refuses this bot; in words for a person.
    Refused(String),
}

#[derive(Debug, Default)]
pub(crate) struct Polling {
    completed: AtomicI64,
    alive: AtomicI64,
    trouble: Mutex<Option<Trouble>>,
}

impl Polling {
    fn set(&self, trouble: Option<Trouble>) {
        *self.lock() = trouble;
    }

    fn lock(&self) -> MutexGuard<'_, Option<Trouble>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another term of this process begins: what was known of polling is of no use any more.
    pub(crate) fn begin(&self) {
        self.completed.store(0, Ordering::Relaxed);
        self.alive.store(0, Ordering::Relaxed);
        self.set(None);
    }

    /// `getUpdates` was answered (perhaps with no updates), or polling paused on purpose.
    pub(crate) fn completed(&self, now: Timestamp) {
        self.completed.store(now.0, Ordering::Relaxed);
        self.alive.store(now.0, Ordering::Relaxed);
        self.set(None);
    }

    /// The server refused in a way that neither a new connection nor a restart would change.
    pub(crate) fn refused(&self, now: Timestamp, why: String) {
        self.alive.store(now.0, Ordering::Relaxed);
        self.set(Some(Trouble::Refused(why)));
    }

    /// Telegram asked not to be called before then.
    pub(crate) fn held(&self, until: Timestamp) {
        self.alive.store(until.0, Ordering::Relaxed);
        self.set(Some(Trouble::Wait(until)));
    }

    /// Another call shows that the server accepts this bot.
    pub(crate) fn well(&self) {
        self.set(None);
    }

    /// `None` before the first.
    pub(crate) fn last_completed(&self) -> Option<Timestamp> {
        at(&self.completed)
    }

    /// Latest moment at which polling was certainly alive: a completed or refused poll, or the end of a
    /// requested pause.
    pub(crate) fn last_sign(&self) -> Option<Timestamp> {
        at(&self.alive)
    }

    pub(crate) fn trouble(&self) -> Option<Trouble> {
        self.lock().clone()
    }
}

fn at(cell: &AtomicI64) -> Option<Timestamp> {
    Some(cell.load(Ordering::Relaxed)).filter(|at| *at > 0).map(Timestamp)
}
