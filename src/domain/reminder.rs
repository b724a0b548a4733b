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

/// A due time after this is not believed: the clock was wrong when it was planned, and it is planned anew.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::UserId;

    fn utc(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    fn learner(zone: &str, minute: u16, now: Timestamp) -> Learner {
        let mut reminder = Reminder::at(minute, None);
        reminder.plan(now, Some(zone));
        Learner { zone: Some(zone.to_owned()), reminder: Some(reminder), ..Learner::new(UserId(1), now) }
    }

    /// Lets the time go by in steps of 15 minutes and sends what is due; the local dates on which it was sent.
    fn dates(learner: &mut Learner, from: &str, to: &str) -> Vec<i32> {
        let (mut now, mut dates) = (utc(from), Vec::new());
        while now < utc(to) {
            now = now.plus_ms(900_000);
            let zone = learner.zone.clone();
            let due = learner.reminder.as_ref().unwrap().due.unwrap();
            if due <= now {
                let verdict = judge(learner, due, None, now);
                let date = date(learner, due);
                let reminder = learner.reminder.as_mut().unwrap();
                if verdict == Due::Sent {
                    dates.push(date);
                    reminder.last_day = Some(date);
                }
                reminder.plan(now, zone.as_deref());
            }
        }
        dates
    }

    #[test]
    fn each_local_date_has_one_whatever_the_clocks_do() {
        for (zone, minute, from, to) in [
            // The hour that does not exist, and the one that comes twice.
            ("America/New_York", 150, "2026-03-06T12:00:00Z", "2026-03-11T12:00:00Z"),
            ("America/New_York", 90, "2026-10-30T12:00:00Z", "2026-11-04T12:00:00Z"),
            ("Europe/Lisbon", 75, "2026-03-27T12:00:00Z", "2026-04-01T12:00:00Z"),
            ("Europe/Lisbon", 75, "2026-10-23T12:00:00Z", "2026-10-28T12:00:00Z"),
            // Over midnight: the date that begins at one o'clock has one as well.
            ("Africa/Cairo", 30, "2026-04-22T12:00:00Z", "2026-04-27T12:00:00Z"),
        ] {
            let mut learner = learner(zone, minute, utc(from));
            let sent = dates(&mut learner, from, to);
            assert!(
                sent.len() == 5 && sent.windows(2).all(|pair| pair[1] == pair[0] + 1),
                "{zone} {minute}: {sent:?}"
            );
        }
    }

    #[test]
    fn a_journey_brings_no_date_twice() {
        let zones =
            ["America/Sao_Paulo", "Asia/Tokyo", "Pacific/Honolulu", "Pacific/Kiritimati", "Europe/Lisbon"];
        let mut learner = learner("America/Sao_Paulo", 1_170, utc("2026-01-10T12:00:00Z"));
        let mut sent = Vec::new();
        for day in 11..28 {
            let zone = zones[day % zones.len()];
            let now = utc(&format!("2026-01-{day}T12:00:00Z"));
            learner.zone = Some(zone.to_owned());
            learner.reminder.as_mut().unwrap().plan(now, Some(zone));
            let (from, to) = (format!("2026-01-{day}T12:00:00Z"), format!("2026-01-{}T12:00:00Z", day + 1));
            sent.extend(dates(&mut learner, &from, &to));
        }
        assert!(sent.windows(2).all(|pair| pair[0] < pair[1]), "{sent:?}");
        assert!(sent.len() >= 8, "{sent:?}");
    }

    #[test]
    fn a_clock_that_was_years_ahead_silences_nobody() {
        let now = utc("2026-01-10T12:00:00Z");
        let mut reminder = Reminder { last_day: Some(30_000), ..Reminder::at(1_170, None) };
        reminder.plan(now, None);
        assert_eq!(reminder.due, Some(utc("2026-01-10T19:30:00Z")));
        assert!(reminder.due.unwrap() <= latest_sane(now));
        let mut furthest = Reminder { last_day: Some(local_day(now, None) + 1), ..reminder };
        furthest.plan(now, None);
        assert!(furthest.due.unwrap() <= latest_sane(now), "what is planned is believed");
    }
}
