//! Circuit breaker: a server that failed five times in a row is not asked for 30 s, growing to 5 min while
//! the one probe after each pause fails too; one success closes it.
//!
//! Pure: the time is an argument. Must not know what is asked.

use crate::domain::Timestamp;

/// Failures in a row that open it.
const FAILURES_TO_OPEN: u32 = 5;
/// First pause, ms.
const FIRST_MS: i64 = 30_000;
/// Longest pause, ms.
const LONGEST_MS: i64 = 300_000;
/// While the probe runs, others are told to come back after this, seconds.
const PROBING_SECS: u32 = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breaker {
    /// Questions are sent.
    Closed {
        /// In a row.
        failures: u32,
    },
    /// No question is sent.
    Open {
        until: Timestamp,
        /// How long it is open this time, ms.
        pause_ms: i64,
    },
    /// One question is being sent to test the server; no other is.
    Probing {
        /// How long it was open before, ms.
        pause_ms: i64,
    },
}

impl Default for Breaker {
    fn default() -> Self {
        Self::Closed { failures: 0 }
    }
}

impl Breaker {
    /// Allows a question, as the probe if it is time for one; otherwise returns the seconds until it is worth
    /// another try.
    pub fn admit(&mut self, now: Timestamp) -> Result<(), u32> {
        match *self {
            Self::Closed { .. } => Ok(()),
            Self::Open { until, pause_ms } if now >= until => {
                *self = Self::Probing { pause_ms };
                Ok(())
            }
            Self::Open { .. } => Err(self.open_secs(now).unwrap_or(1)),
            Self::Probing { .. } => Err(PROBING_SECS),
        }
    }

    /// A question was answered.
    pub fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// A question failed because of the server. Questions asked before it opened do not count again when they
    /// fail.
    pub fn failed(&mut self, now: Timestamp) {
        let pause_ms = match *self {
            Self::Closed { failures } if failures + 1 < FAILURES_TO_OPEN => {
                *self = Self::Closed { failures: failures + 1 };
                return;
            }
            Self::Closed { .. } => FIRST_MS,
            Self::Probing { pause_ms } => (pause_ms * 2).min(LONGEST_MS),
            Self::Open { .. } => return,
        };
        *self = Self::Open { until: now.plus_ms(pause_ms), pause_ms };
    }

    /// A question ended without telling anything about the server; if it was the probe, that has to be
    /// repeated.
    pub fn released(&mut self, now: Timestamp) {
        if let Self::Probing { pause_ms } = *self {
            *self = Self::Open { until: now, pause_ms };
        }
    }

    /// Seconds it stays open, rounded up; `None` while questions are sent.
    pub fn open_secs(&self, now: Timestamp) -> Option<u32> {
        match *self {
            Self::Closed { .. } => None,
            Self::Open { until, .. } => {
                u32::try_from(until.since_ms(now).max(1).saturating_add(999) / 1_000).ok()
            }
            Self::Probing { .. } => Some(PROBING_SECS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp(secs * 1_000)
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 0..5 {
            assert_eq!(breaker.admit(at(0)), Ok(()));
            breaker.failed(at(0));
        }
        breaker
    }

    #[test]
    fn five_failures_in_a_row_open_it() {
        let mut breaker = Breaker::default();
        for _ in 0..4 {
            breaker.failed(at(0));
        }
        breaker.succeeded();
        for _ in 0..4 {
            breaker.failed(at(0));
        }
        assert_eq!(breaker.admit(at(0)), Ok(()));
        breaker.failed(at(0));
        assert_eq!(breaker.admit(at(0)), Err(30));
        assert_eq!(breaker.admit(at(29)), Err(1));
    }

    #[test]
    fn one_probe_goes_out_after_the_pause_and_closes_it() {
        let mut breaker = opened();
        assert_eq!(breaker.admit(at(30)), Ok(()));
        assert_eq!(breaker.admit(at(30)), Err(5), "a second one while the probe is under way");
        breaker.succeeded();
        assert_eq!(breaker, Breaker::default());
    }

    #[test]
    fn pauses_grow_to_five_minutes() {
        let (mut breaker, mut now) = (opened(), 0);
        for pause in [30, 60, 120, 240, 300, 300] {
            assert_eq!(breaker.open_secs(at(now)), Some(pause));
            now += i64::from(pause);
            assert_eq!(breaker.admit(at(now)), Ok(()));
            breaker.failed(at(now));
        }
    }

    #[test]
    fn what_was_under_way_when_it_opened_neither_prolongs_it_nor_is_ignored_when_it_succeeds() {
        let mut breaker = opened();
        breaker.failed(at(20));
        assert_eq!(breaker.open_secs(at(20)), Some(10));
        breaker.succeeded();
        assert_eq!(breaker.admit(at(20)), Ok(()));
    }

    #[test]
    fn a_probe_that_was_stopped_is_repeated_at_once() {
        let mut breaker = opened();
        assert_eq!(breaker.admit(at(40)), Ok(()));
        breaker.released(at(41));
        assert_eq!(breaker.admit(at(41)), Ok(()));
        breaker.released(at(41));
        breaker.failed(at(41));
        assert_eq!(
            breaker.admit(at(41)),
            Ok(()),
            "a late failure of an older question opens nothing by itself"
        );
    }
}
