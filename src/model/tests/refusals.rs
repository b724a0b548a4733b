//! Questions that are refused: what may be done, and that nothing of the question is in what is told.

use super::*;
use crate::model::Completed;
use crate::sandbox::chat_api::{ChatAnswer, ChatModel, Wording};
use crate::sandbox::faults::{Act, On};
use crate::sandbox::http::Reply;
use serde_json::json;
use std::sync::Mutex;

fn call() -> On {
    On::call("POST /chat/completions")
}

#[tokio::test]
async fn each_status_says_what_may_be_done() {
    let plain = |status| Act::Answer(Reply::new(status, "application/json", "{}"));
    let wait = |status, secs| {
        Act::Answer(Reply { retry_after: Some(secs), ..Reply::new(status, "application/json", "{}") })
    };
    for (act, kind, retry) in [
        (wait(429, 7), "busy", Retry::After(7)),
        (wait(503, 100_000), "busy", Retry::After(600)),
        (plain(429), "busy", Retry::Later),
        (plain(529), "busy", Retry::Later),
        (plain(500), "failed", Retry::Later),
        (Act::html(502), "failed", Retry::Later),
        (Act::html(504), "failed", Retry::Later),
        (Act::html(404), "denied", Retry::Slowly),
        (plain(302), "denied", Retry::Slowly),
        (plain(401), "denied", Retry::Slowly),
        (plain(403), "denied", Retry::Slowly),
        (plain(400), "refused", Retry::Never),
        (plain(422), "refused", Retry::Never),
        (plain(413), "context", Retry::LessContext),
        (plain(410), "gone", Retry::OtherModel),
    ] {
        let scene = Scene::new().await;
        scene.chat.faults().add(call(), act);
        let error = scene.ask("Hi").await.unwrap_err();
        assert_eq!((error.fault.kind(), error.retry()), (kind, retry), "{error}");
    }
    let scene = Scene::new().await;
    scene.chat.stop().await;
    let error = scene.ask("Hi").await.unwrap_err();
    assert_eq!((error.fault.kind(), error.retry()), ("unreachable", Retry::Later), "{error}");
}

#[tokio::test]
async fn what_a_real_server_refuses_is_understood() {
    for wording in [Wording::OpenAi, Wording::LlamaCpp, Wording::Vllm] {
        let small = ChatModel { context: 1_000, ..ChatModel::new("small") };
        let options = ChatOptions { wording, models: vec![small], ..ChatOptions::default() };
        let scene = Scene::with(options, Timeouts::new(LONG)).await;
        let error = scene.ask(&"secret words ".repeat(400)).await.unwrap_err();
        assert_eq!(error.retry(), Retry::LessContext, "{wording:?}");
        let error = scene.ask_of("secret", &question("Hi")).await.unwrap_err();
        assert_eq!(error.retry(), Retry::OtherModel, "{wording:?}");
        let mut picture = question("Hi");
        let png = Image { mime: "image/png".to_owned(), bytes: b"\x89PNG"[..].into() };
        picture.messages.last_mut().unwrap().images.push(png);
        assert_eq!(scene.models.sees(&ModelName::new("small")), None);
        let error = scene.ask_of("small", &picture).await.unwrap_err();
        assert_eq!((error.fault, scene.models.sees(&ModelName::new("small"))), (Fault::Blind, Some(false)));
        let asked = scene.chat.read(|state| state.refused().len());
        assert_eq!(scene.ask_of("small", &picture).await.unwrap_err().fault, Fault::Blind);
        assert_eq!(scene.chat.read(|state| state.refused().len()), asked, "it was asked again");
        scene.chat.configure(|options| options.models[0].vision = true);
        let again = models(vec![server(MAIN, &scene.chat)], Timeouts::new(LONG));
        let mut answer = again.stream(&ModelName::new("small"), &picture).await.unwrap();
        assert!(end_of(&mut answer).await.is_ok());
        assert_eq!(scene.chat.questions().last().unwrap().images.len(), 1);
    }
}

