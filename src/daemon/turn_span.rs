//! What logging and measuring need to know about a message until its answer is sent: its tracing span, and
//! which kind of turn it was, so that its total time is measured. In memory; a turn interrupted by a restart is not
//! measured. Must not know what is done with the message.

use crate::domain::TurnKind;
use crate::logging::UserTag;
use crate::store::Claim;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tracing::Span;

/// Most turns remembered: twice what the inbox holds.
const REMEMBERED: usize = 10_000;

/// Turns that are not finished.
#[derive(Debug, Default)]
pub(crate) struct TurnSpans(Mutex<HashMap<u64, TurnKind>>);

impl TurnSpans {
    fn lock(&self) -> MutexGuard<'_, HashMap<u64, TurnKind>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The span of the work on a claim: each log line in it names update, row and learner. Its level is
    /// error, so that errors carry it whatever `LOG_LEVEL` leaves out; without log lines it costs nothing.
    pub(crate) fn span(claim: &Claim) -> Span {
        let (seq, update_id) = (claim.lease.seq, claim.job.update_id());
        let user = UserTag(claim.job.user);
        tracing::error_span!("message", update_id, seq, user = %user)
    }

    /// Its turn is stored; the replies are still to be sent.
    pub(crate) fn turned(&self, seq: u64, kind: TurnKind) {
        let mut turns = self.lock();
        // Rows dropped by an admin or with their learner are never reported as ended.
        if turns.len() >= REMEMBERED {
            turns.clear();
        }
        turns.insert(seq, kind);
    }

    /// Everything was sent; the kind of turn if it was one.
    pub(crate) fn ended(&self, seq: u64) -> Option<TurnKind> {
        self.lock().remove(&seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_remembered_until_it_leaves_and_no_more_than_fit() {
        let turn_spans = TurnSpans::default();
        assert_eq!(turn_spans.ended(1), None, "no turn");
        turn_spans.turned(1, TurnKind::Text);
        turn_spans.turned(1, TurnKind::Text);
        assert_eq!(turn_spans.ended(1), Some(TurnKind::Text));
        assert_eq!(turn_spans.ended(1), None);
        for seq in 0..25_000 {
            turn_spans.turned(seq, TurnKind::Voice);
            assert!(turn_spans.lock().len() <= REMEMBERED);
        }
    }
}
