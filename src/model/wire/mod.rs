//! What goes over the wire, dialect by dialect: pure functions from a question to a request, and from what came to what it
//! says.
//!
//! Must not know sockets, time or retries.

mod anthropic;
mod core;
mod gemini;
mod openai;
mod refusal;

pub use refusal::{Refusal, fault};

use super::answer::Usage;
use super::ask::Ask;
use super::error::Fault;
use super::sse::Event;
use crate::domain::ServerKind;
use serde_json::Value;

/// A request but for address and key.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// After the base URL.
    pub path: String,
    /// The body, JSON.
    pub body: Value,
}

/// What a server does not take, as it has told: OpenAI's wire has no version to ask for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quirks {
    /// No `stream_options`.
    pub no_stream_options: bool,
    /// `max_completion_tokens` instead of `max_tokens`.
    pub completion_tokens: bool,
    /// No `temperature`.
    pub no_temperature: bool,
}

impl Quirks {
    /// What a refusal's words ask to leave out, beyond what is left out already.
    pub fn learned_from(self, words: &str) -> Option<Self> {
        let mut learned = self;
        learned.no_stream_options |= words.contains("stream_options");
        learned.completion_tokens |= words.contains("max_completion_tokens");
        learned.no_temperature |= words.contains("temperature");
        (learned != self).then_some(learned)
    }
}

/// What structured answers are asked for with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Format<'a> {
    /// Nothing special.
    Text,
    /// A JSON object.
    Json,
    /// A JSON object of this schema.
    Schema(&'a Value),
}

/// What a piece of an answer says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delta {
    /// More of the text. Reasoning in a field of its own is left out already.
    pub text: String,
    /// The counts so far; they may come in parts.
    pub input: Option<u32>,
    /// See `input`.
    pub output: Option<u32>,
    /// The answer is complete; whether by a limit.
    pub finish: Option<bool>,
    /// Nothing of use follows.
    pub last: bool,
}

impl Delta {
    /// Usage where it is known. An answer costs something: servers that say 0 do not count.
    pub fn usage(&self) -> Option<Usage> {
        let output = self.output.filter(|tokens| *tokens > 0)?;
        Some(Usage { input: self.input.unwrap_or(0), output })
    }
}

/// The request that asks `model`; answered by a stream where the wire has one.
pub fn call(kind: ServerKind, model: &str, ask: &Ask, quirks: Quirks, format: Format<'_>) -> Call {
    match kind {
        ServerKind::OpenAi => openai::call(model, ask, quirks, format),
        ServerKind::Anthropic => anthropic::call(model, ask),
        ServerKind::Gemini => gemini::call(model, ask, format),
        ServerKind::Core => core::call(model, ask),
    }
}

/// Header names and values that carry the key and the version.
pub fn headers(kind: ServerKind, key: Option<&str>) -> Vec<(&'static str, String)> {
    let mut headers = Vec::new();
    match (kind, key) {
        (ServerKind::Anthropic, key) => {
            headers.push(("anthropic-version", "2023-06-01".to_owned()));
            headers.extend(key.map(|key| ("x-api-key", key.to_owned())));
        }
        (ServerKind::Gemini, key) => headers.extend(key.map(|key| ("x-goog-api-key", key.to_owned()))),
        (ServerKind::OpenAi | ServerKind::Core, key) => {
            headers.extend(key.map(|key| ("authorization", format!("Bearer {key}"))));
        }
    }
    headers
}

/// What an event of a stream says.
pub fn event(kind: ServerKind, event: &Event) -> Result<Delta, Fault> {
    if event.data.trim() == "[DONE]" {
        return Ok(Delta { finish: Some(false), last: true, ..Delta::default() });
    }
    let value: Value = serde_json::from_str(&event.data)
        .map_err(|_| if event.name == "error" { Fault::Failed { status: 500 } } else { NOT_JSON })?;
    if event.name == "error" && value.get("error").is_none() {
        return Err(refusal::in_stream(&value));
    }
    read(kind, &value)
}

/// What a whole answer says, or one event of a stream.
pub fn read(kind: ServerKind, value: &Value) -> Result<Delta, Fault> {
    if value.get("error").is_some_and(|error| !error.is_null()) {
        return Err(refusal::in_stream(value.get("error").unwrap_or(&Value::Null)));
    }
    if value.get("object").and_then(Value::as_str) == Some("error") {
        return Err(refusal::in_stream(value));
    }
    match kind {
        ServerKind::OpenAi => openai::read(value),
        ServerKind::Anthropic => anthropic::read(value),
        ServerKind::Gemini => gemini::read(value),
        ServerKind::Core => core::read(value),
    }
}

/// The names in an answer to `GET /models`; `None` where it is no such answer.
pub fn models(kind: ServerKind, body: &Value) -> Option<Vec<String>> {
    let gemini = kind == ServerKind::Gemini;
    // Some gateways answer with the bare list.
    let list = body.get(if gemini { "models" } else { "data" }).unwrap_or(body).as_array()?;
    let speaks = |model: &&Value| {
        let methods = model.get("supportedGenerationMethods").and_then(Value::as_array);
        methods.is_none_or(|methods| methods.iter().any(|method| method == "generateContent"))
    };
    let name = |model: &Value| {
        let name = model.get(if gemini { "name" } else { "id" }).unwrap_or(model).as_str()?;
        Some(name.trim_start_matches("models/").to_owned())
    };
    Some(list.iter().filter(speaks).filter_map(name).collect())
}

/// Longest pause that a server may ask for, seconds.
pub const LONGEST_WAIT: u32 = 600;

const NOT_JSON: Fault = Fault::Unreadable("an event that is not JSON");

/// A count of tokens.
fn count(value: Option<&Value>) -> Option<u32> {
    value?.as_u64().map(|count| u32::try_from(count).unwrap_or(u32::MAX))
}

/// A picture's bytes as the wires carry them.
fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests;
