//! Counts of the last minute: samples of the totals, taken while something happens, and the difference since.
//!
//! Must not know who counts or who asks.

use crate::domain::Timestamp;
use crate::domain::stats::Tally;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Interval of samples while something happens; also the precision of the minute's beginning.
pub(crate) const SAMPLE_EVERY: Duration = Duration::from_secs(5);

const MINUTE_MS: i64 = 60_000;

/// Samples of the last minute and the one before it, oldest first; at most one per [`SAMPLE_EVERY`].
#[derive(Debug, Default)]
pub(crate) struct LastMinute(Mutex<VecDeque<(Timestamp, Tally)>>);

impl LastMinute {
    fn lock(&self) -> MutexGuard<'_, VecDeque<(Timestamp, Tally)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the totals as of now.
    pub(crate) fn sample(&self, tally: Tally, now: Timestamp) {
        let mut samples = self.lock();
        samples.push_back((now, tally));
        // The sample that the minute is measured from stays.
        while samples.get(1).is_some_and(|(second, _)| now.since_ms(*second) >= MINUTE_MS) {
            samples.pop_front();
        }
    }

    /// What was added in the last minute to `tally`, which counts since the start.
    pub(crate) fn of(&self, tally: &Tally, now: Timestamp) -> Tally {
        let samples = self.lock();
        let before = samples.iter().rev().find(|(at, _)| now.since_ms(*at) >= MINUTE_MS);
        before.map_or_else(|| tally.clone(), |(_, earlier)| tally.since(earlier))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::stats::Count;

    fn turns(n: u64) -> Tally {
        Tally { counts: [(Count::Turns, n)].into(), ..Tally::default() }
    }

    #[test]
    fn the_minute_begins_at_the_last_sample_before_it() {
        let at = Timestamp::from_secs;
        let minute = LastMinute::default();
        assert_eq!(minute.of(&turns(3), at(1_000)), turns(3), "nothing is older than the start");
        for (secs, n) in [(1_000, 3), (1_005, 7), (1_030, 8)] {
            minute.sample(turns(n), at(secs));
        }
        for (now, so_far, in_it) in
            [(1_030, 8, 8), (1_059, 8, 8), (1_060, 8, 5), (1_066, 9, 2), (1_090, 9, 1)]
        {
            assert_eq!(minute.of(&turns(so_far), at(now)).count(Count::Turns), in_it, "{now}");
        }
        for secs in 0..1_000 {
            minute.sample(turns(9), at(2_000 + secs * 5));
        }
        assert!(minute.lock().len() <= 14, "bounded");
    }
}
