//! `/export` and `/delete` in the chat: everything held is in the files, and both are for those, too, who are not let in any
//! more.

use crate::pressing::{notice, press, says};
use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::domain::{CardChange, CorrectionKind, NewCard, Outcome, Timestamp, UserId, WorkKind};
use phonicflow_bot::sandbox::bot_api::{ChatEntry, EntryKind, Learner};
use phonicflow_bot::sandbox::faults::{Act, On};
use phonicflow_bot::store::{Home, OnDamage};
use serde_json::Value;

/// The documents sent to a chat, once there are so many.
async fn documents(world: &World, learner: &Learner, n: usize) -> Vec<ChatEntry> {
    let found = world.telegram.wait_until(PATIENCE, |state| {
        let sent: Vec<ChatEntry> = state
            .from_bot(learner.chat())
            .filter(|entry| entry.kind == EntryKind::Document)
            .cloned()
            .collect();
        (sent.len() >= n).then_some(sent)
    });
    found.await.unwrap_or_else(|| panic!("fewer than {n} documents"))
}

fn content(entry: &ChatEntry) -> (String, String) {
    let file = entry.file.as_ref().unwrap();
    (file.file_name.clone().unwrap(), String::from_utf8(file.bytes.to_vec()).unwrap())
}

/// Keeps a card for the learner, with the daemon stopped.
async fn keep_card(world: &World, user: i64) {
    let now = Timestamp::from_secs(1_800_000_000);
    let store = Home::at(&world.home()).open(OnDamage::Refuse, now).unwrap().store;
    let incoming = crate::store_contract::command(9_000_001, user, user, "help");
    store.accept(vec![incoming], crate::store_contract::policy(), now).await.unwrap();
    let claim = store.claim(WorkKind::Local, now).await.unwrap().row().unwrap();
    assert_eq!(claim.job.user, UserId(user));
    let card = NewCard {
        front: "I goes \"there\"".to_owned(),
        back: "I go, plantedcard".to_owned(),
        why: "third person".to_owned(),
        kind: Some(CorrectionKind::Grammar),
        source: None,
    };
    let outcome = Outcome { cards: vec![CardChange::Add(card)], ..Outcome::default() };
    store.commit(claim.lease, outcome, now).await.unwrap();
    store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_a_file_to_read_one_for_machines_and_the_cards() {
    let mut world = World::started().await;
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
    world.settled().await;
    assert!(world.stop().await.success());
    keep_card(&world, 11).await;
    world.start();
    // Telegram stumbles over the first one: it is made anew.
    world.telegram.faults().add(On::call("sendDocument").times(1), Act::html(502));
    let asked = ana.text("/export");
    let sent = documents(&world, &ana, 3).await;
    world.settled().await;
    assert_eq!(documents(&world, &ana, 3).await.len(), 3, "each of them once");
    assert_eq!(sent[0].reply_to, Some(asked.message_id));
    let files: Vec<(String, String)> = sent.iter().map(content).collect();
    let (words, json, cards) = (&files[0], &files[1], &files[2]);
    assert!(words.0.starts_with("phonicflow-20") && words.0.ends_with(".md"), "{}", words.0);
    assert!(
        words.1.contains("## Your cards")
            && words.1.contains("plantedcard")
            && words.1.contains("## Your days")
    );
    let document: Value = serde_json::from_str(&json.1).unwrap();
    assert_eq!((&document["user"], document["cards"].as_array().unwrap().len()), (&11.into(), 1));
    assert_eq!(document["days"][0]["voices"], 1, "{}", document["days"]);
    let transcript = document["sessions"][0]["turns"][0]["transcript"].as_str().unwrap();
    assert!(!transcript.is_empty() && words.1.contains(transcript.split('.').next().unwrap()));
    assert_eq!(cards.1.lines().last().unwrap().split(',').next_back(), Some("phonicflow grammar"));
    assert!(
        cards.0.ends_with("cards.csv") && cards.1.contains("\"I goes \"\"there\"\"\",\"I go, plantedcard"),
        "{}",
        cards.1
    );
    assert!(sent[2].text.contains("for Anki"), "{}", sent[2].text);
    assert!(!world.log().holds("plantedcard"), "the log tells it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_does_not_see_what_is_held() {
    let world = World::started().await;
    let ana = world.learner(11);
    world.telegram.group(-100, "Class");
    let there = ana.in_chat(-100);
    there.text("/export@phonicflow_bot");
    world.answer_with(-100, "our private chat").await;
    assert!(world.telegram.calls("sendDocument").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_let_in_any_more_can_still_take_everything_along_and_have_it_deleted() {
    let mut world = World::started().await;
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
    world.settled().await;
    assert!(world.stop().await.success());
    world.set("ALLOWED_USERS", "77").start();
    ana.text("/history");
    world.answer_with(ana.chat(), "This tutor is private").await;
    ana.text("/export");
    let sent = documents(&world, &ana, 2).await;
    let document: Value = serde_json::from_str(&content(&sent[1]).1).unwrap();
    assert_eq!(document["sessions"][0]["turns"].as_array().unwrap().len(), 1);
    ana.text("/delete");
    let ask = world.answer_with(ana.chat(), "Delete everything").await;
    let rui = world.learner(12);
    let other = world.telegram.claim_press(ask.chat_id, rui.user(), ask.message_id, &ask.buttons()[0]);
    assert!(notice(&world, &other).await.contains("somebody else"));
    press(&ana, &ask, "Delete everything");
    says(&world, &ask, "deleted").await;
    world.settled().await;
    let held = world.admin(&["sessions", "export", "11"]).await;
    assert_eq!(held.code, Some(1), "nothing is held any more");
}
