//! Both servers as their callers see them, against the strict double: whatever a server does, a transcript or
//! a sound is whole, or there is an error that says what to do.

use super::*;
use crate::domain::Gate;
use crate::sandbox::faults::{Act, On};
use crate::sandbox::http::{Reply, Shape};
use crate::sandbox::speech_api::{Heard, Like, Sound, SpeechApi, SpeechOptions};
use crate::sandbox::tutor_api::tone;
use crate::secret::Secret;
use bytes::Bytes;
use serde_json::json;
use std::time::Duration;

const HEAR: &str = "POST /audio/transcriptions";
const SPEAK: &str = "POST /audio/speech";
const LONG: Duration = Duration::from_secs(60);

fn options(api: &SpeechApi, model: &str) -> ServerOptions {
    ServerOptions {
        url: api.base_url(),
        model: model.to_owned(),
        key: None,
        timeout: LONG,
        extra_ca_pem: None,
        gate: Gate::default(),
    }
}

struct Scene {
    api: SpeechApi,
    ears: Recogniser,
    mouth: Synthesiser,
}

impl Scene {
    async fn new(with: SpeechOptions) -> Self {
        let api = SpeechApi::start(with).await.unwrap();
        let ears = Recogniser::new(options(&api, "whisper-1")).unwrap();
        let mouth = Synthesiser::new(options(&api, "tts-1"), "alloy".to_owned()).unwrap();
        Self { api, ears, mouth }
    }

    async fn hear(&self) -> Result<crate::domain::Transcript, SpeechError> {
        self.ears.transcribe(voice(), Some("en")).await
    }
}

fn voice() -> Bytes {
    tone(16_000, 440.0, 1_000)
}

#[tokio::test]
async fn words_come_with_times_and_confidence() {
    let scene = Scene::new(SpeechOptions::default()).await;
    scene.api.push_heard(Heard::says("I has a dog.").unsure("has", 0.31).pausing(2, 1.5));
    let heard = scene.hear().await.unwrap();
    assert_eq!(heard.text, "I has a dog.");
    let words: Vec<_> =
        heard.words.iter().map(|word| (word.text.as_str(), word.start_ms, word.end_ms)).collect();
    assert_eq!(words, [("I", 0, 400), ("has", 500, 900), ("a", 2_500, 2_900), ("dog.", 3_000, 3_400)]);
    assert_eq!(heard.words[1].confidence, Some(0.31));
    let asked = &scene.api.recordings()[0];
    assert_eq!((asked.language.as_deref(), asked.samples), (Some("en"), 16_000));
    assert_eq!(asked.granularities, ["word", "segment"]);
}

#[tokio::test]
async fn each_kind_of_server_gives_what_it_can() {
    let plain = |text_formats: &[&str], granularities| SpeechOptions {
        text_formats: text_formats.iter().map(|name| (*name).to_owned()).collect(),
        granularities,
        ..SpeechOptions::default()
    };
    for (name, with, words, no_speech) in [
        ("openai", SpeechOptions { probabilities: false, ..SpeechOptions::default() }, 3, true),
        ("speaches", SpeechOptions { like: Like::Speaches, ..SpeechOptions::default() }, 3, true),
        (
            "whisper.cpp, which refuses nothing and takes any model",
            SpeechOptions { like: Like::WhisperCpp, recognisers: Vec::new(), ..SpeechOptions::default() },
            3,
            true,
        ),
        ("without granularities", plain(&["json", "verbose_json"], false), 0, true),
        ("text alone", plain(&["json"], false), 0, false),
    ] {
        let scene = Scene::new(with).await;
        for _ in 0..2 {
            scene.api.push_heard(Heard::says("One two three"));
            let heard = scene.hear().await.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(heard.text, "One two three", "{name}");
            assert_eq!(heard.words.len(), words, "{name}");
            assert_eq!(heard.no_speech.is_some(), no_speech, "{name}");
        }
        // What it refused once it is not asked for again.
        let refused = scene.api.read(|state| state.refused().len());
        assert_eq!(refused, if words > 0 { 0 } else { 1 + usize::from(!no_speech) }, "{name}");
    }
}

