//! `/metrics`, `/health`, `/live` and `/ready`, if `METRICS_ADDR` is set: what is answered. Must not know
//! HTTP (see [`server`]).

pub mod disk;
mod host;
mod server;

use super::role::{Role, Roles, Standby};
use super::shutdown::Stop;
use super::{DaemonContext, StartupError, health, poller};
use crate::domain::health::Health;
use crate::domain::{Timestamp, WorkKind};
use crate::logging::Event;
use crate::store::server::{LEASE, RENEW_EVERY};
use crate::telemetry::exposition::{self, Gauges, SharedGauges};
use crate::tutor::Reach;
use server::Page;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;

/// What is left of an ownership whose last two renewals were acknowledged, at least.
const RENEWED_LATELY: Duration =
    Duration::from_millis((LEASE.as_millis() - 2 * RENEW_EVERY.as_millis()) as u64 - 1_000);

const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";
const JSON: &str = "application/json";

/// Takes the address.
///
/// # Errors
/// It is in use, or may not be used; in words for the person who starts the daemon.
pub async fn open(addr: SocketAddr) -> Result<TcpListener, StartupError> {
    let listener =
        TcpListener::bind(addr).await.map_err(|source| StartupError::MetricsAddr { addr, source })?;
    let addr = listener.local_addr().unwrap_or(addr);
    tracing::info!(event = %Event::MetricsServed, %addr, "serving /metrics, /health, /live and /ready");
    Ok(listener)
}

/// Answers until the shutdown signal.
pub async fn run(roles: Roles, listener: TcpListener, mut stop: Stop) {
    let answer = move |path: String| {
        let role = roles.borrow().clone();
        async move {
            match role {
                Role::Owner(daemon) => of_owner(&path, &daemon).await,
                Role::Standby(standby) => of_standby(&path, &standby),
            }
        }
    };
    tokio::select! {
        () = server::serve(listener, answer) => {}
        () = stop.raised() => {}
    }
}

async fn of_owner(path: &str, daemon: &DaemonContext) -> Option<Page> {
    match path {
        "/metrics" => Some(metrics(daemon).await),
        "/health" => Some(health_page(&health::health(daemon).await)),
        // Calls nothing else: whether the daemon is alive must not depend on others.
        "/live" => {
            let counts = match &daemon.ownership {
                // Nor must it wait for the database, whose outage would restart every daemon.
                Some(_) => None,
                None => health::counts(daemon).await,
            };
            let health = health::of(daemon, counts);
            Some(verdict_page(health.is_live(), health.problems()))
        }
        "/ready" => {
            let health = health::health(daemon).await;
            let problems = if health.is_live() { health.unready() } else { health.problems() };
            Some(verdict_page(health.is_ready(), problems))
        }
        _ => None,
    }
}

fn of_standby(path: &str, standby: &Standby) -> Option<Page> {
    let health = health::of_standby(standby);
    match path {
        "/metrics" => {
            let started_secs = standby.began.0 as f64 / 1000.0;
            let shared = SharedGauges {
                owner: false,
                take_overs: standby.database.take_overs,
                epoch: standby.standing.as_ref().map_or(0, |standing| standing.epoch),
                reachable: standby.reads(),
                lease_left_secs: standby.lease_ms() as f64 / 1000.0,
            };
            let body = exposition::render_standby(&shared, health.is_ok(), started_secs).into_bytes();
            Some(Page { status: 200, kind: PROMETHEUS, body })
        }
        "/health" => Some(health_page(&health)),
        "/live" => Some(verdict_page(health.is_live(), health.problems())),
        "/ready" => Some(verdict_page(health.is_ready(), health.problems())),
        _ => None,
    }
}

fn health_page(health: &Health) -> Page {
    let status = if health.is_ok() { 200 } else { 503 };
    let mut body = serde_json::to_vec_pretty(health).unwrap_or_default();
    body.push(b'\n');
    Page { status, kind: JSON, body }
}

/// Machines read the status, people the body.
fn verdict_page(ok: bool, problems: Vec<&str>) -> Page {
    let problems = if ok { Vec::new() } else { problems };
    let verdict = serde_json::json!({ "status": if ok { "ok" } else { "failing" }, "problems": problems });
    Page { status: if ok { 200 } else { 503 }, kind: JSON, body: format!("{verdict}\n").into_bytes() }
}

async fn metrics(daemon: &DaemonContext) -> Page {
    let counts = health::counts(daemon).await;
    health::knock(daemon);
    let health = health::of(daemon, counts);
    let now = daemon.clock.now();
    let secs = |at: Timestamp| u64::try_from(now.since_ms(at) / 1000).unwrap_or(0);
    let config = &daemon.app.config;
    let polls =
        config.telegram_bot_enabled.then(|| secs(daemon.telemetry.last_poll().unwrap_or(daemon.began)));
    let oldest = health::oldest(daemon).await;
    let slots = daemon.app.tutor.slots();
    let [busy_tutor, busy_local, busy_delivery, busy_model] = daemon.busy.count(WorkKind::ALL);
    let gauges = Gauges {
        store: counts.map(|counts| (counts.inbox, counts.delivering, counts.dead)),
        oldest_secs: oldest.map(|oldest| oldest.map(|at| at.map_or(0, secs))),
        inbox_capacity: poller::INBOX_CAPACITY,
        busy_tutor,
        busy_local,
        busy_delivery,
        busy_model,
        slots: slots.of,
        slots_used: slots.used,
        tutor_reachable: !matches!(daemon.app.tutor.reach(), Reach::No { .. }),
        tutor_unreachable_secs: health.checks.tutor.unreachable_seconds,
        tutor_failing_secs: health.checks.tutor.failing_seconds,
        tutor_parts: daemon
            .app
            .tutor
            .parts()
            .into_iter()
            .map(|part| (part.name, part.reach.is_well()))
            .collect(),
        poll_age_secs: polls,
        poll_age_limit_secs: daemon.bounds().longest_silence().as_secs(),
        store_bytes: disk::size(config.session_storage_path.clone()).await,
        restored_at_secs: daemon.telemetry.restored_at().map_or(0, Timestamp::secs),
        healthy: health.is_ok(),
        started_secs: daemon.process_began().0 as f64 / 1000.0,
        shared: daemon.ownership.as_ref().map(|it| SharedGauges {
            owner: true,
            take_overs: it.database.take_overs,
            epoch: it.standing.epoch,
            reachable: it.tenure.left() > RENEWED_LATELY,
            lease_left_secs: it.tenure.left().as_secs_f64(),
        }),
        model_servers: daemon.app.context.models.as_ref().map_or_else(Vec::new, |models| {
            models
                .servers()
                .iter()
                .map(|server| (server.name().into(), server.open_secs().is_some()))
                .collect()
        }),
    };
    Page { status: 200, kind: PROMETHEUS, body: daemon.telemetry.render(&gauges).into_bytes() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::health::{Signs, judge};

    #[test]
    fn the_status_tells_a_machine_what_the_body_tells_a_person() {
        let well = Signs { store: Some((0, 0)), ..Signs::default() };
        let page = health_page(&judge(well.clone(), "1.2.3"));
        assert_eq!((page.status, page.kind), (200, "application/json"));
        let page = health_page(&judge(Signs { tutor_unreachable_seconds: 301, ..well }, "1.2.3"));
        assert_eq!(page.status, 503);
        assert!(String::from_utf8(page.body).unwrap().contains("out of reach"));
    }
}
