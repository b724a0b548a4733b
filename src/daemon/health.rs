//! Gathers the measurements that [`domain::health`](crate::domain::health) judges. Must not know the
//! thresholds.

use super::role::{Database, Standby};
use super::{DaemonContext, watchdog};
use crate::domain::health::{Health, Node, Role, SharedFacts, Signs, StoreFacts, judge};
use crate::domain::{Timestamp, WorkKind};
use crate::logging::Event;
use crate::store::Counts;
use crate::store::server::Standing;
use crate::telemetry::polling::Trouble;
use crate::tutor::{Part, Reach};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

/// Time limit for an answer of the store. Exporting a large store takes some seconds.
const STORE_ANSWERS: Duration = Duration::from_secs(8);
/// A tutor that was unreachable is tried when somebody asks for the health, at most this often, ms: perhaps
/// nobody else has called it since it came back.
const KNOCK_EVERY_MS: i64 = 30_000;

/// When the tutor was last tried for this reason.
#[derive(Debug, Default)]
pub struct Knocked(AtomicI64);

/// The store's counts, if it answers in time.
pub async fn counts(daemon: &DaemonContext) -> Option<Counts> {
    let counts = tokio::time::timeout(STORE_ANSWERS, daemon.app.store.counts()).await;
    counts.ok().and_then(Result::ok)
}

/// When the oldest rows that wait for the tutor and for a chat model were accepted, if the store answers in time.
pub async fn oldest(daemon: &DaemonContext) -> Option<[Option<Timestamp>; 2]> {
    let oldest = daemon.app.store.oldest([WorkKind::Tutor, WorkKind::Model]);
    tokio::time::timeout(STORE_ANSWERS, oldest).await.ok().and_then(Result::ok)
}

pub async fn health(daemon: &DaemonContext) -> Health {
    let counts = counts(daemon).await;
    knock(daemon);
    of(daemon, counts)
}

pub fn of(daemon: &DaemonContext, counts: Option<Counts>) -> Health {
    let now = daemon.clock.now();
    let signs = daemon.signs(daemon.began);
    let since = |at: Timestamp| u64::try_from(now.since_ms(at) / 1000).unwrap_or(0);
    let (tutor_reachable, tutor_unreachable_seconds, tutor_failing_seconds) = match daemon.app.tutor.reach() {
        Reach::Unknown => (None, 0, None),
        Reach::Yes { .. } => (Some(true), 0, None),
        Reach::Failing { since: at, .. } => (Some(true), 0, Some(since(at))),
        Reach::No { since: at, .. } => (Some(false), since(at), None),
    };
    let (polling_refused, polling_wait_ms) = match daemon.telemetry.polling.trouble() {
        Some(Trouble::Refused(why)) => (Some(why), 0),
        Some(Trouble::Wait(until)) => (None, u64::try_from(until.since_ms(now)).unwrap_or(0)),
        None => (None, 0),
    };
    let busy = daemon.busy.count(WorkKind::ALL);
    let (all_held_ms, longest_hold_ms) = daemon.sending.holds_ms();
    let signs = Signs {
        uptime_seconds: since(daemon.process_began()),
        role: Role::Owner,
        facts: facts(daemon),
        enabled: daemon.app.config.telegram_bot_enabled,
        seconds_since_poll: daemon.telemetry.last_poll().map(since),
        polling_refused,
        polling_wait_seconds: polling_wait_ms.div_ceil(1000),
        sending_wait_seconds: all_held_ms.div_ceil(1000),
        chat_wait_seconds: longest_hold_ms.div_ceil(1000),
        polling_problem: watchdog::judge_polling(signs, daemon.bounds()).err(),
        work_problem: watchdog::judge_work(signs, daemon.bounds()).err(),
        busy: busy.into_iter().sum::<usize>() as u64,
        store: counts.map(|counts| (counts.inbox as u64, counts.dead as u64)),
        store_trouble: None,
        restored_at: daemon.telemetry.restored_at().map(Timestamp::secs),
        tutor_reachable,
        tutor_unreachable_seconds,
        tutor_failing_seconds,
        tutor_parts: daemon.app.tutor.parts().iter().map(Part::look).collect(),
    };
    judge(signs, env!("CARGO_PKG_VERSION"))
}

