//! The pitch of a voice, by autocorrelation, and the contour that is kept of it. Knows realfft; must not know whose voice it
//! is.
//!
//! Paul Boersma, "Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise ratio of a sampled
//! sound" (1993), with the values that Praat takes as its own: the autocorrelation of each windowed frame is divided by the
//! window's, its peaks are candidates, and the cheapest path through all frames (Viterbi) decides between them.

use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use super::decode::Sink;
use super::error::AudioError;
use super::resample::Resampler;
use crate::domain::Contour;

/// Hz.
const RATE: u32 = 16_000;
/// 40 ms: three periods of the lowest pitch.
const WINDOW: usize = 640;
/// 10 ms.
const STEP: usize = 160;
/// At least one and a half windows, so that the longest lag does not wrap round.
const FFT: usize = 1_024;
/// Hz.
const FLOOR: f32 = 75.0;
const CEILING: f32 = 500.0;
const VOICING: f32 = 0.45;
const SILENCE: f32 = 0.03;
const OCTAVE_COST: f32 = 0.01;
const JUMP_COST: f32 = 0.35;
const VOICED_UNVOICED_COST: f32 = 0.14;
/// Voiced candidates of a frame.
const CANDIDATES: usize = 5;
/// Frames.
const SHORTEST: usize = 4;
/// Octaves.
const LEAP: f32 = 0.4;
/// What comes later in a recording is left out; bounds the memory to some 2 MB.
const MAX_FRAMES: usize = 30_000;

/// Pitch of each frame, Hz; `None` where there is no voice. The middle of frame n lies at `n * 10 ms + 20 ms`.
pub(super) struct Tracker {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    window: Vec<f32>,
    /// One by the window's own autocorrelation, by lag.
    unbias: Vec<f32>,
    frame: Vec<f32>,
    time: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    frames: Vec<Frame>,
    /// The largest sample of all.
    peak: f32,
}

#[derive(Default)]
struct Frame {
    /// Its largest sample.
    peak: f32,
    /// Hz and strength (0..1), the strongest first.
    candidates: Vec<(f32, f32)>,
}

impl Tracker {
    pub(super) fn new() -> Self {
        let mut planner = RealFftPlanner::<f32>::new();
        let (forward, inverse) = (planner.plan_fft_forward(FFT), planner.plan_fft_inverse(FFT));
        let hann = |n: usize| {
            let turn = (n as f32 + 0.5) / WINDOW as f32;
            0.5 - 0.5 * (std::f32::consts::TAU * turn).cos()
        };
        let mut tracker = Self {
            spectrum: forward.make_output_vec(),
            time: vec![0.0; FFT],
            forward,
            inverse,
            window: (0..WINDOW).map(hann).collect(),
            unbias: Vec::new(),
            frame: Vec::with_capacity(WINDOW),
            frames: Vec::new(),
            peak: 0.0,
        };
        let window = tracker.window.clone();
        tracker.correlate(&window);
        let whole = tracker.time.first().copied().unwrap_or(1.0);
        tracker.unbias = tracker.time.iter().map(|own| whole / own.max(f32::EPSILON)).collect();
        tracker
    }

    /// Takes samples at [`RATE`]; all are numbers, as a decoder sees to it.
    pub(super) fn push(&mut self, mut samples: &[f32]) {
        while !samples.is_empty() && self.frames.len() < MAX_FRAMES {
            let room = WINDOW.saturating_sub(self.frame.len()).min(samples.len());
            let (now, later) = samples.split_at(room);
            self.frame.extend_from_slice(now);
            samples = later;
            if self.frame.len() == WINDOW {
                let frame = self.analyse();
                self.peak = self.peak.max(frame.peak);
                self.frames.push(frame);
                self.frame.drain(..STEP);
            }
        }
    }

