//! Why the store could not do what it was asked, and what a person can do about it.
//!
//! No error contains the content of a record. Must not know the verbs.

use super::seal::KeyTrouble;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk or sled failed.
    #[error("the store could not {action}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        source: std::io::Error,
    },
    /// The database of a shared store cannot be reached; trying again helps. In words without its password.
    #[error("the database at {place} cannot be reached: {detail}")]
    Unavailable { place: String, detail: String },
    /// The connection to the database was lost for too long while something was written: whether it arrived is not known.
    /// Nothing more is written until the store is opened again, and nothing that waited for it is answered as done.
    #[error("it is not known whether the last write reached the database: {detail}")]
    Unknown { detail: String },
    /// Another daemon has taken a shared store over.
    #[error("another daemon has taken the store over")]
    Fenced,
    /// Another daemon owns a shared store.
    #[error("the store at {place} is owned by the daemon {node}{}", reached_at(.addr))]
    Owned {
        place: String,
        node: String,
        /// Where its peers reach it; may be empty.
        addr: String,
    },
    /// Another process holds the store.
    #[error("the store in {folder} is in use by another process (a running daemon?)")]
    Locked { folder: String },
    /// A record cannot be read.
    #[error("a record of kind {kind} in the store cannot be read: {detail}")]
    Corrupt {
        kind: &'static str,
        /// Without its content.
        detail: String,
    },
    /// A record was written by a newer version of this program. Nothing is damaged, and nothing must be
    /// restored over it.
    #[error(
        "a record of kind {kind} in the store has version {version} or a field of that number, and this program knows up to \
         {known}: a newer phonicflow-bot wrote it. Install that one again, or restore a backup taken with this one"
    )]
    Newer {
        kind: &'static str,
        /// Its version, or the unknown field's tag.
        version: u8,
        /// The latest known to this program.
        known: u8,
    },
    /// The store as a whole cannot be opened; in words for the person who has to act.
    #[error("{0}")]
    Damaged(String),
    /// The records that are here have been moved elsewhere, or are being moved: they are not opened here.
    #[error(
        "the store in {place} was moved to {to}. Configure that one: STORE_URL names a database, and without it the store lies in \
         SESSION_STORAGE_PATH. To go back, configure that one and `store move` it here. A move that was not finished is finished \
         by the same command once more. If nothing else is left, `store accept` takes up what lies here, its open messages set \
         aside for a look"
    )]
    Moved { place: String, to: String },
    /// Store and key do not fit; nothing was changed.
    #[error(transparent)]
    Key(#[from] KeyTrouble),
    /// An export could not be written, or is not valid. The store itself is untouched.
    #[error("the export is no good: {0}")]
    Export(String),
    /// The row or the lease does not exist any more (the learner was deleted meanwhile).
    #[error("the message is no longer in the store")]
    Gone,
    /// The store was closed, or its thread has died of a bug; only reopening it helps.
    #[error("the store is closed")]
    Closed,
}

fn reached_at(addr: &str) -> String {
    if addr.is_empty() { String::new() } else { format!(" ({addr})") }
}
