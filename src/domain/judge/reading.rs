//! What is made of a model's answer, whatever it is: an object with surplus, missing or misspelt parts, JSON cut short or in a
//! code fence, or no JSON at all.
//!
//! Every text is bounded, and a correction counts only if the learner said what it corrects. Must not know what was asked.

use crate::domain::correction::{Correction, CorrectionKind, MOST};
use serde_json::Value;

/// Longest coaching or reply, characters: a spoken reply of five minutes.
const LONGEST: usize = 4_000;
/// Longest phrase of a correction, characters.
const PHRASE: usize = 120;
/// Longest reason, characters.
const REASON: usize = 200;
/// Entries of a list that are looked at.
const LOOKED_AT: usize = 50;

/// What a model makes of a spoken turn. Empty texts: not given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judgement {
    pub coaching: String,
    pub reply: String,
    pub corrections: Vec<Correction>,
    pub coaching_translated: String,
    pub reply_translated: String,
}

/// Reads the object asked for; `None`: a learner would get nothing of it.
pub fn judgement(object: &Value, transcript: &str) -> Option<Judgement> {
    let judged = Judgement {
        coaching: text(object, &["coaching", "coaching_feedback", "feedback"]),
        reply: text(object, &["reply", "response", "answer"]),
        corrections: corrections(object, transcript),
        coaching_translated: text(object, &["coaching_translated"]),
        reply_translated: text(object, &["reply_translated"]),
    };
    let empty = judged.coaching.is_empty() && judged.reply.is_empty() && judged.corrections.is_empty();
    (!empty).then_some(judged)
}

/// Reads an answer that is not the object asked for: what there is of it, else the words themselves as coaching. `None`: neither
/// JSON that says anything, nor words.
pub fn judgement_in_words(words: &str, transcript: &str) -> Option<Judgement> {
    let words = words.trim();
    let objects = words.match_indices('{').take(8).filter_map(|(at, _)| {
        let mut values = serde_json::Deserializer::from_str(words.get(at..)?).into_iter::<Value>();
        values.next()?.ok()
    });
    if let Some(judged) = objects.into_iter().find_map(|object| judgement(&object, transcript)) {
        return Some(judged);
    }
    if words.contains(['{', '[']) && words.contains("\":") {
        // Broken JSON: its whole strings, and the beginning of the one it breaks off in.
        let found = |name| bounded(&salvaged(words, name).unwrap_or_default(), LONGEST);
        let judged = Judgement { coaching: found("coaching"), reply: found("reply"), ..Judgement::default() };
        let empty = judged.coaching.is_empty() && judged.reply.is_empty();
        return (!empty).then_some(judged);
    }
    let coaching = bounded(words, LONGEST);
    (!coaching.is_empty()).then(|| Judgement { coaching, ..Judgement::default() })
}

/// The texts of a translation: coaching and reply.
pub fn translation(object: &Value) -> (String, String) {
    (text(object, &["coaching", "coaching_translated"]), text(object, &["reply", "reply_translated"]))
}

/// The corrections of an object that are whole and about what was said, in its order.
pub fn corrections(object: &Value, transcript: &str) -> Vec<Correction> {
    let heard = words_of(transcript);
    let mut kept: Vec<Correction> = Vec::new();
    let list = object.get("corrections").and_then(Value::as_array);
    for entry in list.into_iter().flatten().take(LOOKED_AT) {
        let Some(correction) = correction(entry, &heard) else { continue };
        let same = |other: &&Correction| words_of(&other.said) == words_of(&correction.said);
        if kept.len() < MOST && !kept.iter().any(|other| same(&other)) {
            kept.push(correction);
        }
    }
    kept
}

fn correction(entry: &Value, heard: &[String]) -> Option<Correction> {
    let said = phrase(entry, &["said", "wrong", "original", "incorrect"])?;
    let better = phrase(entry, &["better", "right", "corrected", "correct", "correction"])?;
    let kind = CorrectionKind::from_word(&text(entry, &["kind", "type", "category"]));
    let spoken = words_of(&said);
    // The same words again correct nothing, unless it is about how they sound.
    let changes = spoken != words_of(&better) || kind == CorrectionKind::Pronunciation;
    (changes && is_in(&spoken, heard)).then(|| Correction {
        said,
        better,
        why: bounded(&one_line(&text(entry, &["why", "reason", "explanation"])), REASON),
        kind,
    })
}

/// A phrase short enough to be learnt; a longer one is no correction but a text.
fn phrase(entry: &Value, names: &[&str]) -> Option<String> {
    let phrase = one_line(&text(entry, names));
    let quotes = ['"', '“', '”', '„', '«', '»', '`'];
    let phrase = phrase.trim_matches(|c: char| quotes.contains(&c) || c.is_whitespace());
    let fits = !words_of(phrase).is_empty() && phrase.chars().count() <= PHRASE;
    fits.then(|| phrase.to_owned())
}

/// Whether these words were said, in this order: a model may leave some out between them ("I goes … yesterday"), but a learner
/// is never told to have said what was not said.
fn is_in(spoken: &[String], heard: &[String]) -> bool {
    let mut heard = heard.iter();
    !spoken.is_empty() && spoken.iter().all(|word| heard.any(|other| other == word))
}

/// The words of a text as they sound: without case, punctuation or the form of an apostrophe.
fn words_of(text: &str) -> Vec<String> {
    let text = text.replace(['’', '‘', 'ʼ'], "'").to_lowercase();
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '\'');
    words.map(|word| word.trim_matches('\'').to_owned()).filter(|word| !word.is_empty()).collect()
}

/// The text by the first of these names that has one; a number or a list of texts is one too.
fn text(object: &Value, names: &[&str]) -> String {
    let texts = names.iter().filter_map(|name| object.get(name)).map(words_in);
    texts.map(|text| bounded(&text, LONGEST)).find(|text| !text.is_empty()).unwrap_or_default()
}

fn words_in(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Array(parts) => {
            let parts: Vec<&str> = parts.iter().filter_map(Value::as_str).collect();
            parts.join("\n")
        }
        Value::Null | Value::Bool(_) | Value::Object(_) => String::new(),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Without white space around it and control characters in it, cut to so many characters.
fn bounded(text: &str, most: usize) -> String {
    let text: String = text.trim().chars().filter(|c| *c == '\n' || !c.is_control()).collect();
    match text.char_indices().nth(most) {
        Some((cut, _)) => format!("{}…", text.get(..cut).unwrap_or_default().trim_end()),
        None => text,
    }
}

/// The string that follows `"name":`, as far as it goes.
fn salvaged(json: &str, name: &str) -> Option<String> {
    let (_, rest) = json.split_once(&format!("\"{name}\""))?;
    let rest = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    let mut escaped = false;
    let end = rest.find(|c: char| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    let inside = rest.get(..end.unwrap_or(rest.len()))?;
    // An escape that is cut in two is left out.
    let lengths = (0..=6).filter_map(|less| inside.get(..inside.len().checked_sub(less)?));
    lengths.into_iter().find_map(|part| {
        // Line breaks that should have been escaped are the commonest reason why the JSON is broken.
        let part = part.replace("\r\n", "\\n").replace('\n', "\\n").replace('\t', " ");
        serde_json::from_str::<String>(&format!("\"{part}\"")).ok()
    })
}
