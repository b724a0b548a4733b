//! What must not be written down, and what must be gone after a learner's `/delete`.

mod database_password;
mod noise;
mod printing;

use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::sandbox::chat_api::{ChatAnswer, ChatOptions};
use phonicflow_bot::sandbox::faults::On;
use phonicflow_bot::sandbox::tutor_api::Answer;
use serde_json::json;
use std::path::Path;

/// Whether any file below `folder` holds these bytes.
fn holds(folder: &Path, needle: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, needle);
        }
        // A daemon that was killed leaves its socket.
        path.is_file() && std::fs::read(&path).unwrap().windows(needle.len()).any(|window| window == needle)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn delete_asks_once_then_leaves_nothing_here_and_at_the_tutor() {
    let mut world = World::started().await;
    let ana = world.learner(7_700_000_011);
    world.tutor.push_answer(Answer::ok(
        json!({"user_transcript": "plantedtranscript", "conversational_response": "Hi."}),
    ));
    ana.voice(voice(), 4);
    world.answer_with(ana.chat(), "Hi.").await;
    ana.text("/new");
    world.answer_with(ana.chat(), "fresh conversation").await;
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;

    ana.text("/delete");
    let ask = world.answer_with(ana.chat(), "This cannot be undone").await;
    ana.press(ask.message_id, &ask.buttons()[1]).unwrap();
    world.answer_with(ana.chat(), "Nothing was deleted").await;
    ana.text("/history");
    world.answer_with(ana.chat(), "page 1 of 1").await;

    ana.text("/delete");
    let ask = world.answer_with(ana.chat(), "This cannot be undone").await;
    // Somebody else's press does nothing.
    let rui = world.learner(12);
    world.telegram.press(ana.chat(), rui.user(), ask.message_id, &ask.buttons()[0]);
    ana.press(ask.message_id, &ask.buttons()[0]).unwrap();
    world.answer_with(ana.chat(), "may stay on its disk").await;
    let sessions: Vec<String> = world.tutor.turns().into_iter().map(|turn| turn.session).collect();
    let cleared = world
        .tutor
        .wait_until(PATIENCE, |state| sessions.iter().all(|id| state.forgotten().contains(id)).then_some(()))
        .await;
    assert!(cleared.is_some(), "{}", world.log());
    world.settled().await;
    world.stop().await;

    let listed = world.command(&["sessions", "list", "--json"]).output().unwrap();
    assert!(!String::from_utf8_lossy(&listed.stdout).contains("7700000011"));
    let shown = world.command(&["sessions", "show", "7700000011"]).output().unwrap();
    assert_eq!(shown.status.code(), Some(1));
    world.start();
    ana.text("/history");
    world.answer_with(ana.chat(), "Nothing here yet").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn delete_works_at_once_while_the_tutor_is_at_work_on_a_turn() {
    let world = World::started().await;
    let ana = world.learner(11);
    let gate = world.tutor.faults().gate_after(On::call("POST /process"));
    ana.voice(voice(), 4);
    ana.voice(voice(), 4);
    gate.reached(1).await;
    // The question waits for its turn in the conversation; a button from before is pressed now.
    world.telegram.raw_update(json!({"callback_query": {
        "id": "77", "chat_instance": "1", "data": "del:y:11",
        "from": {"id": 11, "is_bot": false, "first_name": "Ana", "language_code": "en"},
        "message": {"message_id": 1, "date": 1_752_570_000, "chat": {"id": 11, "type": "private"},
            "from": {"id": 4_200_000_001_i64, "is_bot": true, "first_name": "PhonicFlow"},
            "reply_markup": {"inline_keyboard": [[{"text": "Yes", "callback_data": "del:y:11"}]]}}
    }}));
    let session = world.tutor.turns()[0].session.clone();
    let cleared =
        world.tutor.wait_until(PATIENCE, |state| (!state.forgotten().is_empty()).then_some(())).await;
    assert!(cleared.is_some(), "{}", world.log());
    gate.open();
    // What the tutor recorded after that is forgotten as well, and the second voice never reaches it.
    let forgotten = world
        .tutor
        .wait_until(PATIENCE, |state| {
            (state.forgotten().iter().filter(|id| **id == session).count() >= 2 || !state.knows(&session))
                .then_some(())
        })
        .await;
    assert!(forgotten.is_some(), "{}", world.log());
    world.settled().await;
    assert_eq!(world.tutor.turns().len(), 1);
    assert_eq!(
        world.telegram.read(|state| state.from_bot(11).count()),
        0,
        "no answer for someone who is gone"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn audio_never_touches_the_disk_and_the_store_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let mut world = World::started().await;
    let ana = world.learner(11);
    let bytes = voice();
    ana.voice(bytes.clone(), 4);
    world.voice_notes(ana.chat(), 1).await;
    world.stop().await;
    let store = world.folder.path().join("store");
    assert_eq!(store.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    let wav = world.tutor.turns()[0].wav.clone().unwrap();
    for audio in [&bytes[200..264], &wav[8_000..8_064]] {
        assert!(!holds(world.folder.path(), audio));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn delete_leaves_no_word_of_a_text_turn_on_the_disk() {
    let mut world = World::new().await;
    let chat = world.chat(ChatOptions::default()).await;
    world.start();
    let (ana, rui) = (world.learner(11), world.learner(12));
    chat.script(|question| ChatAnswer::words(&format!("reply-to-{}", question.last())));
    for (learner, words) in [(&ana, "anaquestion"), (&rui, "ruiquestion")] {
        learner.text(words);
        world.answer_with(learner.chat(), &format!("reply-to-{words}")).await;
    }
    // One that is being answered, and one that waits behind it.
    let (answer, gate) = ChatAnswer::held_before(1, "anaanswer so far");
    chat.push_answer(answer);
    ana.text("anaunderway");
    world.answer_with(ana.chat(), "anaanswer").await;
    ana.text("anawaiting");
    ana.text("/delete");
    let ask = world.answer_with(ana.chat(), "This cannot be undone").await;
    ana.press(ask.message_id, &ask.buttons()[0]).unwrap();
    world.answer_with(ana.chat(), "is deleted").await;
    gate.open();
    world.settled().await;
    world.stop().await;
    let store = world.folder.path().join("store");
    for kept in ["ruiquestion", "reply-to-ruiquestion"] {
        assert!(holds(&store, kept.as_bytes()), "{kept} was looked for in a wrong form");
    }
    for gone in ["anaquestion", "anaunderway", "anaanswer", "anawaiting"] {
        assert!(!holds(&store, gone.as_bytes()), "{gone} is still on the disk");
    }
    assert_eq!(chat.questions().len(), 3, "what waited is never asked");
}
