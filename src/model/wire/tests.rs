//! Tests of the protocols that the double does not speak, by examples from their documentation.

use super::*;
use crate::model::ask::{Image, Message, Role};
use serde_json::json;

fn ask() -> Ask {
    let picture = Image { mime: "image/png".to_owned(), bytes: bytes::Bytes::from_static(b"png") };
    let messages = vec![
        Message::new(Role::System, "Be kind."),
        Message::new(Role::User, "Hi"),
        Message::new(Role::Assistant, "Hello."),
        Message { images: vec![picture], ..Message::new(Role::User, "What is it?") },
    ];
    Ask { messages, max_tokens: 100, temperature: 1.5 }
}

fn request(kind: ServerKind) -> Call {
    call(kind, "m", &ask(), Quirks::default(), Format::Text)
}

/// Every event of a stream, one after the other.
fn said(kind: ServerKind, events: &[(&str, Value)]) -> Result<Delta, Fault> {
    let mut all = Delta::default();
    for (name, data) in events {
        let delta = event(kind, &Event { name: (*name).to_owned(), data: data.to_string() })?;
        all.text.push_str(&delta.text);
        all.input = delta.input.or(all.input);
        all.output = delta.output.or(all.output);
        all.finish = all.finish.or(delta.finish);
        all.last |= delta.last;
    }
    Ok(all)
}

#[test]
fn anthropic_is_asked_in_its_own_way() {
    let expected = json!({
        "model": "m",
        "system": "Be kind.",
        "messages": [
            { "role": "user", "content": [{ "type": "text", "text": "Hi" }] },
            { "role": "assistant", "content": [{ "type": "text", "text": "Hello." }] },
            { "role": "user", "content": [
                { "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": "cG5n" } },
                { "type": "text", "text": "What is it?" },
            ] },
        ],
        "max_tokens": 100,
        "temperature": 1.0,
        "stream": true,
    });
    assert_eq!(request(ServerKind::Anthropic), Call { path: "/messages".to_owned(), body: expected });
    let names: Vec<_> = headers(ServerKind::Anthropic, Some("k")).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["anthropic-version", "x-api-key"]);
}

#[test]
fn anthropic_is_understood() {
    let start = json!({ "type": "message_start", "message": { "usage": { "input_tokens": 25, "output_tokens": 1 }, "content": [], "stop_reason": null } });
    let delta = |delta: Value| json!({ "type": "content_block_delta", "index": 0, "delta": delta });
    let thought = delta(json!({ "type": "thinking_delta", "thinking": "secret" }));
    let words = delta(json!({ "type": "text_delta", "text": "Hello." }));
    let stop = |reason: &str| json!({ "type": "message_delta", "delta": { "stop_reason": reason }, "usage": { "output_tokens": 15 } });
    let end = json!({ "type": "message_stop" });
    let block =
        json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "" } });
    let ping = json!({ "type": "ping" });
    let whole = Delta {
        text: "Hello.".to_owned(),
        input: Some(25),
        output: Some(15),
        finish: Some(false),
        last: true,
    };
    let stream = |reason| {
        [
            ("message_start", start.clone()),
            ("content_block_start", block.clone()),
            ("ping", ping.clone()),
            ("content_block_delta", thought.clone()),
            ("content_block_delta", words.clone()),
            ("message_delta", stop(reason)),
            ("message_stop", end.clone()),
        ]
    };
    assert_eq!(said(ServerKind::Anthropic, &stream("end_turn")), Ok(whole.clone()));
    assert_eq!(said(ServerKind::Anthropic, &stream("max_tokens")), Ok(Delta { finish: Some(true), ..whole }));
    let overloaded =
        json!({ "type": "error", "error": { "type": "overloaded_error", "message": "Overloaded" } });
    let busy = Fault::Busy { status: 529, retry_after: None };
    assert_eq!(said(ServerKind::Anthropic, &[("error", overloaded)]), Err(busy));
    let broken = said(ServerKind::Anthropic, &stream("end_turn")[..5]).unwrap();
    assert_eq!((broken.finish, broken.last), (None, false), "cut before its end");
}

#[test]
fn gemini_is_asked_in_its_own_way() {
    let expected = json!({
        "systemInstruction": { "parts": [{ "text": "Be kind." }] },
        "contents": [
            { "role": "user", "parts": [{ "text": "Hi" }] },
            { "role": "model", "parts": [{ "text": "Hello." }] },
            { "role": "user", "parts": [
                { "inlineData": { "mimeType": "image/png", "data": "cG5n" } },
                { "text": "What is it?" },
            ] },
        ],
        "generationConfig": { "maxOutputTokens": 100, "temperature": 1.5 },
    });
    let path = "/models/m:streamGenerateContent?alt=sse".to_owned();
    assert_eq!(request(ServerKind::Gemini), Call { path, body: expected });
    assert_eq!(headers(ServerKind::Gemini, Some("k")), [("x-goog-api-key", "k".to_owned())]);
}