#[tokio::test]
async fn a_recording_that_is_refused_teaches_nothing() {
    let scene = Scene::new(SpeechOptions::default()).await;
    scene.api.faults().add(
        On::call(HEAR).times(3),
        Act::Answer(Reply::json(400, &json!({ "error": "failed to read audio data" }))),
    );
    let error = scene.hear().await.unwrap_err();
    assert_eq!(
        (error.fault.clone(), error.retry()),
        (Fault::Refused { status: 400 }, Retry::Never),
        "{error}"
    );
    assert_eq!(scene.hear().await.unwrap().words.len(), 9, "and words are asked for again");
}

#[tokio::test]
async fn faults_of_the_recogniser_end_in_an_error_that_says_what_to_do() {
    let answer = |body: &str, mime: &str| Act::Answer(Reply::new(200, mime, body.to_owned()));
    for (name, act, retry) in [
        ("500", Act::detail(500, "secret words"), Retry::Later),
        ("a proxy's page", Act::html(502), Retry::Later),
        ("a page instead of an answer", Act::html(200), Retry::Later),
        ("503", Act::html(503), Retry::Later),
        ("429", Act::Answer(Reply { retry_after: Some(7), ..Reply::json(429, &json!({})) }), Retry::After(7)),
        ("401", Act::detail(401, "no key"), Retry::Slowly),
        ("404", Act::detail(404, "Not Found"), Retry::Slowly),
        ("no such model", Act::detail(404, "Model 'x' is not installed locally."), Retry::Slowly),
        ("413", Act::html(413), Retry::Never),
        ("415", Act::detail(415, "Unsupported"), Retry::Never),
        ("reset", Act::ResetAfter, Retry::Later),
        ("closed", Act::CloseAfter, Retry::Later),
        ("truncated", Act::Shape(Shape::Truncated(20)), Retry::Later),
        ("cut JSON", Act::InvalidJson, Retry::Later),
        ("endless", Act::Shape(Shape::Endless), Retry::Later),
        ("an error object with 200", answer(r#"{"error":"secret words"}"#, "application/json"), Retry::Later),
        ("nothing", answer("", "application/json"), Retry::Later),
        ("numbers", answer("[1]", "application/json"), Retry::Later),
    ] {
        let scene = Scene::new(SpeechOptions::default()).await;
        scene.api.faults().add(On::call(HEAR), act);
        let error = scene.hear().await.expect_err(name);
        assert_eq!(error.retry(), retry, "{name}: {error}");
        let text = error.to_string();
        assert!(
            text.contains("STT_URL") && !text.contains("127.0.0.1") && !text.contains("secret"),
            "{name}: {text}"
        );
        assert_eq!(
            scene.hear().await.unwrap().text,
            "Yesterday I go to the market with my sister.",
            "{name}"
        );
    }
}

#[tokio::test]
async fn down_and_slow_are_told_apart() {
    let scene = Scene::new(SpeechOptions::default()).await;
    scene.api.stop().await;
    let error = scene.hear().await.unwrap_err();
    assert!(matches!(error.fault, Fault::NotSent(_)), "{error}");
    scene.api.resume().await.unwrap();
    scene.api.faults().add(On::call(SPEAK), Act::Hang);
    let hasty = ServerOptions { timeout: Duration::from_millis(300), ..options(&scene.api, "tts-1") };
    let error = Synthesiser::new(hasty, "alloy".to_owned()).unwrap().speak("Hello").await.unwrap_err();
    assert_eq!((error.fault.clone(), error.retry()), (Fault::TooSlow, Retry::Later));
    assert!(error.to_string().contains("TTS_URL"), "{error}");
}

#[tokio::test]
async fn silence_is_heard_as_silence() {
    let scene = Scene::new(SpeechOptions::default()).await;
    for heard in [
        Heard::nothing(),
        Heard::says("Thank you.").no_speech(0.95),
        Heard::raw(r#"{"text":" [BLANK_AUDIO]"}"#, "application/json"),
        Heard::raw("", "text/plain"),
    ] {
        scene.api.push_heard(heard.clone());
        assert!(scene.hear().await.unwrap().is_silence(), "{heard:?}");
    }
}

#[tokio::test]
async fn speech_comes_as_wav_or_as_the_server_likes() {
    let scene = Scene::new(SpeechOptions::default()).await;
    assert!(scene.mouth.speak("Hello there").await.unwrap().starts_with(b"RIFF"));
    assert_eq!(scene.api.spoken()[0].response_format.as_deref(), Some("wav"));
    scene.api.configure(|options| options.sound_formats = vec!["mp3".to_owned()]);
    let mp3: &[u8] = &[0xff, 0xfb, 0x90, 0x64, 0, 1, 2, 3];
    for _ in 0..2 {
        scene.api.push_sound(Sound::bytes("application/octet-stream", mp3));
        assert_eq!(scene.mouth.speak("Hello there").await.unwrap(), mp3, "a wrong type changes nothing");
    }
    let asked: Vec<_> = scene.api.spoken().into_iter().map(|spoken| spoken.response_format).collect();
    assert_eq!(asked[1..], [None, None], "once refused, WAV is not asked for again");
    assert_eq!(scene.api.read(|state| state.refused().len()), 1);
}

#[tokio::test]
async fn faults_of_the_synthesiser_end_in_an_error_that_says_what_to_do() {
    let answer =
        |body: &'static [u8], mime: &str| Act::Answer(Reply::new(200, mime, Bytes::from_static(body)));
    for (name, act, retry) in [
        ("500", Act::detail(500, "secret words"), Retry::Later),
        ("a page", Act::html(200), Retry::Later),
        ("a page that is called audio", answer(b"<html>secret</html>", "audio/wav"), Retry::Later),
        ("JSON that is called audio", answer(br#"{"error":"secret"}"#, "audio/mpeg"), Retry::Later),
        ("an event stream", answer(b"data: {}\n\n", "text/event-stream"), Retry::Later),
        ("nothing", answer(b"", "audio/wav"), Retry::Later),
        ("bare samples", answer(b"\0\x01\0\x02", "audio/pcm"), Retry::Later),
        ("truncated", Act::Shape(Shape::Truncated(20)), Retry::Later),
        ("endless", Act::Shape(Shape::Endless), Retry::Later),
        ("429", Act::Answer(Reply { retry_after: Some(3), ..Reply::json(429, &json!({})) }), Retry::After(3)),
        ("403", Act::detail(403, "no"), Retry::Slowly),
        ("no such voice", Act::detail(400, "Voice 'alloy' not found. Available voices: af"), Retry::Slowly),
    ] {
        let scene = Scene::new(SpeechOptions::default()).await;
        scene.api.faults().add(On::call(SPEAK), act);
        let error = scene.mouth.speak("Some secret words").await.expect_err(name);
        assert_eq!(error.retry(), retry, "{name}: {error}");
        let text = error.to_string();
        assert!(
            text.contains("TTS_URL") && !text.contains("secret") && !text.contains("127.0.0.1"),
            "{name}: {text}"
        );
        assert!(scene.mouth.speak("Hello").await.is_ok(), "{name}");
    }
}

#[tokio::test]
async fn a_text_that_is_too_long_is_spoken_in_pieces() {
    let scene = Scene::new(SpeechOptions { most_characters: 30, ..SpeechOptions::default() }).await;
    let text = "Nice to meet you. What did you do yesterday? I was at home.";
    let error = scene.mouth.speak(text).await.unwrap_err();
    assert_eq!((error.fault.clone(), error.is_of_the_server()), (Fault::TooLong { status: 400 }, false));
    for piece in pieces(text, 30) {
        scene.mouth.speak(piece).await.unwrap();
    }
    let spoken: Vec<_> = scene.api.spoken().into_iter().map(|spoken| spoken.input).collect();
    assert_eq!(spoken, ["Nice to meet you.", "What did you do yesterday?", "I was at home."]);
}

#[tokio::test]
async fn keys_are_sent_and_models_listed() {
    let with = SpeechOptions { key: Some("k1".to_owned()), like: Like::Speaches, ..SpeechOptions::default() };
    let api = SpeechApi::start(with).await.unwrap();
    let keyed = |key: &str| ServerOptions { key: Some(Secret::new(key)), ..options(&api, "gone") };
    let error = Recogniser::new(keyed("other")).unwrap().listed().await.unwrap_err();
    assert_eq!(error.fault, Fault::Denied { status: 401 });
    let ears = Recogniser::new(keyed("k1")).unwrap();
    let listed = ears.listed().await.unwrap();
    assert_eq!(
        (listed.models.as_slice(), listed.like_speaches),
        (&["whisper-1".to_owned(), "tts-1".to_owned()][..], true)
    );
    let error = ears.transcribe(voice(), None).await.unwrap_err();
    assert_eq!(error.fault, Fault::Gone { status: 404 });
    for key in ["a\nb", "é"] {
        assert!(Recogniser::new(keyed(key)).is_err() || key == "é", "{key:?}");
    }
}
