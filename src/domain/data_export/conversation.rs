//! A conversation with its turns, in both documents. Pure.

use super::{at_json, escaped, moment};
use crate::domain::assessment::{Turn, TurnKind};
use crate::domain::correction::Correction;
use crate::domain::session::Session;
use serde_json::{Value, json};
use std::fmt::Write as _;

pub(super) fn json(session: &Session, turns: &[Turn]) -> Value {
    let turns: Vec<Value> = turns
        .iter()
        .map(|turn| {
            json!({
                "number": turn.number,
                "at": at_json(turn.at),
                "kind": turn.kind.as_str(),
                "voice_ms": turn.voice_ms,
                "spoken_by_another": turn.of_another,
                "model": turn.model,
                "chat": turn.chat.map(|chat| json!({ "id": chat.id.0, "topic": chat.thread })),
                "tokens": { "input": turn.tokens.input, "output": turn.tokens.output },
                "transcript": turn.assessment.transcript,
                "coaching": turn.assessment.coaching,
                "coaching_translated": turn.assessment.coaching_translated,
                "reply": turn.assessment.reply,
                "reply_translated": turn.assessment.reply_translated,
                "translated_into": turn.translated_into.tag(),
                "coaching_spoken": turn.assessment.coaching_audio,
                "reply_spoken": turn.assessment.reply_audio,
                "voice_notes": { "reply": turn.notes.reply, "coaching": turn.notes.coaching },
                "corrections": turn.corrections.iter().map(correction_json).collect::<Vec<_>>(),
                "corrections_still_to_be_drawn": turn.to_draw,
                "buttons_pressed": turn.pressed.iter()
                    .map(|(button, at)| json!({ "button": button, "at": at_json(*at) }))
                    .collect::<Vec<_>>(),
                "fluency": turn.fluency.map(|fluency| json!({
                    "words_per_minute": fluency.words_per_minute,
                    "pauses_percent": fluency.pauses_percent,
                    "longest_pause_ms": fluency.longest_pause_ms,
                    "fillers": fluency.fillers,
                })),
            })
        })
        .collect();
    json!({
        "session": session.id,
        "place": session.place.map(|chat| json!({ "id": chat.id.0, "topic": chat.thread })),
        "created": at_json(session.created),
        "last_activity": at_json(session.last_activity),
        "archived": session.archived_at.map(at_json),
        "turns_answered": session.turns,
        "turns_at_the_tutor": session.tutor_turns,
        "turns": turns,
    })
}

fn correction_json(correction: &Correction) -> Value {
    json!({
        "said": correction.said,
        "better": correction.better,
        "why": correction.why,
        "kind": correction.kind.name(),
    })
}

pub(super) fn markdown(text: &mut String, session: &Session, turns: &[Turn]) {
    let _ = writeln!(text, "\n## Conversation of {}\n", moment(session.created));
    let place = session.place.map(|chat| format!(", in chat {}", chat.id)).unwrap_or_default();
    let _ = write!(text, "Id {}{place}, last used {}", session.id, moment(session.last_activity));
    match session.archived_at {
        Some(at) => {
            let _ = writeln!(text, ", ended {}.", moment(at));
        }
        None => text.push_str(", open.\n"),
    }
    for turn in turns {
        let (said, spoken) = (&turn.assessment, turn.kind == TurnKind::Voice);
        let manner = match &turn.model {
            Some(model) => format!("written, answered by {}", escaped(model)),
            None if turn.of_another => format!("{} s of somebody else's voice", turn.voice_ms / 1000),
            None if spoken => format!("{} s of voice", turn.voice_ms / 1000),
            None => "written".to_owned(),
        };
        let _ = writeln!(text, "\n### {}. {} ({manner})", turn.number, moment(turn.at));
        for (name, words) in [
            (if spoken { "You said" } else { "You wrote" }, &said.transcript),
            ("Coaching", &said.coaching),
            ("Coaching, translated", &said.coaching_translated),
            ("Reply", &said.reply),
            ("Reply, translated", &said.reply_translated),
        ] {
            if words.trim().is_empty() {
                continue;
            }
            let _ = writeln!(text, "\n**{name}**\n");
            for line in words.trim().lines() {
                let _ = writeln!(text, "> {}", escaped(line));
            }
        }
        if !turn.corrections.is_empty() {
            text.push_str("\n**Corrections**\n\n");
        }
        for Correction { said, better, why, kind } in &turn.corrections {
            let why = if why.is_empty() { String::new() } else { format!(": {}", escaped(why)) };
            let (said, better) = (escaped(said), escaped(better));
            let _ = writeln!(text, "- {said} → **{better}** ({}){why}", kind.name());
        }
        if let Some(fluency) = turn.fluency {
            let _ = writeln!(
                text,
                "\nAbout {} words a minute, {} % pauses (the longest {} ms), {} filler words.",
                fluency.words_per_minute, fluency.pauses_percent, fluency.longest_pause_ms, fluency.fillers
            );
        }
    }
}
