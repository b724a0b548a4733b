//! The `core` protocol: one request to the URL itself, one JSON answer, no stream. Pure; must not know
//! sockets.

use super::{Call, Delta, count};
use crate::model::ask::{Ask, Role};
use crate::model::error::Fault;
use serde_json::{Value, json};

pub fn call(model: &str, ask: &Ask) -> Call {
    let (system, mut turns) = ask.in_turn();
    let prompt = turns.pop().map(|last| last.text).unwrap_or_default();
    let mut context = Vec::new();
    if !system.is_empty() {
        context.push(json!({ "role": "system", "content": system }));
    }
    context.extend(turns.iter().map(|turn| {
        let role = if turn.role == Role::Assistant { "assistant" } else { "user" };
        json!({ "role": role, "content": turn.text })
    }));
    let body = json!({
        "model": model,
        "prompt": prompt,
        "max_tokens": ask.max_tokens,
        "temperature": ask.temperature,
        "stream": false,
        "context": context,
    });
    Call { path: String::new(), body }
}

pub fn read(value: &Value) -> Result<Delta, Fault> {
    let Some(response) = value.get("response").and_then(Value::as_str) else {
        return Err(Fault::Unreadable("JSON without a response"));
    };
    Ok(Delta {
        text: response.to_owned(),
        // One number for question and answer.
        output: count(value.get("tokens_used")),
        finish: Some(false),
        last: true,
        ..Delta::default()
    })
}