fn facts(daemon: &DaemonContext) -> StoreFacts {
    let Some(ownership) = &daemon.ownership else {
        return StoreFacts { engine: "sled".to_owned(), shared: None };
    };
    let left = u64::try_from(ownership.tenure.left().as_millis()).unwrap_or(0);
    shared(&ownership.database, Some(&ownership.standing), left)
}

/// `lease_ms`: what is left of it now.
fn shared(database: &Database, standing: Option<&Standing>, lease_ms: u64) -> StoreFacts {
    let owner = standing
        .filter(|standing| standing.epoch > 0)
        .map(|standing| Node { node: standing.owner.node.clone(), addr: standing.owner.addr.clone() });
    let shared = SharedFacts {
        node: database.node.clone(),
        place: database.place.clone(),
        survives: database.survives.map(|it| it.to_string()),
        caution: database.caution.map(str::to_owned),
        owner,
        epoch: standing.map_or(0, |standing| standing.epoch),
        lease_ms,
    };
    StoreFacts { engine: database.engine.to_owned(), shared: Some(shared) }
}

/// Of a daemon that stands by. Asks nobody: the last look at the database counts.
pub fn of_standby(standby: &Standby) -> Health {
    let now = standby.clock.now();
    let unread = || "the database has not been read yet".to_owned();
    let signs = Signs {
        uptime_seconds: u64::try_from(now.since_ms(standby.began) / 1000).unwrap_or(0),
        role: Role::Standby,
        facts: shared(&standby.database, standby.standing.as_ref(), standby.lease_ms()),
        enabled: standby.enabled,
        work_problem: standby.alive().err(),
        store: standby.reads().then_some((0, 0)),
        store_trouble: Some(standby.trouble.clone().unwrap_or_else(unread)),
        ..Signs::default()
    };
    judge(signs, env!("CARGO_PKG_VERSION"))
}

/// Logs the tutor's state at the start, because nothing else calls it before the first voice.
pub async fn announce_tutor(daemon: Arc<DaemonContext>) {
    let asked = Instant::now();
    match daemon.app.tutor.knock().await {
        Ok(_) => {
            let took_ms = u64::try_from(asked.elapsed().as_millis()).unwrap_or(u64::MAX);
            tracing::info!(event = %Event::TutorAnswers, took_ms, "the tutor answers");
            for part in daemon.app.tutor.parts().iter().filter(|part| matches!(part.reach, Reach::No { .. }))
            {
                tracing::warn!(event = %Event::TutorSilent, part = %part.name, "a part of the tutor does not answer yet");
            }
        }
        Err(error) => tracing::warn!(
            event = %Event::TutorSilent,
            %error,
            "the tutor does not answer yet: voices wait until it does"
        ),
    }
}

/// Calls a tutor that was unreachable at the last call; the next health report uses the result.
pub fn knock(daemon: &DaemonContext) {
    let now = daemon.clock.now();
    let last = Timestamp(daemon.knocked.0.load(Ordering::Relaxed));
    let tutor = &daemon.app.tutor;
    let reaches = tutor.parts().into_iter().map(|part| part.reach).chain([tutor.reach()]);
    let away = reaches.into_iter().any(|reach| matches!(reach, Reach::No { .. }));
    if !away || now.since_ms(last) < KNOCK_EVERY_MS {
        return;
    }
    daemon.knocked.0.store(now.0, Ordering::Relaxed);
    let tutor = daemon.app.tutor.clone();
    tokio::spawn(async move {
        // The tutor's client remembers the result.
        let _ = tutor.knock().await;
    });
}
