//! The real daemon with a key: its files reveal nothing about anybody, and it explains clearly what does not
//! fit.

use crate::world::{World, voice};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::bot_api::LearnerProfile;
use phonicflow_bot::sandbox::chat_api::{ChatAnswer, ChatOptions};
use phonicflow_bot::sandbox::faults::{Act, On};
use phonicflow_bot::sandbox::tutor_api::Answer;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Output;

/// Found nowhere by chance.
const ZOE: i64 = 4_203_567_911_357;

/// What could say who practised what, by what it is, in every form it may be written in.
fn planted(sessions: &[String]) -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let flipped = ZOE.cast_unsigned() ^ (1 << 63);
    // As bincode writes a signed number.
    let zigzag = ZOE.cast_unsigned() << 1;
    let id = vec![
        ZOE.to_string().into_bytes(),
        ZOE.to_le_bytes().to_vec(),
        ZOE.to_be_bytes().to_vec(),
        flipped.to_be_bytes().to_vec(),
        zigzag.to_le_bytes().to_vec(),
    ];
    let text = |text: &str| vec![text.as_bytes().to_vec()];
    let mut all = vec![
        ("user id", id),
        ("transcript", text("plantedtranscript")),
        ("coaching", text("plantedcoaching")),
        ("portuguese", text("plantedportugues")),
        ("reply", text("plantedreply")),
        ("text of a message that waits", text("plantedwords")),
    ];
    for session in sessions {
        let bytes = session.parse::<uuid::Uuid>().unwrap().into_bytes();
        all.push(("session", vec![session.clone().into_bytes(), bytes.to_vec()]));
    }
    all
}

/// Never kept, with a key or without.
const NAMES: [&str; 3] = ["Plantedfirst", "planted_user", "Plantedlast"];

/// All files below a folder.
fn files(folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.is_file() {
            // A socket holds nothing.
            found.insert(path.display().to_string(), fs::read(&path).unwrap());
        }
    }
}

fn holds(files: &BTreeMap<String, Vec<u8>>, needle: &[u8]) -> Option<String> {
    let found = files.iter().find(|(_, bytes)| bytes.windows(needle.len()).any(|window| window == needle));
    found.map(|(name, _)| name.clone())
}

