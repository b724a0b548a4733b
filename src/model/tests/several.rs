//! Several servers and models: whose is which, who stands in, who is left alone.

use super::*;
use crate::sandbox::chat_api::{ChatAnswer, ChatModel};
use crate::sandbox::faults::{Act, On};
use crate::sandbox::http::Reply;

fn names(list: &[ModelName]) -> Vec<&str> {
    list.iter().map(ModelName::as_str).collect()
}

async fn chat(models: &[&str]) -> ChatApi {
    let models = models.iter().map(|id| ChatModel::new(id)).collect();
    ChatApi::start(ChatOptions { models, ..ChatOptions::default() }).await.unwrap()
}

#[tokio::test]
async fn a_model_is_found_by_its_name() {
    let one = chat(&["nomic-embed-text", "small", "org/big", "two/odd", "whisper-1"]).await;
    let two = chat(&["small", "x/y"]).await;
    let both = models(vec![server(MAIN, &one), server("two", &two)], Timeouts::new(LONG));
    assert_eq!(names(&both.list().await.unwrap()), ["small", "org/big", "two/odd", "two/small", "two/x/y"]);
    assert_eq!(both.default_model().await.unwrap().as_str(), "small");
    for (model, of, there) in [
        ("small", MAIN, "small"),
        ("org/big", MAIN, "org/big"),
        ("two/small", "two", "small"),
        ("two/x/y", "two", "x/y"),
        ("three/small", MAIN, "three/small"),
    ] {
        let model = ModelName::new(model);
        assert_eq!((both.server_name(&model), both.own_name(&model)), (Some(of), there), "{model}");
    }
    let alone = ServerOptions { models: vec!["x/y".to_owned()], ..server("two", &two) };
    let without_main = models(vec![server("one", &one), alone], Timeouts::new(LONG));
    assert_eq!(without_main.server_name(&ModelName::new("x/y")), Some("two"));
    assert_eq!(without_main.server_name(&ModelName::new("small")), Some("one"));
    let listed = two.read(|state| state.listed());
    without_main.list().await.unwrap();
    assert_eq!(two.read(|state| state.listed()), listed, "asked for what is configured");
}

#[tokio::test]
async fn a_server_that_is_down_hides_no_other_and_is_asked_again() {
    let (one, two) = (chat(&["small"]).await, chat(&["big"]).await);
    let both = models(vec![server(MAIN, &one), server("two", &two)], Timeouts::new(LONG));
    one.stop().await;
    assert_eq!(names(&both.list().await.unwrap()), ["two/big"]);
    two.stop().await;
    assert_eq!(both.list().await.unwrap_err().fault.kind(), "unreachable");
    one.resume().await.unwrap();
    two.resume().await.unwrap();
    assert_eq!(names(&both.list().await.unwrap()), ["small", "two/big"]);
    two.faults().add(On::call("GET /models"), Act::html(502));
    assert_eq!(names(&both.list().await.unwrap()), ["small", "two/big"], "what was listed holds for a while");
}

#[tokio::test]
async fn the_fallback_stands_in_before_the_default() {
    let one = chat(&["small", "big", "old"]).await;
    let options = |default: Option<&str>, fallback: Option<&str>| ModelsOptions {
        servers: vec![server(MAIN, &one)],
        default_model: default.map(ModelName::new),
        offered: Vec::new(),
        fallback: fallback.map(ModelName::new),
        timeouts: Timeouts::new(LONG),
        gate: Gate::default(),
    };
    for (default, fallback, asked, expected) in [
        (Some("big"), Some("old"), "mine", &["old", "big"][..]),
        (Some("big"), Some("old"), "old", &["big"]),
        (Some("big"), Some("big"), "big", &[]),
        (None, None, "mine", &["small"]),
        (None, None, "small", &[]),
    ] {
        let models = Models::new(options(default, fallback)).unwrap();
        let stand_ins = models.stand_ins(&ModelName::new(asked)).await;
        assert_eq!(names(&stand_ins), expected, "{default:?} {fallback:?} {asked}");
    }
}

#[tokio::test]
async fn a_server_that_keeps_failing_is_left_alone() {
    let scene = Scene::new().await;
    let failing = scene.chat.faults().add(On::call("POST /chat/completions").always(), Act::html(502));
    for _ in 0..5 {
        assert_eq!(scene.ask("Hi").await.unwrap_err().fault.kind(), "failed");
    }
    let error = scene.ask("Hi").await.unwrap_err();
    assert!(matches!(error.retry(), Retry::After(1..=30)), "{error}");
    assert_eq!(scene.chat.faults().fired(failing), 5, "it was asked all the same");
    assert!(matches!(scene.models.servers()[0].open_secs(), Some(1..=30)));
}

#[tokio::test]
async fn what_is_not_the_servers_fault_is_not_held_against_it() {
    let scene = Scene::new().await;
    for status in [400, 401, 404, 429].into_iter().cycle().take(20) {
        let refused = Act::Answer(Reply::new(status, "application/json", "{}"));
        scene.chat.faults().add(On::call("POST /chat/completions"), refused);
        let error = scene.ask("Hi").await.unwrap_err();
        assert_ne!(error.fault.kind(), "resting", "{status}");
    }
    // Nor that the learner stopped it.
    for _ in 0..10 {
        scene.chat.push_answer(ChatAnswer::words("One two three."));
        let answer = scene.models.stream(&ModelName::new("small"), &question("Hi")).await;
        drop(answer.unwrap());
    }
    assert!(scene.ask("Hi").await.is_ok());
}

#[tokio::test]
async fn a_retry_after_holds_for_every_caller() {
    let scene = Scene::new().await;
    let busy = Reply { retry_after: Some(2), ..Reply::new(429, "application/json", "{}") };
    let told = scene.chat.faults().add(On::call("POST /chat/completions").always(), Act::Answer(busy));
    for _ in 0..10 {
        let error = scene.ask("Hi").await.unwrap_err();
        assert!(matches!(error.fault, Fault::Busy { status: 429, retry_after: Some(1..=2) }), "{error}");
    }
    assert_eq!(scene.chat.faults().fired(told), 1, "it was asked all the same");
    scene.chat.faults().remove(told);
    while let Err(error) = scene.ask("Hi").await {
        assert_eq!(error.fault.kind(), "busy");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
