//! How long an answer will take, and whether to tell the learner who waits for it.
//!
//! Pure: durations are arguments. Must not know how anybody is told.

use std::collections::VecDeque;

/// Learners who wait longer than this are told what to expect, ms.
const LONG_MS: i64 = 20_000;
/// A message that has just come may be in work in a moment; until then its place is not told, ms.
const SETTLING_MS: i64 = 2_000;
/// An answer closer than this needs no notice, ms.
const NEAR_MS: i64 = 5_000;
/// Turns remembered for their median, which a single unusual one (the tutor's first after its start) does not
/// change.
const REMEMBERED: usize = 9;

/// How long the last turns took, ms.
#[derive(Debug, Clone, Default)]
pub(crate) struct TurnTimes(VecDeque<i64>);

impl TurnTimes {
    pub(crate) fn note(&mut self, ms: i64) {
        if self.0.len() >= REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(ms.max(0));
    }

    pub(crate) fn typical_ms(&self) -> Option<i64> {
        let mut sorted: Vec<i64> = self.0.iter().copied().collect();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied()
    }
}

/// A message that waits for its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wait {
    /// Since it came, ms.
    pub waited_ms: i64,
    /// How long the tutor has worked on it, ms; `None`: not started.
    pub at_work_ms: Option<i64>,
    /// Messages before it.
    pub ahead: usize,
    /// Turns that the tutor works on at once.
    pub at_once: usize,
    /// How long a turn usually takes, ms, where known.
    pub typical_ms: Option<i64>,
}

/// What to tell the learner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expectation {
    /// Place in the queue; 1: the tutor works on it or is about to.
    pub place: usize,
    /// Remaining time; `None` where unknown or already exceeded.
    pub about: Option<About>,
}

/// A duration as people say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// Ten to fifty seconds.
    Seconds(u32),
    Minutes(u32),
}

impl About {
    /// Rounded up: better a little early than late.
    pub(crate) fn of_ms(ms: i64) -> Self {
        let secs = u32::try_from(ms.max(1).saturating_add(999) / 1000).unwrap_or(u32::MAX);
        if secs <= 50 { Self::Seconds(secs.div_ceil(10) * 10) } else { Self::Minutes(secs.div_ceil(60)) }
    }
}

impl Wait {
    /// Expected remaining time by the last turns, ms.
    fn left_ms(&self) -> Option<i64> {
        let typical = self.typical_ms?;
        Some(match self.at_work_ms {
            Some(at_work) => typical.saturating_sub(at_work),
            None => {
                let rounds = 1 + self.ahead / self.at_once.max(1);
                typical.saturating_mul(i64::try_from(rounds).unwrap_or(i64::MAX))
            }
        })
    }

    /// What to say to who asks; `None`: nothing is known, or it comes soon enough.
    pub(crate) fn about(&self) -> Option<About> {
        self.left_ms()
            .filter(|left| self.waited_ms.saturating_add(*left) > LONG_MS && *left > NEAR_MS)
            .map(About::of_ms)
    }

    /// What to tell now; `None`: nothing, because the answer comes soon enough or it is too early to say.
    pub(crate) fn tell(&self) -> Option<Expectation> {
        let long = self.waited_ms >= LONG_MS;
        let place = if self.at_work_ms.is_some() { 1 } else { self.ahead.saturating_add(1) };
        let unknown = long.then_some(Expectation { place, about: None });
        match self.left_ms() {
            Some(left) if left > NEAR_MS => {
                let will_be_long = self.waited_ms.saturating_add(left) > LONG_MS;
                (will_be_long && self.waited_ms >= SETTLING_MS)
                    .then(|| Expectation { place, about: Some(About::of_ms(left)) })
            }
            Some(left) if left > 0 => None,
            // It takes longer than usual already, or nothing is known.
            _ => unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_the_last_turns_counts() {
        let mut times = TurnTimes::default();
        assert_eq!(times.typical_ms(), None);
        times.note(60_000);
        assert_eq!(times.typical_ms(), Some(60_000));
        for _ in 0..8 {
            times.note(7_000);
        }
        assert_eq!(times.typical_ms(), Some(7_000), "one slow start is not the rule");
        for _ in 0..20 {
            times.note(9_000);
        }
        assert_eq!((times.typical_ms(), times.0.len()), (Some(9_000), REMEMBERED));
    }

    #[test]
    fn only_who_waits_long_is_told_and_honestly() {
        let wait = |waited, at_work, ahead, typical| Wait {
            waited_ms: waited,
            at_work_ms: at_work,
            ahead,
            at_once: 1,
            typical_ms: typical,
        };
        let told = |place, about| Some(Expectation { place, about });
        for (name, wait, expected) in [
            ("short turns", wait(3_000, None, 0, Some(8_000)), None),
            ("too early to say", wait(1_000, None, 9, Some(8_000)), None),
            ("third in line", wait(2_000, None, 2, Some(40_000)), told(3, Some(About::Minutes(2)))),
            (
                "a slow turn begins",
                wait(2_000, Some(500), 0, Some(30_000)),
                told(1, Some(About::Seconds(30))),
            ),
            ("nearly done", wait(19_000, Some(6_000), 0, Some(8_000)), None),
            ("nearly done after a long wait", wait(25_000, Some(6_000), 0, Some(8_000)), None),
            ("overdue", wait(25_000, Some(20_000), 0, Some(8_000)), told(1, None)),
            ("overdue, but not long yet", wait(12_000, Some(11_000), 0, Some(8_000)), None),
            ("nothing known, not long", wait(19_999, Some(19_000), 0, None), None),
            ("nothing known, long", wait(20_000, Some(19_000), 0, None), told(1, None)),
            ("nothing known, in line", wait(20_000, None, 4, None), told(5, None)),
        ] {
            assert_eq!(wait.tell(), expected, "{name}");
        }
        let two = Wait { at_once: 2, ..wait(2_000, None, 4, Some(20_000)) };
        assert_eq!(two.tell(), told(5, Some(About::Minutes(1))), "two at once: three rounds");
    }

    #[test]
    fn durations_are_said_as_people_say_them() {
        for (ms, about) in [
            (1, About::Seconds(10)),
            (10_000, About::Seconds(10)),
            (10_001, About::Seconds(20)),
            (50_000, About::Seconds(50)),
            (50_001, About::Minutes(1)),
            (60_001, About::Minutes(2)),
            (i64::MAX, About::Minutes(71_582_789)),
        ] {
            assert_eq!(About::of_ms(ms), about, "{ms}");
        }
    }
}
