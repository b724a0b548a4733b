//! A learner who waits long is told what to expect, once; the message becomes the answer's first part, or is
//! deleted.

use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::bot_api::{Call, ChatEntry, EntryKind, Learner};
use phonicflow_bot::sandbox::faults::{Act, Gate, On, Seen};
use phonicflow_bot::sandbox::tutor_api::Answer;
use serde_json::json;
use std::time::Duration;

/// What every such message begins with.
const MARK: &str = "⏳";

fn is_marked(seen: &Seen<'_>) -> bool {
    seen.params["text"].as_str().is_some_and(|text| text.starts_with(MARK))
}

/// What was told of waits, as it was sent.
fn told(world: &World) -> Vec<Call> {
    let all = world.telegram.calls("sendMessage");
    all.into_iter().filter(|call| call.str("text").is_some_and(|text| text.starts_with(MARK))).collect()
}

/// Waits until it stands in the chat and the row knows of it.
async fn shown(world: &World, chat: i64) -> ChatEntry {
    let shown = world.answer_with(chat, MARK).await;
    world.logged(Event::ExpectationTold).await;
    shown
}

/// A learner whose turn the tutor has recorded, and does not answer before the gate is opened.
async fn waiting(world: &World) -> (Learner, Gate, ChatEntry) {
    let gate = world.tutor.faults().gate_after(On::call("POST /process"));
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    let shown = shown(world, 11).await;
    (ana, gate, shown)
}

