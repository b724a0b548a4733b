//! Tests of the update queue, long polls, two pollers, webhooks and a network that goes away.

use serde_json::json;

use super::{super::*, *};
use crate::sandbox::testkit::{JSON, hear, open, post};

fn ids(batch: &Value) -> Vec<i64> {
    batch.as_array().unwrap().iter().map(|update| update["update_id"].as_i64().unwrap()).collect()
}

/// A poll that stays open; returns once the double has received it.
async fn poll(api: &BotApi, params: Value) -> tokio::net::TcpStream {
    let before = api.read(|state| state.log().count("getUpdates"));
    let stream =
        open(api.addr(), "POST", &target(api, "getUpdates"), JSON, params.to_string().as_bytes()).await;
    let seen =
        |state: &State| (state.log().count("getUpdates") > before && state.pollers() > 0).then_some(());
    api.wait_until(TIME_LIMIT, seen).await.unwrap();
    stream
}

#[tokio::test]
async fn offsets_confirm() {
    let api = start().await;
    let learner = ana(&api);
    let sent: Vec<i64> = (0..5).map(|n| learner.text(&format!("{n}")).update_id.unwrap()).collect();
    assert_eq!(ids(&ok(&api, "getUpdates", &json!({})).await), sent);
    assert_eq!(ids(&ok(&api, "getUpdates", &json!({"limit": 2})).await), sent[..2]);
    assert_eq!(ids(&ok(&api, "getUpdates", &json!({"offset": sent[1]})).await), sent[1..]);
    assert_eq!(ids(&ok(&api, "getUpdates", &json!({"offset": 0})).await), sent[1..], "forgotten for good");
    assert_eq!(ids(&ok(&api, "getUpdates", &json!({"offset": sent[4] + 50})).await), sent[1..], "too high");
    assert_eq!(ids(&ok(&api, "getUpdates", &json!({"offset": -2})).await), sent[3..]);
    assert_eq!(ids(&ok(&api, "getUpdates", &json!({"offset": sent[4] + 1})).await), Vec::<i64>::new());
    assert_eq!(api.confirmed(), sent);
    api.set_next_update_id(5);
    learner.text("after a week");
    assert_eq!(ids(&ok(&api, "getUpdates", &json!({"offset": sent[4] + 1})).await), [5]);
    assert_eq!(api.raw_update(json!({"strange": {}})), 6);
    refused(&api, "getUpdates", &json!({"limit": 101}), 400, "Bad Request: limit must be 1 to 100 (double)")
        .await;
}

#[tokio::test]
async fn kinds_are_remembered() {
    let api = start().await;
    let learner = ana(&api);
    ok(&api, "getUpdates", &json!({"allowed_updates": ["callback_query"]})).await;
    ok(&api, "getUpdates", &json!({})).await;
    assert_eq!(learner.text("x").update_id, None);
    assert_eq!(api.read(State::dropped_updates), 1);
    ok(&api, "getUpdates", &json!({"allowed_updates": []})).await;
    assert!(learner.text("x").update_id.is_some());
    let why = "Bad Request: unknown kind in allowed_updates (double)";
    refused(&api, "getUpdates", &json!({"allowed_updates": ["messages"]}), 400, why).await;
}

#[tokio::test]
async fn a_long_poll_wakes_up() {
    let api = start().await;
    let learner = ana(&api);
    let stream = poll(&api, json!({"timeout": 50})).await;
    let id = learner.text("x").update_id.unwrap();
    assert_eq!(ids(&hear(stream).await.unwrap().json()["result"]), [id]);
}

#[tokio::test]
async fn the_older_poller_fails() {
    let api = start().await;
    let older = poll(&api, json!({"timeout": 50})).await;
    let newer = poll(&api, json!({"timeout": 50})).await;
    let heard = hear(older).await.unwrap();
    assert_eq!(heard.status, 409);
    assert_eq!(
        heard.description(),
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
    );
    api.set_webhook("https://example.org/");
    let heard = hear(newer).await.unwrap();
    assert_eq!(heard.description(), "Conflict: terminated by setWebhook request");
    let why = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";
    refused(&api, "getUpdates", &json!({}), 409, why).await;
    assert_eq!(ok(&api, "getWebhookInfo", &json!({})).await["url"], "https://example.org/");
    ok(&api, "deleteWebhook", &json!({})).await;
    ok(&api, "getUpdates", &json!({})).await;
    assert_eq!(api.read(State::conflicts), 2);
}

#[tokio::test]
async fn a_client_that_leaves_frees_its_place() {
    let api = start().await;
    drop(poll(&api, json!({"timeout": 50})).await);
    api.wait_until(TIME_LIMIT, |state| (state.pollers() == 0).then_some(())).await.unwrap();
    ok(&api, "getUpdates", &json!({})).await;
    assert_eq!(api.read(State::conflicts), 0);
    let gone = |state: &State| state.log().calls().iter().any(|call| call.outcome == Outcome::ClientGone);
    assert!(api.read(gone));
}

#[tokio::test]
async fn the_network_goes_and_comes() {
    let api = start().await;
    let learner = ana(&api);
    let stream = poll(&api, json!({"timeout": 50})).await;
    api.pause_listening().await;
    assert!(hear(stream).await.is_err(), "the open poll is reset");
    assert!(tokio::net::TcpStream::connect(api.addr()).await.is_err());
    learner.text("meanwhile");
    api.resume().await.unwrap();
    api.resume().await.unwrap();
    assert_eq!(ok(&api, "getUpdates", &json!({})).await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_thousand_chats_and_ten_thousand_updates() {
    let api = start().await;
    for user in 1..=1000 {
        let learner = api.learner(LearnerProfile::new(user, "L", "en"));
        for n in 0..10 {
            learner.text(&format!("/start {n}"));
        }
    }
    let (mut offset, mut seen) = (0, 0);
    while seen < 10_000 {
        let batch = ok(&api, "getUpdates", &json!({"offset": offset})).await;
        seen += batch.as_array().unwrap().len();
        offset = ids(&batch).last().unwrap() + 1;
    }
    let heard = post(api.addr(), &target(&api, "getUpdates"), &json!({"offset": offset})).await;
    assert_eq!((heard.status, api.confirmed().len()), (200, 10_000));
}
