//! `/metrics` and `/health` of the real daemon, and the dashboard and the alerts made for them.

mod exposition;
mod health;
mod models;

use crate::world::{PATIENCE, World, asset, voice};
use exposition::{Exposition, names_in};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::chat_api::ChatOptions;
use phonicflow_bot::sandbox::faults::{Act, On};
use serde_json::Value;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What a daemon exports whose store is shared, without labels (`roles` looks whether it does).
pub const OF_A_SHARED_STORE: [&str; 5] = [
    "phonicflow_owner",
    "phonicflow_take_overs_total",
    "phonicflow_store_epoch",
    "phonicflow_database_reachable",
    "phonicflow_lease_left_seconds",
];

/// Where the daemon serves, as its log tells.
pub async fn served_at(world: &World) -> SocketAddr {
    world.logged(Event::MetricsServed).await;
    world.log().field(Event::MetricsServed, "addr").unwrap().parse().unwrap()
}

/// Sends bytes as they are; all that comes back.
pub async fn exchange(addr: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    // The daemon may have seen enough before all is written.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("an end");
    String::from_utf8_lossy(&answer).into_owned()
}

/// Status, head and body.
pub async fn get(addr: SocketAddr, path: &str) -> (u16, String, String) {
    let answer = exchange(addr, format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer:?}"));
    (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_ascii_lowercase(), body.to_owned())
}

