//! Faults of the tutor, one by one: the message survives each, is submitted no more often than needed, and
//! the learner is told once.

use crate::world::{PATIENCE, World, voice};
use bytes::Bytes;
use phonicflow_bot::domain::{DeadReason, Timestamp};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::bot_api::EntryKind;
use phonicflow_bot::sandbox::faults::{Act, On};
use phonicflow_bot::sandbox::http::{Reply, Shape};
use phonicflow_bot::sandbox::tutor_api::{Answer, Speech, TutorOptions};
use phonicflow_bot::store::Store;
use serde_json::json;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

fn told_late(world: &World, chat: i64) -> usize {
    world
        .telegram
        .read(|state| state.from_bot(chat).filter(|said| said.text.contains("takes longer")).count())
}

/// One text with the transcript and one voice, whatever else was said meanwhile.
async fn answered_once(world: &World, chat: i64) {
    world.voice_notes(chat, 1).await;
    world.settled().await;
    let said = world.telegram.read(|state| state.from_bot(chat).cloned().collect::<Vec<_>>());
    let texts = said.iter().filter(|said| said.text.contains("You said")).count();
    let voices = said.iter().filter(|said| said.kind == EntryKind::Voice).count();
    assert_eq!((texts, voices), (1, 1), "{}", world.log());
    assert!(told_late(world, chat) <= 1, "{}", world.log());
}

