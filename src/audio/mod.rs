//! The audio path: whatever a learner records becomes 16 kHz mono WAV, whatever the tutor says becomes a
//! voice note.
//!
//! Owns symphonia, rubato, realfft, hound, ogg and the Opus codec; no other module names them. Must not know Telegram,
//! the tutor, tokio or the disk: it is plain synchronous code over `Read` and `Write`, to be run off the
//! async threads. Everything is one streaming pass, so memory does not grow with the length of the recording.

mod bounds;
mod codec;
mod decode;
mod demux;
mod error;
#[cfg(test)]
mod golden;
mod ogg_page;
mod ogg_repair;
mod ogg_stream;
mod opus;
mod pitch;
mod resample;
mod slower;
mod source;
mod voice_note;
mod wav;

use crate::domain::Contour;
use std::io::{Cursor, Read, Seek, Write};

pub use error::{AudioError, AudioFault};
pub use voice_note::{MAX_NOTE_SECONDS, VoiceNote, is_voice_note};

/// Sample rate the tutor wants, in Hz.
pub(crate) const WAV_RATE: u32 = 16_000;

#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Longest recording accepted, in whole seconds. What rounds to this number still passes, because
    /// Telegram states rounded durations.
    pub max_seconds: u32,
}

/// A finished recording for the tutor: RIFF/WAVE, 16 kHz, mono, 16-bit PCM.
#[derive(Clone, Debug)]
pub struct Wav {
    /// The whole file, header included.
    pub bytes: Vec<u8>,
    /// Number of 16 kHz samples.
    pub samples: u64,
}

impl Wav {
    /// Length in milliseconds, rounded down.
    pub fn duration_ms(&self) -> u64 {
        self.samples.saturating_mul(1000) / u64::from(WAV_RATE)
    }
}

/// Result of a streaming conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// Number of 16 kHz samples written.
    pub samples: u64,
}

impl Report {
    /// Length in milliseconds, rounded down.
    pub fn duration_ms(&self) -> u64 {
        self.samples.saturating_mul(1000) / u64::from(WAV_RATE)
    }
}

/// Converts in memory. The errors are final: the same bytes fail again.
pub fn to_wav(input: bytes::Bytes, limits: Limits) -> Result<Wav, AudioError> {
    let mut bytes = Vec::new();
    let report = convert_to_wav(Cursor::new(input), Some(limits), Cursor::new(&mut bytes))?;
    Ok(Wav { bytes, samples: report.samples })
}

/// Converts any supported recording to WAV while reading it; memory does not depend on its length.
///
/// `out` is written in chunks of some 20 ms, and must seek because the header is completed at the end. After
/// an error its content is unfinished.
pub fn convert_to_wav<R, W>(input: R, limits: Option<Limits>, out: W) -> Result<Report, AudioError>
where
    R: Read + Seek + Send + Sync + 'static,
    W: Write + Seek,
{
    let mut sink = wav::WavSink::new(out, limits)?;
    decode::decode(input, &mut sink)?;
    let samples = sink.finish()?;
    Ok(Report { samples })
}

/// Encodes speech (WAV, mp3 or anything else that decodes) as a mono OGG/Opus voice note of at most
/// [`MAX_NOTE_SECONDS`].
pub fn to_voice_note(input: bytes::Bytes) -> Result<VoiceNote, AudioError> {
    convert_to_voice_note([Cursor::new(input)])
}

/// As [`to_voice_note`], while reading the inputs, which are heard one after the other.
pub(crate) fn convert_to_voice_note<R>(inputs: impl IntoIterator<Item = R>) -> Result<VoiceNote, AudioError>
where
    R: Read + Seek + Send + Sync + 'static,
{
    encode(inputs, voice_note::NoteSink::new())
}

/// As [`to_voice_note`], at 0.8 of the speed and the same pitch.
pub fn to_slower_note(input: bytes::Bytes) -> Result<VoiceNote, AudioError> {
    convert_to_slower_note(Cursor::new(input))
}

/// As [`to_slower_note`], while reading the input.
pub(crate) fn convert_to_slower_note<R>(input: R) -> Result<VoiceNote, AudioError>
where
    R: Read + Seek + Send + Sync + 'static,
{
    encode([input], voice_note::NoteSink::slower())
}

fn encode<R>(
    inputs: impl IntoIterator<Item = R>,
    mut sink: voice_note::NoteSink,
) -> Result<VoiceNote, AudioError>
where
    R: Read + Seek + Send + Sync + 'static,
{
    for input in inputs {
        decode::decode(input, &mut sink)?;
    }
    sink.finish()
}

/// Measures the melody of a voice, of its first five minutes.
pub fn to_contour(input: bytes::Bytes) -> Result<Contour, AudioError> {
    convert_to_contour(Cursor::new(input))
}

/// As [`to_contour`], while reading the input.
pub(crate) fn convert_to_contour<R>(input: R) -> Result<Contour, AudioError>
where
    R: Read + Seek + Send + Sync + 'static,
{
    let mut sink = pitch::ContourSink::new();
    decode::decode(input, &mut sink)?;
    sink.finish()
}
