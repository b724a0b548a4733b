//! The pace of sending, against a Telegram that enforces its limits strictly: 30 messages a second in total,
//! one a second to a chat after a burst of three, 20 a minute to a group.

use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::bot_api::{Post, RateLimits};
use phonicflow_bot::sandbox::faults::{Act, On};
use phonicflow_bot::sandbox::tutor_api::{Answer, TutorOptions};
use serde_json::json;

/// A coaching so long that it takes five messages.
fn long_answer() -> Answer {
    let sentence = "Keep the tongue between your teeth for the first sound, and let the air flow. ";
    let coaching: String = (1..=240).map(|n| format!("{n}. {sentence}")).collect();
    Answer::ok(json!({
        "user_transcript": "I think so.", "coaching_feedback": coaching, "conversational_response": "Very good.",
        "conversational_audio_path": "/app/audio/conversational.wav",
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_learners_at_once_lose_nothing_and_are_hardly_ever_refused() {
    let fast = TutorOptions { parallel: 8, busy_blocks_all: false, keep_audio: false, ..Default::default() };
    let mut world = World::with_tutor(fast).await;
    world.set("BACKEND_CONCURRENCY", "8").set("BOT_POLLING_TIMEOUT", "20");
    world.telegram.set_rate_limits(Some(RateLimits::telegram()));
    let learners: Vec<_> = (1..=200).map(|n| world.learner(1_000 + n)).collect();
    let groups: Vec<i64> = (1..=4).map(|n| -600 - n).collect();
    for group in &groups {
        world.telegram.group(*group, "Class");
    }
    for learner in &learners {
        learner.voice(voice(), 4);
    }
    for (n, learner) in learners.iter().take(16).enumerate() {
        learner.in_chat(groups[n % groups.len()]).text("/help@phonicflow_bot");
    }
    world.start();
    let all = world.telegram.wait_until(PATIENCE * 2, |state| (state.sent_count() >= 416).then_some(()));
    assert!(all.await.is_some(), "{} of 416; {}", world.telegram.sent().len(), world.log());
    world.settled().await;
    for learner in &learners {
        let said = world.telegram.read(|state| state.from_bot(learner.chat()).count());
        assert_eq!(said, 2, "learner {}", learner.user());
    }
    for group in &groups {
        assert_eq!(world.telegram.read(|state| state.from_bot(*group).count()), 4);
    }
    let (refusals, violations) =
        world.telegram.read(|state| (state.limits().refusals(), state.limits().violations()));
    println!("200 learners, 417 messages: {refusals} answers of 429, {violations} of them disobeyed");
    assert_eq!(violations, 0, "a chat was written to before its retry_after ran out");
    assert!(refusals <= 4, "{refusals} of 417 messages were refused");
    assert!(world.tutor.violations().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_anothers_long_answer() {
    let world = World::started().await;
    world.telegram.set_rate_limits(Some(RateLimits::telegram()));
    let (ana, rui) = (world.learner(11), world.learner(12));
    world.tutor.push_answer(long_answer());
    // The long answer stands at its second part; the bursts of both chats are untouched until the gate opens.
    let gate = world.telegram.faults().gate(On::call("sendMessage").chat(11).nth(2));
    ana.voice(voice(), 4);
    gate.reached(1).await;
    rui.voice(voice(), 4);
    world.voice_notes(rui.chat(), 1).await;
    gate.open();
    world.voice_notes(ana.chat(), 1).await;
    let parts = world.answers(ana.chat(), 6).await;
    assert!(parts.len() >= 6, "five parts and the voice");
    assert!(parts.iter().map(|part| part.message_id).is_sorted(), "in order");
    let text: String = parts.iter().map(|part| format!(" {}", part.text.replace('\n', " "))).collect();
    for n in 1..=240 {
        assert_eq!(text.matches(&format!(" {n}. Keep")).count(), 1, "sentence {n} of {} parts", parts.len());
    }
    assert_eq!(world.telegram.read(|state| state.limits().violations()), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_long_answers_interleave() {
    let fast = TutorOptions { parallel: 4, busy_blocks_all: false, keep_audio: false, ..Default::default() };
    let mut world = World::with_tutor(fast).await;
    world.set("BACKEND_CONCURRENCY", "4").start();
    world.telegram.set_rate_limits(Some(RateLimits::telegram()));
    world.tutor.script(|_| long_answer());
    let learners: Vec<_> = (1..=12).map(|n| world.learner(100 + n)).collect();
    let gate = world.telegram.faults().gate(On::call("sendMessage").times(12));
    for learner in &learners {
        learner.voice(voice(), 4);
    }
    // Everybody's first part is on its way before anything is let through.
    gate.reached(12).await;
    gate.open();
    for learner in &learners {
        world.voice_notes(learner.chat(), 1).await;
    }
    let order = world.telegram.sent();
    let first_voice = order.iter().position(|entry| entry.text.contains("Very good")).unwrap();
    for learner in &learners {
        let begun = order.iter().position(|entry| entry.chat_id == learner.chat()).unwrap();
        assert!(begun < first_voice, "{} waited for another's whole answer", learner.user());
    }
    assert_eq!(world.telegram.read(|state| state.limits().violations()), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_group_keeps_to_its_minute_while_private_chats_go_on() {
    let mut world = World::new().await;
    world.set("BOT_RATE_LIMIT", "false").start();
    world.telegram.set_rate_limits(Some(RateLimits::telegram()));
    world.telegram.group(-700, "Class");
    let (ana, rui) = (world.learner(11), world.learner(12));
    for _ in 0..9 {
        ana.in_chat(-700).text("/help@phonicflow_bot");
    }
    world.answers(-700, 3).await;
    // The group is beyond its burst now; a private chat's answer comes before the group's next ones.
    rui.text("/help");
    world.answers(rui.chat(), 1).await;
    let group_done = world.telegram.read(|state| state.from_bot(-700).count());
    assert!(group_done < 9, "{group_done}");
    world.answers(-700, 9).await;
    let (refusals, violations) =
        world.telegram.read(|state| (state.limits().refusals(), state.limits().violations()));
    assert_eq!((refusals, violations), (0, 0), "{}", world.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_messages_of_a_quiet_chat_are_never_put_off() {
    let world = World::started().await;
    world.telegram.set_rate_limits(Some(RateLimits::telegram()));
    let ana = world.learner(11);
    // Parts one to three are held at a gate and released at once, because Telegram counts a message when it
    // accepts it.
    let gate = world.telegram.faults().gate_after(On::call("sendMessage").chat(11).times(3));
    for _ in 0..3 {
        ana.post(Post::text("/help"));
    }
    for n in 1..=3 {
        gate.reached(n).await;
        gate.release(1);
    }
    world.answers(ana.chat(), 3).await;
    // Nothing was parked: a wait would have been stored and told.
    assert!(world.log().times(Event::MessageWaits) == 0, "{}", world.log());
    assert_eq!(world.telegram.read(|state| state.limits().refusals()), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_after_holds_its_chat_to_the_second_and_no_other() {
    let world = World::started().await;
    let (ana, rui) = (world.learner(11), world.learner(12));
    // Not the chat's first message: its own limit is meant.
    ana.text("/help");
    world.answers(ana.chat(), 1).await;
    let held = world.telegram.faults().add(On::call("sendMessage").chat(11), Act::too_many(4));
    ana.voice(voice(), 4);
    world.logged(Event::SendHeld).await;
    assert_eq!(world.telegram.faults().fired(held), 1);
    rui.voice(voice(), 4);
    ana.text("/status");
    world.voice_notes(rui.chat(), 1).await;
    assert_eq!(
        world.telegram.read(|state| state.from_bot(11).count()),
        1,
        "rui was answered while ana is held"
    );
    world.voice_notes(ana.chat(), 1).await;
    world.answer_with(ana.chat(), "Rate limit").await;
    // By the server's own clock: from the refusal on, four whole seconds without any call that concerns the chat.
    let calls = world.telegram.log();
    let refused = calls
        .iter()
        .position(|call| call.method == "sendMessage" && call.int("chat_id") == Some(11) && !call.is_ok());
    let refused = refused.unwrap();
    let until = calls[refused].done_ms.unwrap() + 4_000;
    let early: Vec<_> = calls[refused + 1..]
        .iter()
        .filter(|call| call.int("chat_id") == Some(11) && call.at_ms + 1 < until)
        .map(|call| (call.method.clone(), call.at_ms))
        .collect();
    // A sign of life that was under way when the refusal came is no disobedience.
    let early: Vec<_> = early.iter().filter(|(method, _)| method != "sendChatAction").collect();
    assert!(early.is_empty(), "before {until}: {early:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_chats_refused_at_once_hold_the_whole_bot() {
    let world = World::started().await;
    let learners: Vec<_> = (11..=13).map(|n| world.learner(n)).collect();
    let rui = world.learner(20);
    for learner in &learners[..2] {
        world.telegram.faults().add(On::call("sendMessage").chat(learner.chat()), Act::too_many(3));
        learner.text("/help");
    }
    // Two quiet chats in a row: it cannot be their own limits that were passed.
    let both = world.telegram.wait_until(PATIENCE, |state| {
        let refused: Vec<_> = state.log().of("sendMessage").filter(|call| !call.is_ok()).cloned().collect();
        (refused.len() == 2).then_some(refused)
    });
    let refused = both.await.unwrap();
    let until = refused.iter().filter_map(|call| call.done_ms).max().unwrap() + 3_000;
    // Both are known to the daemon, not only to Telegram.
    world.logged_times(Event::SendHeld, 2).await;
    rui.text("/help");
    learners[2].text("/help");
    for learner in learners.iter().chain([&rui]) {
        world.answers(learner.chat(), 1).await;
    }
    let early = world.telegram.read(|state| {
        state.log().of("sendMessage").filter(|call| call.is_ok() && call.at_ms + 1 < until).count()
    });
    assert_eq!(early, 0, "{}", world.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_is_killed_and_started_again_and_again_stays_under_the_limits() {
    let mut world = World::new().await;
    world.telegram.set_rate_limits(Some(RateLimits::telegram()));
    // One of them is answered three times at once.
    let learners: Vec<_> = (1..=120).map(|n| world.learner(1_000 + n)).collect();
    for learner in learners.iter().chain([&learners[0], &learners[0]]) {
        learner.text("/help");
    }
    world.start();
    let mut sent = 0;
    for round in 0..4 {
        let more =
            world.telegram.wait_until(PATIENCE, |state| (state.sent_count() >= sent + 25).then_some(()));
        assert!(more.await.is_some(), "{}", world.log());
        sent = world.telegram.sent().len();
        if round == 3 {
            // In order it is no other matter.
            assert!(world.stop().await.success());
        } else {
            world.kill();
        }
        world.start();
    }
    for learner in &learners {
        world.answers(learner.chat(), 1).await;
    }
    let (refusals, violations) =
        world.telegram.read(|state| (state.limits().refusals(), state.limits().violations()));
    assert_eq!((refusals, violations), (0, 0), "{}", world.log());
}
