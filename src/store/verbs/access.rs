//! Who may use the bot, as far as it is kept: memberships; and what the bot's admins were told.
//!
//! Must not know how Telegram is asked or when an admin is told.

use super::outbox;
use crate::domain::alert::{Marks, judge};
use crate::domain::{
    AlertKind, Announced, Announcement, ChatId, Job, Lane, Membership, Stage, Task, Timestamp, Told,
};
use crate::store::state::{State, Tx};
use crate::store::{Lease, StoreError, keys};

/// See [`Store::note_membership`](crate::store::Store::note_membership).
pub fn note_membership(state: &mut State, lease: Lease, membership: Membership) -> Result<(), StoreError> {
    let job = state.leased(lease)?;
    let mut tx = Tx::default();
    tx.put(keys::member(job.user), &membership)?;
    state.apply(tx)
}

/// See [`Store::announce`](crate::store::Store::announce).
pub fn announce(
    state: &mut State,
    announcement: Announcement,
    now: Timestamp,
) -> Result<Announced, StoreError> {
    state.advance(now);
    let Announcement { to, kind, of, replies } = announcement;
    let mark = |kind| state.get::<Told>(&keys::told(to, kind));
    let marks =
        Marks { own: mark(kind)?, down: mark(AlertKind::TutorDown)?, back: mark(AlertKind::TutorBack)? };
    let verdict = judge(kind, of, marks, now);
    if verdict != Announced::Told || replies.is_empty() {
        return Ok(verdict);
    }
    let mut tx = Tx::default();
    let job = Job {
        seq: state.new_seq(&mut tx)?,
        user: to,
        // A private chat has its user's id (Bot API "Chat").
        chat: state.chat(ChatId(to.0)),
        lane: Lane::Local,
        accepted_at: now,
        not_before: Timestamp::default(),
        task: Task::Deliver,
        stage: Stage::Answered,
        attempts: 0,
        submissions: 0,
        waiting_since: None,
        waiting_for: None,
        told_late: false,
    };
    outbox::put(state, &mut tx, job.seq, replies)?;
    tx.put(keys::inbox(job.seq), &job)?;
    tx.put(keys::told(to, kind), &Told { at: now, of })?;
    state.apply(tx)?;
    state.schedule.insert(&job);
    Ok(Announced::Told)
}
