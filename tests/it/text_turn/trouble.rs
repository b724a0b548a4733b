//! A model that is gone, down, or breaks off.

use super::{MARK, at_rest, calls, unstarted, whole, with};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::chat_api::{ChatAnswer, ChatModel, ChatOptions, Part};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_gone_is_stood_in_for_and_its_learner_told_once() {
    let models = vec![ChatModel::new("small"), ChatModel::new("other")];
    let (mut world, chat) = with(ChatOptions { models, ..ChatOptions::default() }).await;
    chat.script(|question| ChatAnswer::words(&format!("{} {}", question.model, question.last())));
    world.set("DEFAULT_MODEL", "gone").set("FALLBACK_MODEL", "other").start();
    let ana = world.learner(11);
    ana.text("a");
    let told = world.answer_with(11, "other a").await;
    assert!(told.text.contains("gone is no longer there"), "{}", told.text);
    ana.text("b");
    whole(&world, 11, "other b").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_breaks_off_is_asked_for_again_and_leaves_no_stump() {
    let (mut world, chat) = unstarted().await;
    let parts = [
        Part::Text("Half of ".to_owned()),
        Part::Pause(Duration::from_secs(3)),
        Part::Text("it".to_owned()),
        Part::Cut,
    ];
    chat.push_answer(ChatAnswer::parts(parts));
    chat.push_answer(ChatAnswer::words("All of it."));
    world.start();
    world.learner(11).text("hi");
    whole(&world, 11, "All of it.").await;
    assert_eq!(at_rest(&world, 11).await, ["All of it."], "nobody hears of what passes at once");
    assert_eq!(calls(&world, 11, "sendMessage").len(), 1, "the same message throughout");
    assert!(calls(&world, 11, "sendMessage")[0].str("text").unwrap().ends_with(MARK));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_stays_away_is_waited_for_and_given_up_in_the_end() {
    let (mut world, chat) = unstarted().await;
    chat.stop().await;
    world.set("BACKEND_RETRY_MAX_AGE", "4").start();
    world.learner(11).text("hello?");
    world.answer_with(11, "takes longer than usual").await;
    let listed = world.command(&["queue", "list", "--json"]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains("model_down") && listed.contains("\"text\""), "{listed}");
    world.answer_with(11, "stays without an answer").await;
    world.logged(Event::DeadLetter).await;
    let listed = world.command(&["queue", "list", "--json"]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains("model_down"), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn admins_hear_that_no_model_answers_and_that_one_does_again() {
    let (mut world, chat) = unstarted().await;
    chat.stop().await;
    world.set("ADMIN_USERS", "77").start();
    let boss = world.learner(77);
    boss.text("/start");
    world.answer_with(77, "Welcome").await;
    world.learner(11).text("hello?");
    world.answer_with(77, "chat model stopped answering").await;
    chat.script(|_| ChatAnswer::words("Here."));
    chat.resume().await.unwrap();
    whole(&world, 11, "Here.").await;
    world.answer_with(77, "chat model answers again").await;
    assert_eq!(at_rest(&world, 77).await.len(), 3);
}
