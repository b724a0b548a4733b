//! Reads the old Python bot's `telegram_sessions.json` into sessions to import.
//!
//! The old bot wrote an object by user id: `{"11": {"session_id": UUID, "created_at": …, "last_activity": …,
//! "conversation_turns": 4, "english_level": "intermediate", "state": "active"}}`, with times in ISO 8601 by
//! its machine's clock and without a zone. Accepted variants: a list; either of them under `sessions` (or
//! `users`); the session's id under another name or as the bare value; times with a zone, in Unix seconds or
//! milliseconds. A bad row is reported by its position and what is wrong, never by its content. Pure; must
//! not know the store.

use crate::domain::{Level, Timestamp, UserId};
use crate::store::Import;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::io::{BufReader, Read};
use uuid::Uuid;

/// Largest file accepted, bytes: some million learners.
pub(crate) const LIMIT: u64 = 1 << 30;

/// A row that is not imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Its position, for a person with the file open.
    pub place: String,
    /// What is wrong, without its content.
    pub why: &'static str,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Parsed {
    /// Each learner once, in the order of the file.
    pub sessions: Vec<Import>,
    /// Rows that were not understood.
    pub problems: Vec<Problem>,
    /// What was left out of rows that are imported.
    pub remarks: Vec<Problem>,
}

const USER: &[&str] = &["telegram_user_id", "user_id", "telegram_id", "telegram_chat_id", "chat_id", "id"];
const SESSION: &[&str] =
    &["session_id", "backend_session_id", "conversation_id", "session", "uuid", "session_uuid"];
const CREATED: &[&str] = &["created_at", "created", "started_at", "start_time"];
const ACTIVE: &[&str] =
    &["last_activity", "last_active", "updated_at", "last_used", "last_seen", "last_interaction"];
const LANGUAGE: &[&str] = &["language", "language_code", "lang"];
const TURNS: &[&str] = &["conversation_turns", "turns", "turn_count", "conversation_count"];
const LEVEL: &[&str] = &["english_level", "level", "proficiency_level", "proficiency"];
/// Where a row may hold the learner's settings.
const WITHIN: &[&str] = &["preferences", "settings", "profile", "user"];

/// How far ahead of UTC the old bot's clock was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Zone {
    /// Seconds; negative in the west.
    pub seconds: i32,
}

impl std::str::FromStr for Zone {
    type Err = String;

    /// Accepts `+HH:MM`, `-HH` and `Z`.
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

/// Reads the file row by row. Times without a zone are in `zone`; sessions without a date are dated `now`.
/// The error is in words for a person.
pub(crate) fn read(file: impl Read, zone: Zone, now: Timestamp) -> Result<Parsed, String> {
    let mut file = BufReader::new(file.take(LIMIT));
    let mut rows = serde_json::Deserializer::from_reader(&mut file);
    let begun =
        Reading { now, zone, found: Parsed::default(), by_user: HashMap::new(), owner_of: HashMap::new() };
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

/// Names under which the sessions may be nested.
const WRAPPERS: &[&str] = &["sessions", "users", "telegram_sessions"];

/// Reads the rows of an object or a list one at a time, so that the file is never in memory as a whole.
struct Rows {
    reading: Reading,
    /// Only the outermost object may nest the sessions under a name.
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
                // What came before described the file; those were no rows.
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

/// The position of a row by its key: a user id is shown, anything else might be a name.
fn place_of(key: &str) -> String {
    match key.trim().parse::<i64>() {
        Ok(id) => format!("key {id}"),
        Err(_) => "a key that is no number".to_owned(),
    }
}

struct Reading {
    now: Timestamp,
    zone: Zone,
    found: Parsed,
    /// Index of a learner's session.
    by_user: HashMap<UserId, usize>,
    /// The learner of a session id.
    owner_of: HashMap<Uuid, UserId>,
}

impl Reading {
    /// An empty reader with the same settings.
    fn afresh(&self) -> Self {
        Self { found: Parsed::default(), by_user: HashMap::new(), owner_of: HashMap::new(), ..*self }
    }

    fn row(&mut self, place: String, key: Option<i64>, row: &Value) {
        match session(key, row, self.zone, self.now) {
            Err(why) => self.found.problems.push(Problem { place, why }),
            // A conversation at the tutor belongs to one learner only.
            Ok((import, _))
                if self.owner_of.get(&import.session).is_some_and(|owner| *owner != import.user) =>
            {
                let why = "another learner has this session";
                self.found.problems.push(Problem { place, why });
            }
            Ok((import, remark)) => match self.by_user.entry(import.user) {
                Entry::Vacant(new) => {
                    new.insert(self.found.sessions.len());
                    self.owner_of.insert(import.session, import.user);
                    self.found.sessions.push(import);
                    self.found.remarks.extend(remark.map(|why| Problem { place, why }));
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

/// A row's session, and what of the row is left out.
fn session(
    key: Option<i64>,
    row: &Value,
    zone: Zone,
    now: Timestamp,
) -> Result<(Import, Option<&'static str>), &'static str> {
    let empty = Map::new();
    let (fields, bare) = match row {
        Value::Object(fields) => (fields, None),
        Value::String(text) => (&empty, Some(text.as_str())),
        _ => return Err("it is neither an object nor a session id"),
    };
    let is_given = |it: &&Value| !it.is_null();
    let field = |names: &[&str]| names.iter().filter_map(|name| fields.get(*name)).find(is_given);
    let user = match field(USER) {
        // If the key is a number, it is the learner's id, whatever other ids the row contains.
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
    // A date in the future would keep the session open for ever.
    let created = created.or(active).unwrap_or(now).min(now);
    let last_activity = active.unwrap_or(created).min(now).max(created);
    let chosen = |names: &[&str]| {
        let within = || WITHIN.iter().filter_map(|name| fields.get(*name)).find_map(|it| found(it, names));
        field(names).or_else(within)
    };
    let language = chosen(LANGUAGE).and_then(Value::as_str);
    let tag = |tag: &&str| {
        (2..=16).contains(&tag.len()) && tag.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
    };
    let language = language.filter(tag).map(str::to_owned);
    let turns = field(TURNS).and_then(Value::as_u64).and_then(|turns| u32::try_from(turns).ok()).unwrap_or(0);
    let word = chosen(LEVEL);
    let level = word.and_then(Value::as_str).and_then(Level::from_word);
    let remark = (word.is_some() && level.is_none())
        .then_some("its level is none of beginner, intermediate and advanced; taken over without it");
    Ok((Import { user: UserId(user), session, created, last_activity, turns, language, level }, remark))
}

/// The first of these fields that exists and is not null.
fn found<'a>(row: &'a Value, names: &[&str]) -> Option<&'a Value> {
    names.iter().filter_map(|name| row.get(*name)).find(|it| !it.is_null())
}

/// Reads a time in any of the accepted forms.
fn moment(value: &Value, zone: Zone) -> Option<Timestamp> {
    let seconds = |seconds: f64| {
        // Milliseconds since 1973 are a larger number than seconds until the year 5000.
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
            Some(Timestamp(civil.to_zoned_datetime(zone).ok()?.timestamp().as_millisecond()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
