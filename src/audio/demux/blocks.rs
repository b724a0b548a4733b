//! Sound stored in blocks of one size: PCM and ADPCM. Must not know what the blocks hold or which header
//! described them.

use symphonia::core::codecs::audio::AudioCodecId;
use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_ADPCM_IMA_QT, CODEC_ID_ADPCM_IMA_WAV, CODEC_ID_ADPCM_MS, CODEC_ID_PCM_ALAW, CODEC_ID_PCM_F32BE,
    CODEC_ID_PCM_F32LE, CODEC_ID_PCM_F64BE, CODEC_ID_PCM_F64LE, CODEC_ID_PCM_MULAW, CODEC_ID_PCM_S8,
    CODEC_ID_PCM_S16BE, CODEC_ID_PCM_S16LE, CODEC_ID_PCM_S24BE, CODEC_ID_PCM_S24LE, CODEC_ID_PCM_S32BE,
    CODEC_ID_PCM_S32LE, CODEC_ID_PCM_U8,
};

use super::super::codec;
use super::super::error::AudioError;
use super::input::Input;
use super::stream::{Demuxer, Item, packet};

/// Samples per channel in one packet, roughly.
const PACKET_FRAMES: u64 = 1_024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Samples {
    /// Integers of `bytes` bytes. `unsigned_bytes` matters for 1 byte only.
    Whole { bytes: u16, big_endian: bool, unsigned_bytes: bool },
    /// Floating point of 4 or 8 bytes.
    Float { bytes: u16, big_endian: bool },
    /// G.711.
    ALaw,
    /// G.711.
    MuLaw,
    /// RIFF ADPCM in blocks of `block` bytes.
    MsAdpcm { block: u16 },
    /// RIFF ADPCM in blocks of `block` bytes.
    ImaAdpcm { block: u16 },
    /// QuickTime ADPCM: 34 bytes per channel hold 64 samples.
    QuickTimeAdpcm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) samples: Samples,
    pub(super) rate: u32,
    pub(super) channels: u16,
}

impl Layout {
    /// The codec, bytes per block and samples per channel in it; `None` when the numbers make no sense.
    fn block(self) -> Option<(AudioCodecId, u64, u64)> {
        let ch = u64::from(self.channels);
        let whole = |little, big, big_endian| if big_endian { big } else { little };
        Some(match self.samples {
            Samples::Whole { bytes: 1, unsigned_bytes: true, .. } => (CODEC_ID_PCM_U8, ch, 1),
            Samples::Whole { bytes, big_endian, .. } => {
                let id = match bytes {
                    1 => CODEC_ID_PCM_S8,
                    2 => whole(CODEC_ID_PCM_S16LE, CODEC_ID_PCM_S16BE, big_endian),
                    3 => whole(CODEC_ID_PCM_S24LE, CODEC_ID_PCM_S24BE, big_endian),
                    4 => whole(CODEC_ID_PCM_S32LE, CODEC_ID_PCM_S32BE, big_endian),
                    _ => return None,
                };
                (id, ch * u64::from(bytes), 1)
            }
            Samples::Float { bytes, big_endian } => {
                let id = match bytes {
                    4 => whole(CODEC_ID_PCM_F32LE, CODEC_ID_PCM_F32BE, big_endian),
                    8 => whole(CODEC_ID_PCM_F64LE, CODEC_ID_PCM_F64BE, big_endian),
                    _ => return None,
                };
                (id, ch * u64::from(bytes), 1)
            }
            Samples::ALaw => (CODEC_ID_PCM_ALAW, ch, 1),
            Samples::MuLaw => (CODEC_ID_PCM_MULAW, ch, 1),
            Samples::MsAdpcm { block } => {
                let rest = u64::from(block).checked_sub(7 * ch)?;
                (CODEC_ID_ADPCM_MS, u64::from(block), 2 * rest / ch.max(1) + 2)
            }
            Samples::ImaAdpcm { block } => {
                let rest = u64::from(block).checked_sub(4 * ch)?;
                (CODEC_ID_ADPCM_IMA_WAV, u64::from(block), 2 * rest / ch.max(1) + 1)
            }
            Samples::QuickTimeAdpcm => (CODEC_ID_ADPCM_IMA_QT, 34 * ch, 64),
        })
        .filter(|&(_, bytes, _)| bytes > 0)
    }
}

pub(super) struct Blocks {
    decoder: Option<Item>,
    bytes: u64,
    frames: u64,
    per_packet: u64,
}

impl Blocks {
    /// Fails when no decoder takes this layout.
    pub(super) fn new(layout: Layout) -> Result<Self, AudioError> {
        let nonsense = AudioError::Corrupt { detail: "the header describes no samples" };
        let (id, bytes, frames) = layout.block().ok_or(nonsense)?;
        let per_packet = (PACKET_FRAMES / frames).max(1);
        let mut params = codec::parameters(id, layout.rate, layout.channels, None);
        params.with_max_frames_per_packet(per_packet * frames).with_frames_per_block(frames);
        let decoder = Some(Item::Decoder(codec::open(&params)?));
        Ok(Self { decoder, bytes, frames, per_packet })
    }

    /// The next item from the input's position, never reading beyond `end`.
    pub(super) fn next(&mut self, input: &mut Input, end: u64) -> Result<Option<Item>, AudioError> {
        if let Some(decoder) = self.decoder.take() {
            return Ok(Some(decoder));
        }
        let blocks = (end.saturating_sub(input.at()) / self.bytes).min(self.per_packet);
        let data = input.read_vec(usize::try_from(blocks * self.bytes).unwrap_or_default())?;
        let whole = data.len() as u64 / self.bytes;
        if whole == 0 {
            return Ok(None);
        }
        Ok(Some(Item::Packet(packet(data, whole * self.frames))))
    }

    /// Bytes taken by `frames` samples per channel.
    pub(super) fn length_of(&self, frames: u64) -> u64 {
        (frames / self.frames).saturating_mul(self.bytes)
    }
}

/// Several recordings of this kind in one file, one after the other.
pub(super) struct Takes {
    input: Input,
    takes: std::vec::IntoIter<(Layout, std::ops::Range<u64>)>,
    current: Option<(Blocks, u64)>,
}

impl Takes {
    pub(super) fn new(input: Input, takes: Vec<(Layout, std::ops::Range<u64>)>) -> Result<Self, AudioError> {
        let mut this = Self { input, takes: takes.into_iter(), current: None };
        this.begin()?;
        Ok(this)
    }

    fn begin(&mut self) -> Result<(), AudioError> {
        self.current = match self.takes.next() {
            Some((layout, range)) => {
                self.input.seek(range.start)?;
                Some((Blocks::new(layout)?, range.end))
            }
            None => None,
        };
        Ok(())
    }
}

impl Demuxer for Takes {
    fn next(&mut self) -> Result<Option<Item>, AudioError> {
        while let Some((blocks, end)) = &mut self.current {
            if let Some(step) = blocks.next(&mut self.input, *end)? {
                return Ok(Some(step));
            }
            self.begin()?;
        }
        Ok(None)
    }
}
