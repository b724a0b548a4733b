//! Whether texts are answered by a chat model, as the last of them show: what the admins are told of.
//!
//! Must not know which model, or how often it is asked.

use crate::domain::Timestamp;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// What the last texts show.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ModelLook {
    /// No text has come yet.
    #[default]
    Unknown,
    /// They are answered.
    Answers {
        /// Since then.
        since: Timestamp,
    },
    /// They wait: neither the model nor another one in its place answers.
    Silent {
        /// Since then.
        since: Timestamp,
        /// So many times in a row.
        failures: u32,
    },
}

/// Kept up to date by every text.
#[derive(Debug)]
pub struct ModelReach {
    look: Mutex<ModelLook>,
    news: Arc<Notify>,
}

impl ModelReach {
    /// `news` is rung at every change that somebody may want to hear of.
    pub fn new(news: Arc<Notify>) -> Self {
        Self { look: Mutex::default(), news }
    }

    fn lock(&self) -> MutexGuard<'_, ModelLook> {
        self.look.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the last texts show.
    pub fn look(&self) -> ModelLook {
        *self.lock()
    }

    /// A text was answered.
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