/// A world with a key file, configured or not.
async fn world(with_key: bool) -> World {
    let mut world = World::new().await;
    let path = world.folder.path().join("store.key");
    fs::write(&path, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n").unwrap();
    if with_key {
        world.set("STORE_KEY_FILE", &path.display().to_string());
    }
    world
}

/// A learner has two conversations and leaves a voice and a text waiting; the store is exported and stopped. Returns the
/// sessions.
async fn practise(world: &mut World) -> Vec<String> {
    // A voice whose fate is unknown is looked for as long again before it is submitted a second time.
    world.set("BACKEND_TIMEOUT", "3").start();
    let profile = LearnerProfile {
        username: Some("planted_user".to_owned()),
        ..LearnerProfile::new(ZOE, "Plantedfirst Plantedlast", "en")
    };
    let zoe = world.telegram.learner(profile);
    let answer = |reply: &str| {
        Answer::ok(json!({
            "user_transcript": "plantedtranscript", "coaching_feedback": "plantedcoaching",
            "coaching_feedback_portuguese": "plantedportugues", "conversational_response": reply,
        }))
    };
    world.tutor.push_answer(answer("plantedreply one"));
    zoe.voice(voice(), 4);
    world.answer_with(zoe.chat(), "plantedreply one").await;
    zoe.text("/new");
    world.answer_with(zoe.chat(), "fresh conversation").await;
    world.tutor.push_answer(answer("plantedreply two"));
    zoe.voice(voice(), 4);
    world.answer_with(zoe.chat(), "plantedreply two").await;
    world.settled().await;
    let sessions = world.tutor.turns().into_iter().map(|turn| turn.session).collect();
    // One that waits, and is in the export.
    let gate = world.tutor.faults().gate(On::call("POST /process"));
    zoe.voice(voice(), 4);
    gate.reached(1).await;
    zoe.text("plantedwords of mine");
    world.settled().await;
    world.kill();
    gate.left().await;
    let exports = world.folder.path().join("store/exports");
    let _ = fs::remove_dir_all(&exports);
    let gate = world.tutor.faults().gate(On::call("POST /process"));
    let before = world.log().times(Event::StoreExported);
    world.start();
    world.logged_times(Event::StoreExported, before + 1).await;
    // In order: killed a second time with the same voice in hands, the daemon would hold it for the cause.
    world.stop().await;
    gate.left().await;
    sessions
}

#[tokio::test(flavor = "multi_thread")]
async fn the_files_of_an_encrypted_store_say_nothing_about_anybody() {
    for with_key in [false, true] {
        let mut world = world(with_key).await;
        let sessions = practise(&mut world).await;
        assert_eq!(sessions.len(), 2);
        let root = world.folder.path().join("store");
        let mut found = BTreeMap::new();
        files(&root, &mut found);
        assert!(found.keys().any(|name| name.contains("/exports/")), "{:?}", found.keys());
        for (what, forms) in planted(&sessions) {
            let hit = forms.iter().find_map(|form| holds(&found, form));
            if with_key {
                assert_eq!(hit, None, "{what} is in the files of an encrypted store");
            } else {
                // The search can find: without a key they are all there.
                assert!(hit.is_some(), "{what} was looked for in a wrong form");
            }
        }
        for name in NAMES {
            assert_eq!(holds(&found, name.as_bytes()), None, "{name}");
        }
        // And it works on from there: the voice that waited is answered.
        world.start();
        world.voice_notes(ZOE, 1).await;
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_word_of_a_text_turn_is_in_the_files_of_an_encrypted_store() {
    for with_key in [false, true] {
        let mut world = world(with_key).await;
        let chat = world.chat(ChatOptions::default()).await;
        chat.push_answer(ChatAnswer::words("plantedanswer"));
        let (answer, _gate) = ChatAnswer::held_before(1, "plantedbeginning of it");
        chat.push_answer(answer);
        world.start();
        let zoe = world.learner(ZOE);
        zoe.text("plantedquestion");
        world.answer_with(ZOE, "plantedanswer").await;
        // One that is being answered, the next one behind it.
        zoe.text("plantedunderway");
        zoe.text("plantedwaiting");
        world.answer_with(ZOE, "plantedbeginning").await;
        world.settled().await;
        world.kill();
        let mut found = BTreeMap::new();
        files(&world.folder.path().join("store"), &mut found);
        for words in ["plantedquestion", "plantedanswer", "plantedunderway", "plantedwaiting"] {
            assert_eq!(holds(&found, words.as_bytes()).is_some(), !with_key, "{words}");
        }
        // What grows is shown and never kept.
        assert_eq!(holds(&found, b"plantedbeginning"), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn encrypted_afterwards_nothing_readable_is_left_behind_and_listings_are_the_same() {
    let mut world = world(false).await;
    let sessions = practise(&mut world).await;
    let key = world.folder.path().join("store.key").display().to_string();
    let list = |world: &World| {
        ["sessions", "queue"].map(|what| {
            let output = world.command(&[what, "list", "--json"]).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let mut lines: Vec<String> =
                String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
            lines.sort();
            lines
        })
    };
    let before = list(&world);
    assert!(before.iter().all(|lines| !lines.is_empty()));
    world.set("STORE_KEY_FILE", &key);
    let done = world.command(&["store", "encrypt"]).output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(String::from_utf8_lossy(&done.stdout).contains("the store is encrypted"));
    let mut found = BTreeMap::new();
    files(&world.folder.path().join("store"), &mut found);
    for (what, forms) in planted(&sessions) {
        assert_eq!(forms.iter().find_map(|form| holds(&found, form)), None, "{what}");
    }
    assert_eq!(drop_ages(list(&world)), drop_ages(before));
    world.start();
    world.voice_notes(ZOE, 1).await;
    world.stop().await;
}

/// Listings without what changes by the second.
fn drop_ages(lists: [Vec<String>; 2]) -> Vec<serde_json::Value> {
    let rows = lists.into_iter().flatten().map(|line| {
        let mut row: serde_json::Value = serde_json::from_str(&line).unwrap();
        // What depends on the moment of asking: a wait that is over is not shown.
        let ages = ["age", "state", "not_before"];
        row.as_object_mut().unwrap().retain(|name, _| !ages.iter().any(|age| name.contains(age)));
        row
    });
    rows.collect()
}

fn told(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_does_not_fit_is_told_and_nothing_is_touched() {
    let mut world = world(true).await;
    let ana = world.learner(11);
    world.start();
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
    // While the daemon runs no key is changed.
    let other = world.folder.path().join("other.key").display().to_string();
    fs::write(&other, "another key that is long enough for this").unwrap();
    let (code, text) = told(&world.command(&["store", "rekey", "--new-key-file", &other]).output().unwrap());
    assert_eq!(code, Some(3), "{text}");
    world.stop().await;
    let right = world.folder.path().join("store.key").display().to_string();
    for (file, words) in [("", "the store is encrypted and no key is configured"), (&other, "another key")] {
        world.set("STORE_KEY_FILE", file);
        for arguments in [&["run"][..], &["sessions", "list"], &["queue", "list"]] {
            let (code, text) = told(&world.command(arguments).output().unwrap());
            assert_eq!(code, Some(2), "{arguments:?}: {text}");
            assert!(
                text.contains(words) && text.contains("STORE_KEY_FILE") && text.contains("store-key"),
                "{text}"
            );
        }
    }
    let short = world.folder.path().join("short.key").display().to_string();
    fs::write(&short, "short").unwrap();
    world.set("STORE_KEY_FILE", &right);
    let (code, text) = told(&world.command(&["store", "rekey", "--new-key-file", &short]).output().unwrap());
    assert!(code == Some(2) && text.contains("openssl rand"), "{text}");
    // Nothing was moved aside or restored, and the right key still opens it all.
    let root = world.folder.path().join("store");
    assert_eq!(super::names(&root, "damaged-"), [""; 0]);
    assert!(!root.join("restored.json").exists());
    let (code, text) = told(&world.command(&["store", "rekey", "--new-key-file", &other]).output().unwrap());
    assert_eq!(code, Some(0), "{text}");
    let (code, text) = told(&world.command(&["sessions", "list"]).output().unwrap());
    assert!(code == Some(2) && text.contains("after `store rekey` that is the new one"), "{text}");
    world.set("STORE_KEY_FILE", &other);
    let (code, text) = told(&world.command(&["store", "decrypt"]).output().unwrap());
    assert_eq!(code, Some(0), "{text}");
    let (code, text) = told(&world.command(&["run"]).output().unwrap());
    assert!(code == Some(2) && text.contains("`phonicflow-bot store encrypt`"), "{text}");
    world.set("STORE_KEY_FILE", "");
    world.start();
    ana.text("/history");
    world.answer_with(ana.chat(), "page 1 of 1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_with_a_full_queue_an_encrypted_store_answers_everyone() {
    let mut world = world(true).await;
    world.set("BACKEND_TIMEOUT", "3").start();
    let gate = world.tutor.faults().gate_after(On::call("POST /process"));
    world.telegram.faults().add(On::call("sendMessage"), Act::html(502));
    let learners: Vec<_> = (1..=6).map(|n| world.learner(7_000_000_000 + n)).collect();
    for learner in &learners {
        learner.voice(voice(), 4);
    }
    gate.reached(1).await;
    world.settled().await;
    world.kill();
    gate.open();
    world.start();
    for learner in &learners {
        world.voice_notes(learner.chat(), 1).await;
    }
    world.settled().await;
    for learner in &learners {
        assert_eq!(world.voice_notes(learner.chat(), 1).await.len(), 1, "answered once: {}", world.log());
    }
    assert_eq!(world.stop().await.code(), Some(0));
}
