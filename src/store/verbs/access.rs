//! Who may use the bot, as far as it is kept: memberships; and what the bot's admins were told and given.
//!
//! Must not know how Telegram is asked, when an admin is told, or what a menu holds.

use super::outbox;
use crate::domain::alert::{Marks, judge};
use crate::domain::{
    AlertKind, Announced, Announcement, ChatId, Hidden, Job, Membership, Placement, Task, Timestamp, Told,
    UserId,
};
use crate::store::engine::Range;
use crate::store::records::Menu;
use crate::store::state::{State, Tx};
use crate::store::{Lease, StoreError, keys};

/// See [`Store::note_membership`](crate::store::Store::note_membership).
pub fn note_membership(state: &mut State, lease: Lease, membership: Membership) -> Result<(), StoreError> {
    let job = state.leased(lease)?;
    let mut tx = Tx::default();
    tx.put(keys::member(job.user), &membership)?;
    state.apply(tx)
}

/// See [`Store::note_hidden`](crate::store::Store::note_hidden).
pub fn note_hidden(state: &mut State, hidden: Option<Hidden>) -> Result<(), StoreError> {
    let mut tx = Tx::default();
    match hidden {
        Some(hidden) => tx.put(keys::hidden(), &hidden)?,
        None => tx.delete(keys::hidden()),
    }
    state.apply(tx)
}

/// See [`Store::menus`](crate::store::Store::menus).
pub fn menus(state: &State) -> Result<Vec<UserId>, StoreError> {
    let given = state.list::<Menu>(&Range::prefix(keys::kind(keys::MENU)), usize::MAX)?;
    Ok(given.into_iter().map(|(_, menu)| menu.of).collect())
}

/// See [`Store::note_menu`](crate::store::Store::note_menu).
pub fn note_menu(state: &mut State, user: UserId, given: bool) -> Result<(), StoreError> {
    let mut tx = Tx::default();
    if given {
        tx.put(keys::menu(user), &Menu { of: user })?;
    } else {
        tx.delete(keys::menu(user));
    }
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
    // A private chat has its user's id (Bot API "Chat").
    let chat = state.chat(ChatId(to.0));
    let seq = state.new_seq(&mut tx)?;
    let job = Job::new(seq, to, chat, Placement::OWN_WORDS, now, Task::Deliver { update_id: None });
    outbox::put(state, &mut tx, job.seq, replies)?;
    tx.put(keys::inbox(job.seq), &job)?;
    tx.put(keys::told(to, kind), &Told { at: now, of })?;
    state.apply(tx)?;
    state.schedule.insert(&job);
    Ok(Announced::Told)
}
