//! OpenAI's `POST /chat/completions`, as spoken by OpenAI and the many servers that imitate it. Pure; must
//! not know sockets.

use super::{Call, Delta, Format, Quirks, base64, count};
use crate::model::ask::{Ask, Message, Role};
use crate::model::error::Fault;
use serde_json::{Value, json};

pub fn call(model: &str, ask: &Ask, quirks: Quirks, format: Format<'_>) -> Call {
    let (system, turns) = ask.in_turn();
    let mut messages = Vec::with_capacity(turns.len() + 1);
    if !system.is_empty() {
        messages.push(json!({ "role": "system", "content": system }));
    }
    messages.extend(turns.iter().map(message));
    let limit = if quirks.completion_tokens { "max_completion_tokens" } else { "max_tokens" };
    let mut body = json!({ "model": model, "messages": messages, "stream": true, limit: ask.max_tokens });
    if let Some(body) = body.as_object_mut() {
        if !quirks.no_temperature {
            body.insert("temperature".to_owned(), json!(ask.temperature));
        }
        if !quirks.no_stream_options {
            body.insert("stream_options".to_owned(), json!({ "include_usage": true }));
        }
        let format = match format {
            Format::Text => None,
            Format::Json => Some(json!({ "type": "json_object" })),
            Format::Schema(schema) => Some(json!({
                "type": "json_schema",
                "json_schema": { "name": "answer", "strict": true, "schema": schema },
            })),
        };
        body.extend(format.map(|format| ("response_format".to_owned(), format)));
    }
    Call { path: "/chat/completions".to_owned(), body }
}

fn message(message: &Message) -> Value {
    let role = if message.role == Role::Assistant { "assistant" } else { "user" };
    if message.images.is_empty() {
        return json!({ "role": role, "content": message.text });
    }
    let mut parts = Vec::new();
    if !message.text.is_empty() {
        parts.push(json!({ "type": "text", "text": message.text }));
    }
    parts.extend(message.images.iter().map(|image| {
        let url = format!("data:{};base64,{}", image.mime, base64(&image.bytes));
        json!({ "type": "image_url", "image_url": { "url": url } })
    }));
    json!({ "role": role, "content": parts })
}

/// Reads a chunk of a stream, or a whole answer: they differ in `delta` and `message`.
pub fn read(value: &Value) -> Result<Delta, Fault> {
    let usage = value.get("usage").filter(|usage| usage.is_object());
    let mut delta = Delta {
        input: count(usage.and_then(|usage| usage.get("prompt_tokens"))),
        output: count(usage.and_then(|usage| usage.get("completion_tokens"))),
        ..Delta::default()
    };
    let choices = value.get("choices").and_then(Value::as_array);
    if choices.is_none() && usage.is_none() {
        // Servers send various other objects; a whole answer without choices will count as empty.
        return Ok(delta);
    }
    let first = |choice: &&Value| choice.get("index").and_then(Value::as_u64).unwrap_or(0) == 0;
    let Some(choice) = choices.and_then(|choices| choices.iter().find(first)) else { return Ok(delta) };
    let said = choice.get("delta").or_else(|| choice.get("message")).unwrap_or(choice);
    for field in ["content", "refusal", "text"] {
        if let Some(content) = said.get(field) {
            words(content, &mut delta.text);
        }
    }
    let reason = choice.get("finish_reason").and_then(Value::as_str).filter(|reason| !reason.is_empty());
    delta.finish = reason.map(|reason| matches!(reason, "length" | "max_tokens" | "model_length"));
    Ok(delta)
}

/// A text, or a list of parts of which the text ones count.
fn words(content: &Value, text: &mut String) {
    match content {
        Value::String(words) => text.push_str(words),
        Value::Array(parts) => {
            for part in parts {
                if part.get("type").and_then(Value::as_str) == Some("text")
                    && let Some(words) = part.get("text").and_then(Value::as_str)
                {
                    text.push_str(words);
                }
            }
        }
        _ => {}
    }
}
