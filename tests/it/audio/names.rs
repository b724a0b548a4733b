//! Formats that are not decoded are refused by name. No file name or media type reaches the decoder: the bytes decide.

use phonicflow_bot::audio::{AudioError, AudioFault};

use super::{kind_file, wav};

#[test]
fn real_audio_that_is_not_decoded_is_called_by_its_name() {
    let amr_track = {
        let mut bytes = kind_file("faststart.m4a");
        let at = bytes.windows(4).position(|four| four == b"mp4a").unwrap();
        bytes[at..at + 4].copy_from_slice(b"samr");
        bytes
    };
    let in_wav = |tag: u16| {
        let mut bytes = kind_file("alaw.wav");
        bytes[20..22].copy_from_slice(&tag.to_le_bytes());
        bytes
    };
    let begun = |start: &[u8]| [start, &[0x3c; 3_000]].concat();
    for (bytes, name) in [
        (kind_file("speex.ogg"), "Speex"),
        (begun(b"#!AMR\n"), "AMR"),
        (begun(b"#!AMR-WB\n"), "AMR-WB"),
        (begun(b"caff\0\x01\0\0desc"), "CAF"),
        (begun(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\0\xaa\0\x62\xce\x6c"), "Windows Media"),
        (begun(b"MThd\0\0\0\x06"), "MIDI"),
        (begun(b"\x0b\x77"), "AC-3"),
        (kind_file("ac3.mp4"), "AC-3"),
        (amr_track, "AMR"),
        (in_wav(0x31), "GSM 6.10"),
        (in_wav(0x2000), "AC-3"),
    ] {
        let error = wav(bytes).unwrap_err();
        assert_eq!((error.kind(), error.name()), (AudioFault::Unsupported, Some(name)), "{error}");
    }
}

#[test]
fn what_is_no_sound_is_not_taken_for_any() {
    let text = b"Dear tutor, this is text and no sound at all.".repeat(40);
    assert!(matches!(wav(text), Err(AudioError::Unrecognised)));
    let noise = || (0..200_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8);
    for start in
        [&b"%PDF-1.7\n"[..], b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01", b"PK\x03\x04", b"\x89PNG\r\n\x1a\n"]
    {
        let bytes = start.iter().copied().chain(noise()).collect();
        assert!(matches!(wav(bytes), Err(AudioError::Unrecognised)), "{}", start.escape_ascii());
    }
}
