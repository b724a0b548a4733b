//! Every fault of each of the three servers ends in the right answer or in a clear line; nothing is lost or doubled.

use super::*;
use phonicflow_bot::audio;
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::bot_api::EntryKind;
use phonicflow_bot::sandbox::chat_api::Part;
use phonicflow_bot::sandbox::faults::{Act, On};
use phonicflow_bot::sandbox::http::{Reply, Shape};
use phonicflow_bot::sandbox::speech_api::{Heard, Sound};
use phonicflow_bot::sandbox::tutor_api::tone;
use std::time::Duration;

const HEAR: &str = "POST /audio/transcriptions";
const JUDGE: &str = "POST /chat/completions";
const SPEAK: &str = "POST /audio/speech";

/// What may pass: the next attempt succeeds.
fn passing() -> Vec<Act> {
    let busy = Reply { retry_after: Some(1), ..Reply::new(429, "application/json", "{}") };
    vec![
        Act::Reset,
        Act::ResetAfter,
        Act::Close,
        Act::CloseAfter,
        Act::Answer(Reply::new(500, "text/plain", "boom")),
        Act::html(502),
        Act::Answer(Reply::new(200, "text/html", "<html><body>Sign in</body></html>")),
        Act::Answer(busy),
        Act::Answer(Reply::new(503, "application/json", "{}")),
        Act::InvalidJson,
        Act::Shape(Shape::Truncated(20)),
        Act::Answer(Reply::new(200, "application/json", "")),
        Act::Answer(Reply::new(200, "application/json", "{\"error\":{\"message\":\"out of memory\"}}")),
    ]
}

