//! What the operator sees of chat models: `/metrics`, `stats` and `top` tell the same of texts, tokens, failures,
//! the breaker and the budget.

use super::{scrape_until, served_at, watched};
use crate::world::voice;
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::chat_api::{ChatAnswer, ChatOptions, Part};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn a_text_its_tokens_its_failure_and_the_budget_are_counted_apart_from_voices() {
    let mut world = watched().await;
    let chat = world.chat(ChatOptions::default()).await;
    chat.push_answer(ChatAnswer::parts([Part::Error(500, "zanzibar".to_owned())]));
    chat.script(|_| ChatAnswer::words("Of xylophones."));
    world.set("AI_TOKENS_PER_DAY", "1").start();
    let addr = served_at(&world).await;
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    world.voice_notes(11, 1).await;
    ana.text("tell me of zanzibar");
    world.answer_with(11, "Of xylophones.").await;
    ana.text("and more of it");
    let seen = scrape_until(addr, |seen| {
        seen.value("phonicflow_model_budget_refusals_total", &[]) == 1.0
            && seen.value("phonicflow_turn_duration_seconds_count", &[("kind", "text")]) == 1.0
            && seen.value("phonicflow_turn_duration_seconds_count", &[("kind", "voice")]) == 1.0
            && seen.value("phonicflow_inbox_messages", &[]) == 0.0
    })
    .await;
    let failed = [("server", "ai"), ("kind", "model_failed")];
    for (name, labels, value) in [
        ("phonicflow_turns_total", &[("kind", "text")][..], 1.0),
        ("phonicflow_turns_total", &[("kind", "voice")], 1.0),
        ("phonicflow_stage_duration_seconds_count", &[("stage", "first_token")], 1.0),
        ("phonicflow_model_failures_total", &failed, 1.0),
        ("phonicflow_failures_total", &[("kind", "model_failed")], 1.0),
        ("phonicflow_model_breaker_open", &[("server", "ai")], 0.0),
    ] {
        assert_eq!(seen.value(name, labels), value, "{name} {labels:?}");
    }
    let tokens = |kind| seen.value("phonicflow_model_tokens_total", &[("kind", kind)]);
    assert!(tokens("in") > 0.0 && tokens("out") > 0.0);
    let field = |name| world.log().field(Event::ModelAnswered, name).unwrap().parse::<f64>().unwrap();
    assert_eq!((tokens("in"), tokens("out")), (field("tokens_in"), field("tokens_out")), "as the log says");

    let stats: Value = serde_json::from_str(&world.ask(&["stats", "--json"]).await).unwrap();
    let since = &stats["since_start"];
    assert_eq!(since["counts"]["tokens_in"].as_f64(), Some(tokens("in")), "{since}");
    assert_eq!(since["counts"]["tokens_out"].as_f64(), Some(tokens("out")), "{since}");
    for (value, expected) in [
        (&since["counts"]["turns"], 1),
        (&since["counts"]["text_turns"], 1),
        (&since["counts"]["budget_refusals"], 1),
        (&since["failures"]["model_failed"], 1),
        (&since["latencies"]["first_token"]["count"], 1),
        (&since["latencies"]["text_turn"]["count"], 1),
        (&since["latencies"]["turn"]["count"], 1),
    ] {
        assert_eq!(value.as_u64(), Some(expected), "{since}");
    }
    let table = world.ask(&["stats"]).await;
    for words in
        ["voice turns", "text turns", "tokens from the models", "a model's first words", "model_failed"]
    {
        assert!(table.contains(words), "{words} in\n{table}");
    }
    assert!(!table.contains("zanzibar") && !table.contains("xylophone"), "{table}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_left_alone_is_seen() {
    let mut world = watched().await;
    let chat = world.chat(ChatOptions::default()).await;
    chat.stop().await;
    world.set("DEFAULT_MODEL", "small").start();
    let addr = served_at(&world).await;
    for id in 11..18 {
        world.learner(id).text("hello?");
    }
    let open = [("server", "ai")];
    let seen = scrape_until(addr, |seen| seen.value("phonicflow_model_breaker_open", &open) == 1.0).await;
    let failed = [("server", "ai"), ("kind", "model_unreachable")];
    assert!(seen.value("phonicflow_model_failures_total", &failed) >= 1.0);
    let look: Value =
        serde_json::from_str(world.ask(&["top", "--json", "--count", "1"]).await.lines().next().unwrap())
            .unwrap();
    assert_eq!(look["models"][0]["name"], "ai", "{look}");
    assert!(look["models"][0]["resting_secs"].as_u64() >= Some(1), "{look}");
}
