//! What the double itself is held to: it refuses what real servers refuse, in their words.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::super::testkit::{FORM, Heard as Answered, Piece, form, get, hear, open, post};
use super::super::tutor_api::tone;
use super::*;

const HEAR: &str = "/v1/audio/transcriptions";
const SPEAK: &str = "/v1/audio/speech";

async fn start(options: SpeechOptions) -> (SpeechApi, SocketAddr) {
    let api = SpeechApi::start(options).await.unwrap();
    let addr = api.addr();
    (api, addr)
}

async fn send(addr: SocketAddr, parts: &[Piece<'_>]) -> Answered {
    hear(open(addr, "POST", HEAR, FORM, &form(parts)).await).await.unwrap()
}

const WAV: Option<(&str, &str)> = Some(("audio.wav", "audio/wav"));

#[tokio::test]
async fn transcripts_have_as_much_as_was_asked_for() {
    let (api, addr) = start(SpeechOptions::default()).await;
    let wav = tone(16_000, 440.0, 1_000);
    let ask = |more: &'static [(&'static str, &'static str)]| {
        let mut parts: Vec<Piece<'_>> = vec![("file", WAV, &wav), ("model", None, b"whisper-1")];
        parts.extend(more.iter().map(|(name, text)| (*name, None, text.as_bytes())));
        form(&parts)
    };
    let answer = async |more| hear(open(addr, "POST", HEAR, FORM, &ask(more)).await).await.unwrap().json();
    api.hears(|recording| Heard::says(&format!("number {}", recording.number)));
    assert_eq!(answer(&[]).await, json!({ "text": "number 1" }));
    let verbose = answer(&[("response_format", "verbose_json")]).await;
    assert_eq!(
        (verbose["segments"][0]["avg_logprob"].as_f64(), &verbose["words"]),
        (Some(-0.2), &Value::Null)
    );
    let words = answer(&[("response_format", "verbose_json"), ("timestamp_granularities[]", "word")]).await;
    assert_eq!(words["words"][1], json!({ "word": "3", "start": 0.5, "end": 0.9, "probability": 0.98 }));
    api.configure(|options| options.like = Like::WhisperCpp);
    let tokens = answer(&[("response_format", "verbose_json")]).await;
    assert_eq!(tokens["segments"][0]["words"][0]["word"], " number");
    let silence = super::super::tutor_api::write_wav(16_000, [0; 1600].into_iter());
    api.with(|state| state.hears = None);
    let parts: [Piece<'_>; 2] = [("file", WAV, &silence), ("model", None, b"whisper-1")];
    assert_eq!(send(addr, &parts).await.json()["text"], "");
}

#[tokio::test]
async fn what_real_servers_refuse_is_refused() {
    let (api, addr) = start(SpeechOptions { most_bytes: 40_000, ..SpeechOptions::default() }).await;
    let (wav, long) = (tone(16_000, 440.0, 100), tone(16_000, 440.0, 2_000));
    let file: Piece<'_> = ("file", WAV, &wav);
    let model: Piece<'_> = ("model", None, b"whisper-1");
    for (what, parts, status) in [
        ("no file", vec![model], 422),
        ("no model", vec![file], 422),
        ("two files", vec![file, file, model], 422),
        ("two models", vec![file, model, model], 400),
        ("another model", vec![file, ("model", None, &b"huge"[..])], 404),
        ("a file without a name", vec![("file", None, &wav[..]), model], 400),
        ("a file of another kind", vec![("file", Some(("a.ogg", "audio/ogg")), &wav[..]), model], 400),
        ("no WAV", vec![("file", WAV, &b"OggS"[..]), model], 400),
        ("too large", vec![("file", WAV, &long[..]), model], 413),
        ("an unknown field", vec![file, model, ("words", None, &b"1"[..])], 400),
        ("an unknown format", vec![file, model, ("response_format", None, &b"yaml"[..])], 400),
        ("a language by name", vec![file, model, ("language", None, &b"english"[..])], 400),
        (
            "words without the format",
            vec![file, model, ("timestamp_granularities[]", None, &b"word"[..])],
            400,
        ),
    ] {
        assert_eq!(send(addr, &parts).await.status, status, "{what}");
    }
    let good = json!({ "model": "tts-1", "voice": "alloy", "input": "Hello", "response_format": "wav" });
    let with = |field: &str, value: Value| {
        let mut body = good.clone();
        body[field] = value;
        body
    };
    for (what, body, status) in [
        ("no object", json!([]), 400),
        ("no input", with("input", Value::Null), 422),
        ("a blank input", with("input", json!("  ")), 422),
        ("a long input", with("input", json!("a".repeat(4_097))), 400),
        ("another model", with("model", json!("huge")), 404),
        ("another voice", with("voice", json!("bob")), 400),
        ("an unknown format", with("response_format", json!("ogg")), 422),
        ("an unknown field", with("text", json!("x")), 400),
        ("too fast", with("speed", json!(9)), 422),
    ] {
        assert_eq!(post(addr, SPEAK, &body).await.status, status, "{what}");
    }
    assert!(api.recordings().is_empty() && api.spoken().is_empty());
    assert_eq!(api.read(|state| state.refused().len()), 22);
    assert!(post(addr, SPEAK, &good).await.body.starts_with(b"RIFF"));
    assert_eq!(get(addr, "/v1/models").await.json()["data"][1]["id"], "tts-1");
    api.configure(|options| options.key = Some("k".to_owned()));
    assert_eq!(get(addr, "/v1/models").await.status, 401);
}
