//! Every format a learner may send, exact lengths, rates, channels and limits.

use phonicflow_bot::audio::{AudioError, AudioFault, Limits, is_voice_note, to_wav};

use super::ogg::{join, pages};
use super::{all_voices, honest_wav, hum, make_wav, pcm, rms, voice, wav};

#[test]
fn every_format_becomes_speech_of_the_right_length() {
    for (name, bytes) in all_voices() {
        if name == "silent-video.mp4" {
            continue;
        }
        let wav = wav(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let samples = pcm(&wav);
        let seconds = match name.as_str() {
            "float-24k.wav" | "alac.m4a" | "pcm16-24k.aiff" => 0.5,
            "dtx.ogg" => 2.0,
            "chained.ogg" => 2.5,
            "chained-channels.ogg" => 3.75,
            _ => 1.25,
        };
        let off = samples.len() as f64 / 16_000.0 - seconds;
        // Only lossy codecs without gapless information may keep their padding.
        let lossy =
            ["mp3", "m4a", "mp4", "webm"].iter().any(|end| name.ends_with(end)) || name == "adpcm-24k.wav";
        let most = if lossy { 0.1 } else { 0.001 };
        assert!(off.abs() <= most, "{name}: {off} s off");
        assert!((300.0..12_000.0).contains(&rms(&samples)), "{name}: level {}", rms(&samples));
    }
}

#[test]
fn opus_lengths_are_what_the_granule_positions_say() {
    for (name, bytes) in
        all_voices().into_iter().filter(|(name, bytes)| name.ends_with("ogg") && is_voice_note(bytes))
    {
        let mut frames = 0;
        let all = pages(&bytes);
        for (index, page) in all.iter().enumerate() {
            if page.flags & 2 != 0 {
                frames -= i64::from(u16::from_le_bytes([page.body[10], page.body[11]]));
            }
            if all.get(index + 1).is_none_or(|next| next.flags & 2 != 0) {
                frames += page.granule as i64;
            }
        }
        assert_eq!(wav(bytes).unwrap().samples as i64, frames / 3, "{name}");
    }
}

#[test]
fn wav_at_the_right_rate_passes_through_to_the_sample() {
    let input = voice("pcm16-16k.wav");
    assert_eq!(wav(input.clone()).unwrap().bytes, input);
}

#[test]
fn every_accepted_rate_keeps_its_length_and_its_place_in_time() {
    for rate in [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 44_101, 48_000, 96_000, 192_000] {
        let count = rate as usize * 3 / 10 + 7;
        let out = pcm(&wav(honest_wav(rate, &hum(count, rate))).unwrap());
        assert_eq!(out.len(), count * 16_000 / rate as usize, "{rate}");
        // The same hum made at 16 kHz: no delay, no gain, away from the edges.
        let want = hum(out.len(), 16_000);
        let inner = 800..out.len() - 800;
        let noise: Vec<i16> =
            want[inner.clone()].iter().zip(&out[inner.clone()]).map(|(a, b)| a.saturating_sub(*b)).collect();
        let snr = 20.0 * (rms(&want[inner]) / rms(&noise).max(1e-9)).log10();
        assert!(snr > 55.0, "{rate}: {snr} dB");
    }
}

#[test]
fn stereo_is_the_mean_of_its_channels() {
    let left = hum(16_000, 16_000);
    let both: Vec<i16> = left.iter().flat_map(|&s| [s, s / 2]).collect();
    let out = pcm(&wav(make_wav(2, 16_000, 64_000, &both)).unwrap());
    for (out, left) in out.iter().zip(&left) {
        let want = (f64::from(*left) + f64::from(left / 2)) / 2.0;
        assert!((f64::from(*out) - want).abs() <= 0.5, "{out} {want}");
    }
}

#[test]
fn what_holds_no_sound_is_told_apart() {
    let kind = |bytes: Vec<u8>| wav(bytes).unwrap_err().kind();
    assert!(matches!(wav(Vec::new()), Err(AudioError::Empty)));
    assert_eq!(kind(Vec::new()), AudioFault::NoAudio);
    assert_eq!(kind(b"Dear tutor, this is text and no sound at all.".repeat(40)), AudioFault::NotAudio);
    assert_eq!(kind(vec![0; 5_000]), AudioFault::NotAudio);
    assert_eq!(kind(b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01".repeat(200)), AudioFault::NotAudio);
    assert_eq!(kind(voice("silent-video.mp4")), AudioFault::NoAudio);
    assert_eq!(kind(honest_wav(16_000, &[])), AudioFault::NoAudio);
    let headers_only = pages(&voice("telegram.ogg"))[..2].to_vec();
    assert!(matches!(kind(join(&headers_only)), AudioFault::NoAudio | AudioFault::NotAudio));
}

#[test]
fn the_limit_is_the_decoded_length() {
    let seconds = |tenths: usize| honest_wav(8_000, &hum(800 * tenths, 8_000));
    let limits = Limits { max_seconds: 2 };
    let run = |tenths| to_wav(seconds(tenths).into(), limits);
    assert!(run(20).is_ok());
    // Telegram says "2 s" of anything that rounds to it.
    assert!(run(24).is_ok());
    assert!(matches!(run(26), Err(AudioError::TooLong { limit_secs: 2 })));
    let chained = to_wav(voice("chained.ogg").into(), Limits { max_seconds: 1 });
    assert!(matches!(chained, Err(AudioError::TooLong { limit_secs: 1 })));
}
