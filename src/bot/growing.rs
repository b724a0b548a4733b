//! The answers that are being written now, so that a button can stop one of them.
//!
//! In memory only: an answer interrupted by a crash is asked for again from the start. Must not know who
//! presses, or how an answer grows.

use super::HandlerContext;
use super::buttons::{Button, Choice};
use super::commands::Audience;
use super::handlers::Case;
use crate::domain::{Outcome, Placement};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Shown under a growing answer; its number is the answer's row.
pub static STOP: Button = Button {
    prefix: "stop",
    placement: Placement::AT_ONCE,
    audience: Audience::Everybody,
    handler: |context, case, choice| Box::pin(async move { Ok(stop(context, case, choice)) }),
};

/// Pressed again, or after the end of the answer, it does nothing.
fn stop(context: &HandlerContext, case: &Case<'_>, choice: Choice) -> Outcome {
    match choice {
        Choice::Number(seq) if context.growing.stop(seq) => case.pressed("", None),
        Choice::Number(_) => case.pressed(&case.phrases.over_already(), None),
        Choice::Letter(_) | Choice::Part(..) => case.outdated(),
    }
}

/// By row.
#[derive(Debug, Default)]
pub struct Growing(Mutex<HashMap<u64, Arc<Sign>>>);

#[derive(Debug, Default)]
struct Sign {
    raised: AtomicBool,
    bell: Notify,
}

/// One answer that is being written; ends when dropped.
#[derive(Debug)]
pub struct Answering {
    growing: Arc<Growing>,
    seq: u64,
    sign: Arc<Sign>,
}

impl Growing {
    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Arc<Sign>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer of row `seq` is being written from now on.
    pub fn begin(self: &Arc<Self>, seq: u64) -> Answering {
        let sign = Arc::new(Sign::default());
        self.lock().insert(seq, Arc::clone(&sign));
        Answering { growing: Arc::clone(self), seq, sign }
    }

    /// Ends it with the text so far; returns whether it was being written.
    pub fn stop(&self, seq: u64) -> bool {
        let Some(sign) = self.lock().get(&seq).cloned() else { return false };
        sign.raised.store(true, Ordering::Release);
        sign.bell.notify_one();
        true
    }
}

impl Answering {
    /// Returns once it should end.
    pub async fn stopped(&self) {
        while !self.sign.raised.load(Ordering::Acquire) {
            self.sign.bell.notified().await;
        }
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.growing.lock().remove(&self.seq);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_ends_once_told_and_is_forgotten_with_its_row() {
        let growing = Arc::new(Growing::default());
        assert!(!growing.stop(7), "nothing is being written");
        let answering = growing.begin(7);
        let other = growing.begin(8);
        assert!(growing.stop(7) && growing.stop(7), "pressed twice");
        answering.stopped().await;
        answering.stopped().await;
        let waits = tokio::time::timeout(std::time::Duration::from_millis(1), other.stopped());
        assert!(waits.await.is_err(), "the other goes on");
        drop(answering);
        assert!(!growing.stop(7));
    }
}
