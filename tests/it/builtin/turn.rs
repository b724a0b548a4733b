//! A turn of the built-in tutor when all is well: what each server is asked, and what the learner gets.

use super::*;
use crate::world::other_voice;
use phonicflow_bot::sandbox::bot_api::EntryKind;
use phonicflow_bot::sandbox::speech_api::{Heard, Sound};
use phonicflow_bot::sandbox::tutor_api::tone;

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_is_heard_judged_and_answered_aloud() {
    let (world, servers) = started().await;
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    answered(&world, 11, 1).await;
    world.settled().await;
    let texts: Vec<_> = world.answers(11, 2).await.into_iter().map(|said| said.text).collect();
    assert!(texts[0].contains(HEARD) && texts[0].contains(COACHING), "{texts:?}");
    assert_eq!(asked(&servers), (1, 1, 1), "{}", world.log());

    let recordings = servers.speech.recordings();
    assert_eq!((recordings[0].language.as_deref(), recordings[0].silent), (Some("en"), false));
    let question = servers.chat.questions().remove(0);
    let given = data(&question);
    assert_eq!((given["said"].as_str(), given["earlier"].as_array().unwrap().len()), (Some(HEARD), 0));
    let schema = &question.body["response_format"]["json_schema"]["schema"];
    assert!(schema["properties"]["reply_translated"].is_null(), "whoever reads English wants no translation");
    assert_eq!(servers.speech.spoken()[0].input, REPLY);

    // The conversation goes on: the model is told what was said before, spoken and written.
    ana.text("I bought apples.");
    world.answer_with(11, "Written, not spoken.").await;
    ana.voice(other_voice(), 4);
    answered(&world, 11, 2).await;
    let given = data(&servers.chat.questions().pop().unwrap());
    assert_eq!(given["earlier"][0], json!({ "learner": HEARD, "you": REPLY }));
    assert_eq!(given["earlier"][1], json!({ "learner": "I bought apples.", "you": "Written, not spoken." }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_translation_is_asked_for_where_it_is_wanted() {
    let (world, servers) = started().await;
    let mut answer = judged();
    answer["coaching_translated"] = json!("Bem contado.");
    answer["reply_translated"] = json!("O que você comprou?");
    let fields = [JUDGEMENT, &["coaching_translated", "reply_translated"]].concat();
    servers.chat.push_object(&fields, ChatAnswer::words(&answer.to_string()));
    let rui = world.brazilian(12);
    rui.voice(voice(), 4);
    let note = world.voice_notes(12, 1).await.remove(0);
    assert!(note.text.starts_with(REPLY) && note.text.contains("O que você comprou?"), "{}", note.text);
    world.answer_with(12, "Bem contado.").await;
    assert!(servers.chat.questions()[0].messages[0].1.contains("Portuguese"));
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_no_turn() {
    let (world, servers) = started().await;
    let ana = world.learner(11);
    for (n, heard) in [Heard::nothing(), Heard::says("Thank you.").no_speech(0.93)].into_iter().enumerate() {
        servers.speech.push_heard(heard);
        ana.voice(voice(), 4);
        world.answers(11, n + 1).await;
    }
    let all = world.answers(11, 2).await;
    assert_eq!(all[0].text, all[1].text);
    assert_eq!(asked(&servers), (2, 0, 0), "nothing is judged, nothing spoken");
    ana.text("/history");
    assert!(!world.answers(11, 3).await[2].text.contains("Thank you"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_synthesiser_the_answer_is_text() {
    let (mut world, servers) = unstarted().await;
    world.set("TTS_URL", "");
    world.start();
    world.learner(11).voice(voice(), 4);
    world.answer_with(11, REPLY).await;
    world.settled().await;
    assert!(world.telegram.read(|state| state.from_bot(11).all(|said| said.kind == EntryKind::Text)));
    assert_eq!(asked(&servers), (1, 1, 0));
}

/// Whatever rate and container comes back, it becomes a voice note of that length; several are joined.
#[tokio::test(flavor = "multi_thread")]
async fn long_replies_are_spoken_whole_in_pieces_of_any_format() {
    let (world, servers) = with(SpeechOptions { most_characters: 150, ..SpeechOptions::default() }).await;
    let mut world = world;
    let reply = "This is one sentence of a reply that is longer than the server speaks at once. ".repeat(6);
    let mut answer = judged();
    answer["reply"] = json!(reply.trim());
    servers.chat.push_object(JUDGEMENT, ChatAnswer::words(&answer.to_string()));
    let rates = [8_000u32, 16_000, 22_050, 24_000, 44_100, 48_000];
    let spoken = std::sync::atomic::AtomicUsize::new(0);
    servers.speech.sounds(move |_| {
        let nth = spoken.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Sound::bytes("application/octet-stream", tone(rates[nth % rates.len()], 220.0, 1_000))
    });
    world.start();
    world.learner(11).voice(voice(), 4);
    let note = world.voice_notes(11, 1).await.remove(0);
    let inputs: Vec<String> = servers.speech.spoken().into_iter().map(|spoken| spoken.input).collect();
    assert_eq!(inputs.join(" "), reply.trim(), "every word, in order");
    assert_eq!(note.file.unwrap().duration as usize, inputs.len(), "a second for each piece");
}

#[tokio::test(flavor = "multi_thread")]
async fn feedback_is_said_again_aloud_and_history_is_our_own() {
    let (world, servers) = started().await;
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    answered(&world, 11, 1).await;
    ana.text("/feedback");
    world.voice_notes(11, 2).await;
    assert_eq!(servers.speech.spoken()[1].input, COACHING);
    ana.text("/history");
    world.answer_with(11, "page 1 of 1").await;
    ana.text("/new");
    world.settled().await;
    ana.voice(voice(), 4);
    answered(&world, 11, 3).await;
    assert_eq!(data(&servers.chat.questions().pop().unwrap())["earlier"], json!([]), "from nothing");
}
