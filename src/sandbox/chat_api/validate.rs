//! What a strict chat server refuses, each thing as one of the real servers does. It must not know what it answers.

use base64::Engine;
use bytes::Bytes;
use serde_json::{Map, Value};

use super::state::{ChatModel, ChatOptions, Fate, Question, Wording};

/// A refusal: status, words, OpenAI's code for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct No {
    pub status: u16,
    pub message: String,
    pub kind: &'static str,
    pub code: Option<&'static str>,
}

impl No {
    fn bad(message: impl Into<String>) -> Self {
        Self { status: 400, message: message.into(), kind: "invalid_request_error", code: None }
    }
}

/// Fields of a request that OpenAI knows and this double has a use for.
const KNOWN: &[&str] = &[
    "model",
    "messages",
    "stream",
    "stream_options",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "response_format",
];

/// Checks a request.
pub(super) fn question(options: &ChatOptions, body: &[u8]) -> Result<Question, No> {
    let body: Value = serde_json::from_slice(body)
        .map_err(|_| No::bad("We could not parse the JSON body of your request."))?;
    let map = body.as_object().ok_or_else(|| No::bad("The body of your request is no JSON object."))?;
    for name in map.keys() {
        if options.refuses.contains(name) {
            let hint = match name.as_str() {
                "max_tokens" => " Use 'max_completion_tokens' instead.",
                _ => "",
            };
            return Err(No::bad(format!(
                "Unsupported parameter: '{name}' is not supported with this model.{hint}"
            )));
        }
        if !KNOWN.contains(&name.as_str()) {
            return Err(No::bad(format!("Unrecognized request argument supplied: {name}")));
        }
    }
    let id = map.get("model").and_then(Value::as_str).filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| No::bad("you must provide a model parameter"))?;
    let model = options.models.iter().find(|model| model.id == id).ok_or_else(|| No {
        status: 404,
        message: format!("The model `{id}` does not exist or you do not have access to it."),
        kind: "invalid_request_error",
        code: Some("model_not_found"),
    })?;
    stream(map)?;
    numbers(map)?;
    format(options, map)?;
    let mut question = Question {
        model: id.to_owned(),
        messages: Vec::new(),
        images: Vec::new(),
        fields: fields(map),
        body: body.clone(),
        fate: Fate::Open,
    };
    messages(options, model, map, &mut question)?;
    context(options, model, map, &question)?;
    Ok(question)
}

fn stream(map: &Map<String, Value>) -> Result<(), No> {
    let stream = match map.get("stream") {
        None => false,
        Some(stream) => {
            stream.as_bool().ok_or_else(|| No::bad("Invalid type for 'stream': expected a boolean."))?
        }
    };
    match map.get("stream_options") {
        None => Ok(()),
        Some(_) if !stream => {
            Err(No::bad("The 'stream_options' parameter is only allowed when 'stream' is enabled."))
        }
        Some(options) => {
            let options = options.as_object().ok_or_else(|| No::bad("Invalid type for 'stream_options'."))?;
            let known = |(name, value): (&String, &Value)| name == "include_usage" && value.is_boolean();
            if options.iter().all(known) {
                Ok(())
            } else {
                Err(No::bad("Unknown parameter: 'stream_options'."))
            }
        }
    }
}

fn numbers(map: &Map<String, Value>) -> Result<(), No> {
    for name in ["max_tokens", "max_completion_tokens"] {
        if let Some(limit) = map.get(name) {
            let sane = limit.as_u64().is_some_and(|limit| (1..=16_384).contains(&limit));
            if !sane {
                return Err(No::bad(format!(
                    "Invalid '{name}': this model supports at most 16384 completion tokens and at least 1."
                )));
            }
        }
    }
    if map.contains_key("max_tokens") && map.contains_key("max_completion_tokens") {
        return Err(No::bad(
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
        ));
    }
    match map.get("temperature").map(Value::as_f64) {
        None => Ok(()),
        Some(Some(heat)) if (0.0..=2.0).contains(&heat) => Ok(()),
        Some(_) => Err(No::bad("Invalid 'temperature': expected a value between 0 and 2.")),
    }
}

fn format(options: &ChatOptions, map: &Map<String, Value>) -> Result<(), No> {
    let Some(format) = map.get("response_format") else { return Ok(()) };
    let kind = format.get("type").and_then(Value::as_str).unwrap_or_default();
    if !options.formats.iter().any(|known| known == kind) {
        return Err(No::bad(format!("'response_format.type' must be one of {:?}", options.formats)));
    }
    if kind == "json_schema" {
        let schema = format.get("json_schema");
        let name = schema.and_then(|schema| schema.get("name")).and_then(Value::as_str).unwrap_or_default();
        let named =
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        if !named || !schema.is_some_and(|schema| schema.get("schema").is_some_and(Value::is_object)) {
            return Err(No::bad("Missing required parameter: 'response_format.json_schema'."));
        }
    }
    let says_json = || map.get("messages").is_some_and(|all| all.to_string().to_lowercase().contains("json"));
    if kind == "json_object" && !says_json() {
        return Err(No::bad("'messages' must contain the word 'json' in some form."));
    }
    Ok(())
}

