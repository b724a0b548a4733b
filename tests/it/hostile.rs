//! Hostile and broken audio: a clear sentence for the learner, and the next good message is answered.

use crate::world::{World, asset, voice};
use phonicflow_bot::sandbox::bot_api::Post;

fn kind_file(name: &str) -> Vec<u8> {
    std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/kinds").join(name))
        .unwrap()
}

fn wav_header(rate: u32, data_bytes: u32) -> Vec<u8> {
    let mut wav = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
    wav.extend(rate.to_le_bytes());
    wav.extend(rate.wrapping_mul(2).to_le_bytes());
    wav.extend(b"\x02\0\x10\0data");
    wav.extend(data_bytes.to_le_bytes());
    wav
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_files_get_a_clear_sentence_and_the_next_good_one_an_answer() {
    let world = World::started().await;
    let ana = world.learner(11);
    let good = voice();
    let noise: Vec<u8> = (0..20_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut fast = wav_header(2_300_000_000, 4_000);
    fast.extend([1; 4_000]);
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("random bytes", noise.clone(), "can't read this as audio"),
        ("no bytes", Vec::new(), "no sound in this file"),
        ("headers only", good[..100].to_vec(), ""),
        ("a WAV that claims 2.3 GHz", fast, "don't know this audio format"),
        ("a WAV without sound", wav_header(16_000, 0), "no sound in this file"),
        ("text", b"hello".to_vec(), "can't read this as audio"),
        ("Speex", kind_file("speex.ogg"), "don't know this audio format (Speex)"),
        ("AMR", b"#!AMR\n\x3c".repeat(40), "don't know this audio format (AMR)"),
        (
            "an index cut off",
            kind_file("he-aac-explicit.m4a")[..4_000].to_vec(),
            "end of this file is missing",
        ),
        ("noise behind an Ogg capture pattern", [b"OggS".to_vec(), noise].concat(), ""),
    ];
    for (n, (name, bytes, expected)) in cases.into_iter().enumerate() {
        ana.voice(bytes, 4);
        let answers = world.answers(ana.chat(), n + 1).await;
        assert!(answers[n].text.contains(expected), "{name}: {}", answers[n].text);
        assert!(!answers[n].text.is_empty(), "{name}");
    }
    assert_eq!(world.tutor.turns().len(), 0, "the tutor is not bothered");
    // Cut in the middle, and with a damaged page: what is there is heard.
    ana.voice(good[..good.len() * 2 / 3].to_vec(), 4);
    world.voice_notes(ana.chat(), 1).await;
    let mut damaged = good.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0x55;
    ana.voice(damaged, 4);
    world.voice_notes(ana.chat(), 2).await;
    ana.voice(good, 4);
    world.voice_notes(ana.chat(), 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_large_and_too_long_are_refused_by_name_whatever_was_announced() {
    let mut world = World::new().await;
    world.set("MAX_AUDIO_SIZE_MB", "1").set("MAX_AUDIO_SECONDS", "3").start();
    let ana = world.learner(11);
    let big = vec![7_u8; 25 << 20];
    for (n, (post, expected)) in [
        (Post::audio(big.clone(), 3, "big.mp3", "audio/mpeg"), "up to 1 MB"),
        (Post::audio(big.clone(), 3, "big.mp3", "audio/mpeg").claims_size(Some(10)), ""),
        (Post::audio(vec![7_u8; 2 << 20], 3, "big.mp3", "audio/mpeg").claims_size(Some(10)), "up to 1 MB"),
        (Post::audio(vec![7_u8; 2 << 20], 3, "big.mp3", "audio/mpeg").claims_size(None), "up to 1 MB"),
        (Post::voice(voice(), 400), "up to 3 seconds"),
        (Post::voice(asset("voice/03-travel.ogg"), 1), "up to 3 seconds"),
    ]
    .into_iter()
    .enumerate()
    {
        ana.post(post);
        let answers = world.answers(ana.chat(), n + 1).await;
        assert!(answers[n].text.contains(expected), "{n}: {}", answers[n].text);
    }
    assert_eq!(world.tutor.turns().len(), 0);
}
