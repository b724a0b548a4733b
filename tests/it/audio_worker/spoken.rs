//! Slower speech and contours, made by the workers.

use crate::world::{BINARY, asset};
use bytes::Bytes;
use phonicflow_bot::audio::{Limits, is_voice_note};
use phonicflow_bot::audio_worker::{JobError, Workers};
use phonicflow_bot::domain::Contour;

const LIMITS: Limits = Limits { max_seconds: 60 };

#[tokio::test]
async fn a_reply_is_made_slower_within_one_percent_and_stays_in_its_register() {
    let workers = Workers::of(BINARY.into());
    for name in ["voice/tutor-reply.wav", "voice/01-market.ogg"] {
        let source = Bytes::from(asset(name));
        let length = workers.place().await.to_wav(source.clone(), LIMITS).await.unwrap().samples as f64;
        let note = workers.place().await.to_slower_note(source.into()).await.unwrap();
        assert!(is_voice_note(&note.bytes), "{name}");
        // A slower one of the slower one is twice as far off, if it is off.
        let again =
            workers.place().await.to_slower_note(Bytes::from(note.bytes.clone()).into()).await.unwrap();
        for (note, times) in [(note, 1.25), (again, 1.25 * 1.25)] {
            let heard = workers.place().await.to_wav(note.bytes.into(), LIMITS).await.unwrap().samples as f64;
            assert!((heard / length / times - 1.0).abs() < 0.01, "{name}: {length} became {heard}");
            assert_eq!(f64::from(note.duration_secs), (heard / 16_000.0).round(), "{name}");
        }
    }
}

#[tokio::test]
async fn a_voice_has_a_contour_and_what_is_no_voice_has_none() {
    let workers = Workers::of(BINARY.into());
    let voice = Bytes::from(asset("voice/01-market.ogg"));
    let samples = workers.place().await.to_wav(voice.clone(), LIMITS).await.unwrap().samples;
    let contour = workers.place().await.contour(voice.into()).await.unwrap();
    let ms = i64::from(contour.duration_ms());
    assert!((ms - samples as i64 / 16).abs() <= 20, "{ms} ms of {samples} samples");
    let voiced: Vec<i16> =
        contour.pitch.iter().copied().filter(|pitch| *pitch != Contour::NO_VOICE).collect();
    assert!(voiced.len() * 4 > contour.pitch.len(), "{voiced:?}");
    assert!(voiced.iter().all(|cents| cents.abs() < 2_400), "{voiced:?}");
    assert_eq!(contour.level.iter().max(), Some(&255));
    for garbage in [&b""[..], b"no audio at all"] {
        let failed = workers.place().await.contour(Bytes::from_static(garbage).into()).await;
        assert!(matches!(failed, Err(JobError::Refused { .. })), "{failed:?}");
        let failed = workers.place().await.to_slower_note(Bytes::from_static(garbage).into()).await;
        assert!(matches!(failed, Err(JobError::Refused { .. })), "{failed:?}");
    }
}
