//! What the daemon has done, in numbers: counts, failures by kind and the durations of stages, since its
//! start and today.
//!
//! Must not know who counts, where numbers are stored or how they are shown.

mod kinds;

pub use kinds::{Count, Failure, Poll, Step};

use super::ids::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;

/// Upper bounds of a histogram's buckets, µs; one more bucket lies above them.
pub(crate) const BOUNDS_US: [u64; 19] = [
    1_000,
    2_500,
    5_000,
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    20_000_000,
    30_000_000,
    60_000_000,
    120_000_000,
    600_000_000,
    3_600_000_000,
];

/// Histogram of a stage's durations.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latency {
    /// Number of measurements.
    pub count: u64,
    /// Sum of all durations, µs.
    pub sum_us: u64,
    /// Measurements per bucket; trailing empty buckets are left out.
    pub buckets: Vec<u64>,
}

impl Latency {
    /// Ms; 0 without measurements.
    pub(crate) fn mean_ms(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.sum_us as f64 / self.count as f64 / 1000.0 }
    }

    /// The duration (ms) that this share (0 to 1) of the measurements did not exceed, as precisely as the
    /// buckets tell; 0 without measurements.
    pub(crate) fn quantile_ms(&self, share: f64) -> f64 {
        let wanted = share * self.count as f64;
        let (mut below, mut lower) = (0.0, 0);
        for (place, held) in self.buckets.iter().enumerate() {
            let held = *held as f64;
            // Above the last bound nothing more is known.
            let Some(upper) = BOUNDS_US.get(place) else { break };
            if held > 0.0 && below + held >= wanted {
                let part = ((wanted - below) / held).clamp(0.0, 1.0);
                return (lower as f64 + part * (*upper - lower) as f64) / 1000.0;
            }
            below += held;
            lower = *upper;
        }
        lower as f64 / 1000.0
    }

    fn combine(&self, other: &Self, with: impl Fn(u64, u64) -> u64) -> Self {
        let length = self.buckets.len().max(other.buckets.len());
        let at = |latency: &Self, place: usize| latency.buckets.get(place).copied().unwrap_or(0);
        let mut buckets: Vec<u64> = (0..length).map(|n| with(at(self, n), at(other, n))).collect();
        while buckets.last() == Some(&0) {
            buckets.pop();
        }
        Self { count: with(self.count, other.count), sum_us: with(self.sum_us, other.sum_us), buckets }
    }
}

/// Numbers of a time span; zeros are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub counts: BTreeMap<Count, u64>,
    pub failures: BTreeMap<Failure, u64>,
    pub latencies: BTreeMap<Step, Latency>,
}

impl Tally {
    pub(crate) fn count(&self, count: Count) -> u64 {
        self.counts.get(&count).copied().unwrap_or(0)
    }

    /// Finished turns, voice and text.
    pub(crate) fn turns(&self) -> u64 {
        self.count(Count::Turns).saturating_add(self.count(Count::TextTurns))
    }

    pub(crate) fn failed(&self, kind: Failure) -> u64 {
        self.failures.get(&kind).copied().unwrap_or(0)
    }

    pub(crate) fn failures(&self) -> u64 {
        self.failures.values().sum()
    }

    pub(crate) fn latency(&self, step: Step) -> Option<&Latency> {
        self.latencies.get(&step)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.counts.is_empty() && self.failures.is_empty() && self.latencies.is_empty()
    }

