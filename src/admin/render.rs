//! Answers as tables for people or JSON lines for machines. Knows nothing of the store.

use super::execute::{QueueRow, SessionDetail, SessionRow};
use crate::domain::{Language, LanguageChoice, Timestamp, Translation};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// A moment as RFC 3339 in UTC, to the second.
pub fn moment(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.secs()).map_or_else(|_| at.0.to_string(), |at| at.to_string())
}

/// The heading of `sessions list`.
pub fn session_heading() -> String {
    format!(
        "{:<14}  {:<36}  {:<8}  {:>5}  {:<20}  {:<20}",
        "USER", "SESSION", "STATE", "TURNS", "CREATED", "LAST ACTIVITY"
    )
}

/// A line of `sessions list`.
pub fn session_line(row: &SessionRow) -> String {
    let session = &row.session;
    format!(
        "{:<14}  {:<36}  {:<8}  {:>5}  {:<20}  {:<20}",
        session.user,
        session.id,
        row.state.as_str(),
        session.turns,
        moment(session.created),
        moment(session.last_activity)
    )
}

/// The same as JSON.
pub fn session_json(row: &SessionRow) -> Value {
    let session = &row.session;
    json!({
        "user": session.user.0,
        "session": session.id.to_string(),
        "state": row.state.as_str(),
        "turns": session.turns,
        "created": moment(session.created),
        "last_activity": moment(session.last_activity),
        "archived": session.archived_at.map(moment),
    })
}

/// The heading of `queue list`.
pub fn queue_heading() -> String {
    format!(
        "{:>8}  {:<14}  {:<11}  {:<17}  {:<20}  {:>8}  {}",
        "NUMBER", "USER", "KIND", "STAGE", "SINCE", "ATTEMPTS", "WHY"
    )
}

/// A line of `queue list`.
pub fn queue_line(row: &QueueRow) -> String {
    let stage = if row.dead { "given up" } else { row.stage };
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
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<14} {value}");
    };
    line("number", row.seq.to_string());
    line("user", row.user.to_string());
    line("kind", row.kind.to_owned());
    line("stage", row.stage.to_owned());
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

/// One session for `sessions show`.
pub fn detail_text(detail: &SessionDetail) -> String {
    let session = &detail.row.session;
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<14} {value}");
    };
    line("session", session.id.to_string());
    line("user", session.user.to_string());
    line("state", detail.row.state.as_str().to_owned());
    line("created", moment(session.created));
    line("last activity", moment(session.last_activity));
    if let Some(at) = session.archived_at {
        line("archived", moment(at));
    }
    line("turns", session.turns.to_string());
    line("waiting", format!("{} message(s) for the tutor", detail.waiting));
    if let Some(learner) = &detail.learner {
        line("language", language(learner.language).to_owned());
        line("translation", translation(learner.translation).to_owned());
        line("voice reply", if learner.voice_reply { "on" } else { "off" }.to_owned());
        line("blocked", if learner.blocked { "yes" } else { "no" }.to_owned());
    }
    for turn in &detail.turns {
        line(
            &format!("turn {}", turn.number),
            format!("{}  voice {:.1} s", moment(turn.at), turn.voice_ms as f64 / 1000.0),
        );
    }
    text
}

/// The same as JSON.
pub fn detail_json(detail: &SessionDetail) -> Value {
    let mut value = session_json(&detail.row);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("waiting".into(), json!(detail.waiting));
        if let Some(learner) = &detail.learner {
            fields.insert("language".into(), json!(language(learner.language)));
            fields.insert("translation".into(), json!(translation(learner.translation)));
            fields.insert("voice_reply".into(), json!(learner.voice_reply));
            fields.insert("blocked".into(), json!(learner.blocked));
        }
        let turns: Vec<Value> = detail
            .turns
            .iter()
            .map(|turn| json!({"number": turn.number, "at": moment(turn.at), "voice_ms": turn.voice_ms}))
            .collect();
        fields.insert("history".into(), json!(turns));
    }
    value
}

fn language(choice: LanguageChoice) -> &'static str {
    match choice {
        LanguageChoice::Auto => "auto",
        LanguageChoice::Fixed(Language::En) => "en",
        LanguageChoice::Fixed(Language::Pt) => "pt",
    }
}

fn translation(choice: Translation) -> &'static str {
    match choice {
        Translation::Always => "always",
        Translation::OnTap => "on tap",
        Translation::Never => "never",
    }
}
