//! Faults of Telegram and the tutor: nothing lost, nothing twice, and the learner told in words.

use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::faults::{Act, On};
use std::time::Duration;

async fn one_answer(world: &World, chat: i64) {
    world.voice_notes(chat, 1).await;
    world.settled().await;
    let texts: Vec<_> = world.telegram.read(|state| {
        state.from_bot(chat).filter(|e| e.text.contains("You said")).map(|e| e.message_id).collect()
    });
    assert_eq!(texts.len(), 1, "{}", world.log());
    assert_eq!(world.voice_notes(chat, 1).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tutor_is_down_then_back_and_the_learner_hears_of_it_once() {
    let world = World::started().await;
    let ana = world.learner(11);
    world.tutor.stop().await;
    ana.voice(voice(), 4);
    world.answer_with(ana.chat(), "takes longer than usual").await;
    ana.text("/status");
    world.answer_with(ana.chat(), "not reachable").await;
    world.tutor.resume().await.unwrap();
    one_answer(&world, ana.chat()).await;
    let told = world.telegram.read(|s| s.from_bot(11).filter(|e| e.text.contains("takes longer")).count());
    assert_eq!(told, 1);
    assert_eq!(world.tutor.turns().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_out_with_the_turn_recorded_takes_the_answer_from_the_history() {
    let mut world = World::new().await;
    world.set("BACKEND_TIMEOUT", "1").start();
    let ana = world.learner(11);
    for act in [Act::HangAfter, Act::ResetAfter] {
        world.tutor.faults().add(On::call("POST /process"), act);
    }
    ana.voice(voice(), 4);
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 2).await;
    assert_eq!(world.tutor.turns().len(), 2, "{}", world.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_out_without_the_turn_submits_a_second_time() {
    let mut world = World::new().await;
    world.set("BACKEND_TIMEOUT", "1").start();
    let ana = world.learner(11);
    world.tutor.faults().add(On::call("POST /process"), Act::Hang);
    ana.voice(voice(), 4);
    one_answer(&world, ana.chat()).await;
    assert_eq!(world.tutor.turns().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_and_nonsense_of_the_tutor_cost_time_not_the_message() {
    let mut world = World::new().await;
    world.set("BACKEND_TIMEOUT", "2").start();
    let ana = world.learner(11);
    for act in [Act::detail(500, "boom"), Act::detail(503, "busy"), Act::html(502)] {
        world.tutor.faults().add(On::call("POST /process"), act);
    }
    ana.voice(voice(), 4);
    one_answer(&world, ana.chat()).await;
    assert_eq!(world.tutor.turns().len(), 1);
    // Recorded, but the answer is not JSON.
    world.tutor.faults().add(On::call("POST /process"), Act::InvalidJson);
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 2).await;
    assert_eq!(world.tutor.turns().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_tutor_refuses_is_said_at_once_and_the_next_voice_is_answered() {
    let world = World::started().await;
    let ana = world.learner(11);
    world.tutor.faults().add(On::call("POST /process"), Act::detail(422, "no speech"));
    ana.voice(voice(), 4);
    world.answer_with(ana.chat(), "could not hear any speech").await;
    ana.voice(voice(), 4);
    one_answer(&world, ana.chat()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tutor_down_for_too_long_is_given_up_with_a_clear_message() {
    let mut world = World::new().await;
    world.set("BACKEND_RETRY_MAX_AGE", "1").start();
    let ana = world.learner(11);
    world.tutor.stop().await;
    ana.voice(voice(), 4);
    let said = world.answer_with(ana.chat(), "stays without an answer").await;
    assert!(said.reply_to.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_that_surely_failed_is_retried_until_it_is_out() {
    let world = World::started().await;
    let ana = world.learner(11);
    for act in [Act::html(502), Act::refuse(500, "Internal Server Error", None), Act::too_many(1)] {
        world.telegram.faults().add(On::call("sendMessage"), act);
    }
    ana.voice(voice(), 4);
    one_answer(&world, ana.chat()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn markup_that_telegram_does_not_take_goes_out_plain() {
    let world = World::started().await;
    let ana = world.learner(11);
    let refusal = Act::refuse(400, "Bad Request: can't parse entities: Unsupported start tag", None);
    world.telegram.faults().add(On::call("sendMessage"), refusal);
    ana.voice(voice(), 4);
    let text = world.answer_with(ana.chat(), "You said").await;
    assert!(text.entities.is_empty());
    one_answer(&world, ana.chat()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_learner_who_blocks_the_bot_is_left_alone_and_answered_when_back() {
    let world = World::started().await;
    let ana = world.learner(11);
    let gate = world.tutor.faults().gate(On::call("POST /process"));
    ana.voice(voice(), 4);
    gate.reached(1).await;
    world.telegram.block(11);
    gate.open();
    world.logged(Event::LearnerGone).await;
    world.settled().await;
    world.telegram.unblock(11);
    ana.text("/history");
    world.answer_with(ana.chat(), "page 1 of 1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_refused_connections_in_a_row_lose_nothing() {
    let world = World::started().await;
    let ana = world.learner(11);
    let gate = world.tutor.faults().gate(On::call("POST /process"));
    ana.voice(voice(), 4);
    gate.reached(1).await;
    world.telegram.pause_listening().await;
    gate.open();
    world.logged(Event::SendFailed).await;
    world.telegram.resume().await.unwrap();
    one_answer(&world, ana.chat()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_file_link_is_asked_for_anew_and_a_slow_file_is_waited_for() {
    let world = World::started().await;
    let ana = world.learner(11);
    world.telegram.faults().add(On::call("file"), Act::refuse(404, "Not Found", None));
    world.telegram.faults().add(On::call("file"), Act::Delay(Duration::from_millis(300)));
    ana.voice(voice(), 4);
    one_answer(&world, ana.chat()).await;
    let asked = world.telegram.calls("getFile").len();
    assert!(asked >= 2, "{asked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_becomes_a_supergroup_is_followed() {
    let world = World::started().await;
    let ana = world.learner(11);
    world.telegram.group(-500, "Class");
    let group = ana.in_chat(-500);
    let asked = group.text("/help@phonicflow_bot");
    let first = world.answers(-500, 1).await;
    assert_eq!(first[0].reply_to, Some(asked.message_id));
    let gate = world.tutor.faults().gate(On::call("POST /process"));
    group.post(phonicflow_bot::sandbox::bot_api::Post::voice(voice(), 4).reply_to(first[0].message_id));
    gate.reached(1).await;
    world.telegram.migrate(-500, -1_000_500, 11);
    gate.open();
    world.voice_notes(-1_000_500, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_poller_is_reported_and_outlasted() {
    let world = World::started().await;
    let ana = world.learner(11);
    let conflict =
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
    world.telegram.faults().add(On::call("getUpdates"), Act::refuse(409, conflict, None));
    ana.text("/help");
    world.logged(Event::PollConflict).await;
    world.answers(ana.chat(), 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_learners_slow_turn_delays_nobody_elses_commands() {
    let world = World::started().await;
    let (ana, rui) = (world.learner(11), world.learner(12));
    let gate = world.tutor.faults().gate(On::call("POST /process").always());
    for _ in 0..5 {
        ana.voice(voice(), 4);
    }
    gate.reached(1).await;
    for learner in [&ana, &rui] {
        learner.text("/help");
        world.answer_with(learner.chat(), "/history").await;
    }
    gate.open();
    let done = world.tutor.wait_until(PATIENCE, |state| (state.finished() == 5).then_some(())).await;
    assert!(done.is_some());
    assert!(world.tutor.violations().is_empty());
}
