//! Compares decoded Opus with what libopus makes of the same files (`tests/fixtures/README.md` says how the
//! references were made). Stands here rather than in `tests/` because it looks at samples before they become
//! a WAV.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use super::decode::{Sink, decode};
use super::error::AudioError;
use super::{Limits, to_wav};

/// Opus files with a 48 kHz reference.
const OPUS: [&str; 18] = [
    "silk-nb-20",
    "silk-mb-60",
    "silk-wb-20",
    "silk-wb-10",
    "silk-wb-40-fec",
    "hybrid-swb-20",
    "hybrid-fb-10",
    "celt-fb-20",
    "celt-fb-5",
    "celt-fb-2.5",
    "stereo-hybrid",
    "stereo-celt",
    "dtx",
    "telegram",
    "gain-minus-6db",
    "gain-plus-2db",
    "chained",
    "chained-channels",
];

/// Those that have a 16 kHz reference as well.
const RESAMPLED: [&str; 8] = [
    "silk-nb-20",
    "silk-wb-20",
    "hybrid-swb-20",
    "celt-fb-20",
    "stereo-hybrid",
    "dtx",
    "telegram",
    "chained",
];

#[derive(Default)]
struct Collect {
    rate: u32,
    samples: Vec<f32>,
}

impl Sink for Collect {
    fn take(&mut self, rate: u32, mono: &[f32]) -> Result<(), AudioError> {
        self.rate = rate;
        self.samples.extend_from_slice(mono);
        Ok(())
    }
}

fn bytes(folder: &str, name: &str) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    fs::read(root.join(folder).join(name)).unwrap()
}

fn samples(bytes: Vec<u8>) -> Collect {
    let mut all = Collect::default();
    decode(Cursor::new(bytes), &mut all).unwrap();
    all
}

/// Signal-to-noise ratio of `got` against `want`, dB.
fn snr(want: &[f32], got: &[f32]) -> f64 {
    let signal: f64 = want.iter().map(|&s| f64::from(s).powi(2)).sum();
    let noise: f64 = want.iter().zip(got).map(|(&a, &b)| f64::from(a - b).powi(2)).sum();
    10.0 * (signal / noise.max(1e-20)).log10()
}

/// The required ratio (dB) for one file. Pauses that were not transmitted are synthesised by the decoder;
/// there even libopus's fixed-point and floating-point builds agree to only some 42 dB.
fn least(name: &str, usual: f64) -> f64 {
    if name == "dtx" { 45.0 } else { usual }
}

/// A windowed-sinc low pass at `cutoff` (fraction of the sample rate), applied to both sides of a comparison.
fn low_pass(input: &[f32], cutoff: f64) -> Vec<f32> {
    const HALF: i32 = 64;
    let tap = |k: i32| {
        let x = f64::from(k);
        let sinc = if k == 0 {
            2.0 * cutoff
        } else {
            (2.0 * std::f64::consts::PI * cutoff * x).sin() / (std::f64::consts::PI * x)
        };
        let phase = std::f64::consts::PI * x / f64::from(HALF);
        sinc * (0.42 + 0.5 * phase.cos() + 0.08 * (2.0 * phase).cos())
    };
    let taps: Vec<f64> = (-HALF..=HALF).map(tap).collect();
    let half = HALF as usize;
    (0..input.len())
        .map(|n| {
            let sum: f64 = taps
                .iter()
                .enumerate()
                .filter_map(|(k, t)| Some(f64::from(*input.get((n + k).checked_sub(half)?)?) * t))
                .sum();
            sum as f32
        })
        .collect()
}

#[test]
fn opus_decodes_as_libopus_does() {
    let mut report = String::new();
    let mut good = true;
    for name in OPUS {
        let want = samples(bytes("golden", &format!("{name}.48k.flac")));
        let got = samples(bytes("voice", &format!("{name}.ogg")));
        assert_eq!((got.rate, got.samples.len()), (48_000, want.samples.len()), "{name}");
        let snr = snr(&want.samples, &got.samples);
        report += &format!("{name}: {snr:.1} dB\n");
        good &= snr > least(name, 60.0);
    }
    assert!(good, "{report}");
}

#[test]
fn sixteen_kilohertz_is_as_a_good_resampler_makes_it() {
    let mut report = String::new();
    let mut good = true;
    for name in RESAMPLED {
        let want = samples(bytes("golden", &format!("{name}.16k.flac"))).samples;
        let source = samples(bytes("voice", &format!("{name}.ogg"))).samples.len() as u64;
        let wav = to_wav(bytes("voice", &format!("{name}.ogg")).into(), Limits { max_seconds: 60 }).unwrap();
        assert_eq!(wav.samples, source / 3, "{name}");
        let got: Vec<f32> = hound::WavReader::new(Cursor::new(wav.bytes))
            .unwrap()
            .samples::<i16>()
            .map(|s| f32::from(s.unwrap()) / 32_768.0)
            .collect();
        assert_eq!(got.len() as u64, wav.samples, "{name}");
        assert!(want.len().abs_diff(got.len()) <= 1, "{name}: {} and {}", want.len(), got.len());
        let cutoff = 6_500.0 / 16_000.0;
        let snr = snr(&low_pass(&want, cutoff), &low_pass(&got, cutoff));
        report += &format!("{name}: {snr:.1} dB\n");
        good &= snr > least(name, 55.0);
    }
    assert!(good, "{report}");
}
