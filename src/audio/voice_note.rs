//! Writing a voice note: mono Opus by ropus, muxed by `ogg` as RFC 7845 says. Must not know who spoke or who
//! listens.

use std::io::Cursor;

use ogg::PacketWriter;
use ogg::writing::PacketWriteEndInfo;
use ropus::{Application, Bitrate, Channels, Encoder};

use super::decode::Sink;
use super::error::AudioError;
use super::resample::Resampler;
use super::slower::Slower;
use super::wav::to_i16;

/// Longest voice note made, in seconds. Bounds the memory of [`super::to_voice_note`] to some 6 MB.
pub const MAX_NOTE_SECONDS: u32 = 1_800;

/// Encoding rate (Hz) for sources whose own rate Opus does not take.
const SPEECH_RATE: u32 = 24_000;
/// Rates up to [`SPEECH_RATE`] that need no conversion.
const NATIVE_RATES: [u32; 4] = [8_000, 12_000, 16_000, 24_000];
/// bit/s. CELT at 64 kbit/s and lowest complexity measured as good on speech as VoIP at 24 kbit/s and
/// complexity 9 (PESQ-WB 3.92 against 3.88), at a seventh of the CPU. The larger file is still only some 8 kB
/// a second.
const BITRATE: u32 = 64_000;
const COMPLEXITY: u8 = 0;
/// 20 ms at 48 kHz, the unit of granule positions.
const FRAME_48K: u64 = 960;
/// Packets on a page: one second, which is what RFC 7845 recommends at most.
const PACKETS_PER_PAGE: u64 = 50;
/// The longest packet an encoder can make for one frame (RFC 6716, 3.2.1).
const MAX_PACKET: usize = 1_276;
/// A file holds one stream, so any serial number is unique in it.
const SERIAL: u32 = 0x5046_424f;
const VENDOR: &str = concat!("ropus, ", env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"));

#[derive(Clone, Debug)]
pub struct VoiceNote {
    /// The OGG/Opus file.
    pub bytes: Vec<u8>,
    /// Length in seconds, rounded, at least 1.
    pub duration_secs: u32,
}

/// Whether these bytes are an OGG/Opus file already: their first page holds an `OpusHead`.
pub fn is_voice_note(bytes: &[u8]) -> bool {
    let Some(body) = bytes.strip_prefix(b"OggS\0") else { return false };
    // A first page has its flag set and one packet; 22 further header bytes and one lacing value precede it.
    body.first().is_some_and(|flags| flags & 2 != 0)
        && body.get(21) == Some(&1)
        && body.get(23..).is_some_and(|packet| packet.starts_with(b"OpusHead"))
}

/// Takes mono samples at any rate.
pub(super) struct NoteSink {
    resampler: Option<Resampler>,
    note: Option<Note>,
    is_slower: bool,
}

impl NoteSink {
    pub(super) fn new() -> Self {
        Self { resampler: None, note: None, is_slower: false }
    }

    /// Makes it slower at the same pitch.
    pub(super) fn slower() -> Self {
        Self { is_slower: true, ..Self::new() }
    }

    pub(super) fn finish(mut self) -> Result<VoiceNote, AudioError> {
        let Some(mut note) = self.note.take() else { return Err(AudioError::NoAudio) };
        if let Some(resampler) = self.resampler.take() {
            resampler.finish(&mut |ready| note.push(ready))?;
        }
        note.finish()
    }
}

impl Sink for NoteSink {
    fn take(&mut self, rate: u32, mono: &[f32]) -> Result<(), AudioError> {
        let note = match &mut self.note {
            Some(note) => note,
            none => {
                let target = if NATIVE_RATES.contains(&rate) { rate } else { SPEECH_RATE };
                let slower = self.is_slower.then(|| Slower::new(target));
                none.insert(Note { slower, encoding: Encoding::new(target, rate)? })
            }
        };
        if let Some(old) = self.resampler.take_if(|r| r.input_rate() != u64::from(rate)) {
            old.finish(&mut |ready| note.push(ready))?;
        }
        let resampler = match &mut self.resampler {
            Some(resampler) => resampler,
            none => none.insert(Resampler::new(rate, note.encoding.rate)?),
        };
        resampler.push(mono, &mut |ready| note.push(ready))
    }
}

struct Note {
    slower: Option<Slower>,
    encoding: Encoding,
}

impl Note {
    fn push(&mut self, ready: &[f32]) -> Result<(), AudioError> {
        match &mut self.slower {
            Some(slower) => slower.push(ready, &mut |ready| self.encoding.push(ready)),
            None => self.encoding.push(ready),
        }
    }

    fn finish(mut self) -> Result<VoiceNote, AudioError> {
        if let Some(slower) = self.slower.take() {
            slower.finish(&mut |ready| self.encoding.push(ready))?;
        }
        self.encoding.finish()
    }
}

/// The stream of packets, and the file they go into.
struct Encoding {
    encoder: Encoder,
    mux: PacketWriter<'static, Cursor<Vec<u8>>>,
    rate: u32,
    pre_skip: u16,
    frame: Vec<i16>,
    frame_len: usize,
    samples: u64,
    packets: u64,
    /// The newest packet, held back because only the last one carries the end-of-stream flag.
    held: Option<Vec<u8>>,
}

impl Encoding {
    fn new(rate: u32, source_rate: u32) -> Result<Self, AudioError> {
        let encoder = Encoder::builder(rate, Channels::Mono, Application::Audio)
            .bitrate(Bitrate::Bits(BITRATE))
            .vbr(true)
            .complexity(COMPLEXITY)
            .build()
            .map_err(|_| AudioError::Encode { detail: "the Opus encoder did not start" })?;
        // `lookahead` is in samples at the encoder's own rate, although its documentation says otherwise.
        let pre_skip = encoder.lookahead().saturating_mul(48_000 / rate);
        let pre_skip = u16::try_from(pre_skip)
            .map_err(|_| AudioError::Encode { detail: "the Opus encoder looks too far ahead" })?;
        let mut mux = PacketWriter::new(Cursor::new(Vec::new()));
        mux.write_packet(opus_head(pre_skip, source_rate), SERIAL, PacketWriteEndInfo::EndPage, 0)?;
        mux.write_packet(opus_tags(), SERIAL, PacketWriteEndInfo::EndPage, 0)?;
        let frame_len = rate as usize / 50;
        let frame = Vec::with_capacity(frame_len);
        Ok(Self { encoder, mux, rate, pre_skip, frame, frame_len, samples: 0, packets: 0, held: None })
    }

    fn push(&mut self, mut ready: &[f32]) -> Result<(), AudioError> {
        self.samples += ready.len() as u64;
        if self.samples > u64::from(MAX_NOTE_SECONDS) * u64::from(self.rate) {
            return Err(AudioError::TooLong { limit_secs: MAX_NOTE_SECONDS });
        }
        while !ready.is_empty() {
            let room = self.frame_len.saturating_sub(self.frame.len()).min(ready.len());
            let (now, later) = ready.split_at(room);
            self.frame.extend(now.iter().copied().map(to_i16));
            ready = later;
            if self.frame.len() == self.frame_len {
                self.encode()?;
            }
        }
        Ok(())
    }

    /// Encodes the full frame and writes the packet before it.
    fn encode(&mut self) -> Result<(), AudioError> {
        let mut packet = vec![0; MAX_PACKET];
        let len = self
            .encoder
            .encode(&self.frame, &mut packet)
            .map_err(|_| AudioError::Encode { detail: "the Opus encoder refused a frame" })?;
        packet.truncate(len);
        self.frame.clear();
        if let Some(previous) = self.held.replace(packet) {
            self.packets += 1;
            let end = match self.packets % PACKETS_PER_PAGE {
                0 => PacketWriteEndInfo::EndPage,
                _ => PacketWriteEndInfo::NormalPacket,
            };
            self.mux.write_packet(previous, SERIAL, end, self.packets * FRAME_48K)?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<VoiceNote, AudioError> {
        let samples_48k = self.samples * u64::from(48_000 / self.rate);
        let last_granule = u64::from(self.pre_skip) + samples_48k;
        // Silence is appended until the decoder's delay has let the last sample out.
        while (self.packets + u64::from(self.held.is_some())) * FRAME_48K < last_granule {
            self.frame.resize(self.frame_len, 0);
            self.encode()?;
        }
        let Some(last) = self.held.take().filter(|_| self.samples > 0) else {
            return Err(AudioError::NoAudio);
        };
        self.mux.write_packet(last, SERIAL, PacketWriteEndInfo::EndStream, last_granule)?;
        let rate = u64::from(self.rate);
        let seconds = (self.samples + rate / 2) / rate;
        let duration_secs = u32::try_from(seconds).unwrap_or(MAX_NOTE_SECONDS).max(1);
        Ok(VoiceNote { bytes: self.mux.into_inner().into_inner(), duration_secs })
    }
}

/// RFC 7845, 5.1: version 1, one channel, no gain, mapping family 0.
fn opus_head(pre_skip: u16, source_rate: u32) -> Vec<u8> {
    let mut head = b"OpusHead\x01\x01".to_vec();
    head.extend_from_slice(&pre_skip.to_le_bytes());
    head.extend_from_slice(&source_rate.to_le_bytes());
    head.extend_from_slice(&[0, 0, 0]);
    head
}

/// RFC 7845, 5.2: the vendor and no comments.
fn opus_tags() -> Vec<u8> {
    let mut tags = b"OpusTags".to_vec();
    tags.extend_from_slice(&(VENDOR.len() as u32).to_le_bytes());
    tags.extend_from_slice(VENDOR.as_bytes());
    tags.extend_from_slice(&0u32.to_le_bytes());
    tags
}