    /// The sum of two time spans.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        self.combine(other, u64::saturating_add)
    }

    /// The difference to an earlier tally of the same time span.
    #[must_use]
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        self.combine(earlier, u64::saturating_sub)
    }

    fn combine(&self, other: &Self, with: impl Fn(u64, u64) -> u64 + Copy) -> Self {
        fn sums<K: Copy + Ord>(
            one: &BTreeMap<K, u64>,
            two: &BTreeMap<K, u64>,
            with: impl Fn(u64, u64) -> u64,
        ) -> BTreeMap<K, u64> {
            let at = |map: &BTreeMap<K, u64>, key: &K| map.get(key).copied().unwrap_or(0);
            let all = one.keys().chain(two.keys());
            all.map(|key| (*key, with(at(one, key), at(two, key)))).filter(|(_, sum)| *sum > 0).collect()
        }
        let none = Latency::default();
        let at = |tally: &Self, step: &Step| tally.latencies.get(step).cloned().unwrap_or_default();
        let steps = self.latencies.keys().chain(other.latencies.keys());
        Self {
            counts: sums(&self.counts, &other.counts, with),
            failures: sums(&self.failures, &other.failures, with),
            latencies: steps
                .map(|step| (*step, at(self, step).combine(&at(other, step), with)))
                .filter(|(_, latency)| *latency != none)
                .collect(),
        }
    }
}

/// The stored statistics, which `stats` shows whether or not the daemon runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// Last start of the daemon.
    pub started: Timestamp,
    /// When a number last changed.
    pub updated: Timestamp,
    pub since_start: Tally,
    /// The day of `today`: days since the epoch, UTC.
    pub day: i64,
    /// That day, over all starts.
    pub today: Tally,
}

impl Stats {
    /// For a daemon that starts now; a day that has begun continues.
    pub(crate) fn begin(kept: Option<Self>, now: Timestamp) -> Self {
        let kept = kept.unwrap_or_default().on_the_day_of(now);
        Self { started: now, updated: now, since_start: Tally::default(), ..kept }
    }

    /// Updates it from everything counted since the start; `false` if nothing is new.
    pub(crate) fn note(&mut self, since_start: Tally, now: Timestamp) -> bool {
        let new = since_start.since(&self.since_start);
        if new.is_empty() {
            return false;
        }
        let rolled = std::mem::take(self).on_the_day_of(now);
        *self = Self { updated: now, today: rolled.today.plus(&new), since_start, ..rolled };
        true
    }

    /// As it reads at `now`: a new day begins with nothing.
    #[must_use]
    pub(crate) fn on_the_day_of(self, now: Timestamp) -> Self {
        let day = now.0.div_euclid(DAY_MS);
        if day == self.day { self } else { Self { day, today: Tally::default(), ..self } }
    }

    /// Midnight (UTC) at which the day began.
    pub(crate) fn midnight(&self) -> Timestamp {
        Timestamp(self.day.saturating_mul(DAY_MS))
    }

    /// Hours that the numbers since the start cover, at least one.
    pub(crate) fn hours_since_start(&self) -> f64 {
        hours(self.updated.since_ms(self.started))
    }

    /// Hours that today's numbers cover, at least one.
    pub(crate) fn hours_today(&self) -> f64 {
        hours(self.updated.since_ms(self.midnight()).min(DAY_MS))
    }
}

/// A rate over less than an hour would be noise.
fn hours(ms: i64) -> f64 {
    ms.max(HOUR_MS) as f64 / HOUR_MS as f64
}

