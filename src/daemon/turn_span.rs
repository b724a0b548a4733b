//! What the log and the measurements need to know of a message while it is in the house: the span its lines stand in, and
//! that it was a turn, to measure the whole of it (in memory; a turn over a restart is not measured).

use crate::logging::UserTag;
use crate::store::Claim;
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tracing::Span;

/// Turns remembered at most; twice what the inbox holds.
const REMEMBERED: usize = 10_000;

/// The turns on their way.
#[derive(Debug, Default)]
pub struct TurnSpans(Mutex<HashSet<u64>>);

impl TurnSpans {
    fn lock(&self) -> MutexGuard<'_, HashSet<u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The span in which a claim is worked on: each line of the log within it names update, row and learner. At the level
    /// of errors, so that an error has it whatever `LOG_LEVEL` leaves out; where nothing is logged it costs nothing.
    pub fn span(claim: &Claim) -> Span {
        let (seq, update_id) = (claim.lease.seq, claim.job.update_id());
        let user = UserTag(claim.job.user);
        tracing::error_span!("message", update_id, seq, user = %user)
    }

    /// Its turn is recorded; the replies are still to be sent.
    pub fn turned(&self, seq: u64) {
        let mut turns = self.lock();
        // Rows dropped by an admin or with their learner are never heard of again.
        if turns.len() >= REMEMBERED {
            turns.clear();
        }
        turns.insert(seq);
    }

    /// It has left the house; true when it was a turn.
    pub fn ended(&self, seq: u64) -> bool {
        self.lock().remove(&seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_remembered_until_it_leaves_and_no_more_than_fit() {
        let turn_spans = TurnSpans::default();
        assert!(!turn_spans.ended(1), "no turn");
        turn_spans.turned(1);
        turn_spans.turned(1);
        assert!(turn_spans.ended(1));
        assert!(!turn_spans.ended(1));
        for seq in 0..25_000 {
            turn_spans.turned(seq);
            assert!(turn_spans.lock().len() <= REMEMBERED);
        }
    }
}
