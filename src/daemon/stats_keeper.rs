//! The daemon's statistics on their way into the store, so that `stats` shows them without a daemon, and to
//! the tutor if it wants them (`POST /bot/metrics`). Nothing is written or sent while nothing happens. Must
//! not know who counts.

use super::DaemonContext;
use super::last_minute::SAMPLE_EVERY;
use super::shutdown::Stop;
use crate::domain::Timestamp;
use crate::domain::stats::{Stats, Tally};
use crate::store::{Store, StoreError};
use crate::telemetry::Telemetry;
use crate::tutor::Reach;
use serde_json::{Value, json};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Shortest interval between two writes.
const KEEP_EVERY: Duration = Duration::from_secs(10);
/// Shortest interval between two reports to the tutor.
const TELL_EVERY: Duration = Duration::from_secs(30);
/// Pause when the tutor is busy with a turn.
const TELL_AGAIN: Duration = Duration::from_secs(5);

/// Since the start and of today.
#[derive(Debug)]
pub(crate) struct StatsKeeper(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    /// What the process had counted before: for a former term of its, or the start.
    base: Tally,
    stats: Stats,
    /// The store holds the current state.
    kept: bool,
    /// What the tutor was told.
    told: Tally,
}

impl StatsKeeper {
    /// Continues from what the store holds; `base`: what was counted before now.
    pub(crate) async fn open(store: &Store, base: Tally, now: Timestamp) -> Self {
        let kept = store.stats().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the numbers kept so far cannot be read: counting begins anew");
            None
        });
        let stats = Stats::begin(kept, now);
        Self(Mutex::new(Inner { base, stats, kept: false, told: Tally::default() }))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn current(&self, telemetry: &Telemetry, now: Timestamp) -> Stats {
        let mut inner = self.lock();
        let counted = telemetry.tally().since(&inner.base);
        if inner.stats.note(counted, now) {
            inner.kept = false;
        }
        inner.stats.clone().on_the_day_of(now)
    }

    /// Stores them if they have changed.
    pub(crate) async fn keep(
        &self,
        store: &Store,
        telemetry: &Telemetry,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let stats = self.current(telemetry, now);
        if std::mem::replace(&mut self.lock().kept, true) {
            return Ok(());
        }
        store.keep_stats(stats).await
    }

    fn untold(&self) -> Tally {
        let inner = self.lock();
        inner.stats.since_start.since(&inner.told)
    }

    /// What the tutor was not told yet; it counts as told from now on.
    fn tell(&self) -> (Tally, Timestamp) {
        let untold = self.untold();
        let mut inner = self.lock();
        inner.told = inner.stats.since_start.clone();
        (untold, inner.stats.updated)
    }
}

/// Runs until the shutdown signal. Whoever stops the daemon stores the last state.
pub(crate) async fn run(daemon: &DaemonContext, mut stop: Stop) {
    let mut next = Next::begin(Instant::now());
    loop {
        let owed = next.wanted && !daemon.stats_keeper.untold().is_empty();
        tokio::select! {
            () = daemon.telemetry.changed() => {
                // The counts of the last minute come from samples, which are only taken while something
                // happens.
                for _ in 0..KEEP_EVERY.as_secs() / SAMPLE_EVERY.as_secs() {
                    daemon.minute.sample(daemon.telemetry.tally(), daemon.clock.now());
                    if !stop.sleep(SAMPLE_EVERY).await {
                        return;
                    }
                }
                let now = daemon.clock.now();
                if let Err(error) = daemon.stats_keeper.keep(&daemon.app.store, &daemon.telemetry, now).await {
                    // If the store is broken, another loop ends the daemon.
                    tracing::warn!(%error, "the numbers could not be kept");
                }
            }
            () = tokio::time::sleep_until(next.at), if owed => {
                let told = tell(daemon).await;
                next.after(told, Instant::now());
            }
            () = stop.raised() => return,
        }
    }
}

/// When the tutor is told next, if ever.
struct Next {
    at: Instant,
    wanted: bool,
}

impl Next {
    fn begin(now: Instant) -> Self {
        Self { at: now + TELL_EVERY, wanted: true }
    }

    fn after(&mut self, told: Told, now: Instant) {
        self.wanted &= !matches!(told, Told::Unwanted);
        self.at = now + if matches!(told, Told::Busy) { TELL_AGAIN } else { TELL_EVERY };
    }
}

