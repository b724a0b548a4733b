//! The owner's part of the daemon, for one term: everything that polls, works, sends, and writes to the store.
//!
//! It begins with the first call to Telegram. Told to stop, it finishes or parks what is in work; dropped, it ends at once
//! and in the middle of everything. Must not know why it ends, or what the process does beside it.

use super::shutdown::{self, StopSignal};
use super::{
    DaemonContext, LOCAL_AT_ONCE, admin_alerts, clock, greeting, health, housekeeping, menu, poller,
    reminders, stats_keeper, watchdog, worker,
};
use crate::domain::WorkKind;
use crate::logging::Event;
use crate::store::StoreError;
use anyhow::Result;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Everything that runs for the owner.
pub struct Term {
    /// Those that hold work, and whose failure ends the term.
    loops: JoinSet<Result<(), StoreError>>,
    beside: JoinSet<()>,
    signal: StopSignal,
}

/// Why a term cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Store(StoreError),
    #[error("a part of the daemon failed unexpectedly; please report it")]
    Broken,
}

impl Term {
    /// Waits for a Telegram that cannot be reached. Fails when Telegram refuses the token, or the store fails.
    pub async fn begin(daemon: &Arc<DaemonContext>) -> Result<Self> {
        let me = greeting::greet(daemon).await?;
        tracing::info!(event = %Event::Connected, bot = %me.username, "connected to Telegram, polling");
        watchdog::status("polling");
        daemon.progress.take_up_all(daemon).await?;

        let (signal, stop) = shutdown::channel();
        let mut loops: JoinSet<Result<(), StoreError>> = JoinSet::new();
        for (kind, at_once) in [
            (WorkKind::Tutor, daemon.app.tutor.in_hand()),
            (WorkKind::Local, LOCAL_AT_ONCE),
            (WorkKind::Model, daemon.app.config.ai.concurrency),
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
        let mut beside = JoinSet::new();
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
        beside.spawn(menu::announce(daemon.app.clone(), stop));
        beside.spawn(health::announce_tutor(daemon.clone()));
        Ok(Self { loops, beside, signal })
    }

    /// Returns when a loop fails or panics; waits for loops that end properly.
    pub async fn failed(&mut self) -> Failure {
        loop {
            match self.loops.join_next().await {
                Some(Ok(Ok(()))) => {}
                Some(Ok(Err(error))) => return Failure::Store(error),
                Some(Err(_)) => return Failure::Broken,
                None => std::future::pending().await,
            }
        }
    }

    /// Takes nothing more on, and finishes or parks what is in work.
    pub async fn finish(mut self) {
        self.signal.raise();
        let done = async { while self.loops.join_next().await.is_some() {} };
        if tokio::time::timeout(worker::GRACE, done).await.is_err() {
            tracing::info!(
                event = %Event::WorkParked,
                "some work is still in flight: it is parked and goes on after the next start"
            );
        }
        self.loops.shutdown().await;
        self.beside.shutdown().await;
    }
}
