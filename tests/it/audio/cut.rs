//! Truncated files of every container: everything that is left is decoded.

use phonicflow_bot::audio::AudioFault;

use super::{kind_file, pcm, voice, wav};

/// Cuts a file in many places: what is heard is never less than the share of the sound that is there, but for some frames, and
/// is the same as in the whole file.
fn cut_anywhere(name: &str, whole: &[u8]) {
    let clean = pcm(&wav(whole.to_vec()).unwrap_or_else(|error| panic!("{name}: {error}")));
    let rate = clean.len() as f64 / whole.len() as f64;
    let mut heard_most = false;
    for cut in (0..whole.len()).rev().step_by(whole.len() / 40 + 1).chain([whole.len() - 1]) {
        match wav(whole[..cut].to_vec()) {
            Ok(wav) => {
                let heard = pcm(&wav);
                let sure = heard.len().saturating_sub(700).min(clean.len());
                assert_eq!(heard[..sure], clean[..sure], "{name} cut at {cut}");
                // Headers come first and a variable rate is one: half of the fair share is asked for, and all but 0.15 s of it
                // where hardly anything is missing.
                let fair = rate * cut as f64;
                assert!(heard.len() as f64 > fair * 0.5 - 6_000.0, "{name} cut at {cut}: {}", heard.len());
                if whole.len() - cut < 3 {
                    assert!(heard.len() + 2_400 > clean.len(), "{name} cut at {cut}: {}", heard.len());
                    heard_most = true;
                }
            }
            Err(error) => {
                assert_ne!(error.kind(), AudioFault::Internal, "{name} cut at {cut}: {error}");
                assert!(cut < whole.len() * 2 / 3, "{name} cut at {cut}: {error}");
            }
        }
    }
    assert!(heard_most, "{name} without its last byte");
}

#[test]
fn every_container_gives_what_is_there() {
    for name in [
        "faststart.m4a",
        "fragments.mp4",
        "pcm.mov",
        "ima.mov",
        "aac.mka",
        "mp3.mka",
        "live.webm",
        "flac.mka",
        "flac.oga",
        "adts.aac",
        "alaw.wav",
        "sowt.aifc",
        "ima.aifc",
        "he-aac-explicit.m4a",
    ] {
        // These keep their index at the end.
        if name != "he-aac-explicit.m4a" {
            cut_anywhere(name, &kind_file(name));
        }
    }
    for name in
        ["pcm16-16k.wav", "pcm16-24k.wav", "pcm16-24k.aiff", "speech.flac", "speech.webm", "vorbis.ogg"]
    {
        cut_anywhere(name, &voice(name));
    }
}

#[test]
fn a_file_whose_index_is_cut_off_is_called_that() {
    let whole = kind_file("he-aac-explicit.m4a");
    let moov = whole.windows(4).rposition(|four| four == b"moov").unwrap();
    assert!(moov > whole.len() / 2, "the index stands at the end");
    for cut in [40, whole.len() / 2, moov - 5] {
        assert_eq!(wav(whole[..cut].to_vec()).unwrap_err().kind(), AudioFault::Cut, "cut at {cut}");
    }
    // Only some of the tables missing: some of the sound.
    assert!(wav(whole[..whole.len() - 1].to_vec()).unwrap().duration_ms() > 1_000);
}

#[test]
fn damage_within_a_matroska_file_costs_its_cluster_at_most() {
    for name in ["aac.mka", "live.webm"] {
        let whole = kind_file(name);
        let clean = wav(whole.clone()).unwrap().samples;
        for at in (whole.len() / 4..whole.len() - 8).step_by(211) {
            let mut hurt = whole.clone();
            hurt[at..at + 4].fill(0);
            // The file holds one or two clusters, so that no more can be asked than that it ends well.
            if let Ok(wav) = wav(hurt) {
                assert!(wav.samples <= clean + 16_000, "{name} {at}");
            }
        }
    }
}
