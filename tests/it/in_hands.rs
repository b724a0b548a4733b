//! A message that crashes the daemon is not retried for ever, and one that merely was in work at the same
//! time is not blamed.
//!
//! The tests kill the daemon while a message is in work, which the daemon cannot tell from a message that
//! crashes it: while its file comes in.

use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::bot_api::Learner;
use phonicflow_bot::sandbox::chat_api::{ChatApi, ChatOptions};
use phonicflow_bot::sandbox::faults::{Gate, On};
use std::time::Duration;

/// A world in which this learner's voice was in work each time the daemon ended.
async fn ended_with_a_voice_in_hands(times: usize) -> (World, Learner, Gate) {
    let mut world = World::new().await;
    let ana = world.learner(11);
    let gate = world.telegram.faults().gate(On::call("file").always());
    ana.voice(voice(), 4);
    for nth in 1..=times {
        world.start();
        gate.reached(nth).await;
        world.kill();
        gate.left().await;
    }
    (world, ana, gate)
}

async fn queue(world: &World) -> Vec<serde_json::Value> {
    let listed = world.ask(&["queue", "list", "--json"]).await;
    listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_ends_the_daemon_twice_is_given_up_and_its_learner_told() {
    let (mut world, ana, _gate) = ended_with_a_voice_in_hands(2).await;
    world.start();
    let ben = world.learner(12);
    ben.text("/help");
    world.answers(ben.chat(), 1).await;
    let told = world.answers(ana.chat(), 1).await.remove(0);
    assert!(told.text.contains("stumble"), "{}", told.text);
    let rows = queue(&world).await;
    assert!(rows.iter().any(|row| row["reason"] == "ended_daemon" && row["given_up"] == true), "{rows:?}");
    // Not once more.
    assert_eq!(world.telegram.read(|state| state.log().count("file")), 2);
    assert_eq!(world.stop().await.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_end_costs_a_message_nothing() {
    let (mut world, ana, gate) = ended_with_a_voice_in_hands(1).await;
    gate.open();
    world.start();
    world.voice_notes(ana.chat(), 1).await;
    world.settled().await;
    assert!(queue(&world).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_there_by_chance_is_answered_once_the_daemon_ends_without_it() {
    let (mut world, ana, gate) = ended_with_a_voice_in_hands(2).await;
    world.start();
    world.logged_with(Event::UncleanEnd, "on_trial=1").await;
    world.listening().await;
    world.kill();
    gate.open();
    world.start();
    world.voice_notes(ana.chat(), 1).await;
    world.settled().await;
    assert!(queue(&world).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_in_order_clears_what_was_in_hands() {
    let (mut world, ana, gate) = ended_with_a_voice_in_hands(1).await;
    world.start();
    gate.reached(2).await;
    world.stop().await;
    gate.left().await;
    world.start();
    gate.reached(3).await;
    world.kill();
    gate.left().await;
    gate.open();
    world.start();
    world.voice_notes(ana.chat(), 1).await;
    world.settled().await;
    assert!(queue(&world).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gets_further_between_two_ends_is_answered() {
    let (mut world, ana, gate) = ended_with_a_voice_in_hands(1).await;
    gate.open();
    let at_the_tutor = world.tutor.faults().gate(On::call("POST /process"));
    world.set("BACKEND_TIMEOUT", "3").start();
    at_the_tutor.reached(1).await;
    world.kill();
    at_the_tutor.left().await;
    world.start();
    world.voice_notes(ana.chat(), 1).await;
    world.settled().await;
    assert!(queue(&world).await.is_empty());
}

/// Waits until what is in work only waits, and nothing that is on disk would blame it.
async fn nothing_is_noted(world: &World) {
    let file = world.store_folder().parent().unwrap().join("in-hands");
    let deadline = tokio::time::Instant::now() + PATIENCE;
    // After the head (`daemon/crash_notes.rs`) the rows are noted, a slot each.
    while std::fs::read(&file).unwrap().iter().skip(8 + 8 * 16).any(|byte| *byte != 0) {
        assert!(tokio::time::Instant::now() < deadline, "{}", world.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Killed again and again while this call is waited for, which is then answered.
async fn killed_while_it_waits(world: &mut World, gate: Gate) {
    for nth in 1..=4 {
        gate.reached(nth).await;
        nothing_is_noted(world).await;
        world.kill();
        gate.left().await;
        world.start();
    }
    gate.open();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_model_is_answered_however_often_the_daemon_is_killed() {
    let chat = ChatApi::start(ChatOptions::default()).await.unwrap();
    let mut world = World::new().await;
    world.set("AI_API_URL", &chat.base_url());
    world.start();
    let gate = chat.faults().gate(On::call("POST /chat/completions").always());
    let ana = world.learner(11);
    ana.text("What is a gerund?");
    killed_while_it_waits(&mut world, gate).await;
    assert_eq!(world.answers(ana.chat(), 1).await.len(), 1);
    world.settled().await;
    assert_eq!(world.log().times(Event::UncleanEnd), 0, "{}", world.log());
    assert!(queue(&world).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_answer_is_on_its_way_gets_it_however_often_the_daemon_is_killed() {
    let mut world = World::new().await;
    world.start();
    let gate = world.telegram.faults().gate(On::call("sendMessage").always());
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    killed_while_it_waits(&mut world, gate).await;
    world.voice_notes(ana.chat(), 1).await;
    world.settled().await;
    assert_eq!(world.log().times(Event::UncleanEnd), 0, "{}", world.log());
    assert_eq!(world.tutor.turns().len(), 1);
    assert!(queue(&world).await.is_empty());
}
