//! The rate limit: GCRA (generic cell rate algorithm), one stored time per learner.
//!
//! Must not know where it is stored. Uses each message's own date, so that messages delivered late after an
//! outage are judged by when they were sent.

use super::ids::Timestamp;
use serde::{Deserialize, Serialize};

/// A notice is sent at most once in this time, ms.
pub(crate) const NOTICE_WINDOW_MS: i64 = 60_000;

/// The allowance is full again after one minute; another minute for messages that arrive out of order, ms.
const LONGEST_DEBT_MS: i64 = 120_000;

/// Stored per learner.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateState {
    /// GCRA's theoretical arrival time: when the allowance will be full again.
    pub tat: Timestamp,
    /// When the last notice was sent.
    pub noticed_at: Option<Timestamp>,
}

/// Messages per minute, all of which may come at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerMinute(pub u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RateVerdict {
    Pass,
    /// It exceeds the limit.
    Wait {
        /// Ms from the message's date until one would pass.
        ms: i64,
        /// Whether to answer this one with a notice.
        notice: bool,
    },
}

impl PerMinute {
    fn interval_ms(self) -> i64 {
        60_000 / i64::from(self.0.max(1))
    }

    fn tolerance_ms(self) -> i64 {
        self.interval_ms() * (i64::from(self.0.max(1)) - 1)
    }

    /// When the allowance is full again, seen from `at`. A state further ahead than the allowance is long
    /// comes from a wrong date or from before the clock was set back, and must not lock anybody out for
    /// years.
    fn whole_at(self, state: &RateState, at: Timestamp) -> Timestamp {
        if state.tat.since_ms(at) > LONGEST_DEBT_MS { at } else { state.tat.max(at) }
    }

    /// Judges a message sent at `at` and updates the state.
    pub(crate) fn judge(self, state: &mut RateState, at: Timestamp) -> RateVerdict {
        let tat = self.whole_at(state, at);
        let ms = tat.since_ms(at) - self.tolerance_ms();
        if ms <= 0 {
            state.tat = tat.plus_ms(self.interval_ms());
            return RateVerdict::Pass;
        }
        let notice = state.noticed_at.is_none_or(|last| (at.0 - last.0).abs() >= NOTICE_WINDOW_MS);
        if notice {
            state.noticed_at = Some(at);
        }
        RateVerdict::Wait { ms, notice }
    }

    /// How long (ms) a message sent at `at` has to wait if it may queue instead of being refused.
    pub(crate) fn delay(self, state: &mut RateState, at: Timestamp) -> i64 {
        let tat = state.tat.max(at);
        state.tat = tat.plus_ms(self.interval_ms());
        (tat.since_ms(at) - self.tolerance_ms()).max(0)
    }

    /// How many messages would pass now.
    pub(crate) fn left(self, state: &RateState, now: Timestamp) -> u32 {
        let used = self.whole_at(state, now).since_ms(now);
        let free = self.tolerance_ms() + self.interval_ms() - used;
        u32::try_from((free / self.interval_ms()).max(0)).unwrap_or(0).min(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_burst_of_the_whole_allowance_passes_and_no_more() {
        let limit = PerMinute(3);
        let mut state = RateState::default();
        let now = Timestamp(1_000_000_000);
        for _ in 0..3 {
            assert_eq!(limit.judge(&mut state, now), RateVerdict::Pass);
        }
        assert_eq!(limit.left(&state, now), 0);
        assert_eq!(limit.judge(&mut state, now), RateVerdict::Wait { ms: 20_000, notice: true });
        assert_eq!(limit.judge(&mut state, now), RateVerdict::Wait { ms: 20_000, notice: false });
        assert_eq!(limit.judge(&mut state, now.plus_ms(20_000)), RateVerdict::Pass);
        assert_eq!(limit.left(&state, now.plus_ms(200_000)), 3);
    }

    #[test]
    fn an_older_date_from_a_backlog_is_judged_at_its_own_time() {
        let limit = PerMinute(1);
        let mut state = RateState::default();
        let start = Timestamp(5_000_000);
        for minute in 0..5 {
            assert_eq!(limit.judge(&mut state, start.plus_ms(minute * 60_000)), RateVerdict::Pass);
        }
    }

    #[test]
    fn a_date_that_was_wrong_bars_nobody() {
        let limit = PerMinute(1);
        let now = Timestamp(1_000_000_000);
        for years_ms in [31_536_000_000_i64, 200_000] {
            let mut state = RateState { tat: now.plus_ms(years_ms), noticed_at: Some(now.plus_ms(years_ms)) };
            assert_eq!(limit.left(&state, now), 1);
            assert_eq!(limit.judge(&mut state, now), RateVerdict::Pass);
            assert!(matches!(limit.judge(&mut state, now), RateVerdict::Wait { ms: 60_000, notice: true }));
        }
    }

    #[test]
    fn queued_messages_are_spread_over_time() {
        let limit = PerMinute(60);
        let mut state = RateState::default();
        let now = Timestamp(9_000_000);
        let delays: Vec<i64> = (0..63).map(|_| limit.delay(&mut state, now)).collect();
        assert_eq!(&delays[58..], &[0, 0, 1000, 2000, 3000]);
    }

    proptest! {
        #[test]
        fn never_more_than_twice_the_allowance_in_any_minute(mpm in 1u32..120, gaps in proptest::collection::vec(0i64..5_000, 1..400)) {
            let limit = PerMinute(mpm);
            let mut state = RateState::default();
            let mut at = Timestamp(1_000_000);
            let mut passed: Vec<i64> = Vec::new();
            for gap in gaps {
                at = at.plus_ms(gap);
                if limit.judge(&mut state, at) == RateVerdict::Pass { passed.push(at.0); }
            }
            for start in &passed {
                let within = passed.iter().filter(|t| **t >= *start && **t < start + 60_000).count();
                prop_assert!(within <= 2 * mpm as usize);
            }
        }
    }
}
