//! What is stored about access: memberships, and what the bot's admins were told and given.
//!
//! Must not know how Telegram is asked, when an admin is told, or what a menu contains.

use super::outbox;
use crate::domain::alert::{Marks, judge};
use crate::domain::{
    Announced, Announcement, ChatId, Hidden, Job, Membership, Placement, Task, Timestamp, Told, UserId,
};
use crate::store::records::Menu;
use crate::store::state::State;
use crate::store::tx::Tx;
use crate::store::{Lease, Store, StoreError, keys};

impl Store {
    /// Stores what Telegram has just said about the learner of a row. `Gone` when the learner was deleted
    /// meanwhile; nothing is stored then.
    pub async fn note_membership(&self, lease: Lease, membership: Membership) -> Result<(), StoreError> {
        self.change(move |state| {
            let job = state.leased(lease)?;
            let mut tx = Tx::default();
            tx.put(keys::member(job.user), &membership)?;
            state.apply(tx)
        })
        .await
    }

    /// Tells an admin something, unless known already or too soon ([`judge`](crate::domain::alert::judge)):
    /// creates a delivery row for the admin's private chat, in one transaction with the record that it was
    /// told.
    pub async fn announce(
        &self,
        announcement: Announcement,
        now: Timestamp,
    ) -> Result<Announced, StoreError> {
        self.change(move |state| announce(state, announcement, now)).await
    }

    /// Stores that a channel's members are hidden, replacing what was stored before; `None`: they are
    /// visible.
    pub async fn note_hidden(&self, hidden: Option<Hidden>) -> Result<(), StoreError> {
        self.change(move |state| {
            let mut tx = Tx::default();
            match hidden {
                Some(hidden) => tx.put(keys::hidden(), &hidden)?,
                None => tx.delete(keys::hidden()),
            }
            state.apply(tx)
        })
        .await
    }

    /// Stores that this user is given a command menu, or that it was removed. Deleted with the learner.
    pub async fn note_menu(&self, user: UserId, given: bool) -> Result<(), StoreError> {
        self.change(move |state| {
            let mut tx = Tx::default();
            if given {
                tx.put(keys::menu(user), &Menu { of: user })?;
            } else {
                tx.delete(keys::menu(user));
            }
            state.apply(tx)
        })
        .await
    }
}

fn announce(state: &mut State, announcement: Announcement, now: Timestamp) -> Result<Announced, StoreError> {
    state.advance(now);
    let Announcement { to, kind, of, replies } = announcement;
    let mark = |kind| state.get::<Told>(&keys::told(to, kind));
    let (down, back) = kind.pair();
    let marks = Marks { own: mark(kind)?, down: mark(down)?, back: mark(back)? };
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
