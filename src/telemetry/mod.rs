//! Counters, durations and polling state of the running process.
//!
//! Counting is one atomic addition; whoever wants the numbers, the store or a scrape (see [`exposition`]), gets a [`Tally`].
//! Must not know who counts, or where the numbers are stored.

pub(crate) mod exposition;
pub(crate) mod polling;

use crate::domain::Timestamp;
use crate::domain::expectation::TurnTimes;
use crate::domain::stats::{BOUNDS_US, Count, Failure, Latency, Poll, Step, Tally};
use exposition::Gauges;
use polling::Polling;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Counters since the start. No user id, no text.
#[derive(Debug)]
pub(crate) struct Telemetry {
    pub polling: Polling,
    restored_at: AtomicI64,
    counts: [AtomicU64; Count::ALL.len()],
    failures: [AtomicU64; Failure::ALL.len()],
    /// Failures of model servers, by name in the configuration. No part of the [`Tally`], because servers are no closed set.
    model_failures: Mutex<BTreeMap<(Arc<str>, Failure), u64>>,
    polls: [AtomicU64; Poll::ALL.len()],
    steps: [Durations; Step::ALL.len()],
    /// How long the tutor took for the last turns.
    last_turns: Mutex<TurnTimes>,
    /// Something was counted since [`Self::changed`] last returned.
    dirty: AtomicBool,
    changed: Notify,
}

/// Durations of one stage so far.
#[derive(Debug)]
struct Durations {
    sum_us: AtomicU64,
    buckets: [AtomicU64; BOUNDS_US.len() + 1],
}

impl Default for Durations {
    fn default() -> Self {
        Self { sum_us: AtomicU64::new(0), buckets: zeros() }
    }
}

impl Default for Telemetry {
    fn default() -> Self {
        Self {
            polling: Polling::default(),
            restored_at: AtomicI64::new(0),
            counts: zeros(),
            failures: zeros(),
            model_failures: Mutex::default(),
            polls: zeros(),
            steps: std::array::from_fn(|_| Durations::default()),
            last_turns: Mutex::default(),
            dirty: AtomicBool::new(false),
            changed: Notify::new(),
        }
    }
}

fn zeros<const N: usize>() -> [AtomicU64; N] {
    std::array::from_fn(|_| AtomicU64::new(0))
}

fn add(counters: &[AtomicU64], place: usize, n: u64) {
    if let Some(counter) = counters.get(place) {
        counter.fetch_add(n, Ordering::Relaxed);
    }
}

fn read(counters: &[AtomicU64], place: usize) -> u64 {
    counters.get(place).map_or(0, |counter| counter.load(Ordering::Relaxed))
}

impl Telemetry {
    /// The tutor took so long for a turn.
    pub(crate) fn turn_took(&self, took: Duration) {
        let ms = i64::try_from(took.as_millis()).unwrap_or(i64::MAX);
        self.last_turns.lock().unwrap_or_else(PoisonError::into_inner).note(ms);
    }

    /// How long the tutor takes for a turn, by the last ones, ms; `None` before the first.
    pub(crate) fn typical_turn_ms(&self) -> Option<i64> {
        self.last_turns.lock().unwrap_or_else(PoisonError::into_inner).typical_ms()
    }

    /// When the last `getUpdates` completed; `None` before the first.
    pub(crate) fn last_poll(&self) -> Option<Timestamp> {
        self.polling.last_completed()
    }

    /// Counts a poll. Polls are no part of the [`Tally`], because they go on while nothing happens.
    pub(crate) fn poll(&self, result: Poll) {
        add(&self.polls, result as usize, 1);
    }

    /// Records when the store was last restored (possibly before this start).
    pub(crate) fn restored(&self, at: Timestamp) {
        self.restored_at.store(at.0, Ordering::Relaxed);
    }

    pub(crate) fn restored_at(&self) -> Option<Timestamp> {
        Some(self.restored_at.load(Ordering::Relaxed)).filter(|at| *at > 0).map(Timestamp)
    }

    pub(crate) fn count(&self, what: Count) {
        self.add(what, 1);
    }

    pub(crate) fn add(&self, what: Count, n: usize) {
        if n > 0 {
            add(&self.counts, what as usize, n as u64);
            self.touch();
        }
    }

    pub(crate) fn counted(&self, what: Count) -> u64 {
        read(&self.counts, what as usize)
    }

    pub(crate) fn failed(&self, kind: Failure) {
        add(&self.failures, kind as usize, 1);
        self.touch();
    }

    /// As [`Self::failed`], and for this server.
    pub(crate) fn model_failed(&self, server: &Arc<str>, kind: Failure) {
        let mut failures = self.model_failures.lock().unwrap_or_else(PoisonError::into_inner);
        let count = failures.entry((server.clone(), kind)).or_default();
        *count = count.saturating_add(1);
        drop(failures);
        self.failed(kind);
    }

