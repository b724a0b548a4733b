//! The old Python bot's `telegram_sessions.json`: from its text to sessions to be taken in.
//!
//! The old bot wrote an object by user id: `{"11": {"session_id": UUID, "created_at": …, "last_activity": …,
//! "conversation_turns": 4, "state": "active"}}`, its moments in ISO 8601 by its machine's clock, without a zone. Variants
//! are accepted: a list, either of them under `sessions` (or `users`), the session's id under another name or as the
//! bare value, moments with a zone, in Unix seconds or milliseconds. Each bad row is told by its place and what is wrong,
//! never by what it says. Pure.

use crate::domain::{Timestamp, UserId};
use crate::store::Import;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::io::{BufReader, Read};
use uuid::Uuid;

/// Largest file taken, bytes: some million learners.
pub const LIMIT: u64 = 1 << 30;

/// A row that is not taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it is, for a person with the file open.
    pub place: String,
    /// What is wrong with it, without its content.
    pub why: &'static str,
}

/// What a file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Sessions, each learner once, in the order of the file.
    pub sessions: Vec<Import>,
    /// Rows that are none.
    pub problems: Vec<Problem>,
}

const USER: &[&str] = &["telegram_user_id", "user_id", "telegram_id", "telegram_chat_id", "chat_id", "id"];
const SESSION: &[&str] =
    &["session_id", "backend_session_id", "conversation_id", "session", "uuid", "session_uuid"];
const CREATED: &[&str] = &["created_at", "created", "started_at", "start_time"];
const ACTIVE: &[&str] =
    &["last_activity", "last_active", "updated_at", "last_used", "last_seen", "last_interaction"];
const LANGUAGE: &[&str] = &["language", "language_code", "lang"];

/// How far ahead of UTC the old bot's clock was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Zone {
    /// Seconds; negative in the west.
    pub seconds: i32,
}

impl std::str::FromStr for Zone {
    type Err = String;

    /// Reads `+HH:MM`, `-HH` or `Z`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "give an offset from UTC such as -03:00".to_owned();
        if text.eq_ignore_ascii_case("z") {
            return Ok(Self::default());
        }
        let (sign, rest) = match text.split_at_checked(1) {
            Some(("-", rest)) => (-1, rest),
            Some(("+", rest)) => (1, rest),
            _ => return Err(wrong()),
        };
        let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "0"));
        let number = |text: &str, most: i32| text.parse::<i32>().ok().filter(|it| (0..=most).contains(it));
        match (number(hours, 14), number(minutes, 59)) {
            (Some(hours), Some(minutes)) => Ok(Self { seconds: sign * (hours * 3_600 + minutes * 60) }),
            _ => Err(wrong()),
        }
    }
}

/// Reads such a file row by row; moments without a zone are of `zone`. Sessions without a date are dated `now`.
///
/// # Errors
/// In words for a person, when it cannot be read, is longer than [`LIMIT`], or is no such file at all.
pub fn read(file: impl Read, zone: Zone, now: Timestamp) -> Result<Found, String> {
    let mut file = BufReader::new(file.take(LIMIT));
    let mut rows = serde_json::Deserializer::from_reader(&mut file);
    let begun =
        Reading { now, zone, found: Found::default(), by_user: HashMap::new(), owner_of: HashMap::new() };
    let read = Rows { reading: begun, outermost: true }
        .deserialize(&mut rows)
        .and_then(|reading| rows.end().map(|()| reading.found));
    drop(rows);
    read.map_err(|error| {
        if file.into_inner().limit() == 0 {
            format!("it is larger than {} MB", LIMIT >> 20)
        } else if error.is_data() {
            "it holds neither an object nor a list of sessions".to_owned()
        } else if error.is_io() {
            error.to_string()
        } else {
            format!("it is no JSON: {error}")
        }
    })
}

/// What the sessions may lie under.
const WRAPPERS: &[&str] = &["sessions", "users", "telegram_sessions"];

/// The rows of an object or a list, taken one at a time, so that the file is never in memory whole.
struct Rows {
    reading: Reading,
    /// Only in the outermost object the sessions may lie under a name.
    outermost: bool,
}

impl<'de> DeserializeSeed<'de> for Rows {
    type Value = Reading;

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<Reading, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Rows {
    type Value = Reading;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("an object or a list of sessions")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Reading, A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if self.outermost && WRAPPERS.contains(&key.as_str()) {
                // What stood before it was about the file, not rows.
                let reading =
                    map.next_value_seed(Rows { reading: self.reading.afresh(), outermost: false })?;
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                return Ok(reading);
            }
            let row: Value = map.next_value()?;
            self.reading.row(place_of(&key), key.trim().parse().ok(), &row);
        }
        Ok(self.reading)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<Reading, A::Error> {
        let mut n = 0_usize;
        while let Some(row) = list.next_element::<Value>()? {
            n += 1;
            self.reading.row(format!("entry {n}"), None, &row);
        }
        Ok(self.reading)
    }
}