/// The chat at rest: the answer's words and its voice note, and nothing else of ours.
async fn answered(world: &World, chat: i64) -> Vec<ChatEntry> {
    world.voice_notes(chat, 1).await;
    world.settled().await;
    let said: Vec<ChatEntry> = world.telegram.read(|state| state.from_bot(chat).cloned().collect());
    let kinds: Vec<EntryKind> = said.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [EntryKind::Text, EntryKind::Voice], "{said:?}\n{}", world.log());
    assert!(said[0].text.contains("Yesterday I go"), "{said:?}");
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_turn_is_told_of_and_its_answer_takes_that_place() {
    let world = World::started().await;
    let rui = world.brazilian(12);
    let (ana, gate, first) = waiting(&world).await;
    assert!(first.text.contains("still busy with your message"), "{}", first.text);
    assert_eq!(first.reply_to, Some(1), "it answers the voice");
    rui.voice(voice(), 4);
    let second = shown(&world, 12).await;
    assert!(second.text.contains("Sua mensagem é a 2ª da fila"), "{}", second.text);
    gate.open();
    for (chat, shown) in [(ana.chat(), first), (rui.chat(), second)] {
        let said = answered(&world, chat).await;
        assert_eq!(said[0].message_id, shown.message_id, "the same message");
    }
    assert_eq!(told(&world).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_turns_and_the_place_in_line_make_the_expectation() {
    let world = World::started().await;
    world.tutor.configure(|options| options.delay = Duration::from_secs(4));
    let ada = world.learner(10);
    ada.voice(voice(), 4);
    world.voice_notes(10, 1).await;
    let learners: Vec<Learner> = (1..=8).map(|n| world.learner(10 + n)).collect();
    for learner in &learners {
        learner.voice(voice(), 4);
    }
    // Who asks is told, too.
    let zoe = world.learner(19);
    zoe.voice(voice(), 4);
    zoe.text("/status");
    world.answer_with(19, "The answer will take about").await;
    let last = world.answer_with(18, MARK).await;
    assert!(last.text.contains(" in line; the answer will take about "), "{}", last.text);
    for learner in &learners {
        answered(&world, learner.chat()).await;
    }
    let chats: Vec<Option<i64>> = told(&world).iter().map(|call| call.int("chat_id")).collect();
    for soon in [10, 11, 12, 13] {
        assert!(!chats.contains(&Some(soon)), "answered soon enough: {chats:?}");
    }
    assert_eq!(chats.iter().filter(|chat| **chat == Some(18)).count(), 1, "once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_leaves_no_stump_and_tells_nobody_twice() {
    let mut world = World::started().await;
    let (_, gate, shown) = waiting(&world).await;
    world.kill();
    gate.left().await;
    world.start();
    let said = answered(&world, 11).await;
    assert_eq!(said[0].message_id, shown.message_id);
    assert_eq!(told(&world).len(), 1);
}

/// What was told of waits in a chat, as it was sent.
fn told_to(world: &World, chat: i64) -> usize {
    told(world).iter().filter(|call| call.int("chat_id") == Some(chat)).count()
}

/// Some seconds later, told by the signs of life in a chat.
async fn sign_refreshed(world: &World, chat: i64, times: usize) {
    let signs =
        world.telegram.wait_until(PATIENCE, |state| (state.actions(chat).len() > times).then_some(()));
    assert!(signs.await.is_some(), "{}", world.log());
}

/// What the bot said in a chat and did not take away.
fn texts(world: &World, chat: i64) -> Vec<String> {
    world.telegram.read(|state| state.from_bot(chat).map(|entry| entry.text.clone()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_before_the_row_knew_the_one_in_flight_stays_and_no_second_is_sent() {
    let mut world = World::started().await;
    let gate = world.tutor.faults().gate_after(On::call("POST /process"));
    let sent = world.telegram.faults().gate_after(On::call("sendMessage").chat(11).when(is_marked));
    world.learner(11).voice(voice(), 4);
    sign_refreshed(&world, 11, 1).await;
    world.learner(12).voice(voice(), 4);
    sent.reached(1).await;
    world.kill();
    gate.left().await;
    sent.left().await;
    let again = world.tutor.faults().gate(On::call("GET /conversation"));
    let busy = world.tutor.faults().gate(On::call("POST /process"));
    world.start();
    // Whoever came later is told: the older one had its turn to be told again.
    shown(&world, 12).await;
    again.open();
    busy.open();
    world.voice_notes(11, 1).await;
    answered(&world, 12).await;
    let texts = texts(&world, 11);
    assert_eq!(told_to(&world, 11), 1, "{texts:?}");
    assert!(
        texts[0].starts_with(MARK) && texts[1].contains("Yesterday I go") && texts.len() == 3,
        "{texts:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_its_turn_when_the_answer_comes_is_called_off() {
    let world = World::started().await;
    let gate = world.tutor.faults().gate_after(On::call("POST /process"));
    world.learner(10).voice(voice(), 4);
    // So that there is time to take the next chat before anybody in it is told.
    sign_refreshed(&world, 10, 2).await;
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    world.learner(12).voice(voice(), 4);
    shown(&world, 10).await;
    let taken = world.telegram.faults().gate(On::call("sendMessage").chat(11).nth(1));
    ana.text("/help");
    taken.reached(1).await;
    // Told after the older one asked to be.
    world.answer_with(12, MARK).await;
    gate.open();
    world.logged_times(Event::MessageAnswered, 4).await;
    taken.open();
    world.voice_notes(11, 1).await;
    world.voice_notes(12, 1).await;
    world.settled().await;
    assert_eq!(told_to(&world, 11), 0, "{:?}", texts(&world, 11));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_said_of_a_wait_before_an_older_message_is_answered() {
    let world = World::started().await;
    // So long that whoever waits for the next turn is to be told.
    world.tutor.configure(|options| options.delay = Duration::from_secs(6));
    let words = On::call("sendMessage").chat(11).when(|seen| !is_marked(seen)).always();
    world.telegram.faults().add(words, Act::html(502));
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    ana.voice(voice(), 4);
    world.logged(Event::MessageAnswered).await;
    let gate = world.tutor.faults().gate_after(On::call("POST /process"));
    world.learner(12).voice(voice(), 4);
    shown(&world, 12).await;
    assert_eq!(told_to(&world, 11), 0, "{:?}", texts(&world, 11));
    gate.open();
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_the_edit_and_its_record_nothing_comes_twice() {
    let mut world = World::started().await;
    let (_, gate, shown) = waiting(&world).await;
    let edited = world.telegram.faults().gate_after(On::call("editMessageText"));
    gate.open();
    edited.reached(1).await;
    world.kill();
    edited.left().await;
    world.start();
    let said = answered(&world, 11).await;
    assert_eq!(said[0].message_id, shown.message_id);
    assert_eq!(
        world.telegram.calls("editMessageText").len(),
        2,
        "the second one changed nothing, and was enough"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn where_it_cannot_become_the_answer_the_answer_comes_anew() {
    let world = World::started().await;
    let (_, gate, shown) = waiting(&world).await;
    world.telegram.delete_message(11, shown.message_id);
    gate.open();
    let said = answered(&world, 11).await;
    assert_ne!(said[0].message_id, shown.message_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn before_an_answer_without_words_it_goes_away() {
    let world = World::started().await;
    world
        .tutor
        .push_answer(Answer::ok(json!({ "conversational_audio_path": "/app/audio/conversational.wav",
        "conversational_response": "Good." })));
    let (_, gate, _) = waiting(&world).await;
    gate.open();
    world.voice_notes(11, 1).await;
    world.settled().await;
    let said: Vec<ChatEntry> = world.telegram.read(|state| state.from_bot(11).cloned().collect());
    assert_eq!((said.len(), said[0].kind), (1, EntryKind::Voice), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_notice_that_the_answer_comes_later_takes_its_place() {
    let world = World::started().await;
    let (_, gate, shown) = waiting(&world).await;
    world.tutor.stop().await;
    gate.open();
    let notice = world.answer_with(11, "Your message is safe").await;
    assert_eq!(notice.message_id, shown.message_id, "no second one");
    world.tutor.resume().await.unwrap();
    world.voice_notes(11, 1).await;
    world.settled().await;
    let said: Vec<ChatEntry> = world.telegram.read(|state| state.from_bot(11).cloned().collect());
    let kinds: Vec<EntryKind> = said.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [EntryKind::Text, EntryKind::Text, EntryKind::Voice], "{said:?}");
    assert!(said[1].text.contains("Yesterday I go") && told(&world).len() == 1, "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_learner_who_is_deleted_it_goes_away() {
    let world = World::started().await;
    let (_, gate, shown) = waiting(&world).await;
    let out = world.command(&["sessions", "delete", "11", "--yes"]).output().unwrap();
    assert!(out.status.success(), "{out:?}");
    let gone = world
        .telegram
        .wait_until(PATIENCE, |state| state.entry(11, shown.message_id).is_none().then_some(()));
    assert!(gone.await.is_some(), "{}", world.log());
    gate.open();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telegram_that_does_not_take_it_delays_no_answer() {
    let mut world = World::new().await;
    // Longer than anybody here waits: the answer must not wait for the end of that call.
    world.set("BOT_TIMEOUT", "600").start();
    let hung = world.telegram.faults().add(On::call("sendMessage").when(is_marked), Act::Hang);
    let gate = world.tutor.faults().gate(On::call("POST /process"));
    world.learner(11).voice(voice(), 4);
    let begun = world.telegram.wait_until(PATIENCE, |state| {
        let marked = |call: &&Call| call.str("text").is_some_and(|text| text.starts_with(MARK));
        state.log().of("sendMessage").any(|call| marked(&call)).then_some(())
    });
    assert!(begun.await.is_some());
    gate.open();
    answered(&world, 11).await;
    assert_eq!((world.telegram.faults().fired(hung), told(&world).len()), (1, 1));
    world.telegram.faults().release_hung();
}
