//! The end of a row's work: the handler's decision becomes durable in one transaction, or the learner is
//! deleted.
//!
//! Must not know what was decided or why.

use super::cards;
use super::contours;
use super::days::Today;
use super::forget::{self, Forgotten};
use super::left;
use super::outbox::{self, to_answer};
use super::passing::forget_passing;
use super::person::{self, Person, add_purge};
use crate::domain::{Contours, Job, Outcome, Placement, Task, Timestamp, Turn};
use crate::store::state::State;
use crate::store::tx::Tx;
use crate::store::{Lease, Store, StoreError, keys};

impl Store {
    /// Ends a row's work: changes, turn, purges and replies in one transaction. The row stays for delivery
    /// when there are replies, and its lease ends either way. `Gone` when the learner was deleted meanwhile. The turn
    /// is numbered and counted by the store, in its session wherever that is by now, and on the learner's local day. With
    /// `forget`, `changes`, `turn` and `cards` are left out; everything of the learner goes but this row and younger ones, and all sessions known are
    /// queued to be purged. A purge waits while a row may have handed a voice over in that conversation, and is queued when
    /// that row looks for its answer no more.
    pub async fn commit(&self, lease: Lease, outcome: Outcome, now: Timestamp) -> Result<(), StoreError> {
        self.change(move |state| commit(state, lease, outcome, now)).await
    }
}

fn commit(state: &mut State, lease: Lease, outcome: Outcome, now: Timestamp) -> Result<(), StoreError> {
    state.advance(now);
    let mut job = state.leased(lease)?;
    let mut tx = Tx::default();
    let mut forgotten = Forgotten::default();
    let mut to_draw = None;
    if outcome.forget {
        forgotten = forget::gather(state, &mut tx, job.user, job.seq)?;
        // The row that asks for the deletion may itself have submitted a voice, before it was asked for.
        if let Some(session) = job.stage.conversation() {
            forgotten.sessions.insert(session);
        }
    } else {
        let mut person = Person::load(state, job.user)?;
        person.change(outcome.changes, now);
        let mut today = Today::load(state, &person.learner_or_new(now), now)?;
        if let Some(turn) = outcome.turn {
            today.note(|day, goal| day.note_turn(&turn, goal));
            if turn.to_draw {
                let (seq, task) = (state.new_seq(&mut tx)?, Task::Draw { turn: job.seq });
                let draw = Job::new(seq, job.user, job.chat, Placement::UNASKED, now, task);
                tx.put(keys::inbox(seq), &draw)?;
                to_draw = Some(draw);
            }
            person.count(state, &mut tx, Turn { seq: job.seq, ..turn }, now)?;
        }
        if let Some(learner) = outcome.contour {
            let contours = Contours { turn: job.seq, learner: Some(learner), reply: None };
            contours::keep(state, &mut tx, job.user, contours)?;
        }
        let corrections = person::amend(state, &mut tx, job.user, outcome.turn_changes)?;
        today.note(|day, _| day.note_corrections(&corrections));
        cards::change(state, &mut tx, &mut person, &mut today, outcome.cards, now)?;
        today.write(&mut tx)?;
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
    forget_passing(state, &mut tx, &mut job, now)?;
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
    if let Some(draw) = &to_draw {
        state.schedule.insert(draw);
    }
    if answered {
        state.schedule.renew(&job);
    } else {
        state.schedule.remove(job.seq);
    }
    Ok(())
}