/// A key as a place: a user id is shown, anything else might be a name.
fn place_of(key: &str) -> String {
    match key.trim().parse::<i64>() {
        Ok(id) => format!("key {id}"),
        Err(_) => "a key that is no number".to_owned(),
    }
}

struct Reading {
    now: Timestamp,
    zone: Zone,
    found: Found,
    /// Where the session of a learner is.
    by_user: HashMap<UserId, usize>,
    /// Whose a session is.
    owner_of: HashMap<Uuid, UserId>,
}

impl Reading {
    /// With nothing read yet.
    fn afresh(&self) -> Self {
        Self { found: Found::default(), by_user: HashMap::new(), owner_of: HashMap::new(), ..*self }
    }

    fn row(&mut self, place: String, key: Option<i64>, row: &Value) {
        match session(key, row, self.zone, self.now) {
            Err(why) => self.found.problems.push(Problem { place, why }),
            // One conversation at the tutor is one learner's.
            Ok(import) if self.owner_of.get(&import.session).is_some_and(|owner| *owner != import.user) => {
                let why = "another learner has this session";
                self.found.problems.push(Problem { place, why });
            }
            Ok(import) => match self.by_user.entry(import.user) {
                Entry::Vacant(new) => {
                    new.insert(self.found.sessions.len());
                    self.owner_of.insert(import.session, import.user);
                    self.found.sessions.push(import);
                }
                Entry::Occupied(known) => {
                    let why = "the learner has a second session; the one used last is taken";
                    self.found.problems.push(Problem { place, why });
                    if let Some(other) = self.found.sessions.get_mut(*known.get())
                        && other.last_activity < import.last_activity
                    {
                        self.owner_of.insert(import.session, import.user);
                        *other = import;
                    }
                }
            },
        }
    }
}

fn session(key: Option<i64>, row: &Value, zone: Zone, now: Timestamp) -> Result<Import, &'static str> {
    let empty = Map::new();
    let (fields, bare) = match row {
        Value::Object(fields) => (fields, None),
        Value::String(text) => (&empty, Some(text.as_str())),
        _ => return Err("it is neither an object nor a session id"),
    };
    let field = |names: &[&str]| names.iter().find_map(|name| fields.get(*name)).filter(|it| !it.is_null());
    let user = match field(USER) {
        // By a key that is a number, the row is that learner's, whatever else it calls an id.
        _ if key.is_some() => key,
        Some(Value::Number(id)) => id.as_i64(),
        Some(Value::String(id)) => id.trim().parse().ok(),
        _ => None,
    };
    let user = user.filter(|id| *id > 0).ok_or("it names no Telegram user id")?;
    let id = match (bare, field(SESSION)) {
        (Some(text), _) => text,
        (None, Some(Value::String(text))) => text.as_str(),
        _ => return Err("it names no session"),
    };
    let session = Uuid::parse_str(id.trim()).map_err(|_| "its session id is no UUID")?;
    if session.is_nil() {
        return Err("its session id is no UUID");
    }
    let date = |names: &[&str]| {
        field(names).map(|value| moment(value, zone).ok_or("a date in it cannot be read")).transpose()
    };
    let (created, active) = (date(CREATED)?, date(ACTIVE)?);
    // A date from the future would keep the session open for ever.
    let created = created.or(active).unwrap_or(now).min(now);
    let last_activity = active.unwrap_or(created).min(now).max(created);
    let language = field(LANGUAGE).and_then(Value::as_str);
    let tag = |tag: &&str| {
        (2..=16).contains(&tag.len()) && tag.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
    };
    let language = language.filter(tag).map(str::to_owned);
    Ok(Import { user: UserId(user), session, created, last_activity, language })
}