/// One learner each, so that none waits for another; all are answered once.
async fn all_pass(call: &str, faults: impl Fn(&Servers) -> &phonicflow_bot::sandbox::faults::Faults) {
    let (mut world, servers) = unstarted().await;
    world.set("BACKEND_TIMEOUT", "20");
    world.start();
    for (n, act) in passing().into_iter().enumerate() {
        let chat = 100 + i64::try_from(n).unwrap();
        let said = format!("{act:?}");
        faults(&servers).add(On::call(call), act);
        world.learner(chat).voice(voice(), 4);
        let coached = world.answer_with(chat, COACHING).await;
        assert!(coached.text.contains(HEARD), "{said}");
        world.answer_with(chat, REPLY).await;
    }
    world.settled().await;
    for n in 0..passing().len() {
        let chat = 100 + i64::try_from(n).unwrap();
        let coachings = world
            .telegram
            .read(|state| state.from_bot(chat).filter(|said| said.text.contains(COACHING)).count());
        assert_eq!(coachings, 1, "chat {chat}: {}", world.log());
    }
    assert_eq!(world.log().times(Event::DeadLetter), 0, "{}", world.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_passes_at_the_recogniser_is_asked_again() {
    all_pass(HEAR, |servers| servers.speech.faults()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_passes_at_the_model_is_asked_again() {
    all_pass(JUDGE, |servers| servers.chat.faults()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_passes_at_the_synthesiser_never_costs_the_words() {
    all_pass(SPEAK, |servers| servers.speech.faults()).await;
}

/// Each server is down for a while: the message waits, its learner is told once, and the admin which one it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_down_is_named_and_waited_for() {
    for (call, part, reason) in [
        (HEAR, "speech recogniser", Some("recogniser_down")),
        (JUDGE, "chat model", Some("model_down")),
        (SPEAK, "speech synthesiser", None),
    ] {
        let (mut world, servers) = unstarted().await;
        world.set("ADMIN_USERS", "1").set("METRICS_ADDR", "127.0.0.1:0");
        world.start();
        world.learner(1).text("/start");
        world.answers(1, 1).await;
        let faults = if call == JUDGE { servers.chat.faults() } else { servers.speech.faults() };
        let rule =
            faults.add(On::call(call).always(), Act::Answer(Reply::new(503, "application/json", "{}")));
        let ana = world.learner(11);
        ana.voice(voice(), 4);
        let alert = world.answer_with(1, part).await;
        assert!(alert.text.contains("⚠️"), "{}", alert.text);
        if let Some(reason) = reason {
            world.logged_with(Event::MessageWaits, &format!("reason={reason}")).await;
            world.answer_with(11, "Your message is safe").await;
            let listed = world.command(&["queue", "list", "--json"]).output().unwrap();
            assert!(String::from_utf8_lossy(&listed.stdout).contains(reason), "{listed:?}");
        } else {
            world.answer_with(11, REPLY).await;
        }
        let at = crate::metrics::served_at(&world).await;
        let (_, _, health) = crate::metrics::get(at, "/health").await;
        let health: Value = serde_json::from_str(&health).unwrap();
        let ailing = health["checks"]["tutor"]["parts"].as_array().unwrap().iter();
        let ailing: Vec<_> = ailing.filter(|one| one["state"] == "failing").map(|one| &one["name"]).collect();
        assert_eq!(ailing, [part], "{health}");
        let (_, _, metrics) = crate::metrics::get(at, "/metrics").await;
        assert!(metrics.contains(&format!("phonicflow_tutor_part_up{{part=\"{part}\"}} 0")), "{metrics}");
        faults.remove(rule);
        world.answer_with(11, COACHING).await;
        world.answer_with(11, REPLY).await;
        world.settled().await;
        let told = world.telegram.read(|state| {
            state.from_bot(11).filter(|said| said.text.contains("Your message is safe")).count()
        });
        assert_eq!(told, usize::from(reason.is_some()), "told once");
    }
}

/// What the recogniser answers decides what the learner gets.
#[tokio::test(flavor = "multi_thread")]
async fn odd_transcripts_are_read_or_named() {
    let (world, servers) = started().await;
    let json = |body: Value| Heard::raw(&body.to_string(), "application/json");
    for (n, (heard, expected)) in [
        (json(json!({ "text": "" })), None),
        (json(json!({ "text": "  I like it. " })), Some("I like it.")),
        (json(json!({ "text": "I like it.", "words": [], "segments": [] })), Some("I like it.")),
        (json(json!({ "text": "I like it.", "words": null, "segments": "none" })), Some("I like it.")),
        (Heard::raw("I like it.", "text/plain"), Some("I like it.")),
        (Heard::says("I like it.").no_speech(0.95), None),
    ]
    .into_iter()
    .enumerate()
    {
        let chat = 200 + i64::try_from(n).unwrap();
        servers.speech.push_heard(heard);
        world.learner(chat).voice(voice(), 4);
        match expected {
            Some(text) => {
                let said = world.answer_with(chat, COACHING).await;
                assert!(said.text.contains(text), "{n}: {}", said.text);
            }
            None => {
                let said = world.answers(chat, 1).await.remove(0);
                assert!(!said.text.contains(COACHING), "{n}: {}", said.text);
            }
        }
    }
}

/// A recording that the recogniser fails on, and on no other, does not hold its learner up for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_voice_that_cannot_be_heard_alone_is_given_up() {
    let (world, servers) = started().await;
    let ana = world.learner(11);
    servers.speech.faults().add(On::call(HEAR).times(3), Act::Answer(Reply::new(500, "text/plain", "boom")));
    ana.voice(voice(), 4);
    world.logged(Event::DeadLetter).await;
    assert_eq!(world.log().times(Event::TutorFailsOnVoice), 1, "{}", world.log());
    ana.voice(voice(), 4);
    answered(&world, 11, 1).await;
}

/// One object by schema, in a fence, with surplus and missing fields, or no JSON at all.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_model_writes_is_an_answer_or_asked_for_once_more() {
    let (world, servers) = started().await;
    let fenced = format!("```json\n{}\n```", judged());
    let chatty = format!("Here you are:\n{}\nI hope it helps!", judged());
    let without = json!({ "coaching": COACHING, "reply": REPLY }).to_string();
    let odd = json!({
        "coaching": COACHING, "reply": REPLY, "corrections": "none", "mood": 3,
    })
    .to_string();
    let cut = judged().to_string();
    let cut = cut[..cut.len() - 2].to_owned();
    let plain = format!("{COACHING} {REPLY}");
    for (n, (words, times)) in
        [(judged().to_string(), 1), (fenced, 1), (chatty, 1), (without, 2), (odd, 1), (cut, 2), (plain, 2)]
            .into_iter()
            .enumerate()
    {
        let chat = 300 + i64::try_from(n).unwrap();
        let before = asked(&servers).1;
        for _ in 0..times {
            servers.chat.push_object(JUDGEMENT, ChatAnswer::words(&words));
        }
        world.learner(chat).voice(voice(), 4);
        world.answer_with(chat, COACHING).await;
        world.answer_with(chat, REPLY).await;
        assert_eq!(asked(&servers).1 - before, times, "{n}: {words}");
    }
    // Only reasoning, and then an answer.
    let thoughts = [Part::Reasoning("hm".into()), Part::Finish("stop".into()), Part::Done];
    servers.chat.push_object(JUDGEMENT, ChatAnswer::parts(thoughts));
    world.learner(400).voice(voice(), 4);
    world.answer_with(400, COACHING).await;
}

/// Audio of any container, rate and declared type becomes a voice note; what is none leaves the words.
#[tokio::test(flavor = "multi_thread")]
async fn any_audio_becomes_a_voice_note() {
    let (world, servers) = started().await;
    let opus = audio::to_voice_note(tone(24_000, 220.0, 1_000)).unwrap().bytes;
    let mut sounds: Vec<(String, Sound, bool)> = [8_000u32, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000]
        .into_iter()
        .map(|rate| (format!("wav at {rate}"), Sound::bytes("audio/wav", tone(rate, 220.0, 1_000)), true))
        .collect();
    let mp3 = crate::world::asset("../tests/fixtures/voice/speech.mp3");
    sounds.extend([
        ("opus".to_owned(), Sound::bytes("audio/ogg", opus.clone()), true),
        ("opus declared as JSON".to_owned(), Sound::bytes("application/json", opus), true),
        ("mp3".to_owned(), Sound::bytes("audio/mpeg", mp3), true),
        ("text".to_owned(), Sound::bytes("audio/wav", "no audio"), false),
        ("nothing".to_owned(), Sound::bytes("audio/wav", ""), false),
        ("noise".to_owned(), Sound::bytes("audio/wav", vec![0xff; 4_000]), false),
    ]);
    for (n, (name, sound, is_audio)) in sounds.into_iter().enumerate() {
        let chat = 500 + i64::try_from(n).unwrap();
        servers.speech.sounds(move |_| sound.clone());
        world.learner(chat).voice(voice(), 4);
        let said = world.answer_with(chat, REPLY).await;
        assert_eq!(said.kind == EntryKind::Voice, is_audio, "{name}: {}", world.log());
        world.answer_with(chat, COACHING).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_server_is_given_its_time_and_no_more() {
    let (mut world, servers) = unstarted().await;
    world.set("BACKEND_TIMEOUT", "2");
    world.start();
    servers.speech.faults().add(On::call(HEAR), Act::Delay(Duration::from_secs(1)));
    world.learner(11).voice(voice(), 4);
    answered(&world, 11, 1).await;
    servers.speech.faults().add(On::call(HEAR), Act::Hang);
    world.learner(12).voice(voice(), 4);
    answered(&world, 12, 1).await;
    assert_eq!(servers.speech.recordings().len(), 2, "{}", world.log());
}