    fn analyse(&mut self) -> Frame {
        let mean = self.frame.iter().sum::<f32>() / WINDOW as f32;
        let windowed: Vec<f32> =
            self.frame.iter().zip(&self.window).map(|(sample, window)| (sample - mean) * window).collect();
        let peak = self.frame.iter().fold(0.0_f32, |peak, sample| peak.max((sample - mean).abs()));
        self.correlate(&windowed);
        let energy = self.time.first().copied().unwrap_or_default();
        if energy <= f32::MIN_POSITIVE {
            return Frame { peak, candidates: Vec::new() };
        }
        let (shortest, longest) = ((RATE as f32 / CEILING) as usize, (RATE as f32 / FLOOR) as usize);
        for (own, unbias) in self.time.iter_mut().zip(&self.unbias).take(longest + 3) {
            *own *= unbias / energy;
        }
        let mut candidates = Vec::new();
        let peaks = self.time.windows(3).enumerate().take(longest + 1).skip(shortest.saturating_sub(2));
        for (place, around) in peaks {
            let &[before, here, after] = around else { continue };
            if here <= 0.5 * VOICING || here <= before || here < after {
                continue;
            }
            let lag = place + 1;
            // The top of the parabola through the three.
            let bend = before - 2.0 * here + after;
            let off = if bend < 0.0 { 0.5 * (before - after) / bend } else { 0.0 };
            let height = here - 0.25 * (before - after) * off;
            // The peak of a short lag may come out above one, which it cannot be.
            let height = if height > 1.0 { 1.0 / height } else { height };
            let hz = RATE as f32 / (lag as f32 + off);
            if (FLOOR..=CEILING).contains(&hz) {
                candidates.push((hz, height - OCTAVE_COST * (FLOOR / hz).log2()));
            }
        }
        candidates.sort_by(|a, b| b.1.total_cmp(&a.1));
        candidates.truncate(CANDIDATES);
        Frame { peak, candidates }
    }

    /// The autocorrelation of one window, by lag, unscaled, in `time`.
    fn correlate(&mut self, samples: &[f32]) {
        self.time.fill(0.0);
        for (to, from) in self.time.iter_mut().zip(samples) {
            *to = *from;
        }
        // Both fail only for slices of a wrong length.
        let _ = self.forward.process(&mut self.time, &mut self.spectrum);
        for bin in &mut self.spectrum {
            *bin = Complex::new(bin.norm_sqr(), 0.0);
        }
        let _ = self.inverse.process(&mut self.spectrum, &mut self.time);
    }

    pub(super) fn finish(self) -> Vec<Option<f32>> {
        let mut costs: Vec<f32> = Vec::new();
        let mut steps: Vec<[u8; CANDIDATES + 1]> = Vec::with_capacity(self.frames.len());
        let mut before: &[(f32, f32)] = &[];
        for frame in &self.frames {
            let loudness = frame.peak / self.peak.max(f32::MIN_POSITIVE);
            let unvoiced = VOICING + (2.0 - loudness / (SILENCE / (1.0 + VOICING))).max(0.0);
            let mut next = Vec::with_capacity(frame.candidates.len() + 1);
            let mut step = [0; CANDIDATES + 1];
            // Place 0 is "no voice", place n the n-th candidate.
            let places = [None].into_iter().chain(frame.candidates.iter().map(Some));
            for (to, from) in places.zip(&mut step) {
                let strength = to.map_or(unvoiced, |(_, strength)| *strength);
                let way = |(place, cost): (usize, &f32)| {
                    let was = place.checked_sub(1).and_then(|place| before.get(place));
                    (place, cost + jump(was.map(|was| was.0), to.map(|to| to.0)))
                };
                let best = costs.iter().enumerate().map(way).min_by(|a, b| a.1.total_cmp(&b.1));
                let (place, cost) = best.unwrap_or((0, 0.0));
                *from = u8::try_from(place).unwrap_or(0);
                next.push(cost - strength);
            }
            costs = next;
            steps.push(step);
            before = &frame.candidates;
        }
        let cheapest = costs.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1));
        let mut place = cheapest.map_or(0, |(place, _)| place);
        let mut path = Vec::with_capacity(self.frames.len());
        for (frame, step) in self.frames.iter().zip(&steps).rev() {
            path.push(place.checked_sub(1).and_then(|place| Some(frame.candidates.get(place)?.0)));
            place = step.get(place).copied().map_or(0, usize::from);
        }
        path.reverse();
        path
    }
}

fn jump(from: Option<f32>, to: Option<f32>) -> f32 {
    match (from, to) {
        (None, None) => 0.0,
        (Some(from), Some(to)) => JUMP_COST * (from / to).log2().abs(),
        _ => VOICED_UNVOICED_COST,
    }
}

