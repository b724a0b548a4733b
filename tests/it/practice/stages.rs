//! An answer to a card, and the daemon killed at each step of it; a tutor that is down meanwhile; voices in their order.

use super::{cards, keep, newest, press, say};
use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::sandbox::faults::On;
use phonicflow_bot::sandbox::tutor_api::Answer;

/// A card that was asked for.
async fn asked(world: &World) -> phonicflow_bot::sandbox::bot_api::Learner {
    let ana = world.learner(11);
    keep(world, &ana, "I agree with you").await;
    ana.text("/practice");
    newest(world, 11, "first letters").await;
    ana
}

fn reviewed_once(world: &World) {
    let card = cards(world, "11")[0].to_string();
    assert!(card.contains("\"reviews\":1"), "{card}");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_each_step_of_an_answer_the_card_is_graded_once() {
    for held in ["getFile", "POST /process", "sendMessage", "sendMessage after"] {
        let mut world = World::started().await;
        let ana = asked(&world).await;
        world.tutor.script(|_| Answer::texts("I agree with you.", "", ""));
        let gate = match held {
            "POST /process" => world.tutor.faults().gate(On::call(held)),
            "sendMessage after" => world.telegram.faults().gate_after(On::call("sendMessage")),
            call => world.telegram.faults().gate(On::call(call)),
        };
        ana.voice(voice(), 4);
        gate.reached(1).await;
        world.kill();
        world.start();
        newest(&world, 11, "again in").await;
        world.settled().await;
        reviewed_once(&world);
        let graded = world
            .telegram
            .read(|state| state.from_bot(11).filter(|said| said.text.contains("again in")).count());
        // A message in flight may come twice, when its effect was not known.
        assert!(graded == 1 || held == "sendMessage after" && graded == 2, "{held}: {graded}");
        // Whatever conversations were begun for it are forgotten.
        let sessions: Vec<String> = world.tutor.turns().iter().map(|turn| turn.session.clone()).collect();
        let forgotten = world.tutor.wait_until(PATIENCE, |state| {
            sessions.iter().all(|session| state.forgotten().contains(session)).then_some(())
        });
        assert!(forgotten.await.is_some(), "{held}: {}", world.log());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_each_step_of_a_change_of_grade_it_is_changed() {
    for held in ["answerCallbackQuery", "editMessageText"] {
        let mut world = World::started().await;
        let ana = asked(&world).await;
        say(&world, &ana, "I disagree with me");
        let graded = newest(&world, 11, "Not yet").await;
        let gate = world.telegram.faults().gate(On::call(held));
        press(&ana, &graded, "I did say it");
        gate.reached(1).await;
        world.kill();
        world.start();
        super::says(&world, &graded, "✅ Good · again in 2 days").await;
        world.settled().await;
        reviewed_once(&world);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_waits_for_a_tutor_that_is_down_and_is_graded_as_what_it_was() {
    let mut world = World::started().await;
    let ana = asked(&world).await;
    world.tutor.script(|_| Answer::texts("I agree with you.", "Coaching.", "Reply."));
    world.tutor.stop().await;
    ana.voice(voice(), 4);
    let waits = world.answer_with(11, "takes longer than usual").await;
    assert!(waits.reply_to.is_some());
    // Meanwhile the learner leaves the practice; a voice after that is conversation.
    let asked = world.answer_with(11, "first letters").await;
    press(&ana, &asked, "Stop");
    newest(&world, 11, "Practice is over").await;
    ana.voice(voice(), 4);
    world.kill();
    world.start();
    world.tutor.resume().await.unwrap();
    let graded = world.answer_with(11, "again in").await;
    let reply = world.answer_with(11, "Coaching.").await;
    assert!(graded.message_id < reply.message_id, "in the order of the questions");
    reviewed_once(&world);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_deletes_everything_while_an_answer_is_heard_leaves_nothing_with_the_tutor() {
    let world = World::started().await;
    let ana = asked(&world).await;
    world.tutor.script(|_| Answer::texts("I agree with you.", "Coaching.", "Reply."));
    let gate = world.tutor.faults().gate_after(On::call("POST /process"));
    ana.text("/delete");
    let confirm = newest(&world, 11, "Delete everything").await;
    ana.voice(voice(), 4);
    gate.reached(1).await;
    press(&ana, &confirm, "Delete everything");
    super::says(&world, &confirm, "deleted").await;
    gate.open();
    let session = world.tutor.turns()[0].session.clone();
    let forgotten =
        world.tutor.wait_until(PATIENCE, |state| state.forgotten().contains(&session).then_some(()));
    assert!(forgotten.await.is_some(), "{}", world.log());
}