/// Result of telling the tutor.
enum Told {
    Done,
    /// Not now.
    Busy,
    /// Never again.
    Unwanted,
}

/// Tells the tutor unless it is busy with a turn (it may serve only one request at a time) or unreachable.
async fn tell(daemon: &DaemonContext) -> Told {
    let at_work = daemon.app.tutor.slots().used > 0;
    if at_work || matches!(daemon.app.tutor.reach(), Reach::No { .. }) {
        return Told::Busy;
    }
    let (tally, at) = daemon.stats_keeper.tell();
    match daemon.app.tutor.take_metrics(events(&tally, at).to_string().into()).await {
        Ok(true) => Told::Done,
        Ok(false) => {
            tracing::debug!("the tutor takes no events");
            Told::Unwanted
        }
        Err(error) => {
            tracing::debug!(%error, "events for the tutor are dropped");
            Told::Done
        }
    }
}

/// What happened since the last report, up to `at`. Names and numbers only.
fn events(tally: &Tally, at: Timestamp) -> Value {
    let at = crate::app::moment(at.0);
    let mut events = Vec::new();
    for (count, n) in &tally.counts {
        events.push(json!({"event": count.name(), "at": at, "count": n}));
    }
    for (kind, n) in &tally.failures {
        events.push(json!({"event": "failure", "kind": kind.name(), "at": at, "count": n}));
    }
    for (step, latency) in &tally.latencies {
        let (mean_ms, p95_ms) = (latency.mean_ms().round(), latency.quantile_ms(0.95).round());
        events.push(json!({"event": "stage", "stage": step.name(), "at": at, "count": latency.count,
            "mean_ms": mean_ms, "p95_ms": p95_ms}));
    }
    json!({"source": "phonicflow-bot", "version": env!("CARGO_PKG_VERSION"), "events": events})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::stats::{Count, Step};
    use crate::store::MemoryDisk;

    #[test]
    fn a_tutor_that_takes_no_events_is_told_nothing_any_more() {
        let now = Instant::now();
        let mut next = Next::begin(now);
        assert_eq!((next.wanted, next.at), (true, now + TELL_EVERY));
        next.after(Told::Busy, now);
        assert_eq!((next.wanted, next.at), (true, now + TELL_AGAIN));
        next.after(Told::Done, now);
        assert_eq!((next.wanted, next.at), (true, now + TELL_EVERY));
        next.after(Told::Unwanted, now);
        next.after(Told::Done, now);
        assert!(!next.wanted, "until the next start");
    }

    #[tokio::test]
    async fn numbers_are_kept_when_they_change_and_told_once() {
        let (store, telemetry) = (MemoryDisk::default().open().unwrap(), Telemetry::default());
        let t = |secs: i64| Timestamp::from_secs(1_700_000_000 + secs);
        let keeper = StatsKeeper::open(&store, Tally::default(), t(0)).await;
        telemetry.count(Count::Turns);
        telemetry.took_ms(Step::Tutor, 1_200);
        assert_eq!(keeper.current(&telemetry, t(1)).since_start.count(Count::Turns), 1);
        keeper.keep(&store, &telemetry, t(2)).await.unwrap();
        let kept = store.stats().await.unwrap().unwrap();
        assert_eq!(kept, keeper.current(&telemetry, t(3)), "asked with the daemon or without: the same");
        keeper.keep(&store, &telemetry, t(4)).await.unwrap();
        assert_eq!(store.stats().await.unwrap().unwrap().updated, t(1), "nothing new, nothing written");

        let (tally, at) = keeper.tell();
        let batch = events(&tally, at);
        assert_eq!(batch["events"][0], json!({"event": "turns", "at": "2023-11-14T22:13:21Z", "count": 1}));
        assert_eq!(batch["events"][1]["stage"], "tutor");
        assert!(keeper.untold().is_empty());

        // A former term of the same process, as far as it was kept.
        let again = StatsKeeper::open(&store, telemetry.tally(), t(60)).await;
        let stats = again.current(&telemetry, t(61));
        assert_eq!((stats.started, stats.since_start.is_empty()), (t(60), true));
        assert_eq!(stats.today.count(Count::Turns), 1, "the day goes on over a restart");
    }
}