#[tokio::test]
async fn a_missing_or_wrong_key_is_told_and_never_shown() {
    let options = ChatOptions { key: Some("right-key".to_owned()), ..ChatOptions::default() };
    let scene = Scene::with(options, Timeouts::new(LONG)).await;
    assert!(scene.ask("Hi").await.is_ok());
    for key in [None, Some(Secret::new("wrong-key"))] {
        let options = ServerOptions { key, ..server(MAIN, &scene.chat) };
        let wrong = models(vec![options.clone()], Timeouts::new(LONG));
        let refused = wrong.stream(&ModelName::new("small"), &question("Hi")).await.err().unwrap();
        let unlisted = wrong.list().await.unwrap_err();
        for error in [refused, unlisted] {
            assert_eq!(error.fault, Fault::Denied { status: 401 });
            assert!(!format!("{error}{error:?}{options:?}").contains("-key"), "{error}");
        }
    }
}

#[tokio::test]
async fn no_error_repeats_the_question_or_an_address() {
    let scene = Scene::new().await;
    let echo =
        json!({ "error": { "message": "I do not like: secret words", "type": "invalid_request_error" } });
    for status in [400, 404, 422, 429, 500, 503] {
        scene.chat.faults().add(call(), Act::Answer(Reply::json(status, &echo)));
        let error = scene.ask("secret words").await.unwrap_err();
        let said = format!("{error} {error:?}");
        assert!(!said.contains("secret") && !said.contains("127.0.0.1"), "{said}");
    }
}

#[tokio::test]
async fn a_server_that_knows_fewer_fields_is_asked_without_them_and_remembered() {
    for field in ["stream_options", "temperature", "max_tokens"] {
        let options = ChatOptions { refuses: vec![field.to_owned()], ..ChatOptions::default() };
        let scene = Scene::with(options, Timeouts::new(LONG)).await;
        for _ in 0..2 {
            assert!(scene.ask("Hi").await.is_ok(), "{field}");
        }
        assert_eq!(
            scene.chat.read(|state| (state.refused().len(), state.questions().len())),
            (1, 2),
            "{field}"
        );
        let limit = if field == "max_tokens" { "max_completion_tokens" } else { "max_tokens" };
        assert_eq!(scene.chat.questions()[0].body[limit], 512);
    }
}

#[tokio::test]
async fn structured_answers_are_asked_for_in_the_way_the_server_takes() {
    let schema =
        json!({ "type": "object", "required": ["reply"], "properties": { "reply": { "type": "string" } } });
    for (formats, refused) in
        [(vec!["text", "json_object", "json_schema"], 0), (vec!["json_object"], 1), (vec![], 2)]
    {
        let formats = formats.into_iter().map(str::to_owned).collect();
        let scene = Scene::with(ChatOptions { formats, ..ChatOptions::default() }, Timeouts::new(LONG)).await;
        let complete =
            || async { scene.models.complete(&ModelName::new("small"), &question("Hi"), &schema).await };
        // In whichever form it is asked for, the next answer is the next of these.
        let answers =
            ["{\"reply\": \"Yes.\"}", "I would rather not.", "```json\n{\"reply\": \"Hello.\"}\n```"];
        let answers = Mutex::new(answers.to_vec());
        scene.chat.script(move |_| ChatAnswer::words(answers.lock().unwrap().pop().unwrap()));
        let (value, usage) = complete().await.unwrap();
        assert_eq!(value, Completed::Object(json!({ "reply": "Hello." })));
        assert!(usage.is_some());
        assert_eq!(scene.chat.read(|state| state.refused().len()), refused);
        let yes = Completed::Object(json!({ "reply": "Yes." }));
        assert_eq!(complete().await.unwrap().0, yes, "asked once more");
        scene.chat.script(|_| ChatAnswer::words("I would rather not."));
        let before = scene.chat.questions().len();
        let words = Completed::Words("I would rather not.".to_owned());
        assert_eq!(complete().await.unwrap().0, words, "words are better than nothing");
        assert_eq!(scene.chat.questions().len(), before + 2);
        assert_eq!(scene.chat.read(|state| state.refused().len()), refused, "what it refused is remembered");
    }
}
