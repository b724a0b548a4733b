//! The daemon on a shared store: it stands by, takes the store over, is its owner for a term, and stands by again.
//!
//! Whatever the owner does ends with its tenure, at once and in the middle of it: another daemon may be the owner by then.
//! Must not know how a store is taken over, or what an owner does.

use super::candidate::{Candidate, Seat, Stood, Taken, passes};
use super::peers::Peers;
use super::process::Process;
use super::role::{Ownership, Role, Standby};
use super::shutdown::{self, Stop};
use super::term::{Failure, Term};
use super::{DaemonContext, StartupError, clock::Clock, rest, watchdog};
use crate::app::{App, Common};
use crate::domain::{Gate, Timestamp, printable};
use crate::logging::{self, Event};
use crate::store::server::{Ended, Tenure};
use crate::store::{Store, StoreError};
use anyhow::{Context, Result};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How long the store of a term that was cut off is waited for: its thread may hang on the lost database.
const CLOSED_WITHIN: Duration = Duration::from_secs(5);

/// How a term ended.
enum Left {
    /// The daemon was told to stop.
    Stopped,
    /// It cannot go on, whoever owns the store.
    Failed(anyhow::Error),
    /// It does not own the store any more; in words.
    SteppedDown(String),
}

/// Runs the daemon until `shutdown` resolves. Fails when Telegram refuses the token, or the database refuses to be used; one
/// that cannot be reached is waited for.
pub async fn run(
    common: Common,
    seat: Arc<dyn Seat>,
    peers: Peers,
    shutdown: impl Future<Output = ()>,
) -> Result<()> {
    let (signal, stop) = shutdown::channel();
    let told = async {
        shutdown.await;
        signal.raise();
        std::future::pending().await
    };
    tokio::select! {
        ended = role_after_role(common, seat, peers, stop) => ended,
        () = told => Ok(()),
    }
}

async fn role_after_role(common: Common, seat: Arc<dyn Seat>, peers: Peers, mut stop: Stop) -> Result<()> {
    let clock = Clock::start();
    let standby = Standby {
        database: seat.database(),
        me: peers.me.clone(),
        clock,
        began: clock.now(),
        enabled: common.config.telegram_bot_enabled,
        looked: clock.now(),
        standing: None,
        trouble: None,
    };
    if !standby.enabled {
        tracing::warn!(
            event = %Event::Disabled,
            "TELEGRAM_BOT_ENABLED is false: idle, the store is never taken over"
        );
    }
    if let Some(caution) = standby.database.caution {
        tracing::warn!(event = %Event::DatabaseCaution, "{caution}");
    }
    let (role, roles) = watch::channel(Role::Standby(Arc::new(standby.clone())));
    let mut process = Process::start(&common, roles, Some(peers)).await?;
    process.ready("standing by");
    let began = standby.began;
    let mut candidate = Candidate::new(seat, standby, role);
    let ended = loop {
        let taken = match candidate.stand_by(&mut stop).await {
            Ok(Stood::TakenOver(taken)) => taken,
            Ok(Stood::Stopped) => break Ok(()),
            Err(refused @ (StoreError::Damaged(_) | StoreError::Key(_) | StoreError::Newer { .. })) => {
                break Err(StartupError::Database(refused).into());
            }
            Err(error) => break Err(error.into()),
        };
        match term(&common, &mut candidate, taken, began, &process, &mut stop).await {
            Left::Stopped => break Ok(()),
            Left::Failed(error) => break Err(error),
            Left::SteppedDown(why) => {
                tracing::error!(
                    event = %Event::SteppedDown,
                    why = %printable::line(&why),
                    "no longer the owner of the store: everything in work was cut off, standing by"
                );
                candidate.step_back();
            }
        }
    };
    process.stop().await;
    if ended.is_ok() {
        tracing::info!(event = %Event::Stopped, "stopped");
    }
    ended
}

