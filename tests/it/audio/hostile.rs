//! Input made to break a decoder: no panic escapes, nothing large is allocated, nothing hangs.

use phonicflow_bot::audio::{AudioFault, Limits, to_wav};

use super::mutate::Random;
use super::{all_in, alone, honest_wav, hum, make_wav, status_kib, wav};

#[test]
fn wav_headers_that_lie_are_survived() {
    let sound = hum(1_000, 16_000);
    for rate in [0, 1, 7_999, 192_001, 2_300_000_000, u32::MAX] {
        let error = wav(make_wav(1, rate, 2_000, &sound)).unwrap_err();
        assert!(matches!(error.kind(), AudioFault::Unsupported | AudioFault::NotAudio), "{rate}: {error:?}");
    }
    for size in [0, 0xffff_fff0, 0xffff_ffff, 4_000] {
        let got = wav(make_wav(1, 16_000, size, &sound)).unwrap();
        assert_eq!(got.samples, 1_000, "size {size}");
    }
    for channels in [0, 9, 600, 32_767] {
        assert!(wav(make_wav(channels, 16_000, 2_000, &sound)).is_err(), "{channels}");
    }
    let whole = honest_wav(16_000, &sound);
    for cut in 0..60 {
        assert!(wav(whole[..cut.min(44)].to_vec()).is_err());
    }
}

#[test]
fn hostile_bytes_neither_panic_nor_allocate() {
    alone("audio::hostile::hostile_bytes_in_a_process_of_their_own");
}

#[test]
#[ignore = "run by hostile_bytes_neither_panic_nor_allocate, which wants the process for itself"]
fn hostile_bytes_in_a_process_of_their_own() {
    let limits = Limits { max_seconds: 20 };
    let before = status_kib("VmPeak");
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let fixtures: Vec<_> = all_in("voice").into_iter().chain(all_in("kinds")).collect();
    let mut survived = 0;
    for round in 0..2_400 {
        let (name, whole) = &fixtures[round % fixtures.len()];
        let mut bytes = whole.clone();
        // Mostly in the first bytes, where the lengths are.
        let reach = if random.below(3) == 0 { bytes.len() } else { bytes.len().min(400) };
        for _ in 0..=random.below(8) {
            let at = random.below(reach);
            match random.below(5) {
                0 => bytes[at] = 0xff,
                1 => bytes[at] = 0,
                2 => bytes[at] ^= 1 << random.below(8),
                3 => bytes[at] = random.below(256) as u8,
                _ => bytes[at..].iter_mut().take(4).for_each(|b| *b = 0xff),
            }
        }
        if random.below(6) == 0 {
            bytes.truncate(random.below(bytes.len()).max(1));
        }
        match to_wav(bytes.into(), limits) {
            Ok(_) => survived += 1,
            Err(error) => {
                assert_ne!(error.kind(), AudioFault::Internal, "{name} in round {round}: {error:?}")
            }
        }
    }
    for round in 0..300 {
        let mut bytes: Vec<u8> = (0..random.below(3_000)).map(|_| random.below(256) as u8).collect();
        let start: &[u8] =
            [&b"OggS\0\x02"[..], b"RIFF\xff\xff\xff\xffWAVEfmt ", b"fLaC", b"ID3\x04", b"\xff\xfb", b""]
                [round % 6];
        bytes.splice(..start.len().min(bytes.len()), start.iter().copied());
        let _ = to_wav(bytes.into(), limits);
    }
    assert!(survived > 200, "{survived} survived: the mutations are too coarse to reach the decoders");
    if let (Some(before), Some(after)) = (before, status_kib("VmPeak")) {
        assert!(after - before < 96 * 1024, "address space grew from {before} to {after} KiB");
    }
}
