//! Pitch of made-up sounds, whose pitch is known.

use super::*;
use proptest::prelude::*;
use std::f32::consts::TAU;

fn track(samples: &[f32]) -> Vec<Option<f32>> {
    let mut tracker = Tracker::new();
    // In odd pieces, as a decoder gives them.
    samples.chunks(997).for_each(|piece| tracker.push(piece));
    tracker.finish()
}

/// A voice-like tone: its harmonics fall by 6 dB each; the pitch is a function of the time in seconds.
fn tone(seconds: f32, harmonics: u32, hz: impl Fn(f32) -> f32) -> Vec<f32> {
    let mut phase = 0.0;
    let sample = |n: usize| {
        phase = (phase + hz(n as f32 / RATE as f32) / RATE as f32) % 1.0;
        let heard =
            (1..=harmonics).take_while(|k| hz(n as f32 / RATE as f32) * *k as f32 <= RATE as f32 / 2.0);
        heard.map(|k| (TAU * phase * k as f32).sin() / k as f32).sum::<f32>() * 0.2
    };
    (0..(seconds * RATE as f32) as usize).map(sample).collect()
}

fn noise(seconds: f32, level: f32) -> Vec<f32> {
    let mut random = fastrand::Rng::with_seed(7);
    (0..(seconds * RATE as f32) as usize).map(|_| (random.f32() - 0.5) * 2.0 * level).collect()
}

fn cents(hz: f32, wanted: f32) -> f32 {
    1_200.0 * (hz / wanted).log2()
}

#[test]
fn a_tone_is_found_to_the_cent_over_the_whole_range() {
    for harmonics in [1, 8, 20] {
        for hz in [78.0, 85.0, 110.0, 146.8, 220.0, 261.6, 330.0, 440.0, 490.0] {
            let found = track(&tone(1.0, harmonics, |_| hz));
            assert_eq!(found.len(), 97);
            let voiced: Vec<f32> = found.iter().flatten().copied().collect();
            assert!(voiced.len() >= 95, "{hz} Hz, {harmonics} harmonics: {} of 97 frames", voiced.len());
            let worst = voiced.iter().map(|found| cents(*found, hz).abs()).fold(0.0, f32::max);
            assert!(worst < 5.0, "{hz} Hz, {harmonics} harmonics: {worst} cents");
        }
    }
}

#[test]
fn a_gliding_voice_with_noise_is_followed_within_20_cents_and_never_jumps_an_octave() {
    for (from, to) in [(90.0_f32, 180.0), (180.0, 90.0), (400.0, 200.0), (150.0, 220.0)] {
        let hz = move |t: f32| from * (to / from).powf(t / 2.0);
        let hiss = noise(2.0, 0.02);
        let sound: Vec<f32> = tone(2.0, 12, hz).iter().zip(&hiss).map(|(a, b)| a + b).collect();
        let found = track(&sound);
        let mut voiced = 0;
        for (n, frame) in found.iter().enumerate() {
            let Some(frame) = frame else { continue };
            voiced += 1;
            let off = cents(*frame, hz(n as f32 * 0.01 + 0.02));
            assert!(off.abs() < 20.0, "{from}..{to}: frame {n} is {off} cents off");
        }
        assert!(voiced > 190, "{from}..{to}: {voiced} of {}", found.len());
    }
}

#[test]
fn noise_and_silence_have_no_pitch_and_a_pause_is_one() {
    assert!(track(&vec![0.0; 16_000]).iter().all(Option::is_none));
    let voiced = track(&noise(2.0, 0.3)).iter().flatten().count();
    assert!(voiced <= 6, "{voiced} frames of noise have a pitch");
    let mut sound = tone(0.5, 10, |_| 120.0);
    sound.extend(vec![0.0; 8_000]);
    sound.extend(tone(0.5, 10, |_| 120.0));
    let found = track(&sound);
    assert!(found[52..96].iter().all(Option::is_none), "{found:?}");
    assert!(found[5..45].iter().chain(&found[105..140]).all(Option::is_some));
}

#[test]
fn what_is_far_quieter_than_the_voice_is_no_voice() {
    let mut sound = tone(0.5, 10, |_| 150.0);
    sound.extend(tone(0.5, 10, |_| 110.0).iter().map(|sample| sample * 0.01));
    let found = track(&sound);
    assert!(found[3..45].iter().all(Option::is_some) && found[52..].iter().all(Option::is_none), "{found:?}");
}

#[test]
fn a_click_is_no_melody_and_a_leap_parts_two() {
    let (a, b) = (Some(100.0), Some(210.0));
    let steps = [a, a, a, a, None, a, a, a, None, b, b, b, b, a, a, a];
    let kept = steady(&steps).iter().map(Option::is_some).collect::<Vec<_>>();
    assert_eq!(kept, [1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0].map(|kept| kept == 1));
}

#[test]
fn a_contour_is_relative_to_its_own_median_and_bounded() {
    let steps = |t: f32| if t < 1.0 { 100.0 } else { 200.0 };
    let mut sink = ContourSink::new();
    for piece in tone(3.0, 8, steps).chunks(1_000) {
        sink.take(RATE, piece).unwrap();
    }
    let contour = sink.finish().unwrap();
    assert_eq!((contour.duration_ms(), contour.pitch.len(), contour.level.len()), (3_000, 300, 300));
    assert!(contour.pitch[10..90].iter().all(|cents| (i32::from(*cents) + 1_200).abs() < 10));
    assert!(contour.pitch[110..290].iter().all(|cents| cents.abs() < 10));
    assert_eq!(contour.pitch[0], Contour::NO_VOICE);
    // The later minutes of a long recording are left out, and memory with them.
    let mut long = ContourSink::new();
    let minute = tone(60.0, 1, |_| 150.0);
    for _ in 0..6 {
        long.take(RATE, &minute).unwrap();
    }
    assert_eq!(long.tracker.frames.len(), MAX_FRAMES);
    let contour = long.finish().unwrap();
    assert_eq!((contour.duration_ms(), contour.pitch.len()), (300_000, Contour::STEPS));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn whatever_comes_a_pitch_is_in_range(
        samples in prop::collection::vec(prop_oneof![-8.0_f32..8.0, -1.0_f32..1.0, Just(0.0), Just(8.0), Just(f32::MIN_POSITIVE)], 0..3_000),
    ) {
        let found = track(&samples);
        prop_assert_eq!(found.len(), samples.len().saturating_sub(WINDOW - STEP) / STEP);
        prop_assert!(found.iter().flatten().all(|hz| (FLOOR..=CEILING).contains(hz)), "{found:?}");
        let mut sink = ContourSink::new();
        sink.take(22_050, &samples).unwrap();
        if let Ok(contour) = sink.finish() {
            prop_assert!(contour.pitch.len() == contour.level.len() && contour.pitch.len() <= Contour::STEPS);
        }
    }
}