/// What the schema requires.
fn fields(map: &Map<String, Value>) -> Vec<String> {
    let schema = map.get("response_format").and_then(|format| format.pointer("/json_schema/schema"));
    let required = schema.and_then(|schema| schema.get("required")).and_then(Value::as_array);
    required.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn messages(
    options: &ChatOptions,
    model: &ChatModel,
    map: &Map<String, Value>,
    question: &mut Question,
) -> Result<(), No> {
    let messages = map.get("messages").and_then(Value::as_array);
    let messages = messages.ok_or_else(|| No::bad("Missing required parameter: 'messages'."))?;
    if messages.is_empty() {
        return Err(No::bad("[] is too short - 'messages'"));
    }
    for (place, message) in messages.iter().enumerate() {
        let role = message.get("role").and_then(Value::as_str).unwrap_or_default();
        let before = question.messages.last().map_or("", |(role, _)| role);
        match role {
            "system" if place == 0 => {}
            "system" => return Err(No::bad("System message must be at the beginning.")),
            "user" if before != "user" => {}
            "assistant" if before == "user" => {}
            "user" | "assistant" => {
                return Err(No::bad("Conversation roles must alternate user/assistant/user/assistant/..."));
            }
            _ => {
                return Err(No::bad(format!(
                    "Invalid value: '{role}'. Supported values are: 'system', 'assistant', 'user', 'function', and 'tool'."
                )));
            }
        }
        let (text, images) = content(message, role)?;
        if !images.is_empty() && !model.vision {
            return Err(match options.wording {
                Wording::OpenAi => {
                    No::bad("Invalid content type. image_url is only supported by certain models.")
                }
                Wording::LlamaCpp => No {
                    status: 500,
                    kind: "server_error",
                    ..No::bad(
                        "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj",
                    )
                },
                Wording::Vllm => No::bad("At most 0 image(s) may be provided in one prompt."),
            });
        }
        question.images.extend(images);
        question.messages.push((role.to_owned(), text));
    }
    if question.messages.last().is_none_or(|(role, _)| role != "user") {
        return Err(No::bad("The last message must be from the user."));
    }
    Ok(())
}

/// Text and pictures of a message.
fn content(message: &Value, role: &str) -> Result<(String, Vec<Bytes>), No> {
    let empty = || No::bad("Invalid value for 'content': expected a non-empty string or list.");
    let parts = match message.get("content") {
        Some(Value::String(text)) if !text.is_empty() => return Ok((text.clone(), Vec::new())),
        Some(Value::Array(parts)) if !parts.is_empty() => parts,
        _ => return Err(empty()),
    };
    let (mut text, mut images) = (String::new(), Vec::new());
    for part in parts {
        match part.get("type").and_then(Value::as_str).unwrap_or_default() {
            "text" => {
                let words = part.get("text").and_then(Value::as_str).filter(|words| !words.is_empty());
                text.push_str(words.ok_or_else(empty)?);
            }
            "image_url" if role == "user" => {
                let url = part.get("image_url").and_then(|image| image.get("url")).and_then(Value::as_str);
                images.push(picture(url.unwrap_or_default())?);
            }
            other => {
                return Err(No::bad(format!(
                    "Invalid value: '{other}'. Supported values are: 'text' and 'image_url'."
                )));
            }
        }
    }
    Ok((text, images))
}

/// The picture in a data URL.
fn picture(url: &str) -> Result<Bytes, No> {
    let invalid = || No::bad("Invalid image data: expected a base64-encoded data URL with a picture.");
    let (mime, data) =
        url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,")).ok_or_else(invalid)?;
    let bytes = base64::engine::general_purpose::STANDARD.decode(data).map_err(|_| invalid())?;
    let begins: &[u8] = match mime {
        "image/jpeg" => &[0xff, 0xd8, 0xff],
        "image/png" => b"\x89PNG",
        "image/webp" => b"RIFF",
        "image/gif" => b"GIF8",
        _ => return Err(invalid()),
    };
    if bytes.starts_with(begins) { Ok(bytes.into()) } else { Err(invalid()) }
}

/// Four characters make a token, and a picture 256.
pub(super) fn tokens(question: &Question) -> u64 {
    let letters: usize = question.messages.iter().map(|(_, text)| text.chars().count() + 16).sum();
    letters.div_ceil(4) as u64 + 256 * question.images.len() as u64
}

fn context(
    options: &ChatOptions,
    model: &ChatModel,
    map: &Map<String, Value>,
    question: &Question,
) -> Result<(), No> {
    let limit = map.get("max_tokens").or_else(|| map.get("max_completion_tokens")).and_then(Value::as_u64);
    let (asked, room, context) = (tokens(question), limit.unwrap_or(16), u64::from(model.context));
    if asked + room <= context {
        return Ok(());
    }
    Err(match options.wording {
        Wording::OpenAi => No {
            code: Some("context_length_exceeded"),
            ..No::bad(format!(
                "This model's maximum context length is {context} tokens. However, your messages resulted in {asked} \
                 tokens. Please reduce the length of the messages."
            ))
        },
        Wording::LlamaCpp => No {
            kind: "exceed_context_size_error",
            ..No::bad(
                "the request exceeds the available context size. try increasing the context size or enable context shift",
            )
        },
        Wording::Vllm => No {
            kind: "BadRequestError",
            ..No::bad(format!(
                "This model's maximum context length is {context} tokens. However, you requested {} tokens ({asked} in \
                 the messages, {room} in the completion). Please reduce the length of the messages or completion.",
                asked + room
            ))
        },
    })
}
