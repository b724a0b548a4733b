//! Whether chat models answer texts, judged by the latest ones; admins are alerted by it.
//!
//! Must not know which model, or how often it is asked.

use crate::domain::Timestamp;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ModelLook {
    /// No text has come yet.
    #[default]
    Unknown,
    /// They are answered.
    Answers { since: Timestamp },
    /// They wait: neither the model nor a substitute answers.
    Silent {
        since: Timestamp,
        /// In a row.
        failures: u32,
    },
}

/// Updated by every text.
#[derive(Debug)]
pub struct ModelReach {
    look: Mutex<ModelLook>,
    news: Arc<Notify>,
}

impl ModelReach {
    /// `news` is notified of every change that somebody may want to know of.
    pub fn new(news: Arc<Notify>) -> Self {
        Self { look: Mutex::default(), news }
    }

    fn lock(&self) -> MutexGuard<'_, ModelLook> {
        self.look.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn look(&self) -> ModelLook {
        *self.lock()
    }

    pub fn answered(&self, now: Timestamp) {
        let mut look = self.lock();
        if !matches!(*look, ModelLook::Answers { .. }) {
            *look = ModelLook::Answers { since: now };
            self.news.notify_one();
        }
    }

    /// A text has to wait.
    pub fn failed(&self, now: Timestamp) {
        let mut look = self.lock();
        let (since, failures) = match *look {
            ModelLook::Silent { since, failures } => (since, failures.saturating_add(1)),
            ModelLook::Unknown | ModelLook::Answers { .. } => (now, 1),
        };
        *look = ModelLook::Silent { since, failures };
        self.news.notify_one();
    }
}
