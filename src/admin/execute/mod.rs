//! (store, request) -> items: the only logic of the admin's commands.
//!
//! Must not know how a request arrived, how its answer is transported or how it is shown.

mod backup;
mod export;
mod queue;
mod session_changes;
mod sessions;
mod stats;

pub(crate) use stats::health;

use super::request::{Item, Refusal, Request};
use super::shared::Shared;
use super::snapshot::Snapshot;
use crate::domain::health::Health;
use crate::domain::stats::Stats;
use crate::domain::{Language, Timestamp, UserId};
use crate::store::{Store, StoreError};
use async_trait::async_trait;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Rows fetched at once; answers are streamed, whatever their length.
const PAGE: usize = 500;

/// What requests work on.
pub(crate) struct Context {
    pub store: Store,
    /// Its folder (`SESSION_STORAGE_PATH`).
    pub root: PathBuf,
    /// Idle time after which a session ends, ms.
    pub session_timeout_ms: i64,
    /// Age at which an ended session is removed, ms.
    pub session_retention_ms: i64,
    /// `DEFAULT_LANGUAGE`, for messages to learners.
    pub default_language: Option<Language>,
    /// The process that holds the store: the daemon, or the command itself.
    pub host: Arc<dyn Host>,
}

/// What only the process that holds the store can tell or do.
#[async_trait]
pub(crate) trait Host: Send + Sync {
    fn now(&self) -> Timestamp;

    /// The daemon's current statistics; `None` without a daemon.
    fn stats(&self) -> Option<Stats> {
        None
    }

    /// What it is to a shared store; `None`: the store is its own.
    fn shared(&self) -> Option<Shared> {
        None
    }

    /// The daemon's health; `None` without a daemon.
    async fn health(&self) -> Option<Health> {
        None
    }

    /// Writes statistics that are still in memory to the store.
    async fn keep_stats(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// The daemon's current state; `None` without a daemon.
    async fn snapshot(&self) -> Option<Snapshot> {
        None
    }

    /// A learner was deleted from the store: drop what is in memory about them too.
    fn forgotten(&self, _user: UserId) {}

    /// This row was dropped: stop working on it.
    fn dropped(&self, _seq: u64) {}

    /// There are new conversations for the tutor to forget.
    fn purges_added(&self) {}
}

/// Where an answer goes, piece by piece. An error means that the client is gone.
#[async_trait]
pub(crate) trait Sink: Send {
    async fn item(&mut self, item: Item) -> io::Result<()>;

    /// Sends what is buffered, because a pause follows.
    async fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// The next bytes of a file.
    async fn bytes(&mut self, bytes: &[u8]) -> io::Result<()>;
}

/// Why a request ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stopped {
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The client is gone.
    #[error(transparent)]
    Sink(#[from] io::Error),
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::Refused(Refusal::failed(error))
    }
}

/// Carries out a request.
pub(crate) async fn execute(context: &Context, request: Request, sink: &mut dyn Sink) -> Result<(), Stopped> {
    match request {
        Request::Sessions(filter) => sessions::list(context, &filter, sink).await,
        Request::Session(wanted) => sessions::show(context, wanted, sink).await,
        Request::Queue(filter) => queue::list(context, &filter, sink).await,
        Request::Stats => stats::stats(context, sink).await,
        Request::Health => health(context.host.as_ref(), sink).await,
        Request::Watch { pause_ms } => stats::watch(context, pause_ms, sink).await,
        Request::Change { number, change } => queue::change(context, number, change).await,
        Request::Export(wanted) => export::held(context, wanted, sink).await,
        Request::Delete(user) => session_changes::delete(context, user, sink).await,
        Request::Expire { older_than_ms, dry } => {
            session_changes::expire(context, older_than_ms, dry, sink).await
        }
        Request::Import { sessions, dry } => session_changes::import(context, sessions, dry, sink).await,
        Request::Backup => backup::backup(context, sink).await,
    }
}
