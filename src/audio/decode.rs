//! Any supported recording to mono samples, one packet at a time: symphonia demuxes and decodes, Opus comes
//! from `opus.rs`. Must not know what happens to the samples.

use std::io::{self, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;

use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::codecs::registry::CodecRegistry;
use symphonia::core::codecs::{CodecParameters, audio::AudioCodecParameters};
use symphonia::core::common::Limit;
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatOptions, FormatReader, Track, probe};
use symphonia::core::io::{MediaSource, MediaSourceStream, MediaSourceStreamOptions, ReadOnlySource};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;

use super::Hint;
use super::bounds::Effort;
use super::error::AudioError;
use super::ogg_repair::OggRepair;
use super::opus::OpusDecoder;
use super::resample::RATES;
use super::source::{self, Source, Watched};

/// Most channels mixed down; more than any recorder makes, less than a header can claim.
const MAX_CHANNELS: usize = 8;
/// Bytes looked at before a demuxer is chosen.
const HEAD: usize = 1_024;
/// Samples beyond this are cut before resampling; 1.0 is full scale.
const MAX_LEVEL: f32 = 8.0;
/// Container errors in a row after which a stream is taken for ended.
const MAX_BAD_READS: u32 = 64;

/// Where decoded audio goes.
pub(super) trait Sink {
    /// Takes mono samples (-1.0..=1.0) at `rate` Hz. The rate may change between calls.
    fn take(&mut self, rate: u32, mono: &[f32]) -> Result<(), AudioError>;
}

static CODECS: LazyLock<CodecRegistry> = LazyLock::new(|| {
    let mut codecs = CodecRegistry::new();
    symphonia::default::register_enabled_codecs(&mut codecs);
    codecs.register_audio_decoder::<OpusDecoder>();
    codecs
});

/// Decodes `input` into `sink`. Returns once the input ends; damaged packets are concealed.
pub(super) fn decode<R>(mut input: R, hint: &Hint, sink: &mut dyn Sink) -> Result<(), AudioError>
where
    R: Read + Seek + Send + Sync + 'static,
{
    let mut head = [0; HEAD];
    let len = input.seek(SeekFrom::End(0))?;
    input.seek(SeekFrom::Start(0))?;
    if len == 0 {
        return Err(AudioError::Empty);
    }
    let seen = source::read_up_to(&mut input, &mut head)?;
    input.seek(SeekFrom::Start(0))?;
    let head = head.get(..seen).unwrap_or_default();
    let (input, failure) = Watched::new(input);
    let source: Box<dyn MediaSource> = if head.starts_with(b"OggS") {
        // Without seeking the Ogg reader needs no intact last page to begin, and reads everything once.
        Box::new(ReadOnlySource::new(OggRepair::new(input)))
    } else {
        let unknown = source::wave_sizes_to_distrust(head);
        Box::new(Source::new(input, len, unknown))
    };
    // The decoders are other people's code on other people's bytes: a panic there is one more damaged file.
    let result = match catch_unwind(AssertUnwindSafe(|| run(source, hint, Effort::new(len), sink))) {
        Ok(result) => result,
        Err(_) => Err(AudioError::Corrupt { detail: "the decoder gave up" }),
    };
    // Demuxers take a read error for the end of the file or for damage; it is neither.
    match failure.take() {
        Some(error) => Err(AudioError::Io(error)),
        None => result,
    }
}

fn run(
    source: Box<dyn MediaSource>,
    hint: &Hint,
    mut effort: Effort,
    sink: &mut dyn Sink,
) -> Result<(), AudioError> {
    let stream = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
    // Tags and cover art are of no use here: refuse to hold them.
    let tags = MetadataOptions::default()
        .limit_tag_bytes(Limit::Maximum(4_096))
        .limit_visual_bytes(Limit::Maximum(4_096));
    let mut format = symphonia::default::get_probe()
        .probe(&probe_hint(hint), stream, FormatOptions::default(), tags)
        .map_err(opening_error)?;
    let mut mixer = Mixer { interleaved: Vec::new(), mono: Vec::new(), frames: 0, rate: None };
    let (mut track, mut decoder) = open_track(format.tracks())?;
    let mut bad_reads = 0;
    while bad_reads < MAX_BAD_READS {
        match format.next_packet() {
            Ok(Some(packet)) => {
                bad_reads = 0;
                effort.packet(packet.data.len())?;
                if packet.track_id != track {
                    effort.other()?;
                    continue;
                }
                let before = mixer.frames;
                mixer.packet(decoder.as_mut(), &packet, format.as_ref(), &mut effort, sink)?;
                if !effort.heard(mixer.frames > before) {
                    break;
                }
            }
            Ok(None) => break,
            // The next link of a chain: other tracks, other parameters.
            Err(Error::ResetRequired) => {
                effort.link()?;
                match open_track(format.tracks()) {
                    Ok(next) => (track, decoder) = next,
                    Err(_) => break,
                }
            }
            Err(Error::IoError(error)) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            Err(Error::IoError(error)) => return Err(AudioError::Io(error)),
            Err(_) => bad_reads += 1,
        }
    }
    if mixer.frames == 0 { Err(AudioError::NoAudio) } else { Ok(()) }
}

