//! Output of `queue list` and `queue show`. Must not know where rows come from.

use super::{field, moment};
use crate::admin::request::QueueRow;
use crate::domain::printable;
use serde_json::{Value, json};

pub(crate) fn queue_heading() -> String {
    format!(
        "{:>8}  {:<14}  {:<11}  {:<17}  {:<20}  {:>8}  {}",
        "NUMBER", "USER", "KIND", "STAGE", "SINCE", "ATTEMPTS", "WHY"
    )
}

/// Why the row was given up or what it waits for; empty if neither.
fn why(row: &QueueRow) -> String {
    match row.given_up {
        Some(reason) => reason.with(&row.detail),
        None => row.waiting_for.map(|reason| reason.as_str().to_owned()).unwrap_or_default(),
    }
}

pub(crate) fn queue_line(row: &QueueRow) -> String {
    let stage = if row.given_up.is_some() { "given up" } else { row.stage.as_str() };
    format!(
        "{:>8}  {:<14}  {:<11}  {:<17}  {:<20}  {:>8}  {}",
        row.seq,
        row.user,
        row.kind,
        stage,
        moment(row.since),
        row.attempts,
        printable::line(&why(row))
    )
    .trim_end()
    .to_owned()
}

pub(crate) fn queue_json(row: &QueueRow) -> Value {
    json!({
        "number": row.seq,
        "user": row.user.0,
        "kind": row.kind,
        "stage": row.stage,
        "given_up": row.given_up.is_some(),
        "since": moment(row.since),
        "not_before": row.until.map(moment),
        "attempts": row.attempts,
        "why": why(row),
        "reason": row.given_up.map(|reason| reason.name()).or_else(|| Some(row.waiting_for?.name())),
    })
}

pub(crate) fn queue_text(row: &QueueRow) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: String| field(&mut text, name, value);
    line("number", row.seq.to_string());
    line("user", row.user.to_string());
    line("kind", row.kind.clone());
    line("stage", row.stage.clone());
    line("given up", if row.given_up.is_some() { "yes" } else { "no" }.to_owned());
    line("since", moment(row.since));
    if let Some(until) = row.until {
        line("not before", moment(until));
    }
    line("attempts", row.attempts.to_string());
    let why = why(row);
    if !why.is_empty() {
        line("why", why);
    }
    text
}