#[test]
fn gemini_is_understood() {
    let chunk = |parts: Value, reason: Value| {
        let candidate = json!({ "content": { "role": "model", "parts": parts }, "finishReason": reason });
        json!({ "candidates": [candidate], "usageMetadata": { "promptTokenCount": 9, "candidatesTokenCount": 4, "thoughtsTokenCount": 3 } })
    };
    let thought = chunk(json!([{ "text": "secret", "thought": true }]), Value::Null);
    let words = chunk(json!([{ "text": "Hel" }]), Value::Null);
    let stream = |reason: &str| {
        [("", thought.clone()), ("", words.clone()), ("", chunk(json!([{ "text": "lo." }]), json!(reason)))]
    };
    let whole = Delta {
        text: "Hello.".to_owned(),
        input: Some(9),
        output: Some(7),
        finish: Some(false),
        last: false,
    };
    assert_eq!(said(ServerKind::Gemini, &stream("STOP")), Ok(whole.clone()));
    assert_eq!(said(ServerKind::Gemini, &stream("MAX_TOKENS")), Ok(Delta { finish: Some(true), ..whole }));
    let blocked = json!({ "promptFeedback": { "blockReason": "SAFETY" } });
    assert_eq!(said(ServerKind::Gemini, &[("", blocked)]), Err(Fault::Refused { status: 200 }));
    let error =
        json!({ "error": { "code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE" } });
    assert_eq!(said(ServerKind::Gemini, &[("", error)]), Err(Fault::Busy { status: 503, retry_after: None }));
}

#[test]
fn core_is_asked_and_understood() {
    let words = Ask {
        messages: ask().messages.into_iter().take(3).chain([Message::new(Role::User, "And you?")]).collect(),
        ..ask()
    };
    let expected = json!({
        "model": "m",
        "prompt": "And you?",
        "max_tokens": 100,
        "temperature": 1.5,
        "stream": false,
        "context": [
            { "role": "system", "content": "Be kind." },
            { "role": "user", "content": "Hi" },
            { "role": "assistant", "content": "Hello." },
        ],
    });
    let call = call(ServerKind::Core, "m", &words, Quirks::default(), Format::Text);
    assert_eq!(call, Call { path: String::new(), body: expected });
    let answer = json!({ "response": "Fine.", "model": "m", "tokens_used": 42, "processing_time": 0.5 });
    let whole =
        Delta { text: "Fine.".to_owned(), input: None, output: Some(42), finish: Some(false), last: true };
    assert_eq!(read(ServerKind::Core, &answer), Ok(whole));
    assert!(matches!(read(ServerKind::Core, &json!({ "model": "m" })), Err(Fault::Unreadable(_))));
    assert_eq!(read(ServerKind::Core, &json!({ "error": "no" })), Err(Fault::Failed { status: 500 }));
}

#[test]
fn lists_of_models_are_read() {
    let gemini = json!({ "models": [
        { "name": "models/gemini-2", "supportedGenerationMethods": ["generateContent"] },
        { "name": "models/embedding-1", "supportedGenerationMethods": ["embedContent"] },
    ] });
    for (kind, body, expected) in [
        (
            ServerKind::OpenAi,
            json!({ "object": "list", "data": [{ "id": "a" }, { "id": "b/c" }, {}] }),
            Some(vec!["a", "b/c"]),
        ),
        (ServerKind::OpenAi, json!([{ "id": "a" }, "b"]), Some(vec!["a", "b"])),
        (ServerKind::OpenAi, json!({ "data": [] }), Some(vec![])),
        (ServerKind::OpenAi, json!({ "status": "ok" }), None),
        (ServerKind::OpenAi, json!("x"), None),
        (
            ServerKind::Anthropic,
            json!({ "data": [{ "id": "claude", "type": "model" }] }),
            Some(vec!["claude"]),
        ),
        (ServerKind::Gemini, gemini, Some(vec!["gemini-2"])),
    ] {
        let expected: Option<Vec<String>> =
            expected.map(|names| names.into_iter().map(str::to_owned).collect());
        assert_eq!(models(kind, &body), expected, "{body}");
    }
}
