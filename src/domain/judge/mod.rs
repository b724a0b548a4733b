//! What a chat model is asked about a spoken turn, and what is made of its answer: judging what was said, drawing corrections
//! from coaching, translating.
//!
//! What learners and tutors said goes along as the strings of one JSON object, never as part of the instructions, and nothing
//! that comes back is taken on trust (see `reading`). Pure: must not know models, servers, or how often to ask.

mod reading;

pub use reading::{Judgement, corrections, judgement, judgement_in_words, translation};

use super::assessment::Turn;
use super::dialogue::exchange;
use super::language::Language;
use super::learner::Level;
use super::persona::{self, Persona};
use serde_json::{Value, json};

/// Corrections of earlier turns that the model is reminded of.
const RECENT: usize = 8;

/// Instructions, and the data they are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    pub system: String,
    pub user: String,
}

/// A spoken turn to be judged.
#[derive(Debug, Clone, Copy)]
pub struct Spoken<'a> {
    pub transcript: &'a str,
    /// Words the recogniser was not sure of.
    pub unsure: &'a [&'a str],
    /// The conversation before it that fits, oldest first.
    pub earlier: &'a [Turn],
    pub persona: Option<&'a Persona>,
    pub level: Option<Level>,
    /// What the learner reads.
    pub language: Language,
    /// Whether coaching and reply are wanted in `language` as well.
    pub translated: bool,
}

const JUDGE: &str = include_str!("../../../assets/prompts/judge.md");
const DRAW: &str = include_str!("../../../assets/prompts/draw.md");
const TRANSLATE: &str = include_str!("../../../assets/prompts/translate.md");

/// Asks for a [`Judgement`].
pub fn judge(spoken: &Spoken<'_>) -> Prompt {
    let earlier: Vec<Value> = spoken
        .earlier
        .iter()
        .map(|turn| {
            let (learner, tutor) = exchange(turn);
            json!({ "learner": learner, "you": tutor })
        })
        .collect();
    let data = json!({ "earlier": earlier, "said": spoken.transcript, "unsure": spoken.unsure });
    let persona = spoken.persona.map(|persona| persona.prompt(spoken.level, spoken.language));
    let system = rendered(
        JUDGE,
        spoken.translated,
        &[
            ("level", persona::level_words(spoken.level)),
            ("language", &persona::language_words(spoken.language)),
            ("recent", &recent(spoken.earlier)),
            ("persona", persona.as_deref().unwrap_or("A friendly tutor.")),
        ],
    );
    Prompt { system, user: data.to_string() }
}

/// Asks for the corrections that a tutor's coaching contains.
pub fn draw(transcript: &str, coaching: &str, language: Language) -> Prompt {
    let system = rendered(DRAW, false, &[("language", &persona::language_words(language))]);
    Prompt { system, user: json!({ "said": transcript, "coaching": coaching }).to_string() }
}

/// Asks for coaching and reply in this language.
pub fn translate(coaching: &str, reply: &str, into: Language) -> Prompt {
    let system = rendered(TRANSLATE, false, &[("language", &persona::language_words(into))]);
    Prompt { system, user: json!({ "coaching": coaching, "reply": reply }).to_string() }
}

/// The JSON schema of a judgement. Every property is required and no other allowed, as strict servers want it.
pub fn judge_schema(translated: bool) -> Value {
    let mut schema = text_schema(&["coaching", "reply"]);
    add(&mut schema, "corrections", corrections_list());
    if translated {
        add(&mut schema, "coaching_translated", json!({ "type": "string" }));
        add(&mut schema, "reply_translated", json!({ "type": "string" }));
    }
    schema
}

/// The JSON schema of drawn corrections.
pub fn draw_schema() -> Value {
    let mut schema = text_schema(&[]);
    add(&mut schema, "corrections", corrections_list());
    schema
}

/// The JSON schema of a translation.
pub fn translate_schema() -> Value {
    text_schema(&["coaching", "reply"])
}

fn text_schema(names: &[&str]) -> Value {
    let mut schema =
        json!({ "type": "object", "additionalProperties": false, "required": [], "properties": {} });
    for name in names {
        add(&mut schema, name, json!({ "type": "string" }));
    }
    schema
}

fn add(schema: &mut Value, name: &str, property: Value) {
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.push(json!(name));
    }
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert(name.to_owned(), property);
    }
}

fn corrections_list() -> Value {
    let mut each = text_schema(&["said", "better", "why"]);
    let kinds = super::correction::CorrectionKind::ALL.map(super::correction::CorrectionKind::name);
    add(&mut each, "kind", json!({ "type": "string", "enum": kinds }));
    json!({ "type": "array", "items": each })
}

/// Fills in a prompt's file: its head is left out; a line that begins with `{translation}` is for those who want one.
fn rendered(file: &str, translated: bool, values: &[(&str, &str)]) -> String {
    let (_, text) = file.split_once("\n\n").unwrap_or_default();
    let mut prompt = String::with_capacity(text.len());
    for line in text.trim().lines() {
        let line = match line.strip_prefix("{translation} ") {
            Some(_) if !translated => continue,
            Some(line) => line,
            None => line,
        };
        fill(&mut prompt, line, values);
        prompt.push('\n');
    }
    prompt
}

/// In one pass, so that what is filled in is never filled in again.
fn fill(prompt: &mut String, mut line: &str, values: &[(&str, &str)]) {
    while let Some((before, rest)) = line.split_once('{') {
        prompt.push_str(before);
        let named = rest.split_once('}').and_then(|(name, after)| {
            values.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value, after))
        });
        match named {
            Some((value, after)) => {
                prompt.push_str(value);
                line = after;
            }
            None => {
                prompt.push('{');
                line = rest;
            }
        }
    }
    prompt.push_str(line);
}

/// The latest corrections as lines of JSON strings: they are words of learners and models.
fn recent(earlier: &[Turn]) -> String {
    let all = earlier.iter().rev().flat_map(|turn| &turn.corrections).take(RECENT);
    let lines: Vec<String> =
        all.map(|one| format!("- {} → {}", json!(one.said), json!(one.better))).collect();
    if lines.is_empty() { "- nothing yet".to_owned() } else { lines.join("\n") }
}

#[cfg(test)]
mod tests;
