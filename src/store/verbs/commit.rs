//! The end of a row's work: what the handler decided becomes durable in one transaction, or the learner is forgotten.
//!
//! Must not know what was decided or why.

use super::forget::{self, Forgotten};
use super::left;
use super::outbox::{self, to_answer};
use super::person::{Person, add_purge};
use crate::domain::{Outcome, Stage, Timestamp};
use crate::store::state::{State, Tx};
use crate::store::{Lease, StoreError, keys};

/// See [`Store::commit`](crate::store::Store::commit).
pub fn commit(state: &mut State, lease: Lease, outcome: Outcome, now: Timestamp) -> Result<(), StoreError> {
    state.advance(now);
    let mut job = state.leased(lease)?;
    let mut tx = Tx::default();
    let mut forgotten = Forgotten::default();
    if outcome.forget {
        forgotten = forget::gather(state, &mut tx, job.user, job.seq)?;
        // The row that asks for it may itself have handed a voice over, before it was asked for.
        if let Stage::Submitted { session, .. } = job.stage {
            forgotten.sessions.insert(session);
        }
    } else {
        let mut person = Person::load(state, job.user)?;
        person.change(outcome.changes, now);
        if let Some(turn) = outcome.turn {
            person.count(state, &mut tx, turn, now)?;
        }
        person.write(&mut tx)?;
        left::look_away(state, &mut tx, &job, None)?;
    }
    for session in outcome.purge {
        if !left::is_looked_at(state, job.user, session)? {
            add_purge(state, &mut tx, session, now)?;
        }
    }
    for session in &forgotten.sessions {
        add_purge(state, &mut tx, *session, now)?;
    }
    let answered = !outcome.replies.is_empty();
    if answered {
        to_answer(state, &mut job);
        outbox::put(state, &mut tx, job.seq, outcome.replies)?;
        tx.put(keys::inbox(job.seq), &job)?;
    } else {
        tx.delete(keys::inbox(job.seq));
    }
    state.apply(tx)?;
    forgotten.apply(state);
    if answered {
        state.schedule.renew(&job);
    } else {
        state.schedule.remove(job.seq);
    }
    Ok(())
}
