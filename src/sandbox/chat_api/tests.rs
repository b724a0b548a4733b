//! What the double itself is held to: it refuses what real servers refuse, in their words.

use std::{net::SocketAddr, time::Duration};

use serde_json::{Value, json};

use super::super::testkit::{JSON, get, hear, open, post};
use super::*;

const CHAT: &str = "/v1/chat/completions";

async fn start(options: ChatOptions) -> (ChatApi, SocketAddr) {
    let chat = ChatApi::start(options).await.unwrap();
    let addr = chat.addr();
    (chat, addr)
}

fn good() -> Value {
    json!({
        "model": "small",
        "messages": [{ "role": "system", "content": "Be kind." }, { "role": "user", "content": "Hi" }],
        "stream": true,
        "stream_options": { "include_usage": true },
        "max_tokens": 100,
        "temperature": 0.7,
    })
}

fn with(field: &str, value: Value) -> Value {
    let mut body = good();
    body[field] = value;
    body
}

#[tokio::test]
async fn answers_stream_as_events() {
    let (chat, addr) = start(ChatOptions::default()).await;
    chat.push_answer(ChatAnswer::words("One two"));
    let heard = hear(open(addr, "POST", CHAT, JSON, good().to_string().as_bytes()).await).await.unwrap();
    let body = String::from_utf8_lossy(&heard.body).into_owned();
    assert!(heard.head.to_ascii_lowercase().contains("text/event-stream"), "{}", heard.head);
    for part in [
        r#""content":"One ""#,
        r#""content":"two""#,
        r#""finish_reason":"stop""#,
        r#""usage":{"#,
        "data: [DONE]",
    ] {
        assert!(body.contains(part), "{part} in {body}");
    }
    let sent = |state: &ChatState| (state.questions()[0].fate == Fate::Sent).then_some(());
    assert!(chat.wait_until(Duration::from_secs(30), sent).await.is_some());
    let whole = post(addr, CHAT, &json!({ "model": "small", "messages": good()["messages"] })).await;
    assert_eq!(whole.json()["choices"][0]["message"]["role"], "assistant");
    assert_eq!(get(addr, "/v1/models").await.json()["data"][0]["id"], "small");
    assert_eq!(get(addr, "/v1/elsewhere").await.status, 404);
}

#[tokio::test]
async fn an_answer_goes_to_the_question_it_was_queued_for() {
    let (chat, addr) = start(ChatOptions::default()).await;
    chat.script(|_| ChatAnswer::words("unscripted"));
    chat.push_object(&["a", "b"], ChatAnswer::words("an object"));
    chat.push_answer(ChatAnswer::words("words"));
    let wants = |fields: &[&str]| {
        let mut body = with("stream", json!(false));
        body.as_object_mut().unwrap().remove("stream_options");
        if !fields.is_empty() {
            let schema = json!({ "type": "object", "required": fields });
            body["response_format"] =
                json!({ "type": "json_schema", "json_schema": { "name": "x", "schema": schema } });
        }
        body
    };
    let asked: [(&[&str], &str); 6] = [
        (&["a"], "unscripted"),
        (&[], "words"),
        (&[], "unscripted"),
        (&["a", "b", "c"], "unscripted"),
        (&["a", "b"], "an object"),
        (&["a", "b"], "unscripted"),
    ];
    for (fields, expected) in asked {
        let answer = post(addr, CHAT, &wants(fields)).await.json();
        assert_eq!(answer["choices"][0]["message"]["content"], expected, "{fields:?}");
    }
    assert_eq!(chat.questions_for(&["a", "b"]).len(), 2);
    assert_eq!(chat.questions_for(&[]).len(), 2);
}

