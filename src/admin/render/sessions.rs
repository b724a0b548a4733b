//! Output of `sessions list` and `sessions show`. Must not know where sessions come from.

use super::{field, moment};
use crate::admin::request::{SessionDetail, SessionRow};
use crate::domain::Level;
use serde_json::{Value, json};

pub(crate) fn session_heading() -> String {
    format!(
        "{:<14}  {:<36}  {:<8}  {:>5}  {:<20}  {:<20}",
        "USER", "SESSION", "STATE", "TURNS", "CREATED", "LAST ACTIVITY"
    )
}

pub(crate) fn session_line(row: &SessionRow) -> String {
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

pub(crate) fn session_json(row: &SessionRow) -> Value {
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

pub(crate) fn detail_text(detail: &SessionDetail) -> String {
    let session = &detail.row.session;
    let mut text = String::new();
    let mut line = |name: &str, value: String| field(&mut text, name, value);
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
    if let Some(learner) = &detail.settings {
        line("language", learner.language.name().to_owned());
        line("translation", learner.translation.name().to_owned());
        line("voice reply", if learner.voice_reply { "on" } else { "off" }.to_owned());
        line("blocked", if learner.blocked { "yes" } else { "no" }.to_owned());
        line("level", learner.level.map_or("unknown", Level::as_str).to_owned());
        if let Some(at) = learner.imported_at {
            line("imported", moment(at));
        }
    }
    for turn in &detail.turns {
        line(
            &format!("turn {}", turn.number),
            format!("{}  voice {:.1} s", moment(turn.at), turn.voice_ms as f64 / 1000.0),
        );
    }
    text
}

pub(crate) fn detail_json(detail: &SessionDetail) -> Value {
    let mut value = session_json(&detail.row);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("waiting".into(), json!(detail.waiting));
        if let Some(learner) = &detail.settings {
            fields.insert("language".into(), json!(learner.language.name()));
            fields.insert("translation".into(), json!(learner.translation.name()));
            fields.insert("voice_reply".into(), json!(learner.voice_reply));
            fields.insert("blocked".into(), json!(learner.blocked));
            fields.insert("level".into(), json!(learner.level));
            fields.insert("imported".into(), json!(learner.imported_at.map(moment)));
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
