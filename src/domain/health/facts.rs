//! What is told of the store beside how it is: its engine, and of a shared one where it is and who owns it.
//!
//! Must not know how any of it is found out.

use serde::{Deserialize, Serialize};

/// What the daemon is to its store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// It polls, works and sends. An embedded store is always its daemon's own.
    #[default]
    Owner,
    /// It waits to take a shared store over.
    Standby,
}

/// A daemon of a shared store, as the others see it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Node {
    pub node: String,
    /// Where its peers reach it; empty: nowhere.
    pub addr: String,
}

/// Where the store is and what it is; of an embedded one the engine alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct StoreFacts {
    /// `sled`, `postgresql` or `redis`.
    pub engine: String,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub shared: Option<SharedFacts>,
}

/// A store that several daemons share.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SharedFacts {
    /// This daemon's own name among them.
    pub node: String,
    /// Host, port and name of the database.
    pub place: String,
    /// What acknowledged writes survive, in words; `None`: the database has not been asked yet.
    pub survives: Option<String>,
    /// What whoever runs the database should know.
    pub caution: Option<String>,
    /// The owner, or the last one; `None`: there was none, or the database has not been read yet.
    pub owner: Option<Node>,
    /// Counts owners.
    pub epoch: u64,
    /// Left of the owner's lease, as this daemon knows it, ms; 0: nobody owns the store.
    pub lease_ms: u64,
}
