//! What this process is to its store, for those parts of it that are there in every role.
//!
//! Must not know how a role is come by.

use super::DaemonContext;
use std::sync::Arc;
use tokio::sync::watch;

/// Changes only as a whole, and everybody sees the same one.
#[derive(Clone)]
pub enum Role {
    /// It polls, works and sends.
    Owner(Arc<DaemonContext>),
}

/// Where the role is read, and waited for.
pub type Roles = watch::Receiver<Role>;
