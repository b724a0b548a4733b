//! Why the store could not do what it was asked, and what a person can do about it.
//!
//! No error here holds what a record holds. Must not know the verbs.

use super::seal::KeyTrouble;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk or sled failed.
    #[error("the store could not {action}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process holds the store.
    #[error("the store in {folder} is in use by another process (a running daemon?)")]
    Locked {
        /// The folder.
        folder: String,
    },
    /// A record cannot be read.
    #[error("a record of kind {kind} in the store cannot be read: {detail}")]
    Corrupt {
        /// Kind of record.
        kind: &'static str,
        /// What is wrong with it, without its content.
        detail: String,
    },
    /// A record was written by a newer program. Nothing is damaged, and nothing must be restored over it.
    #[error(
        "a record of kind {kind} in the store has version {version} or a field of that number, and this program knows up to \
         {known}: a newer phonicflow-bot wrote it. Install that one again, or restore a backup taken with this one"
    )]
    Newer {
        /// Kind of record.
        kind: &'static str,
        /// Its version, or the field that is unknown.
        version: u8,
        /// The latest known here.
        known: u8,
    },
    /// The store as a whole does not open; in words for the person who has to act.
    #[error("{0}")]
    Damaged(String),
    /// Store and key do not fit; nothing was changed.
    #[error(transparent)]
    Key(#[from] KeyTrouble),
    /// An export could not be written, or is no good. The store itself is untouched.
    #[error("the export is no good: {0}")]
    Export(String),
    /// The row is no longer there, or the lease is no longer held (the learner was deleted meanwhile).
    #[error("the message is no longer in the store")]
    Gone,
    /// The store was closed, or its thread has died of a bug; only opening it again helps.
    #[error("the store is closed")]
    Closed,
}