/// A moment in whichever way it is written.
fn moment(value: &Value, zone: Zone) -> Option<Timestamp> {
    let seconds = |seconds: f64| {
        // Milliseconds since 1973 are more seconds than until the year 5000.
        let ms = if seconds > 1.0e11 { seconds } else { seconds * 1000.0 };
        (0.0..1.0e14).contains(&ms).then_some(Timestamp(ms as i64))
    };
    match value {
        Value::Number(number) => seconds(number.as_f64()?),
        Value::String(text) => {
            let text = text.trim();
            if let Ok(number) = text.parse() {
                return seconds(number);
            }
            if let Ok(at) = text.parse::<jiff::Timestamp>() {
                return Some(Timestamp(at.as_millisecond()));
            }
            let civil: jiff::civil::DateTime = text.parse().ok()?;
            let zone = jiff::tz::TimeZone::fixed(jiff::tz::Offset::from_seconds(zone.seconds).ok()?);
            Some(Timestamp(civil.to_zoned(zone).ok()?.timestamp().as_millisecond()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);
    const ID: &str = "6f1c9a44-2b1e-4c57-9f2e-1d1f0a3b5c7d";

    fn taken(text: &str) -> Import {
        let found = read(text.as_bytes(), Zone::default(), NOW).unwrap();
        assert_eq!(found.problems, [], "{text}");
        found.sessions.into_iter().next().unwrap()
    }

    #[test]
    fn every_plausible_shape_is_read() {
        let at = 1_700_000_000_500;
        for text in [
            format!(
                r#"{{"11":{{"session_id":"{ID}","created_at":"2023-11-14T22:13:20.5","last_activity":"2023-11-14T22:13:20.5Z"}}}}"#
            ),
            format!(
                r#"{{"11":{{"session_id":"{ID}","created":1700000000.5,"last_active":"2023-11-14 22:13:20.500"}}}}"#
            ),
            format!(
                r#"{{"sessions":{{"11":{{"session_id":"{ID}","created_at":"2023-11-14T19:13:20.5-03:00","message_count":4,"username":"x"}}}}}}"#
            ),
            format!(
                r#"[{{"telegram_user_id":11,"session_id":"{ID}","created_at":1700000000500,"updated_at":null}}]"#
            ),
            format!(
                r#"{{"version":2,"sessions":[{{"chat_id":"11","conversation_id":"{ID}","created_at":"1700000000.5"}}],"saved":[1]}}"#
            ),
        ] {
            let import = taken(&text);
            assert_eq!((import.user, import.session.to_string().as_str()), (UserId(11), ID), "{text}");
            assert_eq!((import.created.0, import.last_activity.0), (at, at), "{text}");
        }
        assert_eq!(taken(&format!(r#"{{"11":"{ID}"}}"#)).created, NOW);
        assert_eq!(
            taken(&format!(r#"{{"11":{{"session_id":"{ID}","language_code":"pt-br"}}}}"#))
                .language
                .as_deref(),
            Some("pt-br")
        );
        assert_eq!(
            taken(&format!(r#"{{"11":{{"session_id":"{ID}","last_activity":9e9}}}}"#)).last_activity,
            NOW
        );
    }

    #[test]
    fn what_the_old_bot_wrote_is_read_by_its_clock() {
        let text = format!(
            r#"{{"11":{{"session_id":"{ID}","created_at":"2023-11-14T19:00:00.250000",
               "last_activity":"2023-11-14T19:13:20.500000","conversation_turns":3,"state":"active"}}}}"#
        );
        let found = read(text.as_bytes(), "-03:00".parse().unwrap(), NOW).unwrap();
        assert_eq!(found.sessions[0].last_activity.0, 1_700_000_000_500);
        assert_eq!("+05:30".parse::<Zone>().unwrap().seconds, 19_800);
        assert!(["", "3", "+15", "-03:60", "+-1", "é"].iter().all(|text| text.parse::<Zone>().is_err()));
    }

    #[test]
    fn bad_rows_are_told_by_place_and_reason_and_never_by_content() {
        let text = format!(
            r#"{{"Ana Secret":{{"session_id":"{ID}"}},"12":{{"session_id":"not one"}},"13":[1],"14":{{}},
               "15":{{"session_id":"{ID}","created_at":"yesterday"}},"-16":{{"session_id":"{ID}"}},"17":{{"session_id":"{ID}"}}}}"#
        );
        let found = read(text.as_bytes(), Zone::default(), NOW).unwrap();
        assert_eq!(found.sessions.iter().map(|row| row.user.0).collect::<Vec<_>>(), [17]);
        let told: Vec<String> = found.problems.iter().map(|it| format!("{}: {}", it.place, it.why)).collect();
        for expected in [
            "key 12: its session id is no UUID",
            "key 13: it is neither an object nor a session id",
            "key 14: it names no session",
            "key 15: a date in it cannot be read",
            "key -16: it names no Telegram user id",
            "a key that is no number: it names no Telegram user id",
        ] {
            assert!(told.iter().any(|it| it == expected), "{expected}: {told:?}");
        }
        assert!(!told.concat().contains("Secret") && told.len() == 6);
        assert!(
            ["3", "{", "{\"sessions\":3}", "{} x", ""].iter().all(|text| read(
                text.as_bytes(),
                Zone::default(),
                NOW
            )
            .is_err())
        );
    }

    #[test]
    fn of_two_sessions_of_a_learner_the_one_used_last_is_taken() {
        let other = "11111111-2222-4333-8444-555555555555";
        let text = format!(
            r#"[{{"user_id":1,"session_id":"{ID}","last_activity":100}},{{"user_id":1,"session_id":"{other}","last_activity":200}}]"#
        );
        let found = read(text.as_bytes(), Zone::default(), NOW).unwrap();
        assert_eq!((found.sessions.len(), found.problems.len()), (1, 1));
        assert_eq!(found.sessions[0].session.to_string(), other);
    }
}
