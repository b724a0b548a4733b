//! Messages that were sent without an answer: whether they arrived, nobody knows.
//!
//! One is repeated only after Telegram has answered something else meanwhile, else the repetition would be lost as the first
//! one was, or double what a slow line still delivers. What Telegram has answered is counted by its client, polls
//! included; where nothing comes by itself, it is asked who we are. Must not know what was sent.

use crate::telegram::Edge;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Repetitions of a message before it is given up.
pub const REPETITIONS: u32 = 3;
/// Pause before the first one, milliseconds; each further one is three times as long.
const FIRST_PAUSE_MS: i64 = 1_000;

/// The doubtful messages, by their row (which sends one at a time), with what Telegram had answered by then.
#[derive(Debug, Default)]
pub struct Unconfirmed {
    open: Mutex<HashMap<u64, u64>>,
    /// Held by whoever asks Telegram for a sign.
    asking: tokio::sync::Mutex<()>,
}

/// The pause before a message is sent again of which so many sends are in doubt, milliseconds.
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

    /// Whether Telegram has answered anything since this row's message came into doubt. Of a doubt from before a restart
    /// that is so: nothing is sent before Telegram has answered a greeting.
    pub async fn heard_since(&self, seq: u64, telegram: &dyn Edge) -> bool {
        let Some(then) = self.open().get(&seq).copied() else { return true };
        if telegram.heard() > then {
            return true;
        }
        let _asking = self.asking.lock().await;
        // Somebody else's question may have been answered meanwhile; a refusal is an answer, too.
        if telegram.heard() == then {
            let _ = telegram.me().await;
        }
        telegram.heard() > then
    }
}
