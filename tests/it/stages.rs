//! Killed between any two steps, including those beside the voice turn: notices, buttons, edits, long
//! answers.
//!
//! A gate that has caught its one request stays closed: opened, it might let through a request of the killed
//! process.

use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::bot_api::EntryKind;
use phonicflow_bot::sandbox::faults::On;
use phonicflow_bot::sandbox::tutor_api::Answer;

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_the_answer_was_stored_and_before_anything_was_sent() {
    let mut world = World::started().await;
    let ana = world.learner(11);
    // The first message is held before it had an effect: the tutor's answer is stored.
    let gate = world.telegram.faults().gate(On::call("sendMessage"));
    ana.voice(voice(), 4);
    gate.reached(1).await;
    assert!(world.log().times(Event::MessageAnswered) > 0, "{}", world.log());
    world.kill();
    // The tutor has lost its memory meanwhile: only the voice may need it.
    world.start();
    world.voice_notes(11, 1).await;
    world.settled().await;
    let kinds: Vec<_> = world.telegram.read(|state| state.from_bot(11).map(|said| said.kind).collect());
    assert_eq!(kinds, [EntryKind::Text, EntryKind::Voice]);
    assert_eq!(world.tutor.count("POST /process"), 1, "the tutor is not asked twice");
    assert_eq!(world.tutor.count("GET /conversation"), 0, "and nothing is looked for");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_message_k_of_n_the_rest_follows() {
    let mut world = World::started().await;
    let ana = world.learner(11);
    let sentence = "Keep the tongue between your teeth for the first sound, and let the air flow. ";
    let coaching: String = (1..=160).map(|n| format!("{n}. {sentence}")).collect();
    world.tutor.push_answer(Answer::texts("I think so.", &coaching, "Very good."));
    let second = world.telegram.faults().gate(On::call("sendMessage").chat(11).nth(2));
    ana.voice(voice(), 4);
    second.reached(1).await;
    world.kill();
    // After the restart the second one is sent, and the third is held at the gate.
    let third = world.telegram.faults().gate(On::call("sendMessage").chat(11).nth(2));
    world.start();
    third.reached(1).await;
    world.kill();
    world.start();
    world.answer_with(11, "Very good.").await;
    world.settled().await;
    let said: Vec<String> =
        world.telegram.read(|state| state.from_bot(11).map(|said| said.text.clone()).collect());
    let text = said.join("\n").replace('\n', " ");
    for n in 1..=160 {
        assert_eq!(
            text.matches(&format!(" {n}. Keep")).count(),
            1,
            "sentence {n} of {} messages",
            said.len()
        );
    }
    assert_eq!(world.tutor.count("POST /process"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_the_interim_notice_is_being_sent() {
    let mut world = World::started().await;
    let ana = world.learner(11);
    world.tutor.stop().await;
    let gate = world.telegram.faults().gate(On::call("sendMessage"));
    ana.voice(voice(), 4);
    gate.reached(1).await;
    world.kill();
    world.start();
    world.answer_with(11, "takes longer than usual").await;
    world.tutor.resume().await.unwrap();
    world.voice_notes(11, 1).await;
    world.settled().await;
    let said: Vec<_> = world.telegram.read(|state| state.from_bot(11).cloned().collect());
    assert_eq!(said.iter().filter(|said| said.text.contains("takes longer")).count(), 1);
    assert_eq!(said.len(), 3, "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_each_step_of_a_delete_it_is_carried_out_and_confirmed() {
    for held in ["answerCallbackQuery", "editMessageText"] {
        let mut world = World::started().await;
        let ana = world.learner(11);
        ana.voice(voice(), 4);
        world.voice_notes(11, 1).await;
        let session = world.tutor.turns()[0].session.clone();
        ana.text("/delete");
        let asked = world.answer_with(11, "Delete everything").await;
        let gate = world.telegram.faults().gate(On::call(held));
        let pressed = ana.press(asked.message_id, &asked.buttons()[0]).unwrap();
        gate.reached(1).await;
        world.kill();
        world.start();
        let edited = world.telegram.wait_until(PATIENCE, |state| {
            state
                .entry(11, asked.message_id)
                .filter(|entry| entry.edit_date.is_some())
                .map(|entry| entry.text.clone())
        });
        assert!(edited.await.is_some(), "{held}: {}", world.log());
        let answered = world.telegram.wait_until(PATIENCE, |state| {
            state.press(&pressed.query_id).filter(|press| press.answers > 0).map(|press| press.answers)
        });
        assert!(answered.await.is_some_and(|times| times <= 2), "{held}");
        let forgotten =
            world.tutor.wait_until(PATIENCE, |state| state.forgotten().contains(&session).then_some(()));
        assert!(forgotten.await.is_some(), "{held}: {}", world.log());
        ana.text("/history");
        world.answer_with(11, "Nothing here yet").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_each_step_of_turning_a_page() {
    let mut world = World::started().await;
    let ana = world.learner(11);
    for n in 1..=4 {
        ana.voice(voice(), 4);
        world.voice_notes(11, n).await;
    }
    ana.text("/history");
    let page = world.answer_with(11, "page 2 of 2").await;
    let mut shown = 2;
    for held in ["answerCallbackQuery", "editMessageText", "editMessageText after"] {
        let entry = world.telegram.read(|state| state.entry(11, page.message_id).cloned()).unwrap();
        let gate = match held.strip_suffix(" after") {
            Some(call) => world.telegram.faults().gate_after(On::call(call)),
            None => world.telegram.faults().gate(On::call(held)),
        };
        ana.press(page.message_id, &entry.buttons()[0]).unwrap();
        gate.reached(1).await;
        world.kill();
        world.start();
        shown = 3 - shown;
        let edited = world.answer_with(11, &format!("page {shown} of 2")).await;
        assert_eq!(edited.message_id, page.message_id, "{held}");
    }
    world.settled().await;
    let pages =
        world.telegram.read(|state| state.from_bot(11).filter(|said| said.text.contains("page ")).count());
    assert_eq!(pages, 1, "the same message all along");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_deletes_everything_while_voices_wait_is_shown_no_sign_of_life_any_more() {
    let mut world = World::new().await;
    world.set("BACKEND_CONCURRENCY", "1").start();
    let (ana, rui) = (world.learner(11), world.learner(12));
    let gate = world.tutor.faults().gate(On::call("POST /process"));
    rui.voice(voice(), 4);
    gate.reached(1).await;
    // Asked before the voices, pressed after them: the question keeps the order of the conversation, a button does not.
    ana.text("/delete");
    let asked = world.answer_with(11, "Delete everything").await;
    ana.voice(voice(), 4);
    ana.voice(voice(), 4);
    let shown = |chat: i64, n: usize| {
        world.telegram.wait_until(PATIENCE, move |state| (state.actions(chat).len() >= n).then_some(()))
    };
    assert!(shown(11, 2).await.is_some(), "a sign of life for each");
    ana.press(asked.message_id, &asked.buttons()[0]).unwrap();
    let gone = world.telegram.wait_until(PATIENCE, |state| {
        state.entry(11, asked.message_id).filter(|entry| entry.edit_date.is_some()).map(|_| ())
    });
    assert!(gone.await.is_some());
    // One round of refreshing may have been under way; two more of somebody who still waits go by without hers.
    let (hers, his) = world.telegram.read(|state| (state.actions(11).len(), state.actions(12).len()));
    assert!(shown(12, his + 3).await.is_some());
    let later = world.telegram.read(|state| state.actions(11).len());
    assert!(later <= hers + 1, "{hers} signs, then {later}");
    gate.open();
    world.voice_notes(12, 1).await;
    assert_eq!(world.tutor.turns().len(), 1, "what was deleted is not processed");
}
