//! Slower speech keeps length and pitch by the rule, whatever comes.

use super::*;
use crate::audio::pitch::Tracker;
use proptest::prelude::*;
use std::f32::consts::TAU;

fn slower(samples: &[f32], rate: u32, piece: usize) -> Vec<f32> {
    let mut out = Vec::new();
    let mut emit = |ready: &[f32]| {
        out.extend_from_slice(ready);
        Ok(())
    };
    let mut slower = Slower::new(rate);
    for piece in samples.chunks(piece) {
        slower.push(piece, &mut emit).unwrap();
        assert!(
            slower.source.len() < 64 * slower.hop + 4 * piece.len(),
            "{} samples held",
            slower.source.len()
        );
    }
    slower.finish(&mut emit).unwrap();
    out
}

fn tone(seconds: f32, hz: f32, rate: u32) -> Vec<f32> {
    let sample = |n: usize| {
        let phase = hz * n as f32 / rate as f32;
        (1..=10).map(|k| (TAU * phase * k as f32).sin() / k as f32).sum::<f32>() * 0.2
    };
    (0..(seconds * rate as f32) as usize).map(sample).collect()
}

#[test]
fn length_is_exact_and_pitch_stays_within_20_cents() {
    for hz in [82.0, 110.0, 196.0, 233.0, 311.0, 440.0] {
        let source = tone(2.0, hz, 16_000);
        let out = slower(&source, 16_000, 333);
        assert_eq!(out.len(), 40_000, "{hz} Hz");
        let mut tracker = Tracker::new();
        tracker.push(&out);
        let found: Vec<f32> = tracker.finish().into_iter().flatten().collect();
        assert!(found.len() > 230, "{hz} Hz: {} frames", found.len());
        for found in found {
            let cents = 1_200.0 * (found / hz).log2();
            assert!(cents.abs() < 20.0, "{hz} Hz became {found} Hz");
        }
        // It is as loud as before: windows laid out of step would cancel each other.
        let rms = |s: &[f32]| (s.iter().map(|s| s * s).sum::<f32>() / s.len() as f32).sqrt();
        let ratio = rms(&out[2_000..38_000]) / rms(&source);
        assert!((0.97..1.03).contains(&ratio), "{hz} Hz: {ratio}");
    }
}

#[test]
fn five_minutes_are_held_in_little_memory() {
    // The bound is checked with each piece.
    let out = slower(&tone(300.0, 150.0, 8_000), 8_000, 4_096);
    assert_eq!(out.len(), 3_000_000);
}

#[test]
fn silence_stays_silence_and_order_stays_order() {
    assert!(slower(&[0.0; 12_000], 24_000, 500).iter().all(|s| *s == 0.0));
    // A click comes where it was, by the speed, and at most 10 ms off.
    let mut source = vec![0.0; 24_000];
    source[12_000] = 1.0;
    let out = slower(&source, 24_000, 100);
    let at = out.iter().position(|s| *s > 0.5).unwrap();
    assert!(at.abs_diff(15_000) <= 480, "{at}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn whatever_comes_its_length_is_right_and_nothing_is_no_number(
        samples in prop::collection::vec(prop_oneof![-1.0_f32..1.0, -8.0_f32..8.0, Just(0.0), Just(8.0), Just(f32::MIN_POSITIVE)], 0..5_000),
        rate in prop::sample::select(vec![8_000_u32, 12_000, 16_000, 24_000]),
        piece in 1_usize..3_000,
    ) {
        let out = slower(&samples, rate, piece);
        prop_assert_eq!(out.len(), (samples.len() as f64 / 0.8).round() as usize);
        prop_assert!(out.iter().all(|s| !s.is_nan()));
        let pieces = slower(&samples, rate, 64);
        prop_assert!(out.iter().zip(&pieces).all(|(a, b)| a == b), "it depends on how the samples come");
    }
}