/// The first audio track that decodes, with its decoder.
fn open_track(tracks: &[Track]) -> Result<(u32, Box<dyn AudioDecoder>), AudioError> {
    let mut refusal = AudioError::NoAudio;
    for track in tracks {
        let Some(CodecParameters::Audio(params)) = &track.codec_params else { continue };
        match open_decoder(params) {
            Ok(decoder) => return Ok((track.id, decoder)),
            Err(error) => refusal = error,
        }
    }
    Err(refusal)
}

fn open_decoder(params: &AudioCodecParameters) -> Result<Box<dyn AudioDecoder>, AudioError> {
    if let Some(rate) = params.sample_rate {
        check_rate(rate)?;
    }
    if let Some(channels) = &params.channels {
        check_channels(channels.count())?;
    }
    CODECS.make_audio_decoder(params, &AudioDecoderOptions::default()).map_err(|error| match error {
        Error::DecodeError(detail) => AudioError::Corrupt { detail },
        Error::Unsupported(what) | Error::LimitError(what) => {
            AudioError::Unsupported { what: what.to_owned() }
        }
        _ => AudioError::Corrupt { detail: "the codec's parameters are incomplete" },
    })
}

fn check_rate(rate: u32) -> Result<(), AudioError> {
    if RATES.contains(&rate) {
        return Ok(());
    }
    Err(AudioError::Unsupported { what: format!("a sample rate of {rate} Hz") })
}

fn check_channels(count: usize) -> Result<(), AudioError> {
    if (1..=MAX_CHANNELS).contains(&count) {
        return Ok(());
    }
    Err(AudioError::Unsupported { what: format!("{count} channels") })
}

/// Decodes packets and mixes their channels down.
struct Mixer {
    interleaved: Vec<f32>,
    mono: Vec<f32>,
    frames: u64,
    rate: Option<u32>,
}

impl Mixer {
    fn packet(
        &mut self,
        decoder: &mut dyn AudioDecoder,
        packet: &Packet,
        format: &dyn FormatReader,
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
                self.rate = Some(rate);
                self.mix(channels);
                self.frames += self.mono.len() as u64;
                sink.take(rate, &self.mono)
            }
            Err(Error::IoError(_) | Error::DecodeError(_)) => self.silence(packet, format, sink),
            Err(Error::ResetRequired) => {
                decoder.reset();
                Ok(())
            }
            Err(Error::Unsupported(what) | Error::LimitError(what)) => {
                Err(AudioError::Unsupported { what: what.to_owned() })
            }
            Err(_) => Err(AudioError::Corrupt { detail: "the decoder stopped" }),
        }
    }

    /// The mean of the channels: what a stereo voice recorded twice sounds like once.
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
        // A floating-point file may hold anything; what is no number or far beyond full scale would spread.
        for sample in &mut self.mono {
            *sample = if sample.is_finite() { sample.clamp(-MAX_LEVEL, MAX_LEVEL) } else { 0.0 };
        }
    }

    /// A packet that does not decode keeps its time: silence of its own length, once the rate is known.
    fn silence(
        &mut self,
        packet: &Packet,
        format: &dyn FormatReader,
        sink: &mut dyn Sink,
    ) -> Result<(), AudioError> {
        let Some(rate) = self.rate else { return Ok(()) };
        let base = format.tracks().iter().find(|t| t.id == packet.track_id).and_then(|t| t.time_base);
        let Some(base) = base else { return Ok(()) };
        let ticks = u128::from(packet.dur.get()) * u128::from(base.numer.get()) * u128::from(rate);
        let frames = ticks / u128::from(base.denom.get());
        // A damaged header may claim any length; real packets stay far below a second.
        let frames = usize::try_from(frames).unwrap_or(usize::MAX).min(rate as usize);
        self.mono.clear();
        self.mono.resize(frames, 0.0);
        sink.take(rate, &self.mono)
    }
}

fn probe_hint(hint: &Hint) -> probe::Hint {
    let mut given = probe::Hint::new();
    if let Some(extension) = &hint.extension {
        given.with_extension(extension);
    }
    if let Some(mime) = &hint.mime {
        given.mime_type(mime);
    }
    given
}

fn opening_error(error: Error) -> AudioError {
    match error {
        Error::IoError(error) if error.kind() != io::ErrorKind::UnexpectedEof => AudioError::Io(error),
        Error::DecodeError(detail) => AudioError::Corrupt { detail },
        Error::LimitError(detail) => AudioError::Corrupt { detail },
        _ => AudioError::Unrecognised,
    }
}
