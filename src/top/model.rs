//! Turns a series of snapshots into the graph of one counter's growth.
//!
//! Pure. Must not know the terminal.

use crate::admin::snapshot::Snapshot;
use crate::domain::Timestamp;
use std::collections::VecDeque;

/// Time that one bar of the graph stands for, ms.
const BAR_MS: i64 = 2_000;
/// Bars kept: as many as the widest terminal shows.
const BARS: usize = 300;

/// The latest snapshot and the growth that led to it.
#[derive(Debug, Default)]
pub(crate) struct Trend {
    latest: Option<Snapshot>,
    /// Growth of the counter per bar, oldest first.
    bars: VecDeque<u64>,
    bar_began: Option<(Timestamp, u64)>,
    /// Name of the counter.
    drawn: String,
}

impl Trend {
    pub(crate) fn of(counter: &str) -> Self {
        Self { drawn: counter.to_owned(), ..Self::default() }
    }

    pub(crate) fn push(&mut self, snapshot: Snapshot) {
        // A restarted daemon counts from 0 again, so earlier values cannot be compared.
        if self.latest.as_ref().is_some_and(|latest| latest.started != snapshot.started) {
            *self = Self::of(&self.drawn.clone());
        }
        let at = snapshot.at;
        let drawn = snapshot.counts.iter().find(|one| one.name == self.drawn);
        self.raise_bars(at, drawn.map_or(0, |one| one.total));
        self.latest = Some(snapshot);
    }

    fn raise_bars(&mut self, at: Timestamp, value: u64) {
        let Some((began, base)) = self.bar_began else {
            self.bar_began = Some((at, value));
            return;
        };
        let full = at.since_ms(began) / BAR_MS;
        if full == 0 {
            return;
        }
        // Growth during a gap between two snapshots is put into its last bar: nobody saw when it happened.
        let idle = usize::try_from(full - 1).unwrap_or(BARS).min(BARS);
        self.bars.extend(std::iter::repeat_n(0, idle));
        self.bars.push_back(value.saturating_sub(base));
        while self.bars.len() > BARS {
            self.bars.pop_front();
        }
        self.bar_began = Some((began.plus_ms(full * BAR_MS), value));
    }

    pub(crate) fn latest(&self) -> Option<&Snapshot> {
        self.latest.as_ref()
    }

    /// The last `width` bars, newest last.
    pub(crate) fn bars(&self, width: usize) -> Vec<u64> {
        let skip = self.bars.len().saturating_sub(width);
        self.bars.iter().skip(skip).copied().collect()
    }

    pub(crate) fn bar_secs(&self) -> i64 {
        BAR_MS / 1000
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::snapshot::Counted;

    fn at(secs: i64, taken: u64) -> Snapshot {
        Snapshot {
            at: Timestamp::from_secs(1_000 + secs),
            counts: vec![Counted { name: "taken".to_owned(), last_minute: 0, total: taken }],
            ..Snapshot::default()
        }
    }

    fn trend(points: &[(i64, u64)]) -> Trend {
        let mut trend = Trend::of("taken");
        points.iter().for_each(|(secs, taken)| trend.push(at(*secs, *taken)));
        trend
    }

    #[test]
    fn bars_stand_for_equal_times_whatever_the_pauses() {
        let trend = trend(&[(0, 0), (1, 2), (2, 3), (4, 7), (10, 8)]);
        assert_eq!(trend.bars(100), [3, 4, 0, 0, 1]);
        assert_eq!(trend.bars(2), [0, 1]);
    }

    #[test]
    fn a_restart_begins_anew() {
        let mut trend = trend(&[(0, 100), (10, 200)]);
        let restarted = Snapshot { started: Timestamp(1), ..at(12, 3) };
        trend.push(restarted);
        assert!(trend.bars(10).is_empty());
    }

    #[test]
    fn memory_is_bounded() {
        let mut trend = Trend::of("taken");
        for secs in 0..5_000 {
            trend.push(at(secs, 1));
        }
        assert!(trend.bars(usize::MAX).len() == BARS);
    }
}
