//! `sessions export` contains everything that is stored: waiting messages with their texts, dead letters,
//! membership, what admins were told.

use crate::store_contract::reply;
use crate::world::{World, voice};
use phonicflow_bot::domain::{AlertKind, Announced, Announcement, Timestamp, UserId};
use phonicflow_bot::sandbox::faults::On;
use phonicflow_bot::store::{Home, OnDamage};
use serde_json::Value;
use std::fs;

const CHANNEL: i64 = -1_000_000_000_010;

/// The two files of an export, made now.
async fn exported(world: &World, user: i64) -> (Value, String) {
    let out = world.folder.path().join("out").display().to_string();
    world.ask(&["sessions", "export", &user.to_string(), "--out", &out, "--force"]).await;
    let read = |end: &str| fs::read(world.folder.path().join(format!("out/learner-{user}.{end}"))).unwrap();
    (serde_json::from_slice(&read("json")).unwrap(), String::from_utf8(read("md")).unwrap())
}

fn of_kind<'a>(document: &'a Value, kind: &str) -> Vec<&'a Value> {
    document["queue"].as_array().unwrap().iter().filter(|row| row["kind"] == kind).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_holds_the_words_that_wait_and_those_given_up() {
    let mut world = World::new().await;
    world.telegram.channel(CHANNEL, "school");
    world.telegram.set_member(CHANNEL, 11, "member");
    world.set("REQUIRED_CHANNEL", "@school").start();
    let (ana, rui) = (world.learner(11), world.brazilian(12));
    let gate = world.tutor.faults().gate(On::call("POST /process").always());
    ana.voice(voice(), 4);
    gate.reached(1).await;
    ana.text("plantedwords of *mine*");
    rui.text("words of somebody else");
    world.settled().await;
    let (waiting, text) = exported(&world, 11).await;
    assert_eq!((&waiting["user"], &waiting["required_channel"]["member"]), (&11.into(), &true.into()));
    assert_eq!(of_kind(&waiting, "text")[0]["words"], "plantedwords of *mine*");
    let recording = &of_kind(&waiting, "voice")[0]["record"]["task"]["Handle"][0]["body"]["Voice"];
    assert!(recording["file_id"].is_string(), "{waiting}");
    assert!(text.contains("  > plantedwords of \\*mine\\*"), "{text}");
    assert!(!waiting.to_string().contains("somebody else"), "{waiting}");
    // What waited in a backup is a dead letter after its restore.
    let backup = world.folder.path().join("a.backup").display().to_string();
    world.ask(&["backup", &backup]).await;
    world.kill();
    gate.open();
    world.ask(&["restore", &backup, "--force"]).await;
    let (given_up, text) = exported(&world, 11).await;
    let letter = of_kind(&given_up, "text")[0];
    assert_eq!(letter["words"], "plantedwords of *mine*");
    assert!(letter["given_up"].as_str().unwrap().contains("may have been answered"), "{letter}");
    assert!(text.contains("plantedwords"), "{text}");
    assert_eq!(given_up["required_channel"], waiting["required_channel"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_known_by_a_waiting_message_alone_gets_it_under_his_id() {
    let world = World::new().await;
    let (home, now) = (Home::at(&world.home()), Timestamp::from_secs(1_800_000_000));
    let store = home.open(OnDamage::Refuse, now).unwrap().store;
    let replies = vec![reply(77, "plantedalert")];
    let news = Announcement { to: UserId(77), kind: AlertKind::TutorDown, of: now, replies };
    assert_eq!(store.announce(news, now).await.unwrap(), Announced::Told);
    store.close().await.unwrap();
    let (document, text) = exported(&world, 77).await;
    assert_eq!((&document["user"], &document["learner"]), (&77.into(), &Value::Null));
    assert_eq!(document["alerts_as_admin"][0]["kind"], "tutor down");
    assert_eq!(document["queue"][0]["not_yet_sent"][0]["words"], "plantedalert");
    assert!(text.contains("- Telegram user id: 77") && text.contains("  > plantedalert"), "{text}");
    world.ask(&["queue", "drop", "--yes", "1"]).await;
    // Marks alone are something, too.
    assert_eq!(exported(&world, 77).await.0["queue"], Value::Array(Vec::new()));
    let said = world.ask(&["sessions", "delete", "77", "--yes"]).await;
    assert!(said.starts_with("removed learner 77"), "{said}");
    assert_eq!(world.admin(&["sessions", "export", "77"]).await.code, Some(1));
}
