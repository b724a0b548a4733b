//! `/health` and the robustness of its server.

use super::{exchange, get, served_at, watched};
use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::faults::{Act, On};
use serde_json::Value;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

async fn health_until(addr: std::net::SocketAddr, fits: impl Fn(&Value) -> bool) -> (u16, Value) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let (status, head, body) = get(addr, "/health").await;
        assert!(head.contains("content-type: application/json"), "{head}");
        let health: Value = serde_json::from_str(&body).unwrap();
        if fits(&health) {
            return (status, health);
        }
        assert!(tokio::time::Instant::now() < deadline, "never as expected: {body}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn health_tells_of_polling_store_and_tutor() {
    let mut world = watched().await;
    world.start();
    let addr = served_at(&world).await;
    let (status, health) =
        health_until(addr, |h| h["checks"]["polling"]["seconds_since_poll"].is_u64()).await;
    assert_eq!((status, health["status"].as_str()), (200, Some("ok")));
    assert_eq!(health["checks"]["store"]["ok"], true);
    assert!(health["version"].is_string() && health["uptime_seconds"].is_u64());

    health_until(addr, |h| h["checks"]["tutor"]["reachable"] == true).await;
    assert_eq!((get(addr, "/live").await.0, get(addr, "/ready").await.0), (200, 200));

    world.tutor.stop().await;
    world.learner(11).voice(voice(), 4);
    let (status, _) = health_until(addr, |h| h["checks"]["tutor"]["reachable"] == false).await;
    assert_eq!(status, 200, "out of reach, but not for long");
    // A restart of the bot would mend nothing, but nobody should be sent here.
    assert_eq!(get(addr, "/live").await.0, 200);
    let (status, head, body) = get(addr, "/ready").await;
    assert!(status == 503 && head.contains("application/json"), "{status} {head}");
    let ready: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(ready["status"], "failing");
    assert_eq!(ready["problems"][0], "the tutor does not answer");
    let asked = world.command(&["health"]).output().unwrap();
    let said = String::from_utf8_lossy(&asked.stdout).into_owned();
    assert!(asked.status.success() && said.contains("not ready: the tutor does not answer"), "{said}");
    assert_eq!(world.command(&["health", "--ready"]).output().unwrap().status.code(), Some(1));
    world.tutor.resume().await.unwrap();
    let (_, health) = health_until(addr, |h| h["checks"]["tutor"]["reachable"] == true).await;
    assert_eq!(health["checks"]["tutor"]["unreachable_seconds"], 0);
    world.voice_notes(11, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_serves_before_telegram_answers_and_without_a_bot() {
    let mut world = watched().await;
    world.telegram.faults().add(On::call("getMe").always(), Act::html(502));
    world.start();
    let (status, health) = health_until(served_at(&world).await, |_| true).await;
    assert_eq!((status, &health["checks"]["polling"]["seconds_since_poll"]), (200, &Value::Null));
    let addr = served_at(&world).await;
    assert_eq!(
        (get(addr, "/live").await.0, get(addr, "/ready").await.0),
        (200, 503),
        "it waits for Telegram"
    );
    assert!(world.stop().await.success());

    // Switched off it needs no token either.
    let mut world = watched().await;
    world.set("TELEGRAM_BOT_ENABLED", "false").set("TELEGRAM_BOT_TOKEN", "").start();
    let addr = served_at(&world).await;
    let (status, health) = health_until(addr, |_| true).await;
    assert_eq!((status, &health["checks"]["polling"]["enabled"]), (200, &Value::Bool(false)));
    assert!(get(addr, "/metrics").await.2.contains("phonicflow_last_poll_age_seconds NaN"));
    assert!(world.stop().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_ends_the_start_and_names_the_setting() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut world = World::new().await;
    world.set("METRICS_ADDR", &taken.local_addr().unwrap().to_string()).start();
    assert_eq!(world.ended().await.code(), Some(2), "no restart helps");
    assert!(world.log().last_words().contains("METRICS_ADDR 127.0.0.1:"), "{}", world.log());
    assert_eq!(world.telegram.read(|state| state.log().count("getUpdates")), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_paths_other_methods_and_hostile_bytes_do_no_harm() {
    let mut world = watched().await;
    world.start();
    let addr = served_at(&world).await;
    for (path, status) in [("/", 404), ("/metrics/", 404), ("/health?verbose=1", 200), ("/%2e%2e/etc", 404)] {
        assert_eq!(get(addr, path).await.0, status, "{path}");
    }
    for method in ["POST", "DELETE", "BREW"] {
        let answer = exchange(addr, format!("{method} /health HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
        assert!(answer.to_ascii_lowercase().contains("allow: get, head"), "{answer}");
    }
    let head = exchange(addr, b"HEAD /health HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 200") && head.ends_with("\r\n\r\n"), "{head}");
    // One request a connection, whatever the client would like.
    let two = b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n".repeat(2);
    assert_eq!(exchange(addr, &two).await.matches("HTTP/1.1").count(), 1);

    let mut noise = fastrand::Rng::with_seed(4);
    for _ in 0..50 {
        let bytes: Vec<u8> = (0..noise.usize(0..2_000)).map(|_| noise.u8(..)).collect();
        let mut stream = TcpStream::connect(addr).await.unwrap();
        let _ = stream.write_all(&bytes).await;
    }
    let endless = format!("GET /{} HTTP/1.1\r\n", "a".repeat(200_000));
    assert!(!exchange(addr, endless.as_bytes()).await.starts_with("HTTP/1.1 200"));
    let flood = format!("GET /health HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(5_000));
    assert!(!exchange(addr, flood.as_bytes()).await.starts_with("HTTP/1.1 200"));

    // More connections than are served at once, each with half a head: they are cut off, and others get their turn.
    let mut slow = Vec::new();
    for _ in 0..40 {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        stream.write_all(b"GET /health HTT").await.unwrap();
        slow.push(stream);
    }
    assert_eq!(get(addr, "/health").await.0, 200);
    drop(slow);
    world.settled().await;
    assert!(world.log().times(Event::Panicked) == 0, "{}", world.log());
    assert!(world.stop().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tutor_out_of_reach_is_knocked_at_now_and_then_and_a_well_one_never() {
    let mut world = watched().await;
    world.set("BACKEND_RETRY_MAX_AGE", "0").start();
    let addr = served_at(&world).await;
    let scrape = async |times: usize| {
        for n in 0..times {
            get(addr, if n % 2 == 0 { "/metrics" } else { "/health" }).await;
        }
    };
    let ana = world.learner(11);
    scrape(6).await;
    ana.voice(voice(), 4);
    world.voice_notes(11, 1).await;
    scrape(6).await;
    assert_eq!(world.tutor.count("GET /"), 1, "at the start; neither unknown nor well is a reason");

    world.tutor.stop().await;
    ana.voice(voice(), 4);
    world.answer_with(11, "could not be reached for too long").await;
    // Up again, but it lets nobody in.
    world.tutor.faults().add(On::any().always(), Act::Reset);
    world.tutor.resume().await.unwrap();
    let began = tokio::time::Instant::now();
    scrape(1).await;
    let knocked = world.tutor.wait_until(PATIENCE, |state| (state.count("GET /") > 1).then_some(()));
    assert!(knocked.await.is_some(), "{}", world.log());
    scrape(40).await;
    let allowed = 1 + began.elapsed().as_secs() / 30;
    let knocks = world.tutor.count("GET /") as u64 - 1;
    assert!((1..=allowed).contains(&knocks), "{knocks} of {allowed}");

    world.tutor.faults().clear();
    ana.voice(voice(), 4);
    world.voice_notes(11, 2).await;
    health_until(addr, |health| health["checks"]["tutor"]["reachable"] == true).await;
    let knocks = world.tutor.count("GET /");
    scrape(10).await;
    assert_eq!(world.tutor.count("GET /"), knocks);
    assert_eq!(world.tutor.count("GET /health"), 0, "that one makes it work");
    assert!(world.stop().await.success());
}