/// Scrapes until what is found fits.
async fn scrape_until(addr: SocketAddr, fits: impl Fn(&Exposition) -> bool) -> Exposition {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let (status, head, body) = get(addr, "/metrics").await;
        assert_eq!(status, 200);
        assert!(head.contains("content-type: text/plain; version=0.0.4"), "{head}");
        let read = Exposition::parse(&body);
        if fits(&read) {
            return read;
        }
        assert!(tokio::time::Instant::now() < deadline, "never as expected:\n{body}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn watched() -> World {
    let mut world = World::new().await;
    world.set("METRICS_ADDR", "127.0.0.1:0");
    world
}

/// What an autoscaler of the tutor goes by.
#[tokio::test(flavor = "multi_thread")]
async fn the_age_of_the_oldest_message_grows_until_it_is_answered() {
    let mut world = watched().await;
    world.tutor.faults().add(On::call("POST /process"), Act::Hang);
    world.start();
    let addr = served_at(&world).await;
    let oldest = |seen: &Exposition, kind| seen.value("phonicflow_oldest_waiting_seconds", &[("kind", kind)]);
    let none = |seen: &Exposition| oldest(seen, "tutor") == 0.0 && oldest(seen, "model") == 0.0;
    scrape_until(addr, none).await;
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    scrape_until(addr, |seen| oldest(seen, "tutor") >= 1.0 && oldest(seen, "model") == 0.0).await;
    world.tutor.faults().release_hung();
    world.voice_notes(ana.chat(), 1).await;
    scrape_until(addr, none).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_is_counted_and_measured() {
    let mut world = watched().await;
    world.telegram.faults().add(On::call("sendMessage"), Act::too_many(1));
    world.telegram.faults().add(On::call("sendMessage").nth(2), Act::ResetAfter);
    world.tutor.faults().add(On::call("POST /process"), Act::detail(500, "no"));
    world.set("BOT_RATE_LIMIT_MPM", "3").start();
    let addr = served_at(&world).await;
    let fresh = scrape_until(addr, |_| true).await;
    for (name, family) in &fresh.0 {
        let zero = family.samples.iter().all(|sample| sample.value == 0.0);
        assert!(
            family.kind != "counter" || zero || name.contains("poll"),
            "{name} is there from the start, at 0"
        );
    }

    let ana = world.learner(7_700_000_011);
    ana.voice(voice(), 4);
    ana.voice(b"no audio at all".to_vec(), 4);
    world.voice_notes(ana.chat(), 1).await;
    let rui = world.learner(12);
    for _ in 0..6 {
        rui.text("/help");
    }
    let busy = |seen: &Exposition| -> f64 {
        let kinds = ["tutor", "local", "delivery"].iter();
        kinds.map(|kind| seen.value("phonicflow_workers_busy", &[("kind", kind)])).sum()
    };
    // A worker's place is free a moment after its last message is gone.
    let seen = scrape_until(addr, |seen| {
        busy(seen) == 0.0
            && seen.value("phonicflow_turn_duration_seconds_count", &[("kind", "voice")]) == 1.0
            && seen.value("phonicflow_failures_total", &[("kind", "audio_unreadable")]) == 1.0
            && seen.value("phonicflow_updates_total", &[("kind", "rate_limited")]) > 0.0
            && seen.value("phonicflow_inbox_messages", &[]) == 0.0
    })
    .await;
    for (name, labels, at_least) in [
        ("phonicflow_updates_total", &[("kind", "taken")][..], 3.0),
        ("phonicflow_turns_total", &[("kind", "voice")], 1.0),
        ("phonicflow_messages_sent_total", &[], 3.0),
        ("phonicflow_failures_total", &[("kind", "tutor_failed")], 1.0),
        ("phonicflow_failures_total", &[("kind", "telegram_down")], 1.0),
        ("phonicflow_retries_total", &[("of", "turn")], 1.0),
        ("phonicflow_retries_total", &[("of", "send")], 1.0),
        ("phonicflow_telegram_throttled_total", &[("call", "send")], 1.0),
        ("phonicflow_ambiguous_sends_total", &[], 1.0),
        ("phonicflow_polls_total", &[], 1.0),
        ("phonicflow_store_size_bytes", &[], 1.0),
        ("phonicflow_tutor_reachable", &[], 1.0),
        ("phonicflow_healthy", &[], 1.0),
        ("phonicflow_process_start_time_seconds", &[], 1e9),
    ] {
        let value = seen.value(name, labels);
        assert!(value >= at_least, "{name} {labels:?} {value}");
    }
    for stage in ["queue", "download", "decode", "slot", "tutor", "speech", "encode", "send"] {
        let count = seen.value("phonicflow_stage_duration_seconds_count", &[("stage", stage)]);
        assert!(count >= 1.0, "{stage}");
    }
    // The queue is waited in once, the tutor answers once; what fails is no measure of a stage.
    assert_eq!(seen.value("phonicflow_stage_duration_seconds_count", &[("stage", "tutor")]), 1.0);
    assert_eq!(seen.value("phonicflow_tutor_slots_used", &[]), 0.0);
    let (_, _, body) = get(addr, "/metrics").await;
    for secret in ["7700000011", world.telegram.token().split(':').next().unwrap()] {
        assert!(!body.contains(secret), "{secret}");
    }

    world
        .telegram
        .faults()
        .add(On::call("getUpdates"), Act::refuse(409, "Conflict: terminated by other getUpdates", None));
    scrape_until(addr, |seen| seen.value("phonicflow_poll_failures_total", &[("kind", "conflict")]) == 1.0)
        .await;
    assert!(world.stop().await.success());
    assert!(TcpStream::connect(addr).await.is_err(), "it ends with the daemon");
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_sent_are_those_that_stand_in_a_chat() {
    let mut world = watched().await;
    world.start();
    let addr = served_at(&world).await;
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    world.voice_notes(11, 1).await;
    ana.text("/delete");
    let asked = world.answer_with(11, "Delete everything").await;
    ana.press(asked.message_id, "del:n:11").expect("the button that says no");
    let said = ["sendMessage", "sendVoice", "editMessageText"];
    let unsaid = ["sendChatAction", "setMessageReaction", "answerCallbackQuery"];
    let took = |methods: &[&str]| {
        let count = |method: &&str| world.telegram.calls(method).iter().filter(|call| call.is_ok()).count();
        methods.iter().map(count).sum::<usize>()
    };
    let answered = world.telegram.wait_until(PATIENCE, |state| {
        (state.log().count("answerCallbackQuery") > 0 && state.log().count("editMessageText") > 0)
            .then_some(())
    });
    assert!(answered.await.is_some(), "{}", world.log());
    let seen = scrape_until(addr, |seen| {
        seen.value("phonicflow_inbox_messages", &[]) == 0.0
            && seen.value("phonicflow_messages_sent_total", &[]) >= took(&said) as f64
    })
    .await;
    assert_eq!(took(&said), 4, "transcript, voice note, question, and the question changed");
    assert_eq!(seen.value("phonicflow_messages_sent_total", &[]), 4.0);
    assert!(took(&unsaid) >= 2, "a sign of life and the answer to the press are none");
}

/// Every query of the dashboard and of the alerts.
fn queries() -> Vec<String> {
    fn exprs(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    match value.as_str() {
                        Some(text) if key == "expr" => found.push(text.to_owned()),
                        _ => exprs(value, found),
                    }
                }
            }
            Value::Array(list) => list.iter().for_each(|value| exprs(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    let dashboard =
        serde_json::from_slice(&asset("grafana/phonicflow-bot.json")).expect("the dashboard is JSON");
    exprs(&dashboard, &mut found);
    assert!(found.len() >= 15, "{} queries in the dashboard", found.len());
    let alerts = String::from_utf8(asset("prometheus/alerts.yml")).unwrap();
    let rules: Vec<_> =
        alerts.lines().filter_map(|line| line.trim().strip_prefix("expr: ")).map(str::to_owned).collect();
    assert_eq!(rules.len(), alerts.matches("alert: ").count());
    assert!(rules.len() >= 7 && rules.iter().all(|rule| !rule.starts_with(['|', '>'])), "{rules:?}");
    found.extend(rules);
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn every_name_in_dashboard_and_alerts_is_exported() {
    let mut world = watched().await;
    let _chat = world.chat(ChatOptions::default()).await;
    world.start();
    let mut series = scrape_until(served_at(&world).await, |_| true).await.series();
    for name in OF_A_SHARED_STORE {
        series.entry(name.to_owned()).or_default();
    }
    let mut used = BTreeSet::new();
    for query in queries() {
        let names = names_in(&query);
        assert!(!names.metrics.is_empty(), "{query}");
        for metric in &names.metrics {
            assert!(series.contains_key(metric), "{metric} is not exported: {query}");
            used.insert(metric.clone());
        }
        for (metric, label, value) in names.matched {
            let values =
                series[&metric].get(&label).unwrap_or_else(|| panic!("{metric} has no {label}: {query}"));
            assert!(value.is_none_or(|value| values.contains(&value)), "{query}: {values:?}");
        }
        for label in names.grouped {
            assert!(
                names.metrics.iter().any(|metric| series[metric].contains_key(&label)),
                "{label}: {query}"
            );
        }
    }
    for name in [
        "phonicflow_ambiguous_sends_total",
        "phonicflow_store_restores_total",
        "phonicflow_retries_total",
        "phonicflow_model_tokens_total",
        "phonicflow_model_failures_total",
        "phonicflow_model_breaker_open",
        "phonicflow_model_budget_refusals_total",
    ] {
        assert!(used.contains(name), "{name} is shown nowhere");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_name_reads_nothing_and_slow_clients_keep_nobody_out() {
    let mut world = watched().await;
    world.start();
    let addr = served_at(&world).await;
    for (host, status) in
        [("evil.example", "421"), ("evil.example:9464", "421"), ("127.0.0.1", "200"), ("bot.lan", "200")]
    {
        let answer =
            exchange(addr, format!("GET /metrics HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).await;
        assert_eq!(answer.split(' ').nth(1), Some(status), "{host}: {answer}");
        assert_eq!(answer.contains("phonicflow_"), status == "200", "{host}");
    }
    // Many that say nothing, or half a head.
    let mut slow = Vec::new();
    for n in 0..400 {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        if n % 2 == 0 {
            stream.write_all(b"GET /metrics HTTP/1.1\r\nHo").await.unwrap();
        }
        slow.push(stream);
    }
    // Until all of them had had their time, it would be minutes.
    assert_eq!(get(addr, "/metrics").await.0, 200);
    // The first of them had to make room.
    let mut rest = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, slow[1].read_to_end(&mut rest)).await.expect("it is still held");
}