/// Takes mono samples at any rate, and makes the contour of them.
pub(super) struct ContourSink {
    resampler: Option<Resampler>,
    tracker: Tracker,
    /// Peak of each 10 ms.
    peaks: Vec<f32>,
    samples: u64,
}

impl ContourSink {
    pub(super) fn new() -> Self {
        Self { resampler: None, tracker: Tracker::new(), peaks: Vec::new(), samples: 0 }
    }

    pub(super) fn finish(mut self) -> Result<Contour, AudioError> {
        if let Some(resampler) = self.resampler.take() {
            resampler.finish(&mut |ready| {
                measure(&mut self.tracker, &mut self.peaks, &mut self.samples, ready);
                Ok(())
            })?;
        }
        if self.samples == 0 {
            return Err(AudioError::NoAudio);
        }
        Ok(contour(&self.tracker.finish(), &self.peaks))
    }
}

impl Sink for ContourSink {
    fn take(&mut self, rate: u32, mono: &[f32]) -> Result<(), AudioError> {
        let Self { resampler, tracker, peaks, samples } = self;
        let mut emit = |ready: &[f32]| {
            measure(tracker, peaks, samples, ready);
            Ok(())
        };
        if let Some(old) = resampler.take_if(|r| r.input_rate() != u64::from(rate)) {
            old.finish(&mut emit)?;
        }
        let resampler = match resampler {
            Some(resampler) => resampler,
            none => none.insert(Resampler::new(rate, RATE)?),
        };
        resampler.push(mono, &mut emit)
    }
}

fn measure(tracker: &mut Tracker, peaks: &mut Vec<f32>, samples: &mut u64, ready: &[f32]) {
    tracker.push(ready);
    let mut rest = ready;
    while !rest.is_empty() {
        let filled = usize::try_from(*samples % STEP as u64).unwrap_or(0);
        let (now, later) = rest.split_at(rest.len().min(STEP - filled));
        rest = later;
        *samples += now.len() as u64;
        if filled == 0 && peaks.len() < MAX_FRAMES {
            peaks.push(0.0);
        }
        if let Some(peak) = peaks.last_mut().filter(|_| *samples <= (MAX_FRAMES * STEP) as u64) {
            *peak = now.iter().fold(*peak, |peak, sample| peak.max(sample.abs()));
        }
    }
}

/// Leaves out what is no melody: a creak or a click of less than [`SHORTEST`] frames. A leap from one frame to the next ends one
/// stretch of voice and begins another.
fn steady(pitch: &[Option<f32>]) -> Vec<Option<f32>> {
    let mut kept = Vec::with_capacity(pitch.len());
    let leaps = |a: &Option<f32>, b: &Option<f32>| match (a, b) {
        (Some(a), Some(b)) => (a / b).log2().abs() > LEAP,
        (a, b) => a.is_some() != b.is_some(),
    };
    for stretch in pitch.chunk_by(|a, b| !leaps(a, b)) {
        let is_melody = stretch.len() >= SHORTEST;
        kept.extend(stretch.iter().map(|pitch| pitch.filter(|_| is_melody)));
    }
    kept
}

/// At most [`Contour::STEPS`] steps; the pitch relative to its own median.
fn contour(pitch: &[Option<f32>], peaks: &[f32]) -> Contour {
    let pitch = steady(pitch);
    let mut voiced: Vec<f32> = pitch.iter().flatten().copied().collect();
    voiced.sort_by(f32::total_cmp);
    let median = voiced.get(voiced.len() / 2).copied().unwrap_or(1.0);
    let each = peaks.len().div_ceil(Contour::STEPS).max(1);
    let loudest = peaks.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    let level = |step: &[f32]| (step.iter().copied().fold(0.0, f32::max) / loudest * 255.0) as u8;
    let at = |step: usize| {
        // The middle of a frame lies 20 ms, two places, behind its beginning.
        let place = (step * each + each / 2).checked_sub(2)?;
        let hz = pitch.get(place).copied().flatten()?;
        Some((1_200.0 * (hz / median).log2()).round() as i16)
    };
    let level: Vec<u8> = peaks.chunks(each).map(level).collect();
    Contour {
        step_ms: u16::try_from(each * 10).unwrap_or(u16::MAX),
        pitch: (0..level.len()).map(|step| at(step).unwrap_or(Contour::NO_VOICE)).collect(),
        level,
    }
}

#[cfg(test)]
mod tests;
