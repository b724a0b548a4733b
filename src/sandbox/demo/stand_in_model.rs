//! What the stand-in for the chat model answers to each question. Must not know who asks, or when.

use super::scenes::{SCENES, STAND_IN, TEXT};
use crate::sandbox::chat_api::{ChatAnswer, Part, Question};
use serde_json::{Value, json};
use std::time::Duration;

/// Pause after each word: slow enough that the answer is seen growing, as on a small machine.
const WRITES: Duration = Duration::from_millis(110);

/// By what is asked, not by the order of the questions: the bot asks for corrections when it has time to.
pub(super) fn answer(question: &Question) -> ChatAnswer {
    let (written, answer) = TEXT;
    match drawn(question.last()) {
        Some(corrections) => ChatAnswer::words(&corrections),
        None if question.last() == written => growing(answer),
        None => ChatAnswer::words(STAND_IN),
    }
}

/// The corrections in a scene's coaching, as the object that is asked for.
fn drawn(question: &str) -> Option<String> {
    let asked: Value = serde_json::from_str(question).ok()?;
    let (said, coaching) = (asked.get("said")?.as_str()?, asked.get("coaching")?.as_str()?);
    let scene = SCENES.iter().find(|scene| scene.words.starts_with(&[said, coaching]))?;
    let each = scene
        .corrections
        .iter()
        .map(|[said, better, why, kind]| json!({ "said": said, "better": better, "why": why, "kind": kind }));
    Some(json!({ "corrections": each.collect::<Vec<_>>() }).to_string())
}

fn growing(text: &str) -> ChatAnswer {
    let words = text.split_inclusive(' ').flat_map(|word| [Part::Text(word.to_owned()), Part::Pause(WRITES)]);
    ChatAnswer::parts(words.chain([Part::Finish("stop".to_owned()), Part::Usage, Part::Done]))
}
