//! The running daemon: poller, workers, delivery, chat actions, housekeeping and admin alerts; started
//! together, stopped in order.
//!
//! All loops live here. Must not know what a message means (`bot`) or how it is stored (`store`).

mod admin_alerts;
mod admin_socket;
mod backup;
mod chat_actions;
pub mod clock;
mod contained;
mod context;
mod crash_notes;
mod delivery;
mod drill;
mod failed_send;
mod health;
mod housekeeping;
mod identity;
mod last_minute;
mod made;
mod menu;
mod poller;
mod prefetch;
mod preview;
mod progress;
mod quarantine;
mod reminders;
mod sending;
pub mod shutdown;
mod snapshot;
mod spoken_answer;
mod startup_error;
mod stats_keeper;
#[cfg(test)]
mod testkit;
mod text_turn;
mod turn_span;
mod unconfirmed;
mod watch;
pub mod watchdog;
mod worker;

pub use context::DaemonContext;
pub use startup_error::StartupError;

use crate::app::App;
use crate::domain::WorkKind;
use crate::domain::backoff::backoff_ms;
use crate::logging::Event;
use crate::store::StoreError;
use crate::telegram::{Me, Telegram, TelegramError};
use anyhow::{Context, Result, bail};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// Messages that need no tutor, handled at once.
const LOCAL_AT_ONCE: usize = 16;

/// Pause before a token that Telegram refused is tried again.
const ASK_AGAIN: Duration = Duration::from_secs(3);

/// Runs the daemon until `shutdown` resolves, then finishes or parks all work, flushes and closes the store.
/// Fails when Telegram refuses the token at the start, or the store fails.
pub async fn run(app: Arc<App>, shutdown: impl Future<Output = ()>) -> Result<()> {
    tokio::pin!(shutdown);
    let daemon = DaemonContext::open(app.clone(), app.telegram.clone()).await?;
    let began = daemon.began;
    let (signal, stop) = shutdown::channel();
    let mut beside = JoinSet::new();
    // First of all, because an admin wants to look in exactly when Telegram cannot be reached.
    beside.spawn(admin_socket::run(daemon.clone(), stop.clone()));
    // Before Telegram is called: that it cannot be reached is what /health has to tell.
    if let Some(addr) = app.config.metrics_addr {
        match watch::open(addr).await {
            Ok(listener) => beside.spawn(watch::run(daemon.clone(), listener, stop.clone())),
            Err(error) => return Err(given_up(&daemon, beside, error.into()).await),
        };
    }
    if !app.config.telegram_bot_enabled {
        tracing::warn!(
            event = %Event::Disabled,
            "TELEGRAM_BOT_ENABLED is false: idle, no message is taken or sent"
        );
        tokio::select! {
            () = watchdog::idle() => {}
            () = &mut shutdown => {}
        }
        watchdog::stopping();
        beside.shutdown().await;
        return rest(&daemon).await;
    }
    // Ready as soon as the store is open: an unreachable Telegram is waited for, and no reason to restart the
    // service.
    watchdog::ready("connecting to Telegram");
    {
        let (daemon, stop) = (daemon.clone(), stop.clone());
        beside.spawn(async move { watchdog::run(&daemon, began, stop).await });
    }
    let me = tokio::select! {
        me = greet(&daemon) => match me {
            Ok(me) => me,
            Err(error) => return Err(given_up(&daemon, beside, error).await),
        },
        () = &mut shutdown => {
            beside.shutdown().await;
            return rest(&daemon).await;
        }
    };
    tracing::info!(event = %Event::Connected, bot = %me.username, "connected to Telegram, polling");
    watchdog::status("polling");

    if let Err(error) = daemon.progress.take_up_all(&daemon).await {
        return Err(given_up(&daemon, beside, error.into()).await);
    }
    let mut loops: JoinSet<Result<(), StoreError>> = JoinSet::new();
    let tutor_at_once = app.tutor.in_hand();
    for (kind, at_once) in [
        (WorkKind::Tutor, tutor_at_once),
        (WorkKind::Local, LOCAL_AT_ONCE),
        (WorkKind::Model, app.config.ai.concurrency),
        (WorkKind::Delivery, daemon.deliveries_at_once()),
    ] {
        loops.spawn(worker::dispatch(daemon.clone(), kind, at_once, stop.clone()));
    }
    {
        let (daemon, stop) = (daemon.clone(), stop.clone());
        loops.spawn(async move { poller::run(&daemon, me, stop).await });
    }
    {
        let (daemon, stop) = (daemon.clone(), stop.clone());
        loops.spawn(async move { housekeeping::run(&daemon, stop).await });
    }
    {
        let (daemon, stop) = (daemon.clone(), stop.clone());
        loops.spawn(async move { reminders::run(&daemon, clock::wall, stop).await });
    }
    {
        let (daemon, stop) = (daemon.clone(), stop.clone());
        loops.spawn(async move { admin_alerts::run(&daemon, stop).await });
    }
    {
        let (daemon, stop) = (daemon.clone(), stop.clone());
        loops.spawn(async move { daemon.progress.run(&daemon, stop).await });
    }
    {
        let (daemon, stop) = (daemon.clone(), stop.clone());
        beside.spawn(async move { stats_keeper::run(&daemon, stop).await });
    }
    {
        let (daemon, stop) = (daemon.clone(), stop.clone());
        beside.spawn(async move { daemon.chat_actions.run(&daemon, stop).await });
    }
    {
        let (daemon, stop) = (daemon.clone(), stop.clone());
        beside.spawn(async move { daemon.sending.run(stop).await });
    }
    beside.spawn(menu::announce(app.clone(), stop.clone()));
    beside.spawn(health::announce_tutor(daemon.clone()));

    let failure = tokio::select! {
        () = &mut shutdown => None,
        failure = first_failure(&mut loops) => Some(failure),
    };
    match &failure {
        None => tracing::info!(event = %Event::Stopping, "stopping: what is in flight is finished or parked"),
        Some(error) => tracing::error!(event = %Event::DaemonFailed, %error, "the daemon cannot go on"),
    }
    watchdog::stopping();
    signal.raise();
    let done = async { while loops.join_next().await.is_some() {} };
    if tokio::time::timeout(worker::GRACE, done).await.is_err() {
        tracing::info!(
            event = %Event::WorkParked,
            "some work is still in flight: it is parked and goes on after the next start"
        );
    }
    loops.shutdown().await;
    beside.shutdown().await;
    let closed = rest(&daemon).await;
    if let Some(error) = failure {
        bail!("{error}");
    }
    closed?;
    tracing::info!(event = %Event::Stopped, "stopped");
    Ok(())
}

