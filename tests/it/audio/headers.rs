//! Unneeded header fields never cause a refusal, and sizes are judged by the file rather than the header.

use super::{hum, kind_file, pcm, voice, wav};

/// A 16 kHz mono WAV of these chunks and samples.
fn riff(id: &[u8; 4], chunks: &[u8], data_size: u32, samples: &[i16]) -> Vec<u8> {
    let mut bytes = id.to_vec();
    bytes.extend(b"\xff\xff\xff\xffWAVE");
    bytes.extend(chunks);
    bytes.extend(b"data");
    bytes.extend(data_size.to_le_bytes());
    bytes.extend(samples.iter().flat_map(|s| s.to_le_bytes()));
    bytes
}

fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&id[..], &(body.len() as u32).to_le_bytes(), body].concat()
}

const PLAIN: &[u8] = b"\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0";

fn format(more: &[u8]) -> Vec<u8> {
    chunk(b"fmt ", &[PLAIN, more].concat())
}

#[test]
fn the_size_of_the_samples_is_what_is_there_wherever_they_lie() {
    let sound = hum(20_000, 16_000);
    let noise: Vec<u8> = (0..4_096u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for before in [0, 100, 4_096, 70_000] {
        let filler: Vec<u8> = noise.iter().copied().cycle().take(before).collect();
        let chunks = [format(&[]), chunk(b"JUNK", &filler)].concat();
        for size in [0, 1, 2, 1_000, 30_000, 40_000, 40_001, 0x7fff_ffff, 0xffff_fff0, u32::MAX] {
            let got = wav(riff(b"RIFF", &chunks, size, &sound)).unwrap();
            assert_eq!(pcm(&got), sound, "{size} behind {before}");
        }
    }
}

#[test]
fn chunks_behind_the_samples_are_no_sound() {
    let sound = hum(8_000, 16_000);
    let mut bytes = riff(b"RIFF", &format(&[]), 16_000, &sound);
    bytes.extend(chunk(b"LIST", b"INFOISFT\x0e\0\0\0Lavf59.27.100\0"));
    bytes.extend(chunk(b"id3 ", &[1; 4_000]));
    assert_eq!(pcm(&wav(bytes.clone()).unwrap()), sound);
    // Another file joined on is another recording.
    bytes.extend(riff(b"RIFF", &format(&[]), 16_000, &sound));
    assert_eq!(pcm(&wav(bytes).unwrap()), [sound.clone(), sound].concat());
}

#[test]
fn formats_are_read_however_long_they_are() {
    let sound = hum(8_000, 16_000);
    let extensible = |rest: &[u8]| {
        let mut body = PLAIN.to_vec();
        body[..2].copy_from_slice(&[0xfe, 0xff]);
        chunk(b"fmt ", &[&body[..], rest].concat())
    };
    let guid = b"\x01\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71";
    let extended = |valid: u8, mask: u8| [&[22, 0, valid, 0, mask, 0, 0, 0][..], guid].concat();
    for (what, chunks) in [
        ("18 bytes", format(&[0, 0])),
        ("20 bytes", format(&[0; 4])),
        ("40 bytes", format(&[7; 24])),
        ("an odd list without its padding", [format(&[]), chunk(b"LIST", b"INFOabc")].concat()),
        ("a list that is none", [format(&[]), chunk(b"LIST", &[0; 6])].concat()),
        ("a list first", [chunk(b"LIST", b"INFOISFT\x02\0\0\0a\0"), format(&[])].concat()),
        ("extensible", extensible(&extended(16, 4))),
        ("a mask of six", extensible(&extended(16, 0x3f))),
        ("no valid bits", extensible(&extended(0, 0))),
    ] {
        assert_eq!(pcm(&wav(riff(b"RIFF", &chunks, 16_000, &sound)).unwrap()), sound, "{what}");
    }
    // Sizes of 64 bits stand in a chunk of their own.
    for id in [b"RF64", b"BW64"] {
        for long in [16_000u64, 0, 1 << 40] {
            let ds64 = [&0u64.to_le_bytes()[..], &long.to_le_bytes(), &[0; 12]].concat();
            let chunks = [chunk(b"ds64", &ds64), format(&[])].concat();
            assert_eq!(pcm(&wav(riff(id, &chunks, u32::MAX, &sound)).unwrap()), sound);
        }
    }
    // A chunk whose size leads nowhere does not hide the samples.
    let lost = [format(&[]), b"JUNK\xff\xff\xff\x7f".to_vec()].concat();
    assert_eq!(pcm(&wav(riff(b"RIFF", &lost, 16_000, &sound)).unwrap()), sound);
}

#[test]
fn aiff_sizes_are_judged_by_the_file_too() {
    let whole = voice("pcm16-24k.aiff");
    let clean = pcm(&wav(whole.clone()).unwrap());
    let ssnd = whole.windows(4).position(|four| four == b"SSND").unwrap();
    for (at, size) in [(4, 0u32), (4, u32::MAX), (ssnd + 4, 0), (ssnd + 4, u32::MAX), (ssnd + 4, 100)] {
        let mut lying = whole.clone();
        lying[at..at + 4].copy_from_slice(&size.to_be_bytes());
        assert_eq!(pcm(&wav(lying).unwrap()), clean, "{size} at {at}");
    }
}

#[test]
fn flac_is_told_by_its_frames() {
    let whole = voice("speech.flac");
    let clean = pcm(&wav(whole.clone()).unwrap());
    // Least and most samples in a block, least and most bytes in a frame, how many samples, their checksum.
    for (what, range, value) in [
        ("least block", 8..10, 0u8),
        ("both blocks", 8..12, 0),
        ("most block", 10..12, 0),
        ("frame sizes", 12..18, 0xff),
        ("frame sizes", 12..18, 1),
        ("count", 22..26, 0),
        ("count", 22..26, 0xff),
        ("checksum", 26..42, 0x5a),
    ] {
        let mut odd = whole.clone();
        odd[range].fill(value);
        assert_eq!(pcm(&wav(odd).unwrap()), clean, "{what}");
    }
    // A picture of megabytes, and one more file behind.
    let mut block = vec![6, 0x28, 0, 0];
    block.resize(4 + 0x28_0000, 0xff);
    let pictured = [&whole[..4], &[0][..], &whole[5..42], &block, &whole[42..]].concat();
    assert_eq!(pcm(&wav(pictured).unwrap()), clean);
    let joined = wav([whole.clone(), whole].concat()).unwrap();
    assert_eq!(joined.samples, 2 * clean.len() as u64);
}

#[test]
fn he_aac_plays_its_core_however_it_is_announced() {
    let explicit = kind_file("he-aac-explicit.m4a");
    let clean = pcm(&wav(explicit.clone()).unwrap());
    assert!((18_000..22_000).contains(&clean.len()), "{}", clean.len());
    // The configuration: five bytes of MPEG's own, behind their tag and length.
    let at = explicit.windows(6).position(|six| six[0] == 5 && six[1..4] == [0x80; 3]).unwrap() + 5;
    let (object, rate) = (explicit[at] >> 3, (explicit[at] & 7) << 1 | explicit[at + 1] >> 7);
    let layout = explicit[at + 1] >> 3 & 15;
    assert!(matches!(object, 5 | 29), "{object}");
    for announced in [2u8, 5, 29] {
        let mut other = explicit.clone();
        other[at] = announced << 3 | rate >> 1;
        if announced == 2 {
            // Nothing of it said at all.
            other[at + 1] = rate << 7 | layout << 3;
            other[at + 2..at + 4].fill(0);
        }
        assert_eq!(pcm(&wav(other).unwrap()), clean, "{announced}");
    }
}

#[test]
fn codecs_are_heard_in_every_container() {
    for (name, ms) in [
        ("mp3.mp4", 1_290),
        ("mp3.mka", 1_320),
        ("aac.mka", 1_322),
        ("live.webm", 1_264),
        ("flac.mka", 1_250),
        ("flac.oga", 1_250),
        ("pcm.mov", 1_250),
        ("ima.mov", 1_250),
        ("ima.aifc", 1_250),
        ("sowt.aifc", 1_250),
        ("alaw.wav", 1_250),
        ("fragments.mp4", 1_322),
        ("faststart.m4a", 1_322),
    ] {
        let got = wav(kind_file(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(got.duration_ms().abs_diff(ms) < 70, "{name}: {}", got.duration_ms());
        assert!((300.0..12_000.0).contains(&super::rms(&pcm(&got))), "{name}");
    }
}
