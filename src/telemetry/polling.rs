//! What polling came to last: updates taken, a refusal, or an order to wait.
//!
//! Must not know who polls or who judges it.

use crate::domain::Timestamp;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Why no updates come in although the server answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Telegram asked to be left alone until then.
    Wait(Timestamp),
    /// Telegram, or the Bot API server, does not serve this bot; in words for a person.
    Refused(String),
}

/// The last poll.
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

    /// A `getUpdates` was answered with updates or with none, or left out on purpose.
    pub(crate) fn completed(&self, now: Timestamp) {
        self.completed.store(now.0, Ordering::Relaxed);
        self.alive.store(now.0, Ordering::Relaxed);
        self.set(None);
    }

    /// Answered, but with a refusal that no fresh connection and no restart would change.
    pub(crate) fn refused(&self, now: Timestamp, why: String) {
        self.alive.store(now.0, Ordering::Relaxed);
        self.set(Some(Trouble::Refused(why)));
    }

    /// Telegram asked not to be called before that moment.
    pub(crate) fn held(&self, until: Timestamp) {
        self.alive.store(until.0, Ordering::Relaxed);
        self.set(Some(Trouble::Wait(until)));
    }

    /// The server serves this bot, as far as another call tells.
    pub(crate) fn well(&self) {
        self.set(None);
    }

    /// When the last poll completed; `None` before the first.
    pub(crate) fn last_completed(&self) -> Option<Timestamp> {
        at(&self.completed)
    }

    /// Until when polling was certainly alive: a completed or refused poll, or the end of an ordered wait.
    pub(crate) fn last_sign(&self) -> Option<Timestamp> {
        at(&self.alive)
    }

    /// Why no updates come in, where the server said so.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        self.lock().clone()
    }
}

fn at(cell: &AtomicI64) -> Option<Timestamp> {
    Some(cell.load(Ordering::Relaxed)).filter(|at| *at > 0).map(Timestamp)
}
