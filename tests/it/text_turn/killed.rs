//! SIGKILL between any two steps of a text turn: nothing lost, nothing answered twice, no stump left as if it were the answer.

use super::{MARK, at_rest, calls, held, is_preview, is_whole, preview, started, whole};
use crate::world::{PATIENCE, World};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::chat_api::{ChatAnswer, ChatApi, Fate, Part};
use phonicflow_bot::sandbox::faults::On;

const SAID: &str = "One two three.";

/// After the kill: the model answers at once, and so the chat looks in the end.
async fn starts_again(mut world: World, chat: &ChatApi, expected: &[&str]) -> World {
    world.kill();
    chat.push_answer(ChatAnswer::words(SAID));
    world.start();
    whole(&world, 11, SAID).await;
    assert_eq!(at_rest(&world, 11).await, expected, "{}", world.log());
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn before_it_is_asked() {
    let (world, chat) = started().await;
    let gate = chat.faults().gate(On::call("POST /chat/completions"));
    world.learner(11).text("count");
    gate.reached(1).await;
    starts_again(world, &chat, &[SAID]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_it_streams_and_nothing_is_shown() {
    let (world, chat) = started().await;
    let gate = held(&chat, 0, SAID);
    world.learner(11).text("count");
    gate.reached(1).await;
    let world = starts_again(world, &chat, &[SAID]).await;
    assert_eq!(calls(&world, 11, "sendMessage").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_preview_is_sent() {
    let (world, chat) = started().await;
    let _words = held(&chat, 2, SAID);
    let gate = world.telegram.faults().gate(On::call("sendMessage").when(is_preview));
    world.learner(11).text("count");
    gate.reached(1).await;
    starts_again(world, &chat, &[SAID]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_preview_is_out_and_its_id_unknown() {
    let (world, chat) = started().await;
    let _words = held(&chat, 2, SAID);
    let gate = world.telegram.faults().gate_after(On::call("sendMessage").when(is_preview));
    world.learner(11).text("count");
    gate.reached(1).await;
    // The one message that was in flight stays, and says that it is none.
    let stump = format!("One two\n\n{MARK}");
    starts_again(world, &chat, &[&stump, SAID]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_preview_stands_in_the_chat() {
    let (world, chat) = started().await;
    let _words = held(&chat, 2, SAID);
    world.learner(11).text("count");
    let shown = preview(&world, 11, "One").await;
    world.logged(Event::PreviewShown).await;
    let world = starts_again(world, &chat, &[SAID]).await;
    assert_eq!(whole(&world, 11, SAID).await.message_id, shown.message_id, "the same message");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_preview_of_the_run_before_the_next_answer_grows() {
    let (mut world, chat) = started().await;
    let _words = held(&chat, 2, SAID);
    world.learner(11).text("count");
    let shown = preview(&world, 11, "One").await;
    world.logged(Event::PreviewShown).await;
    world.kill();
    let gate = held(&chat, 1, "Uno dos tres.");
    world.start();
    let again = preview(&world, 11, "Uno").await;
    assert_eq!(again.message_id, shown.message_id);
    gate.open();
    whole(&world, 11, "Uno dos tres.").await;
    assert_eq!(at_rest(&world, 11).await, ["Uno dos tres."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_preview_is_edited_and_the_answer_is_whole_already() {
    for after in [false, true] {
        let (world, chat) = started().await;
        let (mut answer, first) = ChatAnswer::held_before(1, SAID);
        let (_, second) = ChatAnswer::held_before(0, "");
        answer.parts.insert(3, Part::Gate(second.clone()));
        chat.push_answer(answer);
        world.learner(11).text("count");
        preview(&world, 11, "One").await;
        world.logged(Event::PreviewShown).await;
        let on = On::call("editMessageText").when(is_preview);
        let faults = world.telegram.faults();
        let gate = if after { faults.gate_after(on) } else { faults.gate(on) };
        first.open();
        gate.reached(1).await;
        // The answer is whole, and waits for the edit that is under way.
        second.open();
        chat.wait_until(PATIENCE, |state| (state.questions()[0].fate == Fate::Sent).then_some(()))
            .await
            .unwrap();
        let world = starts_again(world, &chat, &[SAID]).await;
        assert_eq!(chat.questions().len(), 2, "{}", world.log());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_it_is_answered_and_before_its_answer_is_out() {
    let (mut world, chat) = started().await;
    let words = held(&chat, 2, SAID);
    world.learner(11).text("count");
    preview(&world, 11, "One").await;
    let gate = world.telegram.faults().gate(On::call("editMessageText").when(is_whole));
    words.open();
    gate.reached(1).await;
    world.kill();
    world.start();
    whole(&world, 11, SAID).await;
    assert_eq!(at_rest(&world, 11).await, [SAID]);
    assert_eq!(chat.questions().len(), 1, "the model is not asked twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn when_its_answer_is_out_and_not_struck_off() {
    let (mut world, chat) = started().await;
    let words = held(&chat, 2, SAID);
    world.learner(11).text("count");
    preview(&world, 11, "One").await;
    let gate = world.telegram.faults().gate_after(On::call("editMessageText").when(is_whole));
    words.open();
    gate.reached(1).await;
    world.kill();
    world.start();
    // An edit that changes nothing cannot double.
    world.logged_times(Event::AnswerDelivered, 1).await;
    assert_eq!(at_rest(&world, 11).await, [SAID]);
    assert_eq!(chat.questions().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_stop_parks_the_answer_and_the_next_start_goes_on_in_its_preview() {
    let (mut world, chat) = started().await;
    let _words = held(&chat, 2, SAID);
    world.learner(11).text("count");
    let shown = preview(&world, 11, "One").await;
    assert!(world.stop().await.success());
    chat.push_answer(ChatAnswer::words(SAID));
    world.start();
    assert_eq!(whole(&world, 11, SAID).await.message_id, shown.message_id);
    assert_eq!(at_rest(&world, 11).await, [SAID]);
}
