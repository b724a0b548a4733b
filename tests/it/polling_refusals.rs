//! What a Bot API server answers instead of updates: requests to wait, refusals of its own, empty answers at
//! once.

use crate::metrics::{get, served_at};
use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::bot_api::Call;
use phonicflow_bot::sandbox::faults::{Act, On};
use phonicflow_bot::sandbox::http::Reply;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;

async fn watched() -> World {
    let mut world = World::new().await;
    world.set("METRICS_ADDR", "127.0.0.1:0").set("BOT_POLLING_TIMEOUT", "1");
    world
}

/// Asks for the daemon's health until it fits.
async fn health_until(addr: SocketAddr, fits: impl Fn(&Value) -> bool) -> (u16, Value) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let (status, _, body) = get(addr, "/health").await;
        let health: Value = serde_json::from_str(&body).unwrap();
        if fits(&health) {
            return (status, health);
        }
        assert!(tokio::time::Instant::now() < deadline, "never as expected: {body}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn too_many(retry_after: Value) -> Act {
    Act::refuse(429, "Too Many Requests", Some(json!({ "retry_after": retry_after })))
}

fn problem(health: &Value, check: &str) -> String {
    health["checks"][check]["problem"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_of_ages_is_ten_minutes_and_said_where_people_look() {
    let mut world = watched().await;
    world.start();
    let addr = served_at(&world).await;
    world.telegram.faults().add(On::call("getUpdates").after(1), too_many(json!(1_000_000_000_000_u64)));
    world.logged_with(Event::PollHeld, "secs=600").await;
    let (status, health) = health_until(addr, |health| !problem(health, "polling").is_empty()).await;
    assert_eq!(status, 503);
    assert!(problem(&health, "polling").contains("Telegram asked us to wait"), "{health}");
    let waiting = health["checks"]["polling"]["waiting_seconds"].as_u64().unwrap();
    assert!((1..=600).contains(&waiting), "{health}");
    assert!(world.stop().await.success(), "the wait holds no stop up");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_told_to_wait_for_ages_waits_ten_minutes_and_health_says_so() {
    let mut world = watched().await;
    world.start();
    let addr = served_at(&world).await;
    let told = too_many(json!("99999999999999999999"));
    world.telegram.faults().add(On::call("sendMessage").chat(11).times(1), told.clone());
    world.learner(11).text("/help");
    world.logged(Event::SendHeld).await;
    let (status, health) =
        health_until(addr, |health| health["checks"]["sending"]["chat_waiting_seconds"] != json!(0)).await;
    assert_eq!(status, 200, "one chat is not the bot: {health}");
    assert!(health["checks"]["sending"]["chat_waiting_seconds"].as_u64().unwrap() <= 600, "{health}");
    assert!(health["checks"]["sending"]["note"].as_str().unwrap().contains("asked us to wait"), "{health}");
    // A second quiet chat refused at once: it is the bot that is meant.
    world.telegram.faults().add(On::call("sendMessage").chat(12).times(1), told);
    world.learner(12).text("/help");
    let (status, health) = health_until(addr, |health| !problem(health, "sending").is_empty()).await;
    assert_eq!(status, 503);
    assert!(problem(&health, "sending").contains("Telegram asked us to wait: nothing is sent"), "{health}");
}

/// The polls that were answered or refused, in order.
fn ended(polls: Vec<Call>) -> Vec<Call> {
    polls.into_iter().filter(|poll| poll.done_ms.is_some()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_is_negative_or_missing_is_a_short_one() {
    let mut world = watched().await;
    world.telegram.faults().add(On::call("getUpdates").nth(1), too_many(json!(-7)));
    world.telegram.faults().add(On::call("getUpdates").nth(1), Act::refuse(429, "Too Many Requests", None));
    world.start();
    world.learner(11).text("/help");
    world.answers(11, 1).await;
    let polls = ended(world.telegram.calls("getUpdates"));
    for pair in polls.windows(2).take(2) {
        assert!(pair[1].at_ms >= pair[0].done_ms.unwrap() + 5_000, "{polls:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_servers_own_reasons_are_no_bad_token_at_the_start() {
    let mut world = watched().await;
    let faults = world.telegram.faults();
    let words = ["Unauthorized: invalid api-id/api-hash", "Not Found: method not found"];
    faults.add(On::call("getMe"), Act::refuse(401, words[0], None));
    faults.add(On::call("getMe"), Act::refuse(404, words[1], None));
    let gate = faults.gate(On::call("getMe").nth(3));
    world.start();
    let addr = served_at(&world).await;
    gate.reached(1).await;
    let (status, health) = health_until(addr, |_| true).await;
    assert_eq!(status, 503);
    assert!(problem(&health, "polling").contains(words[1]), "{health}");
    gate.open();
    world.learner(11).text("/help");
    world.answers(11, 1).await;
    health_until(addr, |health| health["checks"]["polling"]["ok"] == true).await;
    let log = world.log();
    for said in words.into_iter().chain(["--api-id", "TELEGRAM_API_URL"]) {
        assert!(log.holds(said), "{said}: {log}");
    }
    assert_eq!((log.times(Event::ConnectRefused), log.times(Event::TokenDoubted)), (2, 0), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_servers_own_reasons_are_no_bad_token_while_running() {
    let mut world = watched().await;
    let faults = world.telegram.faults();
    let words =
        ["Logged out", "Misdirected Request: unallowed token specified", "Not Found: method not found"];
    let hostile = format!("{}\u{1b}[2J /bot{}/getUpdates", words[1], world.telegram.token());
    faults.add(On::call("getUpdates").nth(2), Act::refuse(400, words[0], None));
    faults.add(On::call("getUpdates").nth(2), Act::refuse(421, &hostile, None));
    faults.add(On::call("getUpdates").nth(2), Act::refuse(404, words[2], None));
    world.start();
    let ana = world.learner(11);
    world.logged_times(Event::PollRefused, words.len()).await;
    world.logged(Event::PollRecovered).await;
    ana.voice(voice(), 4);
    world.voice_notes(11, 1).await;
    let log = world.log();
    assert!(words.iter().chain(&["logOut", "--filter"]).all(|said| log.holds(said)), "{log}");
    assert!(!log.holds("\u{1b}") && !log.holds("AAstand-in"), "{log}");
    assert_eq!(log.times(Event::TokenRevoked), 0, "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_hold_empty_polls_is_asked_once_a_second() {
    let mut world = World::new().await;
    world.set("BOT_POLLING_TIMEOUT", "30").start();
    let empty = Reply::json(200, &json!({ "ok": true, "result": [] }));
    let rule = world.telegram.faults().add(On::call("getUpdates").always(), Act::Answer(empty));
    let struck =
        world.telegram.wait_until(PATIENCE, |state| (state.log().count("getUpdates") >= 5).then_some(()));
    assert!(struck.await.is_some(), "{}", world.log());
    world.telegram.faults().remove(rule);
    spaced(&ended(world.telegram.calls("getUpdates")));
    // What comes meanwhile is taken all the same.
    world.learner(11).text("/help");
    world.answers(11, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_repeats_what_was_confirmed_is_asked_once_a_second() {
    let world = World::started().await;
    let update = json!({ "update_id": 7, "message": { "message_id": 1, "date": 1_752_570_000, "text": "/help",
        "from": { "id": 11, "is_bot": false, "first_name": "Ana" }, "chat": { "id": 11, "type": "private" } } });
    let again = Reply::json(200, &json!({ "ok": true, "result": [update] }));
    world.learner(11);
    let rule = world.telegram.faults().add(On::call("getUpdates").always(), Act::Answer(again));
    let polls = |n| {
        world.telegram.wait_until(PATIENCE, move |state| (state.log().count("getUpdates") >= n).then_some(()))
    };
    assert!(polls(6).await.is_some(), "{}", world.log());
    world.telegram.faults().remove(rule);
    // The first one was open before the fault, the second and third may follow each other: news is fetched at once.
    spaced(&ended(world.telegram.calls("getUpdates"))[2..]);
    world.settled().await;
    assert_eq!(world.telegram.read(|state| state.from_bot(11).count()), 1, "answered once");
}

/// By Telegram's clock, in milliseconds cut off: each poll a second after the one before was asked.
fn spaced(polls: &[Call]) {
    assert!(polls.len() >= 3, "{polls:?}");
    // Over the whole run: how long each call is on its way is the machine's affair.
    let (Some(first), Some(last)) = (polls.first(), polls.last()) else { unreachable!() };
    let seconds = (last.at_ms - first.at_ms) as usize / 1_000;
    assert!(polls.len() <= seconds + 2, "{polls:?}");
}
