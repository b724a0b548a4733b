//! The speech servers of the built-in tutor, as `doctor` sees them.

use super::visit;
use crate::world::World;
use phonicflow_bot::sandbox::chat_api::ChatOptions;
use phonicflow_bot::sandbox::faults::{Act, On};
use phonicflow_bot::sandbox::speech_api::{Like, SpeechOptions};

#[tokio::test(flavor = "multi_thread")]
async fn both_servers_are_looked_at_and_a_missing_model_is_named_with_how_to_fetch_it() {
    let mut world = World::new().await;
    let chat = world.chat(ChatOptions::default()).await;
    let with =
        SpeechOptions { like: Like::Speaches, key: Some("k-secret".to_owned()), ..SpeechOptions::default() };
    let speech = world.speech(with).await;
    world.set("TUTOR", "builtin").set("STT_API_KEY", "k-secret").set("TTS_API_KEY", "k-secret");
    let found = visit(&world, &[]).await;
    assert_eq!(
        (found.state("speech to text"), found.state("text to speech")),
        ("ok", "ok"),
        "{}",
        found.said
    );
    assert!(found.words("speech to text").contains("whisper-1"), "{}", found.said);

    world.set("STT_MODEL", "Systran/faster-whisper-tiny.en").set("TTS_API_KEY", "wrong-secret");
    let found = visit(&world, &[]).await;
    let words = found.words("speech to text");
    let fetch = format!("curl -X POST {}/models/Systran/faster-whisper-tiny.en", speech.base_url());
    assert!(found.state("speech to text") == "problem" && words.contains(&fetch), "{words}");
    assert!(words.contains("whisper-1, tts-1"), "it says what there is: {words}");
    assert!(found.words("text to speech").contains("compare TTS_API_KEY"), "{}", found.said);
    assert!(!found.said.contains("-secret"), "{}", found.said);

    // whisper.cpp lists nothing.
    speech.faults().add(On::call("GET /models").always(), Act::detail(404, "Not Found"));
    let found = visit(&world, &[]).await;
    assert_eq!(found.state("speech to text"), "warning", "{}", found.said);

    speech.stop().await;
    world.set("TTS_URL", "");
    let found = visit(&world, &[]).await;
    assert_eq!(found.state("speech to text"), "problem", "{}", found.said);
    assert_eq!(found.state("text to speech"), "skipped", "{}", found.said);
    assert!(found.words("speech to text").contains("does it run"), "{}", found.said);
    let asked = speech.recordings().len() + speech.spoken().len() + chat.questions().len();
    assert_eq!(asked, 0, "it ran a model");
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_phonicflow_only_the_recogniser_is_used() {
    let mut world = World::new().await;
    let _speech = world.speech(SpeechOptions::default()).await;
    let found = visit(&world, &[]).await;
    assert_eq!(found.state("speech to text"), "ok", "{}", found.said);
    assert_eq!(found.state("text to speech"), "none", "{}", found.said);
    assert!(found.said.contains("TTS_URL has no effect: only TUTOR=builtin uses it"), "{}", found.said);
    world.set("STT_URL", "").set("TTS_URL", "");
    assert_eq!(visit(&world, &[]).await.state("speech to text"), "none");
}
