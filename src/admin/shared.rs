//! What a daemon or a command is to a shared store, as it is told to people.
//!
//! Must not know how it came to be so.

use crate::domain::Timestamp;
use crate::store::server::Survives;
use serde::{Deserialize, Serialize};

/// Field names are documented in docs/operating.md: `stats --json` and `top --json` print it as it stands here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shared {
    /// Of whoever was asked.
    pub role: Part,
    /// `STORE_NODE` of whoever was asked.
    pub node: String,
    /// Since when it is so.
    pub since: Timestamp,
    /// The owner, who answers; `None`: there is none.
    pub owner: Option<OwnerLook>,
    /// What acknowledged writes survive: the end of a `machine`, or the loss of one of `two machines`; `None`: it is not
    /// known yet.
    pub survives: Option<Survives>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Part {
    Owner,
    Standby,
    /// No daemon: the command itself has asked the owner, as no daemon runs on its machine.
    Command,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OwnerLook {
    pub node: String,
    /// `host:port`; empty: its peers cannot reach it.
    pub addr: String,
}
