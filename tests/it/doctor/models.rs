//! What `doctor` says of the chat models' servers. It runs no model.

use super::*;
use phonicflow_bot::sandbox::chat_api::{ChatModel, ChatOptions};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_said_where_no_chat_model_is_configured() {
    let world = rested().await;
    let found = visit(&world, &[]).await;
    assert_eq!((found.code, found.state("chat model")), (0, "none"), "{}", found.said);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_server_is_asked_for_its_models_and_what_is_missing_is_named() {
    let mut world = rested().await;
    let models = ["small", "llama:latest"].map(ChatModel::new).to_vec();
    let chat =
        world.chat(ChatOptions { models, key: Some("k-secret".to_owned()), ..ChatOptions::default() }).await;
    world.set("AI_API_KEY", "k-secret").set("DEFAULT_MODEL", "small").set("FALLBACK_MODEL", "llama");
    let found = visit(&world, &[]).await;
    assert_eq!((found.code, found.state("chat model")), (0, "ok"), "{}", found.said);
    assert!(found.words("chat model").contains("small, llama:latest"), "{}", found.said);

    world.set("MODELS", "small,vanished");
    let found = visit(&world, &[]).await;
    let words = found.words("chat model");
    assert!(words.contains("does not list vanished, which MODELS names"), "{words}");
    assert!(words.contains("ollama pull vanished"), "{words}");

    world.set("AI_API_KEY", "wrong-secret");
    let found = visit(&world, &[]).await;
    assert_eq!((found.code, found.state("chat model")), (2, "problem"), "{}", found.said);
    assert!(found.words("chat model").contains("compare its key"), "{}", found.said);
    assert!(!found.said.contains("-secret"), "{}", found.said);

    chat.stop().await;
    let found = visit(&world, &[]).await;
    assert_eq!((found.code, found.state("chat model")), (3, "problem"), "{}", found.said);
    assert!(chat.questions().is_empty() && chat.read(|state| state.refused().is_empty()), "it ran a model");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_servers_address_and_a_server_without_models_are_told_apart() {
    let mut world = rested().await;
    let chat = world.chat(ChatOptions { models: Vec::new(), ..ChatOptions::default() }).await;
    let found = visit(&world, &[]).await;
    assert!(found.words("chat model").contains("has no model"), "{}", found.said);
    let elsewhere = format!("{}/more", chat.base_url());
    let file = world.folder.path().join("config.toml");
    fs::write(&file, format!("[providers.lan]\nurl = \"{elsewhere}\"\n")).unwrap();
    let found = visit(&world, &["--config", "config.toml"]).await;
    let words = found.words("chat model");
    assert!(words.contains("lan") && words.contains("/v1"), "{words}");
    fs::write(&file, "[providers.lan]\nurl = 5\n").unwrap();
    let found = visit(&world, &["--config", "config.toml"]).await;
    assert_eq!((found.state("chat model"), found.state("tutor")), ("skipped", "ok"), "{}", found.said);
}
