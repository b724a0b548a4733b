//! Decodes any supported recording to mono samples, one packet at a time: `demux` finds the packets, `codec`
//! their decoder. Must not know what happens to the samples.

use std::io::{Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

use symphonia::core::codecs::audio::AudioDecoder;
use symphonia::core::errors::Error;
use symphonia::core::packet::Packet;

use super::bounds::Effort;
use super::codec::{check_channels, check_rate};
use super::demux::{self, Input, Item};
use super::error::AudioError;
use super::source::Watched;

/// Samples beyond this are cut before resampling; 1.0 is full scale.
const MAX_LEVEL: f32 = 8.0;

pub(super) trait Sink {
    /// Takes mono samples (-1.0..=1.0) at `rate` Hz. The rate may change between calls.
    fn take(&mut self, rate: u32, mono: &[f32]) -> Result<(), AudioError>;
}

/// Decodes `input` into `sink` until the input ends. Damaged packets are concealed.
pub(super) fn decode<R>(mut input: R, sink: &mut dyn Sink) -> Result<(), AudioError>
where
    R: Read + Seek + Send + Sync + 'static,
{
    let len = input.seek(SeekFrom::End(0))?;
    input.seek(SeekFrom::Start(0))?;
    if len == 0 {
        return Err(AudioError::Empty);
    }
    let (input, failure) = Watched::new(input);
    let mut mixer = Mixer::default();
    // The decoders are third-party code working on untrusted bytes: a panic there counts as one more damaged
    // file.
    let result = match catch_unwind(AssertUnwindSafe(|| {
        run(Input::new(Box::new(input), len), Effort::new(len), &mut mixer, sink)
    })) {
        Ok(result) => result,
        Err(_) => Err(AudioError::Corrupt { detail: "the decoder gave up" }),
    };
    // Demuxers take a read error for the end of the file or for damage. It is neither, so it is reported as
    // what it is.
    if let Some(error) = failure.take() {
        return Err(AudioError::Io(error));
    }
    match result {
        // Sound that decoded is kept even if the rest of the file is damaged or of another kind.
        Err(AudioError::Corrupt { .. } | AudioError::Unsupported { .. } | AudioError::Foreign { .. })
            if mixer.frames > 0 =>
        {
            Ok(())
        }
        Ok(()) if mixer.frames == 0 => Err(mixer.refusal.take().unwrap_or(AudioError::NoAudio)),
        result => result,
    }
}

fn run(input: Input, mut effort: Effort, mixer: &mut Mixer, sink: &mut dyn Sink) -> Result<(), AudioError> {
    let mut demuxer = demux::open(input)?;
    let mut decoder = None;
    while let Some(item) = demuxer.next()? {
        match item {
            Item::Decoder(next) => {
                effort.link()?;
                decoder = Some(next);
            }
            Item::Packet(packet) => {
                effort.packet(packet.data.len())?;
                let Some(decoder) = &mut decoder else { continue };
                let before = mixer.frames;
                mixer.packet(decoder.as_mut(), &packet, &mut effort, sink)?;
                if !effort.heard(mixer.frames > before) {
                    break;
                }
            }
        }
    }
    Ok(())
}

#[derive(Default)]
struct Mixer {
    interleaved: Vec<f32>,
    mono: Vec<f32>,
    frames: u64,
    /// Rate and length of the last packet that decoded.
    last: Option<(u32, usize)>,
    /// Why the first refused packet was not decoded; reported when no packet decoded at all.
    refusal: Option<AudioError>,
}

impl Mixer {
    fn packet(
        &mut self,
        decoder: &mut dyn AudioDecoder,
        packet: &Packet,
        effort: &mut Effort,
        sink: &mut dyn Sink,
    ) -> Result<(), AudioError> {
        match decoder.decode(packet) {
            Ok(audio) => {
                let (rate, channels) = (audio.spec().rate(), audio.spec().channels().count());
                if audio.frames() == 0 {
                    return Ok(());
                }
                check_rate(rate)?;
                check_channels(channels)?;
                effort.rate(rate)?;
                audio.copy_to_vec_interleaved(&mut self.interleaved);
                self.mix(channels);
                self.frames += self.mono.len() as u64;
                self.last = Some((rate, self.mono.len()));
                sink.take(rate, &self.mono)
            }
            Err(Error::IoError(_) | Error::DecodeError(_)) => self.silence(sink),
            Err(Error::ResetRequired) => {
                decoder.reset();
                Ok(())
            }
            Err(Error::Unsupported(what) | Error::LimitError(what)) => {
                self.refusal.get_or_insert_with(|| AudioError::unsupported(what));
                self.silence(sink)
            }
            Err(_) => Err(AudioError::Corrupt { detail: "the decoder stopped" }),
        }
    }

    /// Takes the mean of the channels, so that a voice recorded on two channels keeps its loudness.
    fn mix(&mut self, channels: usize) {
        self.mono.clear();
        match channels {
            1 => self.mono.extend_from_slice(&self.interleaved),
            2 => {
                let (pairs, _) = self.interleaved.as_chunks::<2>();
                self.mono.extend(pairs.iter().map(|[left, right]| (left + right) * 0.5));
            }
            n => {
                let share = 1.0 / n as f32;
                let frames = self.interleaved.chunks_exact(n);
                self.mono.extend(frames.map(|frame| frame.iter().sum::<f32>() * share));
            }
        }
        // Floating-point files may hold NaN or huge values, which the resampler would spread over their
        // neighbours.
        for sample in &mut self.mono {
            *sample = if sample.is_finite() { sample.clamp(-MAX_LEVEL, MAX_LEVEL) } else { 0.0 };
        }
    }

    /// Replaces a packet that does not decode by silence as long as the last good packet, so that timing is
    /// kept.
    fn silence(&mut self, sink: &mut dyn Sink) -> Result<(), AudioError> {
        let Some((rate, frames)) = self.last else { return Ok(()) };
        self.mono.clear();
        self.mono.resize(frames, 0.0);
        sink.take(rate, &self.mono)
    }
}
