//! Sending: as many calls at once as the rate allows, one per chat at a time, first answers first; and
//! nothing that Telegram refuses or leaves unanswered is dropped silently.

use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::bot_api::{Call, Distance, EntryKind, RateLimits};
use phonicflow_bot::sandbox::faults::{Act, On};
use phonicflow_bot::sandbox::tutor_api::TutorOptions;
use std::time::Duration;

/// A world whose tutor answers several at once.
async fn quick() -> World {
    let fast = TutorOptions { parallel: 4, busy_blocks_all: false, keep_audio: false, ..Default::default() };
    let mut world = World::with_tutor(fast).await;
    world.set("BACKEND_CONCURRENCY", "4");
    world
}

/// Dead letters, as the command line shows them.
fn dead_letters(world: &World) -> String {
    let out = world.command(&["queue", "list", "--json"]).output().unwrap();
    String::from_utf8(out.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_calls_at_once_as_the_rate_allows_and_no_more() {
    let mut world = quick().await;
    world.set("TELEGRAM_MESSAGES_PER_SECOND", "20").start();
    let gate = world.telegram.faults().gate(On::call("sendMessage").always());
    let learners: Vec<_> = (0..40).map(|n| world.learner(100 + n)).collect();
    for learner in &learners {
        learner.text("/help");
    }
    // None of them is answered: a limit of 20 leaves 19 on their way.
    gate.reached(19).await;
    world.logged_times(Event::MessageAnswered, 40).await;
    assert_eq!(world.telegram.calls("sendMessage").len(), 19);
    gate.open();
    for learner in &learners {
        world.answers(learner.chat(), 1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_message_of_a_chat_at_a_time_whichever_lane_it_comes_from() {
    let mut world = quick().await;
    world.start();
    let (ana, rui) = (world.learner(11), world.learner(12));
    let gate = world.telegram.faults().gate_after(On::call("sendMessage").chat(11));
    ana.voice(voice(), 4);
    gate.reached(1).await;
    // Hers is held at the gate; another answer for her chat is ready in the other lane, and his is sent
    // meanwhile.
    ana.text("/help");
    rui.voice(voice(), 4);
    world.voice_notes(12, 1).await;
    world.settled().await;
    let hers =
        || world.telegram.calls("sendMessage").iter().filter(|call| call.int("chat_id") == Some(11)).count();
    assert_eq!(hers(), 1, "{}", world.log());
    // Killed now, that one message of the chat may come twice, and no other.
    world.kill();
    gate.open();
    world.start();
    world.voice_notes(11, 1).await;
    world.answer_with(11, "/history").await;
    world.settled().await;
    let copies = |words: &'static str| {
        world.telegram.read(|state| state.from_bot(11).filter(|said| said.text.contains(words)).count())
    };
    assert_eq!((copies("You said"), copies("/history")), (2, 1), "{}", world.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_distance_of_telegram_calls_overlap_and_nobody_is_refused() {
    let mut world = quick().await;
    world.start();
    world.telegram.set_rate_limits(Some(RateLimits::telegram()));
    let (text, voice_note) = (Duration::from_millis(80), Duration::from_millis(150));
    world.telegram.set_distance(Some(Distance { text, voice: voice_note }));
    let learners: Vec<_> = (1..=60).map(|n| world.learner(1_000 + n)).collect();
    for learner in &learners {
        learner.voice(voice(), 4);
        learner.text("/help");
    }
    for learner in &learners {
        world.answers(learner.chat(), 3).await;
        world.voice_notes(learner.chat(), 1).await;
    }
    let (refusals, calls) =
        world.telegram.read(|state| (state.limits().refusals(), state.log().calls().to_vec()));
    assert_eq!(refusals, 0, "{}", world.log());
    let sends: Vec<_> =
        calls.iter().filter(|call| ["sendMessage", "sendVoice"].contains(&call.method.as_str())).collect();
    // A form's fields are texts.
    let chat = |call: &Call| {
        let text = call.str("chat_id").and_then(|id| id.parse().ok());
        call.int("chat_id").or(text).unwrap()
    };
    let mut overlaps = 0;
    for (n, one) in sends.iter().enumerate() {
        for other in &sends[n + 1..] {
            // In the order of their beginnings; the last one may still be under way.
            if one.done_ms.is_none_or(|done| other.at_ms < done) {
                overlaps += 1;
                assert_ne!(chat(one), chat(other), "two of one chat at once");
            }
        }
    }
    assert!(overlaps > sends.len(), "{overlaps} overlaps of {} calls", sends.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn everybodys_first_answer_goes_before_anybodys_second_message() {
    let mut world = quick().await;
    // Three at a time.
    world.set("TELEGRAM_MESSAGES_PER_SECOND", "4").start();
    let learners: Vec<_> = (0..9).map(|n| world.learner(100 + n)).collect();
    let gate = world.telegram.faults().gate(On::call("sendMessage").times(3));
    for learner in &learners {
        learner.voice(voice(), 4);
    }
    gate.reached(3).await;
    world.logged_times(Event::MessageAnswered, 9).await;
    // A command that comes now has had no answer either.
    let rui = world.learner(12);
    rui.text("/help");
    world.logged_times(Event::MessageAnswered, 10).await;
    gate.open();
    for learner in &learners {
        world.voice_notes(learner.chat(), 1).await;
    }
    let kinds: Vec<EntryKind> = world.telegram.sent().iter().map(|sent| sent.kind).collect();
    assert!(kinds[..9].iter().all(|kind| *kind == EntryKind::Text), "{kinds:?}");
    // Of the three that set out together any may arrive first.
    assert!(kinds[9..12].contains(&EntryKind::Text), "{kinds:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_of_unknown_fate_is_repeated_three_times_then_kept_as_a_dead_letter() {
    let world = World::started().await;
    let ana = world.learner(11);
    let reset = world.telegram.faults().add(On::call("sendMessage").chat(11).times(9), Act::ResetAfter);
    ana.voice(voice(), 4);
    // What follows in the row is not lost with it.
    world.voice_notes(11, 1).await;
    let kinds: Vec<_> = world.telegram.read(|state| state.from_bot(11).map(|entry| entry.kind).collect());
    let text = EntryKind::Text;
    assert_eq!(kinds, [text, text, text, text, EntryKind::Voice], "{}", world.log());
    let listed = dead_letters(&world);
    assert!(listed.contains("send_unknown"), "{listed}");
    // Retried by an admin, it is sent once more, with its doubts forgotten.
    world.telegram.faults().remove(reset);
    let number = serde_json::Deserializer::from_str(&listed)
        .into_iter::<serde_json::Value>()
        .filter_map(Result::ok)
        .find_map(|row| find(&row, "number").and_then(|number| number.as_u64()));
    let number = number.unwrap_or_else(|| panic!("{listed}")).to_string();
    assert!(world.command(&["queue", "retry", &number]).output().unwrap().status.success());
    world.answers(11, 6).await;
    assert!(!dead_letters(&world).contains("send_unknown"));
}

/// A field of this name, wherever it is.
fn find<'a>(value: &'a serde_json::Value, name: &str) -> Option<&'a serde_json::Value> {
    match value {
        serde_json::Value::Object(map) => {
            map.get(name).or_else(|| map.values().find_map(|value| find(value, name)))
        }
        serde_json::Value::Array(list) => list.iter().find_map(|value| find(value, name)),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_broken_connections_in_a_row_lose_no_answer() {
    let world = World::started().await;
    let ana = world.learner(11);
    for _ in 0..2 {
        world.telegram.faults().add(On::call("sendMessage").chat(11), Act::Reset);
    }
    ana.voice(voice(), 4);
    world.answer_with(11, "You said").await;
    world.voice_notes(11, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_repeated_only_after_telegram_has_answered_something_else() {
    let mut world = World::new().await;
    // The open poll must not end meanwhile: its answer would count as Telegram having answered something
    // else.
    world.set("BOT_POLLING_TIMEOUT", "50").start();
    let ana = world.learner(11);
    let gate = world.tutor.faults().gate(On::call("POST /process"));
    ana.voice(voice(), 4);
    gate.reached(1).await;
    // From now on every connection to Telegram breaks.
    let broken = world.telegram.faults().add(On::any().always(), Act::Reset);
    gate.open();
    let asked = world.telegram.wait_until(PATIENCE, |state| {
        (state.log().count("sendMessage") == 1 && state.log().count("getMe") >= 4).then_some(())
    });
    assert!(asked.await.is_some(), "{}", world.log());
    assert_eq!(world.telegram.calls("sendMessage").len(), 1, "not repeated into a dead line");
    world.telegram.faults().remove(broken);
    world.voice_notes(11, 1).await;
    assert_eq!(world.telegram.calls("sendMessage").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_nobody_knows_is_tried_without_what_it_may_mean() {
    let world = World::started().await;
    let ana = world.learner(11);
    let unknown = || Act::refuse(400, "Bad Request: REPLY_TO_SOMETHING_NEW", None);
    for call in ["sendMessage", "sendVoice"] {
        let refers =
            |seen: &phonicflow_bot::sandbox::faults::Seen<'_>| seen.params.get("reply_parameters").is_some();
        world.telegram.faults().add(On::call(call).chat(11).when(refers).times(9), unknown());
    }
    ana.voice(voice(), 4);
    let text = world.answer_with(11, "You said").await;
    let note = world.voice_notes(11, 1).await.remove(0);
    assert_eq!((text.reply_to, note.reply_to), (None, None));
    assert!(!text.entities.is_empty(), "the markup was not at fault");
    assert_eq!(world.telegram.calls("sendMessage").len(), 2);
    assert!(!dead_letters(&world).contains("send_refused"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_telegram_refuses_in_every_form_becomes_a_dead_letter_and_the_rest_goes_on() {
    let world = World::started().await;
    let ana = world.learner(11);
    let unknown = Act::refuse(400, "Bad Request: SOMETHING_NEW", None);
    world.telegram.faults().add(On::call("sendMessage").chat(11).times(2), unknown.clone());
    ana.voice(voice(), 4);
    world.voice_notes(11, 1).await;
    let listed = dead_letters(&world);
    assert!(listed.contains("send_refused") && listed.contains("SOMETHING_NEW"), "{listed}");
    assert_eq!(world.telegram.calls("sendMessage").len(), 2);
    // A voice that is refused is replaced by its text.
    world.telegram.faults().add(On::call("sendVoice").chat(11).times(2), unknown);
    ana.voice(voice(), 4);
    let said = world.answers(11, 3).await;
    assert!(said.iter().filter(|said| said.kind == EntryKind::Voice).count() == 1, "{said:?}");
    assert!(world.log().times(Event::FileRefused) > 0, "{}", world.log());
}