#[tokio::test]
async fn what_real_servers_refuse_is_refused() {
    let (chat, addr) = start(ChatOptions::default()).await;
    let user = |content: Value| json!([{ "role": "user", "content": content }]);
    let picture = |url: &str| user(json!([{ "type": "image_url", "image_url": { "url": url } }]));
    let roles = |roles: &[&str]| {
        let messages = roles.iter().map(|role| json!({ "role": role, "content": "x" })).collect();
        Value::Array(messages)
    };
    for (what, body, status) in [
        ("no object", json!([]), 400),
        ("no model", with("model", Value::Null), 400),
        ("another model", with("model", json!("huge")), 404),
        ("no messages", with("messages", Value::Null), 400),
        ("an empty list", with("messages", json!([])), 400),
        ("an unknown role", with("messages", roles(&["tutor"])), 400),
        ("two of a role", with("messages", roles(&["user", "user"])), 400),
        ("the tutor first", with("messages", roles(&["assistant", "user"])), 400),
        ("the tutor last", with("messages", roles(&["user", "assistant"])), 400),
        ("instructions in between", with("messages", roles(&["user", "system", "user"])), 400),
        ("an empty text", with("messages", user(json!(""))), 400),
        ("no content", with("messages", user(Value::Null)), 400),
        ("an unknown part", with("messages", user(json!([{ "type": "video", "video": "x" }]))), 400),
        ("a link to a picture", with("messages", picture("http://x/y.png")), 400),
        ("no base64", with("messages", picture("data:image/png;base64,!!")), 400),
        ("another kind of picture", with("messages", picture("data:image/png;base64,/9j/")), 400),
        ("a picture for the blind", with("messages", picture("data:image/jpeg;base64,/9j/")), 400),
        ("no switch", with("stream", json!("yes")), 400),
        ("options without a stream", with("stream", json!(false)), 400),
        ("unknown options", with("stream_options", json!({ "usage": true })), 400),
        ("no room", with("max_tokens", json!(0)), 400),
        ("too much room", with("max_tokens", json!(1_000_000)), 400),
        ("half a token", with("max_tokens", json!(1.5)), 400),
        ("two limits", with("max_completion_tokens", json!(5)), 400),
        ("too hot", with("temperature", json!(2.1)), 400),
        ("an unknown field", with("top_k", json!(5)), 400),
        ("JSON that nobody speaks of", with("response_format", json!({ "type": "json_object" })), 400),
        (
            "no schema",
            with("response_format", json!({ "type": "json_schema", "json_schema": { "name": "a" } })),
            400,
        ),
        ("too long", with("messages", user(json!("x".repeat(40_000)))), 400),
    ] {
        let heard = post(addr, CHAT, &body).await;
        assert_eq!(heard.status, status, "{what}: {}", String::from_utf8_lossy(&heard.body));
        assert!(heard.json()["error"]["message"].is_string(), "{what}");
    }
    assert!(chat.questions().is_empty());
    let untyped = hear(open(addr, "POST", CHAT, "", good().to_string().as_bytes()).await).await.unwrap();
    assert_eq!(untyped.status, 415);
}

#[tokio::test]
async fn a_key_is_asked_for() {
    let (_chat, addr) = start(ChatOptions { key: Some("k".to_owned()), ..ChatOptions::default() }).await;
    assert_eq!(get(addr, "/v1/models").await.status, 401);
    for (given, status) in [("Bearer k", 200), ("Bearer x", 401), ("k", 401)] {
        let header = format!("authorization: {given}\r\n");
        let heard = hear(open(addr, "GET", "/v1/models", &header, b"").await).await.unwrap();
        assert_eq!(heard.status, status, "{given}");
    }
}

#[tokio::test]
async fn an_answer_waits_at_its_gate() {
    let (chat, addr) = start(ChatOptions::default()).await;
    let (answer, gate) = ChatAnswer::held_before(1, "One two");
    chat.push_answer(answer);
    let asked = tokio::spawn(async move { post(addr, CHAT, &good()).await });
    gate.reached(1).await;
    assert_eq!(chat.questions()[0].fate, Fate::Open);
    gate.open();
    assert_eq!(asked.await.unwrap().status, 200);
}
