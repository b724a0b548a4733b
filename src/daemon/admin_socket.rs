//! Runs the admin socket, on which commands reach the running daemon. If it cannot be opened the daemon logs
//! an error and continues without it. Must not know what is asked.

use super::shutdown::Stop;
use super::{DaemonContext, desk, health, snapshot};
use crate::admin::execute::Host;
use crate::admin::shared::Shared;
use crate::admin::snapshot::Snapshot;
use crate::admin::socket::{self, Desks, Listener};
use crate::app::Common;
use crate::domain::health::Health;
use crate::domain::stats::Stats;
use crate::domain::{Timestamp, UserId};
use crate::logging::Event;
use crate::store::Home;
use crate::store::StoreError;

#[async_trait::async_trait]
impl Host for DaemonContext {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn shared(&self) -> Option<Shared> {
        desk::shared_of(self)
    }

    fn stats(&self) -> Option<Stats> {
        Some(self.stats_keeper.current(&self.telemetry, self.clock.now()))
    }

    async fn health(&self) -> Option<Health> {
        Some(health::health(self).await)
    }

    async fn keep_stats(&self) -> Result<(), StoreError> {
        self.stats_keeper.keep(&self.app.store, &self.telemetry, self.clock.now()).await
    }

    async fn snapshot(&self) -> Option<Snapshot> {
        Some(snapshot::snapshot(self).await)
    }

    fn forgotten(&self, user: UserId) {
        self.chat_actions.forget(user, u64::MAX);
    }

    fn dropped(&self, seq: u64) {
        self.chat_actions.end(seq);
        self.turn_spans.ended(seq);
    }

    fn purges_added(&self) {
        self.purge.notify_one();
    }
}

impl DaemonContext {
    /// Notes that deleted bytes have to be cleared from the database's files at the next start. Called before
    /// the deletion, so that no crash comes in between; if the note cannot be written, the deletion is done
    /// all the same.
    pub(crate) async fn note_forgotten(&self) {
        if self.app.config.store_url.is_some() {
            // No files of ours hold them.
            return;
        }
        let home = Home::at(&self.app.config.session_storage_path);
        let noted = tokio::task::spawn_blocking(move || home.note_forgotten()).await;
        if let Ok(Err(error)) = noted {
            tracing::error!(%error, "deleted bytes will stay in the database's files until it uses their place again");
        }
    }
}

/// Serves requests until the shutdown signal.
pub(crate) async fn run(common: Common, desks: Desks, mut stop: Stop) {
    let config = &common.config;
    let (path, root) = (config.admin_socket(), config.session_storage_path.clone());
    let bound = tokio::task::spawn_blocking(move || Listener::bind(&path, &root)).await;
    let listener = match bound {
        Ok(Ok(listener)) => listener,
        Ok(Err(error)) => {
            tracing::error!(
                event = %Event::AdminSocketFailed,
                %error,
                "no admin socket: commands such as `sessions list` will not work while the daemon runs"
            );
            return;
        }
        Err(_) => return,
    };
    tracing::info!(event = %Event::AdminSocketReady, path = %listener.path().display(), "admin socket ready");
    tokio::select! {
        () = socket::serve(&listener, desks) => {}
        () = stop.raised() => {}
    }
}
