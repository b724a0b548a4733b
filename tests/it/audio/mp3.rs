//! MP3 (and other formats without a container): every frame in the file is decoded, whatever tags, counts and
//! first headers say.

use phonicflow_bot::audio::to_voice_note;
use proptest::prelude::*;

use super::{kind_file, pcm, rms, wav};

/// Seconds heard.
fn seconds(bytes: Vec<u8>) -> f64 {
    wav(bytes).unwrap().samples as f64 / 16_000.0
}

/// Asserts that so much is heard, give or take the two frames a decoder may need at a seam.
fn heard(what: &str, bytes: Vec<u8>, want: f64) {
    let got = seconds(bytes);
    assert!((got - want).abs() < 0.11, "{what}: {got} s heard of {want}");
}

/// The frames of an MPEG 2 Layer III file, without the first, which holds its encoder's notes.
fn frames_behind_notes(bytes: &[u8]) -> &[u8] {
    let notes = bytes.windows(4).position(|four| four == b"Xing" || four == b"Info").unwrap();
    let next = (notes + 4..bytes.len()).find(|&at| bytes[at] == 0xff && bytes[at + 1] & 0xf6 == 0xf2);
    &bytes[next.unwrap()..]
}

/// An ID3v2 tag with a picture of so many bytes.
fn picture(size: usize, fill: &[u8]) -> Vec<u8> {
    let mut tag = b"ID3\x03\0\0".to_vec();
    tag.extend((0..4).rev().map(|n| (size >> (7 * n)) as u8 & 127));
    tag.extend(fill.iter().cycle().take(size));
    tag
}

/// A frame's header that would be believed, were it not in a picture.
const SYNC: &[u8] = b"\xff\xf3\x44\xc4picture";

#[test]
fn a_variable_rate_without_notes_is_heard_to_its_end() {
    let whole = kind_file("vbr.mp3");
    let bare = frames_behind_notes(&whole).to_vec();
    heard("with notes", whole, 1.3);
    heard("without", bare.clone(), 1.3);
    // Quiet frames first, loud ones behind: an estimate from the beginning falls short.
    let long = [bare.clone(), bare.clone(), bare.clone(), bare].concat();
    heard("four times", long, 5.2);
}

#[test]
fn notes_that_lie_about_the_length_change_nothing() {
    let whole = kind_file("vbr.mp3");
    let at = whole.windows(4).position(|four| four == b"Xing").unwrap();
    for (frames, bytes) in [(1u32, 100u32), (0, 0), (u32::MAX, u32::MAX), (7, u32::MAX)] {
        let mut lying = whole.clone();
        lying[at + 8..at + 12].copy_from_slice(&frames.to_be_bytes());
        lying[at + 12..at + 16].copy_from_slice(&bytes.to_be_bytes());
        heard("lying notes", lying, 1.3);
    }
}

#[test]
fn joined_files_are_heard_one_after_the_other() {
    let (vbr, plain, stereo) = (kind_file("vbr.mp3"), kind_file("plain.mp3"), kind_file("stereo-44k.mp3"));
    for parts in [
        vec![&vbr, &plain],
        vec![&plain, &vbr],
        vec![&vbr, &vbr, &vbr],
        vec![&vbr, &stereo, &plain],
        vec![&stereo, &vbr, &stereo],
    ] {
        let joined: Vec<u8> = parts.iter().flat_map(|part| part.iter().copied()).collect();
        let want = 1.28 * parts.len() as f64;
        let got = seconds(joined.clone());
        assert!((got - want).abs() < 0.1 * parts.len() as f64, "{} parts: {got} s", parts.len());
        // The tutor's answers take the same way.
        let note = to_voice_note(joined.into()).unwrap();
        assert_eq!(note.duration_secs, got.round() as u32);
    }
}