    /// How often a server failed in this way since the start.
    fn model_failures(&self, server: &Arc<str>, kind: Failure) -> u64 {
        let failures = self.model_failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.get(&(server.clone(), kind)).copied().unwrap_or(0)
    }

    pub(crate) fn took(&self, step: Step, duration: Duration) {
        let us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        if let Some(durations) = self.steps.get(step as usize) {
            durations.sum_us.fetch_add(us, Ordering::Relaxed);
            add(&durations.buckets, BOUNDS_US.partition_point(|bound| *bound < us), 1);
        }
        self.touch();
    }

    /// As [`Self::took`], in milliseconds.
    pub(crate) fn took_ms(&self, step: Step, ms: i64) {
        self.took(step, Duration::from_millis(u64::try_from(ms).unwrap_or(0)));
    }

    /// Measures a stage. Failures are not counted: how fast a connection is refused says nothing about the
    /// stage.
    pub(crate) async fn timed<T, E>(
        &self,
        step: Step,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let start = Instant::now();
        let done = work.await;
        if done.is_ok() {
            self.took(step, start.elapsed());
        }
        done
    }

    /// Everything counted since the start.
    pub(crate) fn tally(&self) -> Tally {
        let counts = Count::ALL.iter().map(|count| (*count, read(&self.counts, *count as usize)));
        let failures = Failure::ALL.iter().map(|kind| (*kind, read(&self.failures, *kind as usize)));
        let latencies = Step::ALL.iter().zip(&self.steps).map(|(step, durations)| (*step, durations.read()));
        Tally {
            counts: counts.filter(|(_, n)| *n > 0).collect(),
            failures: failures.filter(|(_, n)| *n > 0).collect(),
            latencies: latencies.filter(|(_, latency)| latency.count > 0).collect(),
        }
    }

    /// Returns once something was counted after this last returned.
    pub(crate) async fn changed(&self) {
        while !self.dirty.swap(false, Ordering::AcqRel) {
            self.changed.notified().await;
        }
    }

    fn touch(&self) {
        if !self.dirty.swap(true, Ordering::AcqRel) {
            self.changed.notify_one();
        }
    }

    /// Prometheus text of this moment.
    pub(crate) fn render(&self, gauges: &Gauges) -> String {
        let polls = |result| read(&self.polls, result as usize);
        exposition::render(&self.tally(), polls, |server, kind| self.model_failures(server, kind), gauges)
    }
}

impl Durations {
    fn read(&self) -> Latency {
        let mut buckets: Vec<u64> =
            self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).collect();
        while buckets.last() == Some(&0) {
            buckets.pop();
        }
        Latency { count: buckets.iter().sum(), sum_us: self.sum_us.load(Ordering::Relaxed), buckets }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_counted_is_told_and_wakes_once() {
        let telemetry = Telemetry::default();
        telemetry.add(Count::Taken, 0);
        telemetry.poll(Poll::Conflict);
        assert!(telemetry.tally().is_empty());
        let quiet = tokio::time::timeout(Duration::from_millis(20), telemetry.changed()).await;
        assert!(quiet.is_err(), "nothing happened");
        telemetry.add(Count::Taken, 3);
        telemetry.failed(Failure::Fault);
        telemetry.took(Step::Decode, Duration::from_millis(7));
        telemetry.changed().await;
        let tally = telemetry.tally();
        assert_eq!((tally.count(Count::Taken), tally.failed(Failure::Fault)), (3, 1));
        let latency = tally.latency(Step::Decode).unwrap();
        assert_eq!(
            (latency.count, latency.sum_us, latency.buckets.as_slice()),
            (1, 7_000, &[0, 0, 0, 1][..])
        );
        let quiet = tokio::time::timeout(Duration::from_millis(20), telemetry.changed()).await;
        assert!(quiet.is_err(), "told already");
    }

    #[tokio::test]
    async fn only_what_succeeds_is_measured() {
        let telemetry = Telemetry::default();
        for (done, count) in [(Err(()), 0), (Ok(()), 1)] {
            assert_eq!(telemetry.timed(Step::Decode, std::future::ready(done)).await, done);
            let measured = telemetry.tally().latency(Step::Decode).map_or(0, |latency| latency.count);
            assert_eq!(measured, count, "{done:?}");
        }
    }

    #[test]
    fn a_scrape_shows_what_was_counted_and_what_never_happened() {
        let telemetry = Telemetry::default();
        telemetry.count(Count::Turns);
        telemetry.took(Step::Send, Duration::from_millis(3));
        let text = telemetry.render(&Gauges::default());
        assert!(text.contains("phonicflow_turns_total{kind=\"voice\"} 1"), "{text}");
        assert!(text.contains("phonicflow_stage_duration_seconds_count{stage=\"send\"} 1"), "{text}");
        assert!(text.contains("phonicflow_failures_total{kind=\"tutor_down\"} 0"), "{text}");
    }
}