/// What the store holds now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holdings {
    /// Rows in the inbox, whatever their stage.
    pub inbox: u64,
    /// Those of them that are in delivery.
    pub delivering: u64,
    pub dead_letters: u64,
    pub learners: u64,
    pub archived_sessions: u64,
    /// Turns stored.
    pub turns_kept: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tally(turns: u64, timeouts: u64, waits_us: &[u64]) -> Tally {
        let mut latency = Latency::default();
        for us in waits_us {
            let place = BOUNDS_US.partition_point(|bound| bound < us);
            latency.buckets.resize(latency.buckets.len().max(place + 1), 0);
            latency.buckets[place] += 1;
            latency.count += 1;
            latency.sum_us += us;
        }
        let mut tally = Tally::default();
        if turns > 0 {
            tally.counts.insert(Count::Turns, turns);
        }
        if timeouts > 0 {
            tally.failures.insert(Failure::TutorTimeout, timeouts);
        }
        if latency.count > 0 {
            tally.latencies.insert(Step::Tutor, latency);
        }
        tally
    }

    #[test]
    fn today_goes_on_over_restarts_and_ends_at_midnight() {
        let noon = Timestamp(20_000 * DAY_MS + DAY_MS / 2);
        let mut first = Stats::begin(None, noon);
        assert!(!first.note(Tally::default(), noon.plus_ms(1)));
        assert_eq!(first.updated, noon, "nothing happened");
        assert!(first.note(tally(2, 1, &[900]), noon.plus_ms(5)));
        assert!(first.note(tally(3, 1, &[900, 4_000]), noon.plus_ms(9)));
        assert_eq!((first.today.clone(), first.updated), (tally(3, 1, &[900, 4_000]), noon.plus_ms(9)));

        let mut second = Stats::begin(Some(first), noon.plus_ms(HOUR_MS));
        assert!(second.since_start.is_empty() && second.today == tally(3, 1, &[900, 4_000]));
        assert!(second.note(tally(1, 0, &[]), noon.plus_ms(2 * HOUR_MS)));
        assert_eq!((second.today.count(Count::Turns), second.since_start.count(Count::Turns)), (4, 1));
        assert_eq!(second.hours_today(), 14.0);
        assert_eq!(second.hours_since_start(), 1.0);

        let next_day = second.clone().on_the_day_of(noon.plus_ms(DAY_MS));
        assert!(next_day.today.is_empty() && next_day.day == second.day + 1);
        assert!(second.note(tally(2, 0, &[]), noon.plus_ms(DAY_MS)));
        assert_eq!((second.today, second.since_start), (tally(1, 0, &[]), tally(2, 0, &[])));
    }

    #[test]
    fn quantiles_lie_in_the_bucket_they_should() {
        let waits: Vec<u64> = (1..=100).map(|n| n * 100_000).collect();
        let tally = tally(0, 0, &waits);
        let latency = tally.latency(Step::Tutor).unwrap();
        assert_eq!((latency.count, latency.mean_ms()), (100, 5_050.0));
        for (share, from, to) in
            [(0.5, 4_900.0, 5_100.0), (0.95, 9_000.0, 10_000.0), (1.0, 9_900.0, 10_000.0)]
        {
            let found = latency.quantile_ms(share);
            assert!((from..=to).contains(&found), "{share}: {found}");
        }
        let endless = super::tests::tally(0, 0, &[u64::MAX / 2]);
        assert_eq!(endless.latency(Step::Tutor).unwrap().quantile_ms(0.5), 3_600_000.0);
        assert_eq!(Latency::default().quantile_ms(0.95), 0.0);
    }

    #[test]
    fn json_has_names_and_a_name_nobody_knows_is_told() {
        let json = serde_json::to_value(tally(1, 2, &[1_500])).unwrap();
        assert_eq!(json["counts"]["turns"], 1);
        assert_eq!(json["failures"]["tutor_timeout"], 2);
        assert_eq!(json["latencies"]["tutor"]["count"], 1);
        assert_eq!(serde_json::from_value::<Tally>(json).unwrap(), tally(1, 2, &[1_500]));
        assert!(serde_json::from_str::<Count>("\"bananas\"").is_err());
    }

    proptest! {
        #[test]
        fn what_is_added_can_be_taken_away(
            a in (0..9_u64, 0..9_u64, proptest::collection::vec(0..9_000_000_000_u64, 0..9)),
            b in (0..9_u64, 0..9_u64, proptest::collection::vec(0..9_000_000_000_u64, 0..9)),
        ) {
            let (a, b) = (tally(a.0, a.1, &a.2), tally(b.0, b.1, &b.2));
            prop_assert_eq!(&a.plus(&b), &b.plus(&a));
            prop_assert_eq!(a.plus(&b).since(&b), a);
        }
    }
}