/// From the take-over until another daemon may own the store.
async fn term(
    common: &Common,
    candidate: &mut Candidate,
    taken: Taken,
    process_began: Timestamp,
    process: &Process,
    stop: &mut Stop,
) -> Left {
    let Taken { store, tenure, quiet_ms, standing, release } = taken;
    let database = candidate.database();
    tracing::info!(
        event = %Event::TakenOver,
        epoch = standing.epoch,
        quiet_ms,
        database = %database.place,
        survives = database.survives.map(tracing::field::display),
        "took the store over: this daemon polls, works and sends from now on"
    );
    let ownership = Ownership { database, tenure: tenure.clone(), standing, quiet_ms, process_began };
    let left = match within(&tenure, open(common, store.clone(), ownership)).await {
        Ok(daemon) => {
            candidate.role().send_replace(Role::Owner(daemon.clone()));
            let left = match within(&tenure, serve(&daemon, process, stop)).await {
                Ok(()) => match within(&tenure, rest(&daemon)).await {
                    Ok(()) => Left::Stopped,
                    Err(left) => left,
                },
                Err(left) => left,
            };
            // The notes say what a crash left in work, and this is none.
            daemon.quarantine.close().await;
            left
        }
        Err(left) => left,
    };
    // Nothing that is still under way may act, whatever ended the term.
    tenure.end(Ended::Released);
    match left {
        Left::SteppedDown(_) => candidate.stand_by_again(),
        Left::Stopped | Left::Failed(_) => {}
    }
    if !matches!(left, Left::Stopped) {
        let _ = tokio::time::timeout(CLOSED_WITHIN, store.close()).await;
    }
    drop(store);
    let released = tokio::task::spawn_blocking(release);
    let _ = tokio::time::timeout(CLOSED_WITHIN, released).await;
    left
}

/// Builds everything anew on the store that was taken over.
async fn open(common: &Common, store: Store, ownership: Ownership) -> Result<Arc<DaemonContext>> {
    let tenure = ownership.tenure.clone();
    let gate = Gate::new(move || tenure.holds());
    logging::set_log_key(store.log_key().await.context("reading the store")?);
    let app = Arc::new(App::assemble(Common { gate, ..common.clone() }, store)?);
    app.telemetry.polling.begin();
    Ok(DaemonContext::open_shared(app, ownership).await?)
}

/// The owner's work, until the daemon is told to stop and everything is finished or parked.
async fn serve(daemon: &Arc<DaemonContext>, process: &Process, stop: &mut Stop) -> Result<()> {
    watchdog::status("owner of the store, connecting to Telegram");
    let mut term = tokio::select! {
        begun = Term::begin(daemon) => begun?,
        () = stop.raised() => return Ok(()),
    };
    tokio::select! {
        () = stop.raised() => {}
        failure = term.failed() => return Err(match failure {
            Failure::Store(error) => error.into(),
            broken => broken.into(),
        }),
    }
    tracing::info!(event = %Event::Stopping, "stopping: what is in flight is finished or parked");
    process.stopping();
    term.finish().await;
    Ok(())
}

/// Does something as long as the tenure lasts; it is dropped in the middle when that ends.
async fn within<T>(tenure: &Tenure, work: impl Future<Output = Result<T>>) -> Result<T, Left> {
    let done = tokio::select! {
        biased;
        why = tenure.over() => return Err(Left::SteppedDown(words(why))),
        done = work => done,
    };
    done.map_err(|error| match error.downcast_ref::<StoreError>() {
        // With the ownership gone, whatever the store says follows from it.
        Some(store) if passes(store) || !tenure.holds() => Left::SteppedDown(format!("{error:#}")),
        _ => {
            tracing::error!(event = %Event::DaemonFailed, error = format!("{error:#}"), "the daemon cannot go on");
            Left::Failed(error)
        }
    })
}

fn words(why: Ended) -> String {
    match why {
        Ended::NotRenewed(trouble) if trouble.is_empty() => {
            "the ownership could not be renewed in time; the process may have been stopped".to_owned()
        }
        Ended::NotRenewed(trouble) => format!("the ownership could not be renewed in time: {trouble}"),
        Ended::Fenced => StoreError::Fenced.to_string(),
        Ended::Released => "it was given back".to_owned(),
    }
}
