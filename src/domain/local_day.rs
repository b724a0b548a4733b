//! The days and hours of a learner's time zone: which day it is there, and when a time of day comes next.
//!
//! A zone is an IANA name; no zone, or one that this program's tables do not have, is UTC. Pure: the tables are part of
//! the program. Must not know who has which zone, or why a moment matters.

use super::ids::Timestamp;
use jiff::ToSpan;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

const MINUTES_OF_A_DAY: u16 = 24 * 60;

/// Whether there is a zone of exactly this name.
pub fn is_zone(name: &str) -> bool {
    // The tables are searched without regard to case; what is kept is the name as it is written there.
    jiff::tz::db().get(name).is_ok_and(|zone| zone.iana_name() == Some(name))
}

/// The zone of this name in any letter case, as the tables write it.
pub fn zone_named(name: &str) -> Option<String> {
    // Abbreviations are names there as well, which mean something else to those who type them.
    let meant = name.contains('/') || name.eq_ignore_ascii_case("utc") || name.eq_ignore_ascii_case("gmt");
    let zone = jiff::tz::db().get(name).ok().filter(|_| meant)?;
    zone.iana_name().map(str::to_owned)
}

/// All names there are, in order.
pub fn zones() -> impl Iterator<Item = String> {
    jiff::tz::db().available().map(|name| name.as_str().to_owned())
}

fn zone_of(name: Option<&str>) -> TimeZone {
    name.and_then(|name| jiff::tz::db().get(name).ok()).unwrap_or(TimeZone::UTC)
}

/// The same moment, as far as calendars go.
fn moment(at: Timestamp) -> jiff::Timestamp {
    let edge = if at.0 < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
    jiff::Timestamp::from_millisecond(at.0).unwrap_or(edge)
}

fn local_secs(at: Timestamp, zone: &TimeZone) -> i64 {
    let at = moment(at);
    at.as_second().saturating_add(i64::from(zone.to_offset(at).seconds()))
}

/// The day in a zone, as days since 1970-01-01.
pub fn local_day(now: Timestamp, zone: Option<&str>) -> i32 {
    day_in(now, &zone_of(zone))
}

fn day_in(now: Timestamp, zone: &TimeZone) -> i32 {
    i32::try_from(local_secs(now, zone).div_euclid(86_400)).unwrap_or_default()
}

/// The date of a day since 1970-01-01, as in ISO 8601: read alike in every language.
pub(crate) fn iso_date(day: i32) -> String {
    let date = Date::constant(1970, 1, 1).checked_add(i64::from(day).days());
    date.map_or_else(|_| day.to_string(), |date| date.to_string())
}

/// What the clocks of a zone show, in minutes since midnight.
pub fn local_minute(now: Timestamp, zone: Option<&str>) -> u16 {
    let minute = local_secs(now, &zone_of(zone)).rem_euclid(86_400) / 60;
    u16::try_from(minute).unwrap_or_default()
}

/// The next moment after `now` at which the clocks of a zone show this minute of the day (0..1440).
///
/// Where clocks are put forward over it, it comes as much later as they are put forward, or earlier if later is another
/// day; where they are put back, the first of the two counts. So each day has exactly one.
pub fn next_at(now: Timestamp, zone: Option<&str>, minute: u16) -> Timestamp {
    let zone = zone_of(zone);
    let today = day_in(now, &zone);
    // Yesterday's comes today where clocks are put forward over midnight; a left out day may bring the one after tomorrow's.
    let days =
        (today.saturating_sub(1)..=today.saturating_add(3)).filter_map(|day| at_in(day, &zone, minute));
    let next = days.into_iter().find(|at| *at > now);
    next.unwrap_or_else(|| now.plus_ms(super::learner::DAY_MS))
}