/// Each fault before the turn reached the tutor, or answered by a proxy in its place: one turn in the end.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_tutor_says_instead_of_an_answer_costs_time_only() {
    let mut world = World::new().await;
    world.set("BACKEND_TIMEOUT", "2").start();
    let html = Reply::new(200, "text/html", "<html>login</html>");
    let learners = [
        ("reset", vec![Act::Reset]),
        ("closed", vec![Act::Close]),
        ("500", vec![Act::detail(500, "boom")]),
        ("503", vec![Act::detail(503, "warming up"), Act::html(503)]),
        ("502", vec![Act::html(502)]),
        ("504", vec![Act::html(504)]),
        ("a login page", vec![Act::Answer(html)]),
        ("an empty body", vec![Act::Answer(Reply::new(200, "application/json", ""))]),
        ("half of a JSON", vec![Act::Answer(Reply::new(200, "application/json", r#"{"user_tra"#))]),
    ];
    for (n, (name, acts)) in (0..).zip(learners) {
        let learner = world.learner(100 + n);
        for act in acts {
            world.tutor.faults().add(On::call("POST /process"), act);
        }
        learner.voice(voice(), 4);
        answered_once(&world, learner.chat()).await;
        let turns = world.tutor.turns().len();
        assert_eq!(turns, usize::try_from(n).unwrap() + 1, "{name}: {}", world.log());
    }
    assert!(world.tutor.violations().is_empty(), "{:?}", world.tutor.violations());
}

/// Each fault after the turn was recorded: the answer comes from the history, and no second turn is made.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_on_its_way_is_taken_from_the_history() {
    let mut world = World::new().await;
    world.set("BACKEND_TIMEOUT", "2").start();
    let after = [
        ("reset", Act::ResetAfter),
        ("closed", Act::CloseAfter),
        ("never", Act::HangAfter),
        ("500", Act::AnswerAfter(Reply::json(500, &json!({"detail": "boom"})))),
        ("502", Act::AnswerAfter(Reply::new(502, "text/html", "<html>"))),
        ("half", Act::InvalidJson),
        ("endless", Act::Shape(Shape::Endless)),
        ("dripping", Act::Shape(Shape::Drip { chunk: 1, every: Duration::from_millis(500) })),
        ("stalling", Act::Shape(Shape::Stalls(20))),
        ("cut off", Act::Shape(Shape::Truncated(20))),
    ];
    for (n, (name, act)) in (0..).zip(after) {
        let learner = world.learner(100 + n);
        world.tutor.faults().add(On::call("POST /process"), act);
        learner.voice(voice(), 4);
        answered_once(&world, learner.chat()).await;
        let turns = world.tutor.turns().len();
        assert_eq!(turns, usize::try_from(n).unwrap() + 1, "{name}: {}", world.log());
        // Those who waited for the whole timeout are told; the others have their answer at once.
        let waited = ["never", "dripping", "stalling"].contains(&name);
        assert_eq!(told_late(&world, learner.chat()), usize::from(waited), "{name}");
    }
    assert!(world.tutor.violations().is_empty(), "{:?}", world.tutor.violations());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_503_with_retry_after_is_obeyed_to_the_second() {
    let world = World::started().await;
    let ana = world.learner(11);
    let busy = Reply { retry_after: Some(5), ..Reply::json(503, &json!({"detail": "restarting"})) };
    world.tutor.faults().add(On::call("POST /process"), Act::Answer(busy));
    ana.voice(voice(), 4);
    answered_once(&world, 11).await;
    // By the tutor's own clock.
    let calls: Vec<_> = world.tutor.calls().into_iter().filter(|call| call.name == "POST /process").collect();
    let [refused, taken] = calls.as_slice() else { panic!("{} calls", calls.len()) };
    assert!(taken.at_ms >= refused.at_ms + 5_000, "{} then {}", refused.at_ms, taken.at_ms);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tutor_without_history_gets_a_lost_voice_twice_and_never_again() {
    let mut world = World::with_tutor(TutorOptions { history: false, ..Default::default() }).await;
    world.set("BACKEND_TIMEOUT", "1").start();
    let (ana, rui) = (world.learner(11), world.learner(12));
    world.tutor.faults().add(On::call("POST /process").times(2), Act::Hang);
    ana.voice(voice(), 4);
    world.answer_with(11, "stays without an answer").await;
    assert_eq!(world.tutor.count("POST /process"), 2, "{}", world.log());
    // Lost once, it is answered.
    world.tutor.faults().add(On::call("POST /process"), Act::Hang);
    rui.voice(voice(), 4);
    answered_once(&world, 12).await;
    assert_eq!(world.tutor.count("POST /process"), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_are_missing_null_or_empty_leave_no_headings_behind() {
    let world = World::started().await;
    let everything_missing = [
        json!({}),
        json!({"user_transcript": null, "coaching_feedback": null, "conversational_response": null}),
        json!({"user_transcript": " ", "coaching_feedback": "", "conversational_response": "\n"}),
        json!({"user_transcript": ["not", "text"], "coaching_feedback": 7, "unknown": {"x": 1}}),
    ];
    for (n, body) in (0..).zip(everything_missing) {
        let learner = world.learner(100 + n);
        world.tutor.push_answer(Answer::ok(body.clone()).speaking(Speech::None));
        learner.voice(voice(), 4);
        let said = world.answers(learner.chat(), 1).await;
        assert!(
            !said[0].text.trim().is_empty() && !said[0].text.contains("You said"),
            "{body}: {}",
            said[0].text
        );
    }
    let partly =
        json!({"user_transcript": "Hello", "coaching_feedback": null, "conversational_response": ""});
    world.tutor.push_answer(Answer::ok(partly).speaking(Speech::None));
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    let said = world.answer_with(11, "Hello").await;
    assert!(!said.text.contains("Coaching"), "{}", said.text);
    world.settled().await;
    assert_eq!(world.telegram.read(|state| state.from_bot(11).count()), 1, "nothing for what is not there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spoken_answer_that_fails_drips_or_is_no_audio_never_costs_the_words() {
    let mut world = World::new().await;
    world.set("BACKEND_TIMEOUT", "2").start();
    for (n, act) in (0..).zip([
        Act::Reset,
        Act::html(502),
        Act::Hang,
        Act::Shape(Shape::Truncated(100)),
        Act::Shape(Shape::Drip { chunk: 1, every: Duration::from_millis(300) }),
    ]) {
        let learner = world.learner(100 + n);
        world.tutor.faults().add(On::call("GET /audio"), act);
        learner.voice(voice(), 4);
        answered_once(&world, learner.chat()).await;
    }
    let ana = world.learner(11);
    world.tutor.push_answer(
        Answer::texts("a", "b", "Only words.")
            .speaking(Speech::Bytes(Bytes::from_static(b"nonsense"), "audio/wav")),
    );
    ana.voice(voice(), 4);
    let said = world.answer_with(11, "Only words.").await;
    assert_eq!(said.kind, EntryKind::Text);
}

#[tokio::test(flavor = "multi_thread")]
async fn given_up_after_the_longest_wait_it_is_a_dead_letter_that_can_be_retried() {
    let mut world = World::new().await;
    world.set("BACKEND_RETRY_MAX_AGE", "2").set("BACKEND_TIMEOUT", "2").start();
    let ana = world.learner(11);
    world.tutor.stop().await;
    let asked = ana.voice(voice(), 4);
    let said = world.answer_with(11, "stays without an answer").await;
    assert_eq!(said.reply_to, Some(asked.message_id));
    ana.text("/help");
    world.answer_with(11, "/history").await;
    assert!(told_late(&world, 11) <= 1);
    assert!(world.log().times(Event::DeadLetter) > 0, "{}", world.log());
    assert!(world.stop().await.success());
    // As an admin's `queue retry` does.
    let folder = world.store_folder();
    {
        let store = Store::open(&folder).unwrap();
        let dead = store.dead_letters(None, 10).await.unwrap();
        let [letter] = dead.as_slice() else { panic!("{dead:?}") };
        assert_eq!(letter.job.user.0, 11);
        assert_eq!(letter.reason, DeadReason::TutorDown, "{}", letter.detail);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        store.retry_dead(letter.job.seq, Timestamp(i64::try_from(now.as_millis()).unwrap())).await.unwrap();
        store.close().await.unwrap();
    }
    world.tutor.resume().await.unwrap();
    world.start();
    answered_once(&world, 11).await;
    assert!(world.stop().await.success());
    let store = Store::open(&folder).unwrap();
    assert!(store.dead_letters(None, 10).await.unwrap().is_empty());
    assert!(store.jobs(None, 10).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_learners_before_a_slow_tutor_take_turns() {
    let mut world = World::with_tutor(TutorOptions { keep_audio: false, ..Default::default() }).await;
    world.set("BOT_RATE_LIMIT", "false");
    let learners: Vec<_> = (1..=50).map(|n| world.learner(100 + n)).collect();
    // The first of them sends all of his before anybody else sends one.
    for _ in 0..3 {
        learners[0].voice(voice(), 4);
    }
    for _ in 0..2 {
        for learner in &learners[1..] {
            learner.voice(voice(), 4);
        }
    }
    let busy = world.tutor.occupy().await;
    world.start();
    let taken = world.telegram.wait_until(PATIENCE, |state| (state.pending_updates() == 0).then_some(()));
    assert!(taken.await.is_some());
    let last = &learners[49];
    last.text("/status");
    let status = world.answer_with(last.chat(), "in line: 2").await;
    let place = status.text.split("place ").nth(1).and_then(|rest| rest.split_whitespace().next());
    assert!(
        place.and_then(|place| place.parse::<usize>().ok()).is_some_and(|place| place >= 40),
        "{}",
        status.text
    );
    // Messages that need no tutor are answered at once.
    last.text("/help");
    world.answer_with(last.chat(), "/history").await;
    assert_eq!(world.tutor.read(|state| state.finished()), 0);
    drop(busy);
    let done = world.tutor.wait_until(PATIENCE * 2, |state| (state.finished() == 101).then_some(()));
    assert!(done.await.is_some(), "{}", world.log());
    let sessions: Vec<String> = world.tutor.turns().into_iter().map(|turn| turn.session).collect();
    // Turns are handed out in order, and four at once are made ready: which of these the tutor hears first is the machine's
    // affair. So when somebody's second turn comes, no more than three first ones may still be on their way.
    let again = (0..sessions.len()).find(|n| sessions[..*n].contains(&sessions[*n])).unwrap();
    assert!(again >= 50 - 3, "a second turn after {again} first ones");
    assert!(world.tutor.violations().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_learner_in_private_and_in_a_group_has_one_call_at_a_time() {
    let slow = TutorOptions { parallel: 4, busy_blocks_all: false, ..Default::default() };
    let mut world = World::with_tutor(slow).await;
    world.set("BACKEND_CONCURRENCY", "4").start();
    world.telegram.group(-500, "Class");
    let ana = world.learner(11);
    let group = ana.in_chat(-500);
    group.text("/help@phonicflow_bot");
    let bots = world.answers(-500, 1).await[0].message_id;
    let gate = world.tutor.faults().gate(On::call("POST /process"));
    for _ in 0..3 {
        ana.voice(voice(), 4);
        group.post(phonicflow_bot::sandbox::bot_api::Post::voice(voice(), 4).reply_to(bots));
    }
    gate.reached(1).await;
    world.settled().await;
    assert_eq!(world.tutor.count("POST /process"), 1, "a second call while the first is under way");
    gate.open();
    world.voice_notes(11, 3).await;
    world.voice_notes(-500, 3).await;
    let sessions: std::collections::HashSet<_> =
        world.tutor.turns().into_iter().map(|turn| turn.session).collect();
    assert_eq!(sessions.len(), 2, "the private chat and the group are a conversation each");
    assert!(world.tutor.violations().is_empty(), "{:?}", world.tutor.violations());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_learners_slow_turn_leaves_the_tutors_other_place_to_others() {
    let two = TutorOptions { parallel: 2, busy_blocks_all: false, ..Default::default() };
    let mut world = World::with_tutor(two).await;
    world.set("BACKEND_CONCURRENCY", "2").start();
    let (ana, rui) = (world.learner(11), world.learner(12));
    let gate = world.tutor.faults().gate(On::call("POST /process"));
    for _ in 0..4 {
        ana.voice(voice(), 4);
    }
    gate.reached(1).await;
    for n in 1..=3 {
        rui.voice(voice(), 4);
        world.voice_notes(12, n).await;
    }
    gate.open();
    world.voice_notes(11, 4).await;
}
