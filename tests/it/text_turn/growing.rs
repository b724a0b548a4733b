//! An answer that is shown as it grows.

use super::{MARK, at_rest, calls, held, preview, started, unstarted, whole};
use crate::world::PATIENCE;
use phonicflow_bot::sandbox::bot_api::{Post, RateLimits};
use phonicflow_bot::sandbox::chat_api::{ChatAnswer, Part};
use std::time::Duration;

/// Least pause between two edits of one chat.
const PAUSE_MS: u64 = 1_500;

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_answer_grows_in_one_message_and_becomes_it() {
    let (world, chat) = started().await;
    let gate = held(&chat, 3, "One two **three** four.");
    let ana = world.learner(11);
    let asked = ana.text("count");
    let shown = preview(&world, 11, "One two").await;
    assert_eq!(shown.reply_to, Some(asked.message_id));
    assert_eq!(shown.text, format!("One two three\n\n{MARK}"));
    gate.open();
    let answer = whole(&world, 11, "One two three four.").await;
    assert_eq!((answer.message_id, answer.entities.len()), (shown.message_id, 1));
    assert_eq!(at_rest(&world, 11).await, ["One two three four."]);
    assert_eq!(chat.questions().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quick_answer_is_sent_once_and_whole() {
    let (world, chat) = started().await;
    chat.push_answer(ChatAnswer::words("Quick."));
    world.learner(11).text("hi");
    whole(&world, 11, "Quick.").await;
    assert_eq!(at_rest(&world, 11).await, ["Quick."]);
    assert_eq!((calls(&world, 11, "sendMessage").len(), calls(&world, 11, "editMessageText").len()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_keeps_what_was_said_and_is_the_learners_alone() {
    let (world, chat) = started().await;
    let _gate = held(&chat, 2, "One two three four.");
    let ana = world.learner(11);
    ana.text("count");
    let shown = preview(&world, 11, "One two").await;
    let button = shown.buttons().remove(0);
    // Somebody else's client claims to have pressed it.
    let eve = world.telegram.claim_press(11, 66, shown.message_id, &button);
    let told = world.telegram.wait_until(PATIENCE, |state| state.press(&eve.query_id)?.text.clone()).await;
    assert!(told.unwrap().contains("somebody else"));
    assert!(world.telegram.transcript(11).last().unwrap().text.ends_with(MARK), "it goes on");
    let pressed = ana.press(shown.message_id, &button).unwrap();
    let again = ana.press(shown.message_id, &button).unwrap();
    whole(&world, 11, "One two").await;
    let late = world.telegram.claim_press(11, 11, shown.message_id, &button);
    for press in [pressed, again, late] {
        let answered = world
            .telegram
            .wait_until(PATIENCE, |state| (state.press(&press.query_id)?.answers > 0).then_some(()));
        assert!(answered.await.is_some(), "{}", world.log());
    }
    assert_eq!(at_rest(&world, 11).await, ["One two"]);
    // It is the answer: the model is shown it as such.
    chat.push_answer(ChatAnswer::words("Yes."));
    ana.text("and?");
    whole(&world, 11, "Yes.").await;
    let question = chat.questions().pop().unwrap();
    assert_eq!(super::told(&question)[1], ("assistant", "One two"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_that_its_learner_deleted_does_not_take_the_answer_with_it() {
    let (world, chat) = started().await;
    let gate = held(&chat, 2, "One two three.");
    let ana = world.learner(11);
    ana.text("count");
    let shown = preview(&world, 11, "One").await;
    world.telegram.delete_message(11, shown.message_id);
    gate.open();
    let answer = whole(&world, 11, "One two three.").await;
    assert_ne!(answer.message_id, shown.message_id);
    assert_eq!(at_rest(&world, 11).await, ["One two three."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_sees_the_whole_answer_alone() {
    let (world, chat) = started().await;
    world.telegram.group(-500, "class");
    let parts = [
        Part::Text("Slow ".to_owned()),
        Part::Pause(Duration::from_secs(4)),
        Part::Text("words.".to_owned()),
        Part::Finish("stop".to_owned()),
        Part::Done,
    ];
    chat.push_answer(ChatAnswer::parts(parts));
    world.learner(11).in_chat(-500).post(Post::text("@phonicflow_bot hello"));
    whole(&world, -500, "Slow words.").await;
    assert_eq!(at_rest(&world, -500).await, ["Slow words."]);
    assert_eq!(
        (calls(&world, -500, "sendMessage").len(), calls(&world, -500, "editMessageText").len()),
        (1, 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_answer_in_many_pieces_is_paced_and_costs_little_memory() {
    let (mut world, chat) = unstarted().await;
    world.telegram.set_rate_limits(Some(RateLimits::telegram()));
    world.start();
    let ana = world.learner(11);
    chat.push_answer(ChatAnswer::words("Ready."));
    ana.text("ready?");
    whole(&world, 11, "Ready.").await;
    let before = world.peak_kb();
    // 20,000 characters in 2,000 pieces, as fast as they go; and some long breaths, for previews.
    let mut parts: Vec<Part> = (0..2_000).map(|n| Part::Text(format!("word {n:04} "))).collect();
    for at in [300, 200, 100] {
        parts.insert(at, Part::Pause(Duration::from_millis(2_500)));
    }
    parts.extend([Part::Finish("stop".to_owned()), Part::Usage, Part::Done]);
    chat.push_answer(ChatAnswer::parts(parts));
    ana.text("tell me all");
    world.answer_with(11, "word 1999").await;
    let said = at_rest(&world, 11).await;
    let text = said[1..].join(" ");
    for n in 0..2_000 {
        assert_eq!(text.matches(&format!("word {n:04}")).count(), 1, "{n}");
    }
    assert!(said[1..].iter().all(|part| part.encode_utf16().count() <= 4_096 && !part.ends_with(MARK)));
    let edits = calls(&world, 11, "editMessageText");
    assert!(edits.len() >= 3, "previews and the answer: {}", edits.len());
    for pair in edits.windows(2) {
        assert!(pair[1].at_ms - pair[0].at_ms >= PAUSE_MS, "{} and {}", pair[0].at_ms, pair[1].at_ms);
    }
    assert_eq!(world.telegram.read(|state| state.limits().refusals()), 0, "no 429");
    let grown = world.peak_kb().saturating_sub(before);
    assert!(grown < 8_192, "{grown} kB more");
}
