//! The running daemon: poller, workers, delivery, chat actions, housekeeping and admin alerts; started
//! together, stopped in order.
//!
//! All loops live here. Must not know what a message means (`bot`) or how it is stored (`store`).

mod admin_alerts;
mod admin_socket;
mod backup;
mod candidate;
mod chat_actions;
pub mod clock;
mod contained;
mod context;
mod crash_notes;
mod delivery;
mod desk;
mod drill;
mod failed_send;
mod greeting;
mod health;
mod housekeeping;
mod identity;
mod last_minute;
mod made;
mod menu;
mod peers;
mod poller;
mod prefetch;
mod preview;
mod process;
mod progress;
mod quarantine;
mod reminders;
mod role;
mod seat;
mod sending;
mod shared;
pub mod shutdown;
mod snapshot;
mod spoken_answer;
mod startup_error;
mod stats_keeper;
mod term;
#[cfg(test)]
mod testkit;
mod text_turn;
mod turn_span;
mod unconfirmed;
mod watch;
pub mod watchdog;
mod worker;

pub use context::DaemonContext;
pub use peers::Peers;
pub use seat::StoreSeat;
pub use shared::run as run_shared;
pub use startup_error::StartupError;

use crate::app::App;
use crate::logging::Event;
use anyhow::{Context, Result, bail};
use process::Process;
use role::Role;
use std::future::Future;
use std::sync::Arc;
use term::Term;

/// Messages that need no tutor, handled at once.
const LOCAL_AT_ONCE: usize = 16;

/// Runs the daemon on an embedded store until `shutdown` resolves, then finishes or parks all work, flushes and closes the store.
/// Fails when Telegram refuses the token at the start, or the store fails.
pub async fn run(app: Arc<App>, shutdown: impl Future<Output = ()>) -> Result<()> {
    tokio::pin!(shutdown);
    let daemon = DaemonContext::open(app.clone(), app.telegram.clone()).await?;
    let (_role, roles) = tokio::sync::watch::channel(Role::Owner(daemon.clone()));
    let mut process = match Process::start(&app.common, roles, None).await {
        Ok(process) => process,
        Err(error) => return Err(given_up(&daemon, error.into()).await),
    };
    if !app.config.telegram_bot_enabled {
        tracing::warn!(
            event = %Event::Disabled,
            "TELEGRAM_BOT_ENABLED is false: idle, no message is taken or sent"
        );
        process.idle(&mut shutdown).await;
        process.stop().await;
        return rest(&daemon).await;
    }
    // Ready as soon as the store is open: an unreachable Telegram is waited for, and no reason to restart the
    // service.
    process.ready("connecting to Telegram");
    let begun = tokio::select! {
        begun = Term::begin(&daemon) => Some(begun),
        () = &mut shutdown => None,
    };
    let mut term = match begun {
        Some(Ok(term)) => term,
        Some(Err(error)) => {
            process.stop().await;
            return Err(given_up(&daemon, error).await);
        }
        None => {
            process.stop().await;
            return rest(&daemon).await;
        }
    };
    let failure = tokio::select! {
        () = &mut shutdown => None,
        failure = term.failed() => Some(failure),
    };
    match &failure {
        None => tracing::info!(event = %Event::Stopping, "stopping: what is in flight is finished or parked"),
        Some(error) => tracing::error!(event = %Event::DaemonFailed, %error, "the daemon cannot go on"),
    }
    process.stopping();
    term.finish().await;
    process.stop().await;
    let closed = rest(&daemon).await;
    if let Some(error) = failure {
        bail!("{error}");
    }
    closed?;
    tracing::info!(event = %Event::Stopped, "stopped");
    Ok(())
}

/// Closes the store in order when the daemon cannot start; returns the reason.
async fn given_up(daemon: &DaemonContext, why: anyhow::Error) -> anyhow::Error {
    watchdog::stopping();
    if let Err(error) = rest(daemon).await {
        tracing::error!(error = format!("{error:#}"), "the store could not be closed in order");
    }
    why
}

/// Stores the last statistics and closes the store.
async fn rest(daemon: &DaemonContext) -> Result<()> {
    let store = &daemon.app.store;
    daemon.quarantine.close().await;
    if let Err(error) = daemon.stats_keeper.keep(store, &daemon.telemetry, daemon.clock.now()).await {
        tracing::warn!(%error, "the last numbers could not be kept");
    }
    store.close().await.context("closing the store")
}
