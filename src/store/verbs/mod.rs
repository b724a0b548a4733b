//! What each verb of the store does, written once for all engines.
//!
//! A verb is a method of [`Store`](super::Store) (or of [`Reader`](super::Reader), if it changes nothing),
//! carried out on [`State`](super::state::State) alone: it reads, prepares one transaction, applies it, and
//! only then updates the schedule. Must not know engines or threads.

mod accept;
mod access;
pub mod after_restore;
mod archive_import;
mod cards;
mod commit;
mod contours;
mod conversations;
mod days;
pub mod export;
mod forget;
pub(crate) mod held;
mod housekeeping;
mod left;
mod lookup;
mod outbox;
mod passing;
mod person;
mod reminders;
mod work;

pub use cards::CardCounts;
pub use conversations::Conversation;
pub use reminders::DueReminder;
