//! The way back: voice notes as RFC 7845 requires them.

use phonicflow_bot::audio::{AudioError, MAX_NOTE_SECONDS, VoiceNote, is_voice_note, to_voice_note};
use proptest::prelude::*;

use super::ogg::pages;
use super::{all_voices, honest_wav, hum, make_wav, pcm, rms, voice, wav};

fn note(bytes: Vec<u8>) -> VoiceNote {
    to_voice_note(bytes.into()).unwrap()
}

/// Checks a voice note against RFC 7845 and returns its length in 48 kHz samples.
fn check_note(note: &VoiceNote, source_rate: u32) -> u64 {
    assert!(is_voice_note(&note.bytes));
    let all = pages(&note.bytes);
    for (index, page) in all.iter().enumerate() {
        assert_eq!(page.checksum, page.right_checksum(), "page {index}");
        assert_eq!((page.sequence, page.serial), (index as u32, all[0].serial));
        let first = if index == 0 { 2 } else { 0 };
        let last = if index + 1 == all.len() { 4 } else { 0 };
        assert_eq!(page.flags, first | last, "page {index}");
    }
    let head = &all[0].packets();
    assert_eq!((head.len(), all[0].granule), (1, 0));
    assert_eq!(&head[0][..10], b"OpusHead\x01\x01");
    let pre_skip = u64::from(u16::from_le_bytes([head[0][10], head[0][11]]));
    assert_eq!(pre_skip, 312);
    assert_eq!(head[0][12..16], source_rate.to_le_bytes());
    assert_eq!(head[0][16..], [0, 0, 0]);
    let tags = &all[1].packets();
    assert_eq!((tags.len(), all[1].granule), (1, 0));
    assert!(tags[0].starts_with(b"OpusTags"));
    let mut position = 0;
    for page in &all[2..all.len() - 1] {
        assert_eq!(page.packets().len(), 50);
        position += 48_000;
        assert_eq!(page.granule, position);
    }
    let last = all.last().unwrap();
    let end = position + last.packets().len() as u64 * 960;
    assert!(last.granule <= end && last.granule + 960 > end, "{} of {end}", last.granule);
    last.granule - pre_skip
}

#[test]
fn a_voice_note_is_what_rfc_7845_says() {
    for (name, rate, frames) in [
        ("pcm16-24k.wav", 24_000, 60_000),
        ("pcm16-16k.wav", 16_000, 60_000),
        ("speech.flac", 24_000, 60_000),
    ] {
        let note = note(voice(name));
        assert_eq!(check_note(&note, rate), frames, "{name}");
        assert_eq!(note.duration_secs, 1, "{name}");
        assert_eq!(wav(note.bytes).unwrap().samples, frames / 3, "{name}");
    }
    let from_mp3 = note(voice("speech.mp3"));
    assert!(check_note(&from_mp3, 44_100) >= 60_000);
    let again = note(voice("telegram.ogg"));
    assert_eq!(check_note(&again, 48_000), 60_000);
}

#[test]
fn a_voice_note_sounds_like_its_source_at_the_same_time() {
    let source = voice("pcm16-24k.wav");
    let want = pcm(&wav(source.clone()).unwrap());
    let got = pcm(&wav(note(source).bytes).unwrap());
    assert_eq!(want.len(), got.len());
    let likeness = |lag: i64| -> f64 {
        let pairs = (500..want.len() - 500).map(|n| (want[n], got[(n as i64 + lag) as usize]));
        pairs.map(|(a, b)| f64::from(a) * f64::from(b)).sum()
    };
    let best = (-200..=200).max_by(|&a, &b| likeness(a).total_cmp(&likeness(b)));
    // The VoIP mode's high-pass makes it lead by two samples at 48 kHz, in libopus's own tools too.
    assert!(matches!(best, Some(-1..=1)), "the pre-skip is off: {best:?}");
    let norm =
        rms(&want[500..want.len() - 500]) * rms(&got[500..got.len() - 500]) * (want.len() - 1_000) as f64;
    assert!(likeness(0) / norm > 0.8, "{}", likeness(0) / norm);
}

#[test]
fn only_ogg_opus_is_a_voice_note_already() {
    for (name, bytes) in all_voices() {
        let opus = name.ends_with(".ogg") && name != "vorbis.ogg";
        assert_eq!(is_voice_note(&bytes), opus, "{name}");
        assert!(!is_voice_note(&bytes[..30]), "{name}");
    }
    assert!(!is_voice_note(b""));
}

#[test]
fn a_voice_note_that_would_never_end_is_refused() {
    // 8 kHz mono, as small as it gets: a little longer than allowed.
    let samples = vec![0; 8_000 * (MAX_NOTE_SECONDS as usize + 1)];
    let mut wav = make_wav(1, 8_000, samples.len() as u32, &[]);
    wav[32..36].copy_from_slice(&[1, 0, 8, 0]);
    wav.extend(samples.iter().map(|_: &u8| 0x80));
    let error = to_voice_note(wav.into()).unwrap_err();
    assert!(matches!(error, AudioError::TooLong { limit_secs: MAX_NOTE_SECONDS }), "{error:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_length_survives_the_way_there_and_back(
        count in 1usize..4_000,
        rate in prop::sample::select(vec![8_000u32, 12_000, 16_000, 24_000, 44_100, 48_000]),
    ) {
        let source = honest_wav(rate, &hum(count, rate));
        let direct = wav(source.clone());
        let due = count as u64 * 16_000 / u64::from(rate);
        match &direct {
            Ok(wav) => prop_assert_eq!(wav.samples, due),
            // One sample at a high rate is none at a lower one.
            Err(error) => prop_assert!(due == 0 && matches!(error, AudioError::NoAudio)),
        }
        let made = to_voice_note(source.into());
        let encoded = if rate > 24_000 { count as u64 * 24_000 / u64::from(rate) * 2 } else { count as u64 * 48_000 / u64::from(rate) };
        match made {
            Ok(note) => {
                prop_assert_eq!(check_note(&note, rate), encoded);
                prop_assert_eq!(note.duration_secs, 1);
            }
            Err(error) => prop_assert!(encoded == 0 && matches!(error, AudioError::NoAudio)),
        }
    }
}
