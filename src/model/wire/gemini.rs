//! Google's `generateContent`. Pure; must not know sockets.

use super::{Call, Delta, Format, base64, count};
use crate::model::ask::{Ask, Message, Role};
use crate::model::error::Fault;
use serde_json::{Value, json};

pub fn call(model: &str, ask: &Ask, format: Format<'_>) -> Call {
    let (system, turns) = ask.in_turn();
    let contents: Vec<Value> = turns.iter().map(content).collect();
    let mut body = json!({
        "contents": contents,
        "generationConfig": { "maxOutputTokens": ask.max_tokens, "temperature": ask.temperature },
    });
    if let Some(config) = body.get_mut("generationConfig").and_then(Value::as_object_mut)
        && format != Format::Text
    {
        config.insert("responseMimeType".to_owned(), json!("application/json"));
    }
    if let Some(body) = body.as_object_mut()
        && !system.is_empty()
    {
        body.insert("systemInstruction".to_owned(), json!({ "parts": [{ "text": system }] }));
    }
    Call { path: format!("/models/{model}:streamGenerateContent?alt=sse"), body }
}

fn content(message: &Message) -> Value {
    let role = if message.role == Role::Assistant { "model" } else { "user" };
    let mut parts: Vec<Value> = message
        .images
        .iter()
        .map(|image| json!({ "inlineData": { "mimeType": image.mime, "data": base64(&image.bytes) } }))
        .collect();
    if !message.text.is_empty() {
        parts.push(json!({ "text": message.text }));
    }
    json!({ "role": role, "parts": parts })
}

/// A chunk of a stream and a whole answer look alike.
pub fn read(value: &Value) -> Result<Delta, Fault> {
    let usage = value.get("usageMetadata");
    let spent = |field: &str| count(usage.and_then(|usage| usage.get(field)));
    let mut delta = Delta { input: spent("promptTokenCount"), ..Delta::default() };
    delta.output = match (spent("candidatesTokenCount"), spent("thoughtsTokenCount")) {
        (None, None) => None,
        (said, thought) => Some(said.unwrap_or(0).saturating_add(thought.unwrap_or(0))),
    };
    if value.get("promptFeedback").and_then(|feedback| feedback.get("blockReason")).is_some() {
        return Err(Fault::Refused { status: 200 });
    }
    let Some(candidate) = value.get("candidates").and_then(|all| all.get(0)) else { return Ok(delta) };
    let parts = candidate.get("content").and_then(|content| content.get("parts")).and_then(Value::as_array);
    for part in parts.into_iter().flatten() {
        let thought = part.get("thought").and_then(Value::as_bool).unwrap_or(false);
        if let Some(words) = part.get("text").and_then(Value::as_str).filter(|_| !thought) {
            delta.text.push_str(words);
        }
    }
    let reason = candidate.get("finishReason").and_then(Value::as_str).filter(|reason| !reason.is_empty());
    delta.finish = reason.map(|reason| reason == "MAX_TOKENS");
    Ok(delta)
}
