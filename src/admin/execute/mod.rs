//! (store, request) -> items: the only logic of the admin's commands.
//!
//! Must not know how a request arrived, how its answer travels or how it is shown.

mod backup;
mod export;
mod queue;
mod session_changes;
mod sessions;
mod stats;

use super::request::{Item, Refusal, Request};
use super::snapshot::Snapshot;
use crate::domain::health::Health;
use crate::domain::stats::Stats;
use crate::domain::{Language, Timestamp, UserId};
use crate::store::{Store, StoreError};
use async_trait::async_trait;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Rows fetched at once: answers stream, whatever their length.
const PAGE: usize = 500;

/// What a request is carried out on.
pub struct Context {
    /// The store.
    pub store: Store,
    /// Its folder (`SESSION_STORAGE_PATH`).
    pub root: PathBuf,
    /// Idle time after which a session ends, milliseconds.
    pub session_timeout_ms: i64,
    /// Age at which an ended session is removed, milliseconds.
    pub session_retention_ms: i64,
    /// `DEFAULT_LANGUAGE`, for what a learner is told.
    pub default_language: Option<Language>,
    /// Whoever holds the store: the daemon, or the command itself.
    pub host: Arc<dyn Host>,
}

/// What only the process that holds the store can tell or do.
#[async_trait]
pub trait Host: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;

    /// The daemon's numbers of this moment; `None` where no daemon runs.
    fn stats(&self) -> Option<Stats> {
        None
    }

    /// How the daemon is; `None` where none runs.
    async fn health(&self) -> Option<Health> {
        None
    }

    /// Writes what it keeps in memory into the store.
    ///
    /// # Errors
    /// The store's.
    async fn keep_stats(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// The daemon at this moment; `None` where none runs.
    async fn snapshot(&self) -> Option<Snapshot> {
        None
    }

    /// The learner is gone from the store: nothing about them is to be kept in memory either.
    fn forgotten(&self, _user: UserId) {}

    /// This row of the queue was dropped: nobody works on it any more.
    fn dropped(&self, _seq: u64) {}

    /// There are conversations for the tutor to forget.
    fn purges_added(&self) {}
}

/// Where an answer goes, piece by piece. An error means that nobody takes it any more.
#[async_trait]
pub trait Sink: Send {
    /// One item.
    async fn item(&mut self, item: Item) -> io::Result<()>;

    /// Sends what waits: a pause follows.
    async fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// The next bytes of a file.
    async fn bytes(&mut self, bytes: &[u8]) -> io::Result<()>;
}

/// Why a request ended early.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// There is no answer.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Nobody takes the answer any more.
    #[error(transparent)]
    Sink(#[from] io::Error),
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::Refused(Refusal::failed(error))
    }
}

/// Carries a request out.
///
/// # Errors
/// A refusal for the person who asked, or that nobody takes the answer any more.
pub async fn execute(context: &Context, request: Request, sink: &mut dyn Sink) -> Result<(), Stopped> {
    match request {
        Request::Sessions(filter) => sessions::list(context, &filter, sink).await,
        Request::Session(wanted) => sessions::show(context, wanted, sink).await,
        Request::Queue(filter) => queue::list(context, &filter, sink).await,
        Request::Stats => stats::stats(context, sink).await,
        Request::Health => stats::health(context, sink).await,
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
