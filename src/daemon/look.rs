//! The daemon at one moment, gathered for whoever watches it. Must not know how it is shown.

use super::watch::disk;
use super::{Crew, DELIVERIES_AT_ONCE, LOCAL_AT_ONCE, PREPARED_AHEAD, health, poller};
use crate::admin::snapshot::{LogLine, Queue, Share, Snapshot, TutorSign};
use crate::domain::stats::{Count, Failure};
use crate::domain::{Timestamp, WorkKind};
use crate::logging;
use crate::tutor::Reach;

/// What is counted, under the names it is shown by, in this order.
const SHOWN: [(&str, Count); 9] = [
    ("taken", Count::Taken),
    ("turns", Count::Turns),
    ("messages sent", Count::Sent),
    ("retries", Count::TurnRetries),
    ("sends retried", Count::SendRetries),
    ("429s", Count::SendThrottled),
    ("ambiguous sends", Count::Ambiguous),
    ("duplicates", Count::Repeated),
    ("given up", Count::DeadLetters),
];

/// Everything at this moment.
pub async fn snapshot(crew: &Crew) -> Snapshot {
    let counts = health::counts(crew).await;
    let troubles = health::of(crew, counts).problems().into_iter().map(str::to_owned).collect();
    let config = &crew.app.config;
    let slots = config.backend_concurrency;
    let counts = counts.unwrap_or_default();
    let [tutor, local, delivery] = crew.busy.count([WorkKind::Tutor, WorkKind::Local, WorkKind::Delivery]);
    let share = |name: &str, used, of| (name.to_owned(), Share { used, of });
    let tally = crew.vitals.tally();
    let failures: u64 = Failure::ALL.iter().map(|kind| tally.failed(*kind)).sum();
    let mut totals: Vec<_> =
        SHOWN.iter().map(|(name, count)| ((*name).to_owned(), crew.vitals.counted(*count))).collect();
    totals.push(("failures".to_owned(), failures));
    Snapshot {
        at: crew.clock.now(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started: crew.began,
        troubles,
        last_poll: crew.vitals.last_poll(),
        tutor: match crew.app.tutor.reachable() {
            Reach::Unknown => TutorSign::Unknown,
            Reach::Yes { since } => TutorSign::Answers(since),
            Reach::Failing { since, failures } => TutorSign::Failing(since, failures),
            Reach::No { since, failures } => TutorSign::Silent(since, failures),
        },
        slots: Share { used: slots.saturating_sub(crew.app.desk.slots.available_permits()), of: slots },
        queue: Queue {
            inbox: counts.inbox,
            capacity: poller::INBOX_CAPACITY,
            delivering: counts.delivering,
            leased: counts.leased,
            dead: counts.dead,
        },
        workers: vec![
            share("voices", tutor, slots + PREPARED_AHEAD),
            share("commands", local, LOCAL_AT_ONCE),
            share("sending", delivery, DELIVERIES_AT_ONCE),
        ],
        totals,
        store_bytes: disk::size(config.session_storage_path.clone()).await.unwrap_or(0),
        recent: logging::recent()
            .into_iter()
            .map(|line| LogLine { at: Timestamp(line.at_ms), error: line.error, text: line.text })
            .collect(),
    }
}
