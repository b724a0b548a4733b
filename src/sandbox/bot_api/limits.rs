//! Telegram's sending limits, which tests switch on, with a count of calls that ignored a `retry_after`. A
//! message or edit counts for its chat and for the total; a chat action or a button's answer counts for the
//! total only. Must not know what is being sent.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimits {
    /// Calls in any one second, all chats together.
    pub all_per_second: usize,
    /// Messages that one chat may get at once, before its sustained rate of one a second applies.
    pub chat_burst: u32,
    /// Messages to one group in any one minute.
    pub group_per_minute: usize,
}

impl RateLimits {
    /// 30 a second in total, one a second to a chat after a burst of three, 20 a minute to a group.
    pub fn telegram() -> Self {
        Self { all_per_second: 30, chat_burst: 3, group_per_minute: 20 }
    }

    /// As [`Self::telegram`], for a bot with paid broadcasts or a local server.
    pub fn paid(all_per_second: usize) -> Self {
        Self { all_per_second, ..Self::telegram() }
    }
}

/// What was counted.
#[derive(Debug, Default)]
pub struct Limits {
    rules: Option<RateLimits>,
    all: VecDeque<Instant>,
    chats: HashMap<i64, Book>,
    refusals: usize,
    violations: usize,
}

#[derive(Debug, Default)]
struct Book {
    /// GCRA: the moment at which the bucket will be empty again.
    due: Option<Instant>,
    minute: VecDeque<Instant>,
    barred_until: Option<Instant>,
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

impl Limits {
    /// How many messages were refused with 429.
    pub fn refusals(&self) -> usize {
        self.refusals
    }

    /// How many messages came to a chat before the `retry_after` it was given had passed.
    pub fn violations(&self) -> usize {
        self.violations
    }

    pub(super) fn set(&mut self, rules: Option<RateLimits>) {
        *self = Self { rules, ..Self::default() };
    }

    /// Counts a call that is no message to a chat; `Err` is `retry_after`, whole seconds.
    pub(super) fn take_sign(&mut self, now: Instant) -> Result<(), u64> {
        let Some(rules) = self.rules else { return Ok(()) };
        expire(&mut self.all, now, SECOND);
        if self.all.len() >= rules.all_per_second {
            self.refusals += 1;
            return Err(whole_seconds(left(&self.all, now, SECOND)));
        }
        self.all.push_back(now);
        Ok(())
    }

    /// Counts one message; `Err` is `retry_after`, whole seconds.
    pub(super) fn take(&mut self, chat: i64, is_group: bool, now: Instant) -> Result<(), u64> {
        let Some(rules) = self.rules else { return Ok(()) };
        let book = self.chats.entry(chat).or_default();
        if let Some(until) = book.barred_until.filter(|until| *until > now) {
            self.violations += 1;
            self.refusals += 1;
            return Err(whole_seconds(until - now));
        }
        expire(&mut self.all, now, SECOND);
        expire(&mut book.minute, now, MINUTE);
        let due = book.due.filter(|due| *due > now).unwrap_or(now);
        let tolerance = SECOND * rules.chat_burst.saturating_sub(1);
        let mut wait = due.saturating_duration_since(now).saturating_sub(tolerance);
        if is_group && book.minute.len() >= rules.group_per_minute {
            wait = wait.max(left(&book.minute, now, MINUTE));
        }
        if self.all.len() >= rules.all_per_second {
            wait = wait.max(left(&self.all, now, SECOND));
        }
        if !wait.is_zero() {
            let seconds = whole_seconds(wait);
            book.barred_until = Some(now + Duration::from_secs(seconds));
            self.refusals += 1;
            return Err(seconds);
        }
        book.due = Some(due + SECOND);
        book.minute.push_back(now);
        self.all.push_back(now);
        Ok(())
    }
}

fn expire(window: &mut VecDeque<Instant>, now: Instant, length: Duration) {
    while window.front().is_some_and(|at| now.saturating_duration_since(*at) >= length) {
        window.pop_front();
    }
}

fn left(window: &VecDeque<Instant>, now: Instant, length: Duration) -> Duration {
    window.front().map_or(Duration::ZERO, |at| length.saturating_sub(now.saturating_duration_since(*at)))
}

fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn burst_then_one_a_second_and_violations_are_counted() {
        let mut limits = Limits::default();
        limits.set(Some(RateLimits::telegram()));
        let t = Instant::now();
        for _ in 0..3 {
            assert_eq!(limits.take(1, false, t), Ok(()));
        }
        assert_eq!(limits.take(1, false, t), Err(1));
        assert_eq!(limits.violations(), 0);
        assert_eq!(limits.take(1, false, t + SECOND / 2), Err(1));
        assert_eq!(limits.violations(), 1);
        assert_eq!(limits.take(1, false, t + SECOND), Ok(()));
        assert_eq!(limits.take(2, false, t + SECOND), Ok(()));
    }

    #[test]
    fn signs_of_life_count_in_all() {
        let mut limits = Limits::default();
        limits.set(Some(RateLimits::paid(2)));
        let t = Instant::now();
        assert_eq!(limits.take_sign(t), Ok(()));
        assert_eq!(limits.take(1, false, t), Ok(()));
        assert_eq!((limits.take_sign(t), limits.take(2, false, t)), (Err(1), Err(1)));
        assert_eq!((limits.refusals(), limits.violations()), (2, 0));
        assert_eq!(limits.take_sign(t + SECOND), Ok(()));
    }

    #[test]
    fn groups_have_a_minute_and_all_a_second() {
        let mut limits = Limits::default();
        limits.set(Some(RateLimits { all_per_second: 2, chat_burst: 100, group_per_minute: 3 }));
        let t = Instant::now();
        assert_eq!(limits.take(1, true, t), Ok(()));
        assert_eq!(limits.take(2, false, t), Ok(()));
        assert_eq!(limits.take(3, false, t), Err(1));
        assert_eq!(limits.take(1, true, t + SECOND), Ok(()));
        assert_eq!(limits.take(1, true, t + SECOND), Ok(()));
        assert_eq!(limits.take(1, true, t + SECOND * 2), Err(58));
    }
}