/// The moment of a minute of the day on one day; `None` for a day that the zone left out.
fn at_in(day: i32, zone: &TimeZone, minute: u16) -> Option<Timestamp> {
    let date = Date::constant(1970, 1, 1).checked_add(i64::from(day).days()).ok()?;
    let minute = minute.min(MINUTES_OF_A_DAY - 1);
    let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
    let shown = zone.to_ambiguous_timestamp(date.to_datetime(Time::new(hour, minute, 0, 0).ok()?));
    let moments = [shown.compatible(), shown.earlier()].into_iter().flatten();
    moments.map(|at| Timestamp(at.as_millisecond())).find(|at| day_in(*at, zone) == day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    fn shown(at: Timestamp) -> String {
        moment(at).to_string()
    }

    const HALF_PAST_SEVEN: u16 = 19 * 60 + 30;
    const HALF_PAST_ONE: u16 = 90;
    const HALF_PAST_TWO: u16 = 150;
    const A_QUARTER_PAST_TWO: u16 = 135;

    #[test]
    fn a_time_of_day_comes_once_a_day_whatever_the_clocks_do() {
        for (zone, minute, now, then) in [
            // Ahead of UTC, behind it, by quarters of an hour, and on both sides of the date line.
            ("Europe/Lisbon", HALF_PAST_SEVEN, "2026-01-10T12:00:00Z", "2026-01-10T19:30:00Z"),
            ("America/Sao_Paulo", HALF_PAST_SEVEN, "2026-01-10T22:29:59Z", "2026-01-10T22:30:00Z"),
            ("America/Sao_Paulo", HALF_PAST_SEVEN, "2026-01-10T22:30:00Z", "2026-01-11T22:30:00Z"),
            ("Asia/Kathmandu", HALF_PAST_SEVEN, "2026-01-10T00:00:00Z", "2026-01-10T13:45:00Z"),
            ("Pacific/Kiritimati", 0, "2026-01-10T09:59:00Z", "2026-01-10T10:00:00Z"),
            ("Pacific/Pago_Pago", 0, "2026-01-10T10:59:00Z", "2026-01-10T11:00:00Z"),
            // The hour that does not exist: as much later as the clocks are put forward.
            ("America/New_York", HALF_PAST_TWO, "2026-03-08T05:00:00Z", "2026-03-08T07:30:00Z"),
            ("America/New_York", HALF_PAST_TWO, "2026-03-08T07:30:00Z", "2026-03-09T06:30:00Z"),
            ("Australia/Lord_Howe", A_QUARTER_PAST_TWO, "2026-10-03T12:00:00Z", "2026-10-03T15:45:00Z"),
            // The hour that comes twice: the first one, and not the second one of the same day.
            ("America/New_York", HALF_PAST_ONE, "2026-11-01T04:00:00Z", "2026-11-01T05:30:00Z"),
            ("America/New_York", HALF_PAST_ONE, "2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"),
            ("America/New_York", HALF_PAST_ONE, "2026-11-01T06:29:00Z", "2026-11-02T06:30:00Z"),
            // Over midnight: within the day.
            ("America/Nuuk", 23 * 60 + 59, "2026-03-28T12:00:00Z", "2026-03-29T00:59:00Z"),
            ("America/Nuuk", 23 * 60 + 59, "2026-03-29T00:59:00Z", "2026-03-30T00:59:00Z"),
            ("Africa/Cairo", 30, "2026-04-23T12:00:00Z", "2026-04-23T22:30:00Z"),
            // Samoa left out the 30th of December 2011.
            ("Pacific/Apia", HALF_PAST_SEVEN, "2011-12-30T05:30:00Z", "2011-12-31T05:30:00Z"),
            ("Pacific/Apia", HALF_PAST_SEVEN, "2011-12-31T05:30:00Z", "2012-01-01T05:30:00Z"),
            // What the tables do not have.
            ("Moon/Tranquility", HALF_PAST_SEVEN, "2026-01-10T12:00:00Z", "2026-01-10T19:30:00Z"),
        ] {
            assert_eq!(shown(next_at(utc(now), Some(zone), minute)), then, "{zone} after {now}");
        }
        assert_eq!(shown(next_at(utc("2026-01-10T12:00:00Z"), None, 0)), "2026-01-11T00:00:00Z");
    }

    /// Step by step through a year, in every kind of zone there is: one a day, at the minute asked for wherever that exists.
    #[test]
    fn over_a_year_no_day_is_left_out_and_none_comes_twice() {
        let weekly = |zone: &String| {
            let at =
                |week| local_minute(utc("2026-01-01T12:00:00Z").plus_ms(week * 7 * 86_400_000), Some(zone));
            (0..53_i64).map(at).collect::<Vec<_>>()
        };
        let mut kinds = std::collections::HashSet::new();
        let zones: Vec<String> = zones().filter(|zone| kinds.insert(weekly(zone))).collect();
        assert!(zones.len() > 40, "{}", zones.len());
        for zone in zones {
            for minute in [0, 90, A_QUARTER_PAST_TWO, HALF_PAST_SEVEN, MINUTES_OF_A_DAY - 1] {
                let mut now = utc("2026-01-01T12:00:00Z");
                let mut day = local_day(next_at(now, Some(&zone), minute), Some(&zone)) - 1;
                let mut shifted = 0;
                while now < utc("2027-01-01T12:00:00Z") {
                    now = next_at(now, Some(&zone), minute);
                    assert_eq!(local_day(now, Some(&zone)), day + 1, "{zone} {minute} {}", shown(now));
                    day += 1;
                    shifted += u32::from(local_minute(now, Some(&zone)) != minute);
                }
                assert!(shifted <= 2, "{zone} {minute}: {shifted} days");
            }
        }
    }

    #[test]
    fn a_day_is_that_of_the_zone_whatever_the_moment() {
        for (zone, now, day, minute) in [
            (None, "1970-01-01T00:00:00Z", 0, 0),
            (Some("America/Sao_Paulo"), "1970-01-02T02:59:00Z", 0, 23 * 60 + 59),
            (Some("Asia/Kathmandu"), "2026-01-10T18:15:00Z", 20_464, 0),
            (Some("Pacific/Kiritimati"), "2026-01-10T10:00:00Z", 20_464, 0),
            (Some("Pacific/Pago_Pago"), "2026-01-10T10:59:00Z", 20_462, 23 * 60 + 59),
            (None, "1969-12-31T23:59:00Z", -1, 23 * 60 + 59),
        ] {
            assert_eq!(
                (local_day(utc(now), zone), local_minute(utc(now), zone)),
                (day, minute),
                "{zone:?} {now}"
            );
        }
        for far in [i64::MIN, i64::MAX] {
            let (_, _) = (local_day(Timestamp(far), Some("Asia/Tokyo")), next_at(Timestamp(far), None, 600));
        }
    }

    /// Whoever travels has a shorter or a longer day, and no day twice at the same place.
    #[test]
    fn a_change_of_zone_counts_from_the_next_moment_on() {
        let now = utc("2026-01-10T22:30:00Z");
        assert_eq!(shown(next_at(now, Some("America/Sao_Paulo"), HALF_PAST_SEVEN)), "2026-01-11T22:30:00Z");
        assert_eq!(shown(next_at(now, Some("Asia/Tokyo"), HALF_PAST_SEVEN)), "2026-01-11T10:30:00Z");
        assert_eq!(local_day(now, Some("Asia/Tokyo")), local_day(now, Some("America/Sao_Paulo")) + 1);
    }

    #[test]
    fn a_zone_is_known_by_its_exact_name() {
        for (name, known) in
            [("America/Sao_Paulo", true), ("america/sao_paulo", false), ("Sao Paulo", false), ("", false)]
        {
            assert_eq!(is_zone(name), known, "{name}");
        }
    }
}
