//! The protocols of model servers: pure functions from a question to a request, and from received JSON to its
//! meaning.
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

/// A request without address and key.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// After the base URL.
    pub path: String,
    /// JSON.
    pub body: Value,
}

/// What a server has refused: OpenAI's protocol has no version to ask for.
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
    /// What to leave out next, according to a refusal's text; `None` if nothing new.
    pub fn learned_from(self, words: &str) -> Option<Self> {
        let mut learned = self;
        learned.no_stream_options |= words.contains("stream_options");
        learned.completion_tokens |= words.contains("max_completion_tokens");
        learned.no_temperature |= words.contains("temperature");
        (learned != self).then_some(learned)
    }
}

/// The form in which an answer is requested.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Format<'a> {
    Text,
    Json,
    Schema(&'a Value),
}

/// The meaning of a piece of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delta {
    /// More of the text, without reasoning that has a field of its own.
    pub text: String,
    /// Token counts so far; they may arrive separately.
    pub input: Option<u32>,
    /// See `input`.
    pub output: Option<u32>,
    /// The answer is complete; `true` if a limit cut it.
    pub finish: Option<bool>,
    /// Nothing useful follows.
    pub last: bool,
}

impl Delta {
    /// `None` if unknown. Servers that say 0 do not count.
    pub fn usage(&self) -> Option<Usage> {
        let output = self.output.filter(|tokens| *tokens > 0)?;
        Some(Usage { input: self.input.unwrap_or(0), output })
    }
}

/// The request that asks `model`; answered by a stream if the protocol has one.
pub fn call(kind: ServerKind, model: &str, ask: &Ask, quirks: Quirks, format: Format<'_>) -> Call {
    match kind {
        ServerKind::OpenAi => openai::call(model, ask, quirks, format),
        ServerKind::Anthropic => anthropic::call(model, ask),
        ServerKind::Gemini => gemini::call(model, ask, format),
        ServerKind::Core => core::call(model, ask),
    }
}

/// Headers with the key and the version.
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

/// Reads an event of a stream.
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

/// Reads a whole answer, or one event of a stream.
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

/// The names in an answer to `GET /models`; `None` if it is no such answer.
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

/// Longest pause accepted from a server, seconds.
pub const LONGEST_WAIT: u32 = 600;

const NOT_JSON: Fault = Fault::Unreadable("an event that is not JSON");

fn count(value: Option<&Value>) -> Option<u32> {
    value?.as_u64().map(|count| u32::try_from(count).unwrap_or(u32::MAX))
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests;
