//! Writes the tutor's WAV: 16 kHz mono 16-bit PCM. Knows hound; must not know what was decoded.

use std::io::{Seek, Write};

use hound::{SampleFormat, WavSpec, WavWriter};

use super::decode::Sink;
use super::error::AudioError;
use super::resample::Resampler;
use super::{Limits, WAV_RATE};

/// Samples that fit a RIFF file: its sizes are 32-bit byte counts, header included.
const MAX_SAMPLES: u64 = (u32::MAX as u64 - 64) / 2;

/// Takes mono samples at any rate.
pub(super) struct WavSink<W: Write + Seek> {
    resampler: Option<Resampler>,
    file: File<W>,
}

struct File<W: Write + Seek> {
    writer: WavWriter<W>,
    samples: u64,
    limit: Option<Limits>,
}

impl<W: Write + Seek> WavSink<W> {
    /// Writes the header; its sizes are filled in by [`WavSink::finish`].
    pub(super) fn new(out: W, limit: Option<Limits>) -> Result<Self, AudioError> {
        let spec = WavSpec {
            channels: 1,
            sample_rate: WAV_RATE,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let writer = WavWriter::new(out, spec).map_err(wav_error)?;
        Ok(Self { resampler: None, file: File { writer, samples: 0, limit } })
    }

    /// Flushes the resampler and completes the header. Returns the number of samples.
    pub(super) fn finish(mut self) -> Result<u64, AudioError> {
        if let Some(resampler) = self.resampler.take() {
            resampler.finish(&mut |ready| self.file.write(ready))?;
        }
        if self.file.samples == 0 {
            return Err(AudioError::NoAudio);
        }
        self.file.writer.finalize().map_err(wav_error)?;
        Ok(self.file.samples)
    }
}

impl<W: Write + Seek> Sink for WavSink<W> {
    fn take(&mut self, rate: u32, mono: &[f32]) -> Result<(), AudioError> {
        // A chained file may change its rate between links.
        if let Some(old) = self.resampler.take_if(|r| r.input_rate() != u64::from(rate)) {
            old.finish(&mut |ready| self.file.write(ready))?;
        }
        let resampler = match &mut self.resampler {
            Some(resampler) => resampler,
            none => none.insert(Resampler::new(rate, WAV_RATE)?),
        };
        resampler.push(mono, &mut |ready| self.file.write(ready))
    }
}

impl<W: Write + Seek> File<W> {
    fn write(&mut self, ready: &[f32]) -> Result<(), AudioError> {
        self.samples += ready.len() as u64;
        if let Some(limit) = self.limit {
            // Half a second of tolerance, because durations are stated in rounded seconds.
            let most = (u64::from(limit.max_seconds) * 2 + 1) * u64::from(WAV_RATE) / 2;
            if self.samples > most {
                return Err(AudioError::TooLong { limit_secs: limit.max_seconds });
            }
        }
        if self.samples > MAX_SAMPLES {
            return Err(AudioError::TooLarge);
        }
        let count = u32::try_from(ready.len()).map_err(|_| AudioError::TooLarge)?;
        let mut chunk = self.writer.get_i16_writer(count);
        for &sample in ready {
            chunk.write_sample(to_i16(sample));
        }
        chunk.flush().map_err(wav_error)
    }
}

/// Rounds a sample of -1.0..=1.0 to 16 bits, clipping what lies beyond (NaN becomes silence).
pub(super) fn to_i16(sample: f32) -> i16 {
    // Adding and subtracting 1.5 * 2^23 leaves no room for a fraction: this rounds half to even, without the
    // library call per sample that `round_ties_even` costs. `as` saturates, which does the clipping.
    const WHOLE: f32 = 12_582_912.0;
    (sample * 32_768.0 + WHOLE - WHOLE) as i16
}

fn wav_error(error: hound::Error) -> AudioError {
    match error {
        hound::Error::IoError(error) => AudioError::Io(error),
        hound::Error::TooWide => AudioError::TooLarge,
        _ => AudioError::Encode { detail: "the WAV writer refused a chunk" },
    }
}

#[cfg(test)]
mod tests {
    use super::to_i16;

    #[test]
    fn samples_are_rounded_half_to_even_and_clipped() {
        let right = |sample: f32| (sample * 32_768.0).round_ties_even() as i16;
        for n in -140_000..140_000 {
            let sample = n as f32 / 131_072.0;
            assert_eq!(to_i16(sample), right(sample), "{sample}");
        }
        let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, -1.0e9, 127.9, 128.1, 1.0e-40, -0.0];
        for sample in odd {
            assert_eq!(to_i16(sample), right(sample), "{sample}");
        }
    }
}
