//! Faults of Telegram when sending and when downloading: each message arrives once or, where the outcome
//! cannot be known, at most twice; and the cause is reported.

use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::bot_api::{EntryKind, Post, Standing};
use phonicflow_bot::sandbox::faults::{Act, On};
use phonicflow_bot::sandbox::http::{Reply, Shape};
use phonicflow_bot::sandbox::tutor_api::Answer;
use std::time::Duration;

/// How often the transcript and the voice were sent.
fn sent(world: &World, chat: i64) -> (usize, usize) {
    world.telegram.read(|state| {
        let said =
            |fits: fn(&EntryKind) -> bool| state.from_bot(chat).filter(|said| fits(&said.kind)).count();
        (said(|kind| *kind == EntryKind::Text), said(|kind| *kind == EntryKind::Voice))
    })
}

/// What each fault of a send comes to: (the fault, copies that may be there in the end).
fn faults_of_a_send() -> Vec<(&'static str, Act, usize)> {
    vec![
        ("500", Act::refuse(500, "Internal Server Error", None), 1),
        ("502", Act::html(502), 1),
        ("504", Act::html(504), 1),
        ("429", Act::too_many(1), 1),
        ("reset before", Act::Reset, 1),
        ("closed before", Act::Close, 1),
        ("reset after", Act::ResetAfter, 2),
        ("closed after", Act::CloseAfter, 2),
        ("502 after", Act::AnswerAfter(Reply::new(502, "text/html", "<html>")), 2),
        ("half an answer", Act::InvalidJson, 2),
        ("cut off", Act::Shape(Shape::Truncated(10)), 2),
        ("endless", Act::Shape(Shape::Endless), 2),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_survives_every_fault_of_its_send() {
    let mut world = World::new().await;
    world.set("BOT_TIMEOUT", "3").start();
    for (n, (name, act, copies)) in (0..).zip(faults_of_a_send()) {
        let learner = world.learner(100 + n);
        world.telegram.faults().add(On::call("sendMessage").chat(learner.chat()), act);
        learner.voice(voice(), 4);
        world.voice_notes(learner.chat(), 1).await;
        let (texts, voices) = sent(&world, learner.chat());
        assert!((1..=copies).contains(&texts) && voices == 1, "{name}: {texts} texts, {voices} voices");
    }
    assert_eq!(world.tutor.turns().len(), faults_of_a_send().len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_survives_every_fault_of_its_send() {
    let mut world = World::new().await;
    world.set("BOT_TIMEOUT", "3").start();
    for (n, (name, act, copies)) in (0..).zip(faults_of_a_send()) {
        let learner = world.learner(100 + n);
        world.telegram.faults().add(On::call("sendVoice").chat(learner.chat()), act);
        learner.voice(voice(), 4);
        world.voice_notes(learner.chat(), 1).await;
        // What follows in the same lane comes only when this one is settled.
        learner.text("hello");
        world.answer_with(learner.chat(), "I listen to voice messages").await;
        learner.voice(voice(), 4);
        let more = world.telegram.wait_until(PATIENCE, |state| {
            let asked: Vec<_> = state
                .from_bot(learner.chat())
                .filter(|said| said.kind == EntryKind::Voice)
                .filter_map(|said| said.reply_to)
                .collect();
            (asked.iter().max() != asked.iter().min()).then_some(asked)
        });
        let asked = more.await.unwrap_or_else(|| panic!("{name}: {}", world.log()));
        assert!(asked.len() - 1 <= copies && asked.is_sorted(), "{name}: {asked:?}");
    }
    assert_eq!(world.tutor.turns().len(), 2 * faults_of_a_send().len());
}

#[tokio::test(flavor = "multi_thread")]
async fn buttons_and_edits_survive_every_fault() {
    let mut world = World::new().await;
    world.set("BOT_TIMEOUT", "3").set("BOT_RATE_LIMIT", "false").start();
    let ana = world.learner(11);
    for n in 1..=4 {
        ana.voice(voice(), 4);
        world.voice_notes(11, n).await;
    }
    ana.text("/history");
    let page = world.answer_with(11, "page 2 of 2").await;
    let mut shown = 2;
    for call in ["answerCallbackQuery", "editMessageText"] {
        for (name, act, _) in faults_of_a_send() {
            let entry = world.telegram.read(|state| state.entry(11, page.message_id).cloned()).unwrap();
            world.telegram.faults().add(On::call(call), act);
            let pressed = ana.press(page.message_id, &entry.buttons()[0]).unwrap();
            shown = 3 - shown;
            let edited = world.answer_with(11, &format!("page {shown} of 2")).await;
            assert_eq!(edited.message_id, page.message_id, "{call} {name}");
            let answered = world.telegram.wait_until(PATIENCE, |state| {
                state.press(&pressed.query_id).filter(|press| press.answers > 0).map(|press| press.answers)
            });
            assert!(answered.await.is_some_and(|times| times <= 2), "{call} {name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_drips_stalls_breaks_or_lies_is_fetched_in_the_end() {
    let mut world = World::new().await;
    world.set("BOT_TIMEOUT", "2").start();
    let size = u64::try_from(voice().len()).unwrap();
    for (n, (name, act)) in (0..).zip([
        ("slow", Act::Shape(Shape::Drip { chunk: 2_000, every: Duration::from_millis(50) })),
        ("dripping for ever", Act::Shape(Shape::Drip { chunk: 1, every: Duration::from_millis(900) })),
        ("stalled", Act::Shape(Shape::Stalls(500))),
        ("never answered", Act::Hang),
        ("truncated", Act::Shape(Shape::Truncated(500))),
        ("longer than announced", Act::Shape(Shape::Claims(size / 2))),
        ("shorter than announced", Act::Shape(Shape::Claims(size * 2))),
        ("a login page", Act::html(403)),
        ("502", Act::html(502)),
        ("429", Act::too_many(1)),
        ("reset", Act::Reset),
    ]) {
        let learner = world.learner(100 + n);
        world.telegram.faults().add(On::call("file"), act);
        learner.voice(voice(), 4);
        world.voice_notes(learner.chat(), 1).await;
        assert_eq!(sent(&world, learner.chat()), (1, 1), "{name}: {}", world.log());
        assert_eq!(world.tutor.turns().len(), usize::try_from(n).unwrap() + 1, "{name}");
    }
    // Every one of them was the whole voice.
    let samples: std::collections::HashSet<_> = world.tutor.turns().iter().map(|turn| turn.samples).collect();
    assert_eq!(samples.len(), 1, "{samples:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_expired_before_they_were_used_are_asked_for_again() {
    let world = World::started().await;
    let ana = world.learner(11);
    let gate = world.telegram.faults().gate_after(On::call("getFile"));
    ana.voice(voice(), 4);
    gate.reached(1).await;
    world.telegram.expire_links();
    gate.open();
    world.voice_notes(11, 1).await;
    assert_eq!(world.telegram.calls("getFile").len(), 2);
    assert_eq!(sent(&world, 11), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_learner_who_is_gone_is_left_alone_and_their_record_kept() {
    for standing in [Standing::Blocked, Standing::Deactivated] {
        let world = World::started().await;
        let ana = world.learner(11);
        ana.voice(voice(), 4);
        world.voice_notes(11, 1).await;
        world.telegram.set_standing(11, standing);
        ana.voice(voice(), 4);
        ana.text("/help");
        world.logged(Event::LearnerGone).await;
        world.settled().await;
        let tries = world.telegram.read(|state| {
            let refused = |call: &&phonicflow_bot::sandbox::bot_api::Call| {
                call.method.starts_with("send") && call.method != "sendChatAction" && !call.is_ok()
            };
            state.log().calls().iter().filter(refused).count()
        });
        assert!((1..=2).contains(&tries), "{standing:?}: {tries} tries");
        world.telegram.set_standing(11, Standing::Open);
        ana.text("/history");
        world.answer_with(11, "page 1 of 1").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_puts_the_bot_out_does_not_silence_its_members_own_chats() {
    let world = World::started().await;
    let ana = world.learner(11);
    world.telegram.group(-500, "Class");
    let group = ana.in_chat(-500);
    // The private answer is on its way when the group's is refused.
    let private = world.telegram.faults().gate(On::call("sendMessage").chat(11));
    ana.voice(voice(), 4);
    private.reached(1).await;
    world.telegram.set_standing(-500, Standing::Kicked);
    group.text("/help@phonicflow_bot");
    world.logged(Event::Undeliverable).await;
    private.open();
    world.voice_notes(11, 1).await;
    ana.voice(voice(), 4);
    world.voice_notes(11, 2).await;
    assert!(world.log().times(Event::LearnerGone) == 0, "{}", world.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_moves_in_the_middle_of_an_answer_gets_the_rest_of_it() {
    let world = World::started().await;
    let ana = world.learner(11);
    world.telegram.group(-500, "Class");
    let group = ana.in_chat(-500);
    group.text("/help@phonicflow_bot");
    let bots = world.answers(-500, 1).await[0].message_id;
    let sentence = "Keep the tongue between your teeth for the first sound, and let the air flow. ";
    let coaching: String = (1..=200).map(|n| format!("{n}. {sentence}")).collect();
    world.tutor.push_answer(Answer::texts("I think so.", &coaching, "Very good."));
    let gate = world.telegram.faults().gate(On::call("sendMessage").chat(-500).nth(3));
    group.post(Post::voice(voice(), 4).reply_to(bots));
    gate.reached(1).await;
    world.telegram.migrate(-500, -1_000_000_000_500, 11);
    gate.open();
    world.answer_with(-1_000_000_000_500, "Very good.").await;
    let said: Vec<String> = world.telegram.read(|state| {
        [-500, -1_000_000_000_500]
            .iter()
            .flat_map(|chat| state.from_bot(*chat).map(|said| said.text.clone()))
            .collect()
    });
    let text = said.join("\n").replace('\n', " ");
    for n in 1..=200 {
        assert_eq!(text.matches(&format!(" {n}. Keep")).count(), 1, "sentence {n}");
    }
    assert!(world.log().times(Event::GroupMigrated) > 0, "{}", world.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_that_takes_no_voice_gets_the_words() {
    let world = World::started().await;
    let ana = world.learner(11);
    world.telegram.set_standing(11, Standing::NoVoice);
    world.telegram.faults().add(On::call("sendMessage").chat(11).nth(2), Act::too_many(1));
    ana.voice(voice(), 4);
    let said = world.answers(11, 2).await;
    assert!(said.iter().all(|said| said.kind == EntryKind::Text && !said.text.is_empty()), "{said:?}");
    world.settled().await;
    assert_eq!(sent(&world, 11), (2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_network_gone_for_a_while_everything_goes_on_by_itself() {
    let world = World::started().await;
    let (ana, rui) = (world.learner(11), world.learner(12));
    let gate = world.tutor.faults().gate(On::call("POST /process"));
    ana.voice(voice(), 4);
    gate.reached(1).await;
    world.telegram.pause_listening().await;
    gate.open();
    world.logged(Event::SendFailed).await;
    world.logged(Event::PollFailed).await;
    // What is sent while the bot is cut off waits at Telegram.
    rui.voice(voice(), 4);
    world.telegram.resume().await.unwrap();
    for chat in [11, 12] {
        world.voice_notes(chat, 1).await;
        assert_eq!(sent(&world, chat), (1, 1));
    }
    world.logged(Event::PollRecovered).await;
}
