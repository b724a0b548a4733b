//! The daily reminder: when it is due, and whether it is sent then.
//!
//! "Sent" is marked by the local date, never by the instant, so that neither a restart nor a clock that is put back
//! sends it twice. Must not know the words or where it is stored.

use super::day::Day;
use super::ids::Timestamp;
use super::learner::{DAY_MS, Learner};
use super::local_day::{local_day, next_at};
use serde::{Deserialize, Serialize};

/// A reminder that is later than this is left out, ms: after an outage nobody wants the one of the morning.
const TOO_LATE_MS: i64 = 2 * 3_600_000;
/// None is due later than this from now, ms, unless the clock was wrong when it was planned: a day for today's, one for a
/// date that counts as reminded, one for a zone that leaves a day out.
const FURTHEST_MS: i64 = 4 * DAY_MS;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminder {
    /// Local time of day, minutes since midnight.
    pub minute: u16,
    pub on: bool,
    /// The local date of the last one sent, as days since 1970-01-01.
    pub last_day: Option<i32>,
    /// When it falls due next; `None`: it is off.
    pub due: Option<Timestamp>,
}

/// What becomes of a reminder that fell due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    Sent,
    /// The goal of the day is met, the learner blocked the bot, it is too late, or was sent that day already.
    LeftOut,
}

impl Reminder {
    pub(crate) fn at(minute: u16, before: Option<Self>) -> Self {
        Self { minute, on: true, last_day: before.and_then(|before| before.last_day), due: None }
    }

    /// Plans the next one after `now`.
    pub(crate) fn plan(&mut self, now: Timestamp, zone: Option<&str>) {
        self.due = self.on.then(|| {
            let mut next = next_at(now, zone, self.minute);
            // At most two: today's, and after a journey west the date that it was sent on already.
            for _ in 0..2 {
                if !self.has_been_sent_on(local_day(next, zone)) {
                    break;
                }
                next = next_at(next, zone, self.minute);
            }
            next
        });
    }

    /// Whether it was sent on this local date, or on the one after it: east of here, where the learner was then. A date
    /// further ahead is of a clock that was wrong.
    fn has_been_sent_on(&self, day: i32) -> bool {
        self.last_day.is_some_and(|last| last == day || last == day.saturating_add(1))
    }
}

/// Whether a due time is believed; else the clock was wrong when it was planned, and it is planned anew.
pub(crate) fn is_sane(due: Timestamp, now: Timestamp) -> bool {
    due <= latest_sane(now)
}

pub(crate) fn latest_sane(now: Timestamp) -> Timestamp {
    now.plus_ms(FURTHEST_MS)
}

/// The local date of the reminder that is due now.
pub(crate) fn date(learner: &Learner, due: Timestamp) -> i32 {
    local_day(due, learner.zone.as_deref())
}

/// `today`: what was done on that [`date`].
pub(crate) fn judge(learner: &Learner, due: Timestamp, today: Option<&Day>, now: Timestamp) -> Due {
    let Some(reminder) = &learner.reminder else { return Due::LeftOut };
    let left_out = !reminder.on
        || learner.blocked
        || due > now
        || now.since_ms(due) > TOO_LATE_MS
        || reminder.has_been_sent_on(date(learner, due))
        || today.is_some_and(|day| day.goal_met);
    if left_out { Due::LeftOut } else { Due::Sent }
}
