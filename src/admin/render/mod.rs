//! Answers as tables for people or JSON lines for machines. Must not know the store or the socket.

mod queue;
mod sessions;
mod shared;
mod stats;

pub(crate) use queue::{queue_heading, queue_json, queue_line, queue_text};
pub(crate) use sessions::{detail_json, detail_text, session_heading, session_json, session_line};
pub(crate) use shared::{shared_line, shared_text};
pub(crate) use stats::{stats_json, stats_text};

use crate::domain::{Timestamp, printable};
use std::fmt::Write as _;

/// RFC 3339 in UTC, to the second.
pub(crate) fn moment(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.secs()).map_or_else(|_| at.0.to_string(), |at| at.to_string())
}

/// One line of a list of names and values.
fn field(text: &mut String, name: &str, value: impl std::fmt::Display) {
    let _ = writeln!(text, "{name:<14} {}", printable::line(&value.to_string()));
}
