//! What a database server has to offer to the store: records, one fenced step that writes, and the lease of ownership.
//!
//! The seam between the shared store and the kinds of server: PostgreSQL and Redis are one file each. Must not know
//! records or verbs, or when any of this is asked.

use crate::store::engine::{Batch, Span};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;
use uuid::Uuid;

/// Pairs of stored key and value.
pub type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// A set of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// The store's records.
    Current,
    /// Those that are being written to replace them.
    Next,
}

/// Why a server did not do what it was asked. Contains no password and no record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RemoteError {
    /// No connection, or it broke, or no answer came in time: what was asked may have been done. The connection is of no
    /// use any more; another one may help.
    #[error("{0}")]
    Lost(String),
    /// The server answered no: wrong password, missing rights, settings that cannot be accepted, an unknown layout.
    /// Asking again does not help.
    #[error("{0}")]
    Refused(String),
}

/// What became of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// Durable as far as the server's settings promise it.
    Done,
    /// Nothing was written: epoch or height are not those that were expected. [`Remote::standing`] tells which.
    Refused,
}

/// A daemon of a shared store, as the others see it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Candidate {
    /// `STORE_NODE`.
    pub node: String,
    /// Where its peers reach it, `host:port`; empty: nowhere.
    pub addr: String,
    /// Its certificate (DER), made at its start; empty where there is no `addr`.
    pub certificate: Vec<u8>,
}

/// A candidate that has shown itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub candidate: Candidate,
    /// How long ago it last did, ms, by the server's clock.
    pub ago_ms: i64,
}

/// Who owns the store, and how far it has got.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Made with the database: tells one database from another, and is the same in a copy that was set back.
    pub id: Uuid,
    /// Counts owners; 0: there was none yet.
    pub epoch: u64,
    /// Counts commits.
    pub height: u64,
    /// The owner, or the last one.
    pub owner: Candidate,
    /// What is left of its lease, ms, by the server's clock; negative: how long ago it ended. A lease that was given back
    /// ended then.
    pub lease_ms: i64,
    /// Where the records have been moved to, in words: nobody may own what is left here.
    pub moved: Option<String>,
}

/// What acknowledged commits survive; settings that promise less are refused. Its words are those of `/health`, `stats` and the
/// log (docs/operating.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Survives {
    /// The end of the server's machine, once it is up again; its loss loses what was written.
    Machine,
    /// The loss of one of two machines.
    #[serde(rename = "two machines")]
    TwoMachines,
}

impl fmt::Display for Survives {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Machine => "machine",
            Self::TwoMachines => "two machines",
        })
    }
}

/// A database server.
pub trait Server: Send + Sync {
    /// Another connection. Creates what the store needs there, if it is missing. Blocks up to the deadline of a connection.
    fn connect(&self) -> Result<Box<dyn Remote>, RemoteError>;

    /// Host, port and database, for people.
    fn place(&self) -> &str;

    /// What whoever runs it should know, whatever its settings are: a sentence for the log at the start, `doctor` and
    /// `/health`. `None`: nothing.
    fn caution(&self) -> Option<&'static str> {
        None
    }
}

/// One connection, used by one thread. Everything blocks, and has a deadline: after [`RemoteError::Lost`] the connection
/// must be dropped.
pub trait Remote: Send {
    fn get(&mut self, area: Area, key: &[u8]) -> Result<Option<Vec<u8>>, RemoteError>;

    /// At most `limit` pairs of a span in order, from its beginning; backwards: from its end.
    fn page(&mut self, area: Area, span: &Span, backwards: bool, limit: usize) -> Result<Pairs, RemoteError>;

    /// Writes a group to the current records in one step, if `epoch` is that of the owner and the height is `height - 1`,
    /// and sets it to `height`.
    fn commit(&mut self, epoch: u64, height: u64, group: &Batch) -> Result<Committed, RemoteError>;

    fn standing(&mut self) -> Result<Standing, RemoteError>;

    /// Notes that a candidate is there, and says how things stand.
    fn present(&mut self, me: &Candidate) -> Result<Standing, RemoteError>;

    /// Makes `me` the owner with the next epoch, unless a lease still runs. Returns how things stand after it: `me` is the
    /// owner if, and only if, it returns `true`.
    fn take_over(&mut self, me: &Candidate, lease: Duration) -> Result<(bool, Standing), RemoteError>;

    /// Prolongs the lease of this epoch's owner; `false`: there is another one.
    fn renew(&mut self, epoch: u64, lease: Duration) -> Result<bool, RemoteError>;

    /// Gives the lease back, if it is still this epoch's.
    fn release(&mut self, epoch: u64) -> Result<(), RemoteError>;

    /// Candidates that have shown themselves within the last day, latest first.
    fn candidates(&mut self) -> Result<Vec<Seen>, RemoteError>;

    /// Empties [`Area::Next`].
    fn begin_next(&mut self) -> Result<(), RemoteError>;

    /// Writes a batch to [`Area::Next`], where nobody else writes.
    fn fill_next(&mut self, batch: &Batch) -> Result<(), RemoteError>;

    /// In one step: [`Area::Next`] becomes the current records, and those are kept as the replaced ones (or removed, with
    /// `keep` false; earlier replaced ones are removed either way); the height grows by one, and `moved` is cleared. Under
    /// the same condition as a commit.
    fn exchange(&mut self, epoch: u64, height: u64, keep: bool) -> Result<Committed, RemoteError>;

    /// Notes that the records have been moved elsewhere, in words. Under the same condition as a commit.
    fn set_moved(&mut self, epoch: u64, height: u64, to: &str) -> Result<Committed, RemoteError>;

    /// What the server's settings survive; [`RemoteError::Refused`] with settings under which acknowledged commits can be
    /// lost by the end of the server's process or machine, or by the server making room.
    fn survives(&mut self) -> Result<Survives, RemoteError>;

    /// Name and version of the server, for people.
    fn version(&mut self) -> Result<String, RemoteError>;
}
