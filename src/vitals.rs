//! Numbers of the running process: when the last poll completed, what was sent, what was doubtful.

use crate::domain::Timestamp;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// Counters since the start. No user id, no text.
#[derive(Debug, Default)]
pub struct Vitals {
    last_poll: AtomicI64,
    /// Updates taken.
    pub updates: AtomicU64,
    /// Updates seen before and left alone.
    pub repeats: AtomicU64,
    /// Updates that could not be decoded.
    pub undecodable: AtomicU64,
    /// Messages sent.
    pub sent: AtomicU64,
    /// Sends whose fate stayed unknown.
    pub unsure: AtomicU64,
    /// Times Telegram asked us to slow down.
    pub slowed: AtomicU64,
    /// Finished turns of the tutor.
    pub turns: AtomicU64,
    /// Messages given up.
    pub dead: AtomicU64,
}

impl Vitals {
    /// A `getUpdates` was answered.
    pub fn polled(&self, now: Timestamp) {
        self.last_poll.store(now.0, Ordering::Relaxed);
    }

    /// When the last `getUpdates` was answered; `None` before the first.
    pub fn last_poll(&self) -> Option<Timestamp> {
        Some(self.last_poll.load(Ordering::Relaxed)).filter(|at| *at > 0).map(Timestamp)
    }

    /// Adds to a counter.
    pub fn add(counter: &AtomicU64, n: usize) {
        counter.fetch_add(n as u64, Ordering::Relaxed);
    }
}
