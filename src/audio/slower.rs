//! Slower speech at the same pitch: waveform similarity overlap-add (Verhelst and Roelands, "An overlap-add technique based on
//! waveform similarity (WSOLA)", 1993). Must not know what is said or who hears it.
//!
//! Windows of 40 ms are laid 20 ms apart over a source read at 0.8 of that distance. Each is taken from where, within 10 ms of
//! its place, the source is most like what would have followed the window before. All places are compared: a coarser search
//! jumped an octave on high voices.

use std::f32::consts::PI;

use super::error::AudioError;

/// Speed, as a part of the original's.
const SPEED: f64 = 0.8;

type Emit<'a> = dyn FnMut(&[f32]) -> Result<(), AudioError> + 'a;

/// Takes samples and passes on more of them; memory does not depend on their number.
pub(super) struct Slower {
    /// Samples between two windows of the output.
    hop: usize,
    /// Largest distance from a window's place, samples.
    reach: usize,
    /// The falling half of the window; the rising half is its complement.
    fall: Vec<f32>,
    /// The source from `start` on.
    source: Vec<f32>,
    start: usize,
    taken: usize,
    /// Windows laid so far.
    laid: usize,
    /// Where the last window was taken from.
    last: usize,
    given: usize,
}

impl Slower {
    /// `rate`: Hz.
    pub(super) fn new(rate: u32) -> Self {
        let hop = (rate as usize / 50).max(1);
        let fall = (0..hop).map(|n| 0.5 + 0.5 * (PI * (n as f32 + 0.5) / hop as f32).cos()).collect();
        let (reach, source) = (hop / 2, Vec::with_capacity(hop * 8));
        Self { hop, reach, fall, source, start: 0, taken: 0, laid: 0, last: 0, given: 0 }
    }

    /// All samples are numbers, as a decoder sees to it.
    pub(super) fn push(&mut self, samples: &[f32], emit: &mut Emit<'_>) -> Result<(), AudioError> {
        for piece in samples.chunks(self.hop) {
            self.source.extend_from_slice(piece);
            self.taken += piece.len();
            while self.nominal() + self.reach + 2 * self.hop <= self.taken {
                self.lay(usize::MAX, emit)?;
            }
        }
        Ok(())
    }

    /// Afterwards exactly `taken / 0.8` samples, rounded, have been passed on.
    pub(super) fn finish(mut self, emit: &mut Emit<'_>) -> Result<(), AudioError> {
        let due = (self.taken as f64 / SPEED).round() as usize;
        // Silence behind the end, so that the last windows are whole.
        self.source.resize(self.source.len() + 4 * self.hop, 0.0);
        while self.given < due {
            self.lay(due, emit)?;
        }
        Ok(())
    }

    /// Where the next window would be taken from by the speed alone.
    fn nominal(&self) -> usize {
        (self.laid as f64 * self.hop as f64 * SPEED) as usize
    }

    fn at(&self, place: usize, len: usize) -> &[f32] {
        let from = place.saturating_sub(self.start).min(self.source.len());
        self.source.get(from..(from + len).min(self.source.len())).unwrap_or_default()
    }

    /// Lays the next window, and passes on what lies before the middle of it, up to `due` samples in all.
    fn lay(&mut self, due: usize, emit: &mut Emit<'_>) -> Result<(), AudioError> {
        let nominal = self.nominal();
        let ready: Vec<f32> = if self.laid == 0 {
            // The first window begins at its full height: nothing comes before it.
            self.last = 0;
            self.at(0, self.hop).to_vec()
        } else {
            let follows = self.at(self.last + self.hop, self.hop);
            let place = self.most_alike(nominal, follows);
            let rises = self.at(place, self.hop);
            let blended = follows.iter().zip(rises).zip(&self.fall);
            let blended = blended.map(|((old, new), fall)| old * fall + new * (1.0 - fall)).collect();
            self.last = place;
            blended
        };
        self.laid += 1;
        let ready = ready.get(..due.saturating_sub(self.given)).unwrap_or(&ready);
        self.given += ready.len();
        emit(ready)?;
        // The next window needs nothing before the end of this one's first half, or before its own reach.
        let needed = self.nominal().saturating_sub(self.reach).min(self.last + self.hop);
        let over = needed.saturating_sub(self.start).min(self.source.len());
        // Moving the rest down costs less when it is done seldom.
        if over > 4 * self.hop {
            self.source.drain(..over);
            self.start += over;
        }
        Ok(())
    }

    /// The place near `nominal` whose samples are most like these, by normalised cross-correlation; of equals the nearest.
    fn most_alike(&self, nominal: usize, wanted: &[f32]) -> usize {
        let (len, lowest) = (wanted.len(), nominal.saturating_sub(self.reach));
        let field = self.at(lowest, nominal - lowest + self.reach + len);
        let energy_of = |samples: &[f32]| samples.iter().map(|s| f64::from(*s) * f64::from(*s)).sum::<f64>();
        let mut energy = energy_of(field.get(..len).unwrap_or_default());
        let mut best = (f64::MIN, usize::MAX, nominal);
        for (offset, candidate) in field.windows(len.max(1)).enumerate() {
            let place = lowest + offset;
            let alike = f64::from(dot(wanted, candidate)) / energy.max(1.0e-9).sqrt();
            let distance = place.abs_diff(nominal);
            if alike > best.0 || alike == best.0 && distance < best.1 {
                best = (alike, distance, place);
            }
            let (gone, come) = (candidate.first(), field.get(offset + len));
            if let (Some(gone), Some(come)) = (gone, come) {
                energy += f64::from(*come) * f64::from(*come) - f64::from(*gone) * f64::from(*gone);
            }
        }
        best.2
    }
}

/// Eight sums side by side: one sum alone would have to be added up in order, one sample at a time.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    let (a, b) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a.zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests;
