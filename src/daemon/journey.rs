//! What is remembered of a message while it is in the house and the store need not know: its update id for the log, and
//! that it was a turn, to measure the whole of it. In memory; after a restart the log does without.

use crate::domain::Task;
use crate::logging::UserTag;
use crate::store::Claim;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tracing::{Span, field};

/// Messages remembered at most; twice what the inbox holds.
const REMEMBERED: usize = 10_000;

#[derive(Debug, Clone, Copy)]
struct Journey {
    update_id: i64,
    turn: bool,
}

/// The messages on their way.
#[derive(Debug, Default)]
pub struct Journeys(Mutex<HashMap<u64, Journey>>);

impl Journeys {
    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Journey>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The span in which a claim is worked on: each line of the log within it names update, row and learner. At the level
    /// of errors, so that an error has it whatever `LOG_LEVEL` leaves out; where nothing is logged it costs nothing.
    pub fn span(&self, claim: &Claim) -> Span {
        let seq = claim.lease.seq;
        let update_id = match &claim.job.task {
            Task::Handle(incoming, _) => {
                self.remember(seq, incoming.update_id);
                Some(incoming.update_id)
            }
            Task::Deliver => self.lock().get(&seq).map(|journey| journey.update_id),
        };
        let user = UserTag(claim.job.user);
        let span = tracing::error_span!("message", update_id = field::Empty, seq, user = %user);
        if let Some(update_id) = update_id {
            span.record("update_id", update_id);
        }
        span
    }

    fn remember(&self, seq: u64, update_id: i64) {
        let mut journeys = self.lock();
        // Rows dropped by an admin or with their learner are never heard of again.
        if journeys.len() >= REMEMBERED {
            journeys.clear();
        }
        journeys.entry(seq).or_insert(Journey { update_id, turn: false });
    }

    /// Its turn is recorded; the replies are still to be sent.
    pub fn turned(&self, seq: u64) {
        if let Some(journey) = self.lock().get_mut(&seq) {
            journey.turn = true;
        }
    }

    /// It has left the house; true when it was a turn.
    pub fn ended(&self, seq: u64) -> bool {
        self.lock().remove(&seq).is_some_and(|journey| journey.turn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_remembered_until_it_leaves_and_no_more_than_fit() {
        let journeys = Journeys::default();
        journeys.remember(1, 7);
        journeys.turned(1);
        journeys.remember(1, 7);
        assert!(journeys.ended(1), "claimed again, it is still the same turn");
        assert!(!journeys.ended(1));
        for seq in 0..25_000 {
            journeys.remember(seq, 0);
            assert!(journeys.lock().len() <= REMEMBERED);
        }
    }
}
