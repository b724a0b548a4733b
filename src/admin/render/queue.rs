//! `queue list` and `queue show`.

use super::{field, moment};
use crate::admin::request::QueueRow;
use serde_json::{Value, json};

/// The heading of `queue list`.
pub fn queue_heading() -> String {
    format!(
        "{:>8}  {:<14}  {:<11}  {:<17}  {:<20}  {:>8}  {}",
        "NUMBER", "USER", "KIND", "STAGE", "SINCE", "ATTEMPTS", "WHY"
    )
}

/// A line of `queue list`.
pub fn queue_line(row: &QueueRow) -> String {
    let stage = if row.dead { "given up" } else { row.stage.as_str() };
    format!(
        "{:>8}  {:<14}  {:<11}  {:<17}  {:<20}  {:>8}  {}",
        row.seq,
        row.user,
        row.kind,
        stage,
        moment(row.since),
        row.attempts,
        row.why
    )
    .trim_end()
    .to_owned()
}

/// The same as JSON.
pub fn queue_json(row: &QueueRow) -> Value {
    json!({
        "number": row.seq,
        "user": row.user.0,
        "kind": row.kind,
        "stage": row.stage,
        "given_up": row.dead,
        "since": moment(row.since),
        "not_before": row.until.map(moment),
        "attempts": row.attempts,
        "why": row.why,
    })
}

/// One row for `queue show`.
pub fn queue_text(row: &QueueRow) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: String| field(&mut text, name, value);
    line("number", row.seq.to_string());
    line("user", row.user.to_string());
    line("kind", row.kind.clone());
    line("stage", row.stage.clone());
    line("given up", if row.dead { "yes" } else { "no" }.to_owned());
    line("since", moment(row.since));
    if let Some(until) = row.until {
        line("not before", moment(until));
    }
    line("attempts", row.attempts.to_string());
    if !row.why.is_empty() {
        line("why", row.why.clone());
    }
    text
}
