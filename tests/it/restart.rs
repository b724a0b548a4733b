//! Killed at any step and started again: the message is answered, once, from the step it had reached.
//!
//! A gate for one request stays closed after its sender is killed, and one for all is opened only when the
//! killed senders' requests have left it: opened earlier, it would let through a request of a killed process.

use crate::world::{Log, PATIENCE, World, voice};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::bot_api::{EntryKind, Learner};
use phonicflow_bot::sandbox::faults::{Gate, On};
use serde_json::Value;

/// After everything has come to rest: one text and one voice note, one turn in the tutor's history.
async fn answered_once(world: &World, learner: &Learner) {
    world.voice_notes(learner.chat(), 1).await;
    world.settled().await;
    let kinds: Vec<_> =
        world.telegram.read(|state| state.from_bot(learner.chat()).map(|entry| entry.kind).collect());
    assert_eq!(kinds, [EntryKind::Text, EntryKind::Voice], "{}", world.log());
    assert_eq!(
        world.tutor.turns().iter().filter(|turn| turn.finished_ms.is_some()).count(),
        1,
        "{}",
        world.log()
    );
    assert!(world.tutor.violations().is_empty(), "{:?}", world.tutor.violations());
}

/// Kills the daemon with a learner's voice at this gate, and starts it again.
async fn killed_at(mut world: World, gate: Gate) {
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    gate.reached(1).await;
    world.kill();
    gate.left().await;
    world.start();
    answered_once(&world, &ana).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_the_tutor_has_recorded_the_turn_but_not_answered() {
    let world = World::started().await;
    let gate = world.tutor.faults().gate_after(On::call("POST /process"));
    killed_at(world, gate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_the_tutor_is_still_at_work_on_the_turn() {
    let mut world = World::started().await;
    let ana = world.learner(11);
    world.tutor.configure(|options| options.delay = std::time::Duration::from_secs(2));
    ana.voice(voice(), 4);
    let at_work = world.tutor.wait_until(PATIENCE, |state| {
        state.turns().first().is_some_and(|turn| turn.started_ms.is_some()).then_some(())
    });
    assert!(at_work.await.is_some(), "{}", world.log());
    world.kill();
    world.start();
    answered_once(&world, &ana).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_before_the_voice_reached_the_tutor_it_is_submitted_again() {
    let mut world = World::new().await;
    world.set("BACKEND_TIMEOUT", "3").start();
    let ana = world.learner(11);
    let gate = world.tutor.faults().gate(On::call("POST /process"));
    ana.voice(voice(), 4);
    gate.reached(1).await;
    world.kill();
    world.start();
    answered_once(&world, &ana).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_downloading_the_voice() {
    let world = World::started().await;
    let gate = world.telegram.faults().gate(On::call("file"));
    killed_at(world, gate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_the_first_and_the_second_message() {
    let world = World::started().await;
    // The tutor's answer is stored and the first message is sent when the second one is held at the gate.
    let gate = world.telegram.faults().gate(On::call("sendVoice"));
    killed_at(world, gate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_the_spoken_answer_is_fetched() {
    let mut world = World::started().await;
    let gate = world.tutor.faults().gate(On::call("GET /audio"));
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    gate.reached(1).await;
    world.kill();
    gate.left().await;
    // The text is being sent meanwhile: it may be the one message in flight at the kill.
    let in_flight = world.telegram.read(|state| state.from_bot(ana.chat()).count());
    world.start();
    world.voice_notes(ana.chat(), 1).await;
    world.settled().await;
    let kinds: Vec<_> =
        world.telegram.read(|state| state.from_bot(ana.chat()).map(|entry| entry.kind).collect());
    let said = [EntryKind::Text, EntryKind::Text, EntryKind::Voice];
    assert!(kinds == said[1..] || (in_flight == 1 && kinds == said), "{kinds:?}: {}", world.log());
    assert_eq!(world.tutor.turns().iter().filter(|turn| turn.finished_ms.is_some()).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_with_a_message_in_flight_at_most_that_one_comes_twice() {
    let mut world = World::started().await;
    let ana = world.learner(11);
    // Telegram has the first message, but its answer never arrives.
    let gate = world.telegram.faults().gate_after(On::call("sendMessage"));
    ana.voice(voice(), 4);
    gate.reached(1).await;
    world.kill();
    gate.open();
    world.start();
    world.voice_notes(ana.chat(), 1).await;
    world.settled().await;
    let kinds: Vec<_> =
        world.telegram.read(|state| state.from_bot(ana.chat()).map(|entry| entry.kind).collect());
    assert_eq!(kinds, [EntryKind::Text, EntryKind::Text, EntryKind::Voice]);
    assert_eq!(world.tutor.turns().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_again_and_again_every_message_is_answered() {
    let mut world = World::started().await;
    world.tutor.configure(|options| options.delay = std::time::Duration::from_millis(30));
    let learners: Vec<_> = (0..8).map(|n| world.learner(100 + n)).collect();
    for round in 1..=4 {
        for learner in &learners {
            learner.voice(voice(), 4);
        }
        // Mid-way through the round's turns.
        let turns =
            world.tutor.wait_until(PATIENCE, |state| (state.finished() >= round * 8 - 5).then_some(())).await;
        assert!(turns.is_some(), "{}", world.log());
        world.kill();
        world.start();
    }
    for learner in &learners {
        let questions = world
            .telegram
            .wait_until(PATIENCE, |state| {
                let notes = state.from_bot(learner.chat()).filter(|said| said.kind == EntryKind::Voice);
                let mut questions: Vec<_> = notes.filter_map(|note| note.reply_to).collect();
                questions.dedup();
                (questions.len() >= 4).then_some(questions)
            })
            .await;
        let questions = questions.unwrap_or_else(|| panic!("a voice without an answer: {}", world.log()));
        assert!(
            questions.len() == 4 && questions.is_sorted(),
            "each voice is answered, in order: {questions:?}"
        );
    }
    world.settled().await;
    let finished = world.tutor.turns().iter().filter(|turn| turn.finished_ms.is_some()).count();
    assert_eq!(finished, 32, "no turn twice");
    let sent: usize = learners.iter().map(|l| world.telegram.read(|s| s.from_bot(l.chat()).count())).sum();
    assert!((64..=68).contains(&sent), "{sent} messages: at most one twice per kill");
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_stop_it_rests_with_exit_code_0_and_goes_on_after_the_next_start() {
    for signal in ["TERM", "INT"] {
        let mut world = World::started().await;
        let ana = world.learner(11);
        let gate = world.tutor.faults().gate_after(On::call("POST /process"));
        ana.voice(voice(), 4);
        gate.reached(1).await;
        world.signal(signal);
        world.logged(Event::StopRequested).await;
        let status = world.ended().await;
        assert_eq!(status.code(), Some(0), "{}", world.log());
        gate.open();
        world.start();
        answered_once(&world, &ana).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_delivered_again_are_not_answered_again() {
    let mut world = World::new().await;
    world.set("LOG_LEVEL", "debug").start();
    let ana = world.learner(11);
    // The batch is accepted and answered, but the poll that would confirm it never reaches Telegram.
    let gate = world
        .telegram
        .faults()
        .gate(On::call("getUpdates").when(|seen| seen.params["offset"].is_number()).always());
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
    world.logged(Event::AnswerDelivered).await;
    gate.reached(1).await;
    // Killed before that is recorded, the last message might come twice; this test is about the update.
    world.logged_with(Event::MessageSent, "seq=1 index=1").await;
    world.kill();
    assert_eq!(world.telegram.pending_updates(), 1);
    gate.left().await;
    gate.open();
    world.start();
    answered_once(&world, &ana).await;
}

/// Lines of an event, with the update and the row they belong to.
fn lines_of(log: &Log, event: Event) -> Vec<(Option<i64>, u64)> {
    let lines = log.lines(event).filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines
        .map(|line| (line["span"]["update_id"].as_i64(), line["span"]["seq"].as_u64().unwrap_or_default()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_names_the_update_also_after_a_restart() {
    let mut world = World::new().await;
    world.set("LOG_FORMAT", "json").start();
    let ana = world.learner(11);
    let gate = world.telegram.faults().gate(On::call("sendVoice"));
    ana.voice(voice(), 4);
    gate.reached(1).await;
    let [(Some(update), 1)] = lines_of(&world.log(), Event::MessageAnswered)[..] else {
        panic!("{}", world.log())
    };
    world.kill();
    gate.left().await;
    world.start();
    world.logged(Event::AnswerDelivered).await;
    assert_eq!(lines_of(&world.log(), Event::AnswerDelivered), [(Some(update), 1)], "{}", world.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_after_a_restart_names_the_update_it_is_about_and_an_alert_names_none() {
    let mut world = World::new().await;
    world.set("LOG_FORMAT", "json").set("ADMIN_USERS", "77").start();
    let (ana, boss) = (world.learner(11), world.learner(77));
    world.tutor.stop().await;
    let gate = world.telegram.faults().gate(On::call("sendMessage").always());
    ana.voice(voice(), 4);
    // The notice that it takes longer is row 2, the one to the admin row 3.
    gate.reached(2).await;
    world.kill();
    gate.left().await;
    gate.open();
    world.start();
    world.answer_with(ana.chat(), "takes longer than usual").await;
    world.answer_with(boss.chat(), "The tutor stopped answering").await;
    world.logged_times(Event::AnswerDelivered, 2).await;
    let [(Some(update), 1), ..] = lines_of(&world.log(), Event::MessageWaits)[..] else {
        panic!("{}", world.log())
    };
    let mut out = lines_of(&world.log(), Event::AnswerDelivered);
    out.sort_by_key(|line| line.1);
    assert_eq!(out, [(Some(update), 2), (None, 3)], "{}", world.log());
}
