//! Texts and voices of one learner, in order; and nobody else behind them.

use super::{at_rest, held, preview, started, unstarted, whole};
use crate::world::{PATIENCE, voice};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::bot_api::EntryKind;
use phonicflow_bot::sandbox::chat_api::ChatAnswer;
use phonicflow_bot::sandbox::faults::On;
use phonicflow_bot::sandbox::tutor_api::Answer;

#[tokio::test(flavor = "multi_thread")]
async fn answers_come_in_the_order_of_voices_and_texts() {
    let (world, chat) = started().await;
    chat.script(|question| ChatAnswer::words(&format!("echo {}", question.last())));
    let gate = world.tutor.faults().gate(On::call("POST /process"));
    for n in 1..=2 {
        world.tutor.push_answer(Answer::texts("heard", &format!("coaching {n}"), &format!("reply {n}")));
    }
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    ana.text("a");
    ana.voice(voice(), 4);
    ana.text("b");
    gate.reached(1).await;
    // Another learner waits for none of them.
    world.learner(12).text("c");
    whole(&world, 12, "echo c").await;
    assert_eq!(chat.questions_for(&[]).len(), 1, "nothing of the first one is asked before the voice");
    gate.open();
    whole(&world, 11, "echo b").await;
    let said = at_rest(&world, 11).await;
    let of = |words: &str| said.iter().position(|text| text.contains(words)).unwrap();
    let order = ["coaching 1", "echo a", "coaching 2", "echo b"].map(of);
    assert!(order.is_sorted(), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_model_holds_up_no_command_no_voice_and_nobody_else() {
    let (world, chat) = started().await;
    let gate = held(&chat, 1, "Slow words.");
    let (ana, bea) = (world.learner(11), world.learner(12));
    ana.text("slow");
    gate.reached(1).await;
    ana.text("/help");
    world.answer_with(11, "/status").await;
    bea.voice(voice(), 4);
    world.voice_notes(12, 1).await;
    chat.push_answer(ChatAnswer::words("Quick."));
    world.learner(13).text("quick");
    whole(&world, 13, "Quick.").await;
    gate.open();
    whole(&world, 11, "Slow words.").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_does_not_wait_behind_a_voice_that_waits_for_a_dead_tutor() {
    let (mut world, chat) = started().await;
    chat.script(|question| ChatAnswer::words(&format!("echo {}", question.last())));
    world.tutor.stop().await;
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    world.answer_with(11, "takes longer than usual").await;
    ana.text("still there?");
    whole(&world, 11, "echo still there?").await;
    // So it is after a kill, and with the growing answer of a second one.
    let gate = held(&chat, 1, "One two.");
    ana.text("count");
    preview(&world, 11, "One").await;
    world.kill();
    world.start();
    drop(gate);
    whole(&world, 11, "echo count").await;
    world.tutor.resume().await.unwrap();
    world.voice_notes(11, 1).await;
    let said = at_rest(&world, 11).await;
    assert_eq!(said.iter().filter(|text| text.contains("echo")).count(), 2, "{said:?}");
    assert_eq!(world.tutor.violations(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_does_not_wait_behind_a_text_that_waits_for_a_dead_model() {
    let (mut world, chat) = unstarted().await;
    chat.stop().await;
    world.start();
    let ana = world.learner(11);
    ana.text("hello?");
    world.answer_with(11, "takes longer than usual").await;
    ana.voice(voice(), 4);
    world.voice_notes(11, 1).await;
    ana.text("and this?");
    world.logged_times(Event::MessageWaits, 1).await;
    chat.script(|question| ChatAnswer::words(&format!("echo {}", question.last())));
    chat.resume().await.unwrap();
    let found = world.telegram.wait_until(PATIENCE, |state| {
        state.from_bot(11).any(|said| said.text == "echo and this?").then_some(())
    });
    found.await.unwrap_or_else(|| panic!("{}", world.log()));
    let said = at_rest(&world, 11).await;
    let of = |words: &str| said.iter().position(|text| text == words).unwrap();
    assert!(of("echo hello?") < of("echo and this?"), "{said:?}");
    assert_eq!(said.iter().filter(|text| text.contains("longer than usual")).count(), 1, "{said:?}");
    let voices =
        world.telegram.read(|state| state.from_bot(11).filter(|s| s.kind == EntryKind::Voice).count());
    assert_eq!(voices, 1);
}
