//! Messages that were sent without getting an answer, so that it is unknown whether they arrived.
//!
//! One is repeated only after Telegram has answered some other call: otherwise the repetition would be lost
//! like the first one, or double a message that a slow connection still delivers. The client counts
//! Telegram's answers, polls included; if none come, `getMe` is called. Must not know what was sent.

use crate::telegram::Edge;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Repetitions of a message before it is given up.
pub const REPETITIONS: u32 = 3;
/// Pause before the first one, ms; each further one is three times as long.
const FIRST_PAUSE_MS: i64 = 1_000;

/// The doubtful messages by row (a row sends one at a time), with the number of Telegram's answers at that
/// time.
#[derive(Debug, Default)]
pub struct Unconfirmed {
    open: Mutex<HashMap<u64, u64>>,
    /// Held while asking Telegram for an answer.
    asking: tokio::sync::Mutex<()>,
}

/// Pause (ms) before repeating a message of which this many sends are in doubt.
pub fn pause_ms(unsure: u32) -> i64 {
    FIRST_PAUSE_MS * 3_i64.pow(unsure.min(8))
}

impl Unconfirmed {
    fn open(&self) -> MutexGuard<'_, HashMap<u64, u64>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A message of this row is in doubt.
    pub fn begin(&self, seq: u64, telegram: &dyn Edge) {
        self.open().insert(seq, telegram.heard());
    }

    /// Nothing of this row is in doubt any more, or the row is gone.
    pub fn end(&self, seq: u64) {
        self.open().remove(&seq);
    }

    /// Whether Telegram has answered anything since this row's message came into doubt. After a restart it
    /// has: nothing is sent before Telegram has answered the first call.
    pub async fn heard_since(&self, seq: u64, telegram: &dyn Edge) -> bool {
        let Some(then) = self.open().get(&seq).copied() else { return true };
        if telegram.heard() > then {
            return true;
        }
        let _asking = self.asking.lock().await;
        // Another call may have been answered meanwhile; a refusal is an answer too.
        if telegram.heard() == then {
            let _ = telegram.me().await;
        }
        telegram.heard() > then
    }
}