#[test]
fn tags_of_any_size_are_passed_over() {
    let plain = kind_file("plain.mp3");
    for (what, tags) in [
        ("three megabytes", picture(3 << 20, SYNC)),
        ("two in a row", [picture(1_200_000, SYNC), picture(90_000, b"x")].concat()),
    ] {
        heard(what, [tags.clone(), plain.clone()].concat(), 1.32);
        let flac = super::voice("speech.flac");
        heard(what, [tags, flac].concat(), 1.25);
    }
    let id3v1 = [b"TAG".to_vec(), vec![b'a'; 125]].concat();
    let mut ape = b"APETAGEX\xd0\x07\0\0\x40\0\0\0\x01\0\0\0\0\0\0\xa0\0\0\0\0\0\0\0\0".to_vec();
    ape.extend(SYNC.iter().cycle().take(32));
    ape.extend(b"APETAGEX\xd0\x07\0\0\x40\0\0\0\x01\0\0\0\0\0\0\x80\0\0\0\0\0\0\0\0");
    let files =
        [plain.clone(), id3v1.clone(), plain.clone(), ape, picture(5_000, SYNC), plain, id3v1].concat();
    heard("tags between", files, 3.96);
}

#[test]
fn a_tag_that_says_it_is_longer_than_the_file_is_not_believed() {
    let mut tag = picture(40, b"x");
    tag[6..10].copy_from_slice(&[127; 4]);
    heard("a lying tag", [tag, kind_file("plain.mp3")].concat(), 1.32);
}

#[test]
fn rubbish_costs_the_frames_it_hits() {
    let plain = kind_file("plain.mp3");
    let noise: Vec<u8> = (0..3_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    heard("before", [noise.clone(), plain.clone()].concat(), 1.32);
    heard("zeros before", [vec![0; 70_000], plain.clone()].concat(), 1.32);
    heard("behind", [plain.clone(), noise.clone()].concat(), 1.32);
    heard("between", [&plain[..2_000], &noise, &plain[2_000..]].concat(), 1.3);
    heard("no beginning", plain[150..].to_vec(), 1.28);
    for cut in [1, 57, 130] {
        heard("no end", plain[..plain.len() - cut].to_vec(), 1.28);
    }
}

#[test]
fn the_other_layers_and_adts_are_heard() {
    heard("Layer II", kind_file("layer2.mp2"), 1.26);
    let adts = kind_file("adts.aac");
    heard("ADTS", adts.clone(), 1.32);
    heard("ADTS behind a tag", [picture(2 << 20, b"\xff\xf1\x50\x40"), adts.clone()].concat(), 1.32);
    heard("ADTS twice", [adts.clone(), adts.clone()].concat(), 2.64);
    heard("ADTS cut", adts[..adts.len() - 30].to_vec(), 1.28);
}

#[test]
fn the_delay_an_encoder_notes_is_dropped_and_nothing_else() {
    let whole = kind_file("vbr.mp3");
    let bare = frames_behind_notes(&whole).to_vec();
    // 576 samples of the encoder's and 529 of the decoder's at 24 kHz.
    let (with, without) = (pcm(&wav(whole).unwrap()), pcm(&wav(bare).unwrap()));
    assert_eq!(without.len() - with.len(), (576 + 529) * 2 / 3 + 1, "{} {}", without.len(), with.len());
    assert!(rms(&with) > 300.0);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    /// Frames found in rubbish are few: no more sound than bytes allow, no panic, no hang.
    #[test]
    fn rubbish_is_no_sound(seed in any::<u32>(), tags in 0usize..4) {
        let noise = (0..60_000u32).map(|n| (n.wrapping_add(seed).wrapping_mul(2_654_435_761) >> 23) as u8);
        let mut bytes: Vec<u8> = noise.collect();
        for n in 0..tags {
            let at = n * 9_000 + seed as usize % 5_000;
            bytes[at..at + SYNC.len()].copy_from_slice(SYNC);
        }
        if let Ok(wav) = wav(bytes) {
            prop_assert!(wav.duration_ms() < 1_000, "{}", wav.duration_ms());
        }
    }

    #[test]
    fn what_is_joined_is_at_least_what_it_is_made_of(order in prop::collection::vec(0usize..3, 1..5)) {
        let names = ["vbr.mp3", "plain.mp3", "stereo-44k.mp3"];
        let joined: Vec<u8> = order.iter().flat_map(|&n| kind_file(names[n])).collect();
        let want = 1.2 * order.len() as f64;
        let got = seconds(joined);
        prop_assert!(got > want, "{order:?}: {got}");
    }
}
