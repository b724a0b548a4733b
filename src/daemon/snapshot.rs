//! Gathers the daemon's state at one moment for `top`. Must not know how it is shown.

use super::watch::disk;
use super::{DaemonContext, LOCAL_AT_ONCE, health, poller};
use crate::admin::snapshot::{
    Counted, LogLine, ModelServer, Queue, Share, Snapshot, Timed, TutorLook, TutorState, Work,
};
use crate::domain::stats::{Count, Step, Tally};
use crate::domain::{Timestamp, WorkKind};
use crate::logging;
use crate::model::Server;
use crate::tutor::{Part, Reach};
use std::sync::Arc;

/// Counts shown, most important first; a small screen shows no more.
const SHOWN: [Count; 13] = [
    Count::Taken,
    Count::Turns,
    Count::TextTurns,
    Count::Sent,
    Count::DeadLetters,
    Count::TurnRetries,
    Count::SendRetries,
    Count::SendThrottled,
    Count::Ambiguous,
    Count::TokensIn,
    Count::TokensOut,
    Count::BudgetRefusals,
    Count::Repeated,
];

pub async fn snapshot(daemon: &DaemonContext) -> Snapshot {
    let counts = health::counts(daemon).await;
    let troubles = health::of(daemon, counts).problems().into_iter().map(str::to_owned).collect();
    let config = &daemon.app.config;
    let slots = daemon.app.tutor.slots();
    let counts = counts.unwrap_or_default();
    let [tutor, local, delivery, model] = daemon.busy.count(WorkKind::ALL);
    let work = |name: &str, used, of| Work { name: name.to_owned(), used, of };
    let now = daemon.clock.now();
    let tally = daemon.telemetry.tally();
    let minute = daemon.minute.of(&tally, now);
    Snapshot {
        at: now,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started: daemon.began,
        troubles,
        last_poll: daemon.telemetry.last_poll(),
        tutor: tutor_look(daemon),
        slots: Share { used: slots.used, of: slots.of },
        queue: Queue {
            inbox: counts.inbox,
            capacity: poller::INBOX_CAPACITY,
            delivering: counts.delivering,
            leased: counts.leased,
            dead: counts.dead,
        },
        workers: vec![
            work("voices", tutor, daemon.app.tutor.in_hand()),
            work("texts", model, config.ai.concurrency),
            work("commands", local, LOCAL_AT_ONCE),
            work("sending", delivery, daemon.deliveries_at_once()),
        ],
        models: daemon.app.context.models.as_ref().map_or_else(Vec::new, |models| {
            let look = |server: &Arc<Server>| ModelServer {
                name: server.name().to_owned(),
                resting_secs: server.open_secs(),
            };
            models.servers().iter().map(look).collect()
        }),
        counts: counted(&tally, &minute),
        latencies: timed(&minute),
        store_bytes: disk::size(config.session_storage_path.clone()).await.unwrap_or(0),
        recent: logging::recent()
            .into_iter()
            .map(|line| LogLine { at: Timestamp(line.at_ms), error: line.error, text: line.text })
            .collect(),
    }
}

fn tutor_look(daemon: &DaemonContext) -> TutorLook {
    let (state, since, failed_calls) = match daemon.app.tutor.reach() {
        Reach::Unknown => (TutorState::Unknown, None, 0),
        Reach::Yes { since } => (TutorState::Answering, Some(since), 0),
        Reach::Failing { since, failures } => (TutorState::Failing, Some(since), failures),
        Reach::No { since, failures } => (TutorState::Silent, Some(since), failures),
    };
    let parts = daemon.app.tutor.parts().iter().map(Part::look).collect();
    TutorLook { state, since, failed_calls, parts }
}

fn counted(tally: &Tally, minute: &Tally) -> Vec<Counted> {
    let one = |count: &Count| Counted {
        name: count.name().to_owned(),
        last_minute: minute.count(*count),
        total: tally.count(*count),
    };
    let failures =
        Counted { name: "failures".to_owned(), last_minute: minute.failures(), total: tally.failures() };
    let mut counts: Vec<Counted> = SHOWN.iter().map(one).collect();
    counts.insert(counts.len().min(4), failures);
    counts
}

fn timed(minute: &Tally) -> Vec<Timed> {
    let whole = |ms: f64| (ms * 10.0).round() / 10.0;
    let of = |step: &Step| {
        let latency = minute.latency(*step)?;
        Some(Timed {
            stage: step.name().to_owned(),
            count: latency.count,
            p50_ms: whole(latency.quantile_ms(0.5)),
            p95_ms: whole(latency.quantile_ms(0.95)),
        })
    };
    Step::ALL.iter().filter_map(of).collect()
}