/// Stops in order when the daemon cannot start; returns the reason.
async fn given_up(daemon: &DaemonContext, mut beside: JoinSet<()>, why: anyhow::Error) -> anyhow::Error {
    watchdog::stopping();
    beside.shutdown().await;
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

/// Returns when a loop fails or panics; waits for loops that end properly.
async fn first_failure(loops: &mut JoinSet<Result<(), StoreError>>) -> String {
    loop {
        match loops.join_next().await {
            Some(Ok(Ok(()))) => {}
            Some(Ok(Err(error))) => return error.to_string(),
            Some(Err(_)) => return "a part of the daemon failed unexpectedly; please report it".into(),
            None => std::future::pending().await,
        }
    }
}

/// Asks Telegram who the bot is and removes a webhook, waiting for a Telegram that cannot be reached. A
/// refused token ends the daemon until somebody changes it, so Telegram is asked twice.
async fn greet(daemon: &DaemonContext) -> Result<Me> {
    let telegram: &Telegram = &daemon.app.telegram;
    let mut failures = 0_u32;
    let mut refused = false;
    let me = loop {
        daemon.greeting.tried(daemon.clock.now());
        let answer = telegram.me().await;
        daemon.greeting.tried(daemon.clock.now());
        match answer {
            Ok(me) => {
                daemon.telemetry.polling.well();
                break me;
            }
            Err(TelegramError::Unauthorized) if refused => return Err(StartupError::Token.into()),
            Err(TelegramError::Unauthorized) => {
                refused = true;
                tracing::error!(
                    event = %Event::TokenDoubted,
                    "Telegram refuses the bot token: asking once more, to be sure"
                );
                tokio::time::sleep(ASK_AGAIN).await;
            }
            Err(TelegramError::Setup(what)) => return Err(StartupError::Telegram(what).into()),
            Err(error) => {
                let pause = match error.retry() {
                    crate::telegram::Retry::After(secs) => secs.saturating_mul(1000),
                    _ => u64::try_from(backoff_ms(failures, fastrand::f64())).unwrap_or(1_000),
                };
                poller::note(daemon, &error);
                match &error {
                    TelegramError::Server { .. } => {
                        tracing::error!(
                            event = %Event::ConnectRefused,
                            pause_ms = pause,
                            "the bot cannot begin yet, trying again: {error}"
                        );
                    }
                    TelegramError::RetryAfter { secs } => {
                        tracing::warn!(
                            event = %Event::ConnectHeld,
                            secs,
                            "Telegram asked us to wait before the bot can begin"
                        );
                    }
                    _ => {
                        tracing::warn!(
                            event = %Event::ConnectFailed,
                            %error,
                            pause_ms = pause,
                            "Telegram does not answer yet, trying again"
                        )
                    }
                }
                failures = failures.saturating_add(1);
                // The pause is intended, so the watchdog must not count it.
                daemon.greeting.tried(daemon.clock.now().plus_ms(i64::try_from(pause).unwrap_or(i64::MAX)));
                telegram.fresh_connection();
                tokio::time::sleep(Duration::from_millis(pause)).await;
            }
        }
    };
    match telegram.remove_webhook().await {
        Ok(Some(host)) => tracing::warn!(
            event = %Event::WebhookRemoved,
            host,
            "a webhook was set on this bot and is now removed"
        ),
        Ok(None) => {}
        // If a webhook is set, the poller will be told and try again.
        Err(error) => tracing::warn!(%error, "could not check for a webhook"),
    }
    Ok(me)
}
