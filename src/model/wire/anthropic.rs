//! Anthropic's `POST /messages`. Pure; must not know sockets.

use super::{Call, Delta, base64, count};
use crate::model::ask::{Ask, Message, Role};
use crate::model::error::Fault;
use serde_json::{Value, json};

pub fn call(model: &str, ask: &Ask) -> Call {
    let (system, turns) = ask.in_turn();
    let messages: Vec<Value> = turns.iter().map(message).collect();
    // Its temperatures end at 1.
    let temperature = ask.temperature.min(1.0);
    let mut body = json!({
        "model": model,
        "messages": messages,
        "max_tokens": ask.max_tokens,
        "temperature": temperature,
        "stream": true,
    });
    if let Some(body) = body.as_object_mut()
        && !system.is_empty()
    {
        body.insert("system".to_owned(), json!(system));
    }
    Call { path: "/messages".to_owned(), body }
}

fn message(message: &Message) -> Value {
    let role = if message.role == Role::Assistant { "assistant" } else { "user" };
    let mut parts: Vec<Value> = message
        .images
        .iter()
        .map(|image| {
            let source = json!({ "type": "base64", "media_type": image.mime, "data": base64(&image.bytes) });
            json!({ "type": "image", "source": source })
        })
        .collect();
    if !message.text.is_empty() {
        parts.push(json!({ "type": "text", "text": message.text }));
    }
    json!({ "role": role, "content": parts })
}

/// Reads an event of a stream, or a whole message.
pub fn read(value: &Value) -> Result<Delta, Fault> {
    let text = |value: Option<&Value>, field: &str| {
        value.and_then(|value| value.get(field)).and_then(Value::as_str).map(str::to_owned)
    };
    let message = value.get("message").unwrap_or(value);
    let usage = message.get("usage");
    let mut delta = Delta {
        input: count(usage.and_then(|usage| usage.get("input_tokens"))),
        output: count(usage.and_then(|usage| usage.get("output_tokens"))),
        ..Delta::default()
    };
    let mut stopped = value.get("stop_reason");
    match text(Some(value), "type").as_deref() {
        Some("content_block_start") => {
            delta.text = text(value.get("content_block"), "text").unwrap_or_default()
        }
        // A thinking_delta has `thinking` instead.
        Some("content_block_delta") => delta.text = text(value.get("delta"), "text").unwrap_or_default(),
        Some("message_delta") => stopped = value.get("delta").and_then(|delta| delta.get("stop_reason")),
        Some("message_stop") => {
            delta.finish = Some(false);
            delta.last = true;
        }
        Some("message") => {
            let parts = value.get("content").and_then(Value::as_array);
            delta.text = parts.into_iter().flatten().filter_map(|part| text(Some(part), "text")).collect();
        }
        _ => {}
    }
    if let Some(reason) = stopped.and_then(Value::as_str).filter(|reason| !reason.is_empty()) {
        delta.finish = Some(matches!(reason, "max_tokens" | "model_context_window_exceeded"));
    }
    Ok(delta)
}
