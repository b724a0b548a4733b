//! The header of one frame of MPEG audio (ISO 11172-3, 13818-3 and the 2.5 extension) or of AAC in ADTS (ISO
//! 13818-7). Must not know where frames come from.

use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::{CODEC_ID_AAC, CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3};
use symphonia::core::packet::Packet;

use super::super::codec;
use super::stream;

/// What does not change from frame to frame within one recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    coding: FrameCoding,
    rate: u32,
    channels: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FrameCoding {
    Layer1,
    Layer2,
    Layer3,
    Adts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) kind: Kind,
    /// Bytes of the frame, header included.
    pub(super) size: usize,
    /// Bytes before the part that the decoder takes (the ADTS header).
    wrapping: usize,
    /// Samples per channel.
    samples: u64,
}

/// kbit/s by layer and index, MPEG 1. Index 0 ("free format") is not used in practice.
const KBITS_1: [[u32; 14]; 3] = [
    [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
];
const KBITS_2: [[u32; 14]; 3] = [
    [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];
const AAC_RATES: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];
/// Samples by which an MP3 decoder is late, as every player counts it.
const DECODER_DELAY: u64 = 529;

impl Kind {
    pub(super) fn parameters(self) -> AudioCodecParameters {
        let id = match self.coding {
            FrameCoding::Layer1 => CODEC_ID_MP1,
            FrameCoding::Layer2 => CODEC_ID_MP2,
            FrameCoding::Layer3 => CODEC_ID_MP3,
            FrameCoding::Adts => CODEC_ID_AAC,
        };
        codec::parameters(id, self.rate, u16::from(self.channels), None)
    }
}

impl Header {
    /// Reads the header at the beginning of `bytes`; `None` when there is none.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let &[0xff, b1, b2, b3] = bytes.first_chunk::<4>()? else { return None };
        if b1 & 0xf6 == 0xf0 {
            return Self::adts(bytes);
        }
        let layer = match (b1 & 0xe0, b1 >> 1 & 3) {
            (0xe0, 3) => 0,
            (0xe0, 2) => 1,
            (0xe0, 1) => 2,
            _ => return None,
        };
        let (first, divisor) = match b1 >> 3 & 3 {
            3 => (true, 1),
            2 => (false, 2),
            0 => (false, 4),
            _ => return None,
        };
        let rate = [44_100u32, 48_000, 32_000].get(usize::from(b2 >> 2 & 3))? / divisor;
        let table = if first { &KBITS_1 } else { &KBITS_2 };
        let bits = 1_000 * table.get(layer)?.get(usize::from(b2 >> 4).checked_sub(1)?)?;
        let padding = usize::from(b2 >> 1 & 1);
        let (coding, samples, size) = match layer {
            0 => (FrameCoding::Layer1, 384, ((12 * bits / rate) as usize + padding) * 4),
            1 => (FrameCoding::Layer2, 1_152, (144 * bits / rate) as usize + padding),
            _ if first => (FrameCoding::Layer3, 1_152, (144 * bits / rate) as usize + padding),
            _ => (FrameCoding::Layer3, 576, (72 * bits / rate) as usize + padding),
        };
        let channels = if b3 >> 6 == 3 { 1 } else { 2 };
        Some(Self { kind: Kind { coding, rate, channels }, size, wrapping: 0, samples })
    }

    fn adts(bytes: &[u8]) -> Option<Self> {
        let &[_, b1, b2, b3, b4, b5, _] = bytes.first_chunk::<7>()?;
        let rate = *AAC_RATES.get(usize::from(b2 >> 2 & 15))?;
        let channels = match (b2 & 1) << 2 | b3 >> 6 {
            // 0: the layout is told inside the frames. 7: eight channels (7.1).
            0 => 2,
            7 => 8,
            n => n,
        };
        let size = usize::from(b3 & 3) << 11 | usize::from(b4) << 3 | usize::from(b5 >> 5);
        let wrapping = if b1 & 1 == 0 { 9 } else { 7 };
        let kind = Kind { coding: FrameCoding::Adts, rate, channels };
        (size > wrapping).then_some(Self { kind, size, wrapping, samples: 1_024 })
    }

    /// The packet for the decoder, of a frame with this header.
    pub(super) fn packet(&self, frame: &[u8]) -> Packet {
        stream::packet(frame.get(self.wrapping..).unwrap_or_default().to_vec(), self.samples)
    }

    /// Whether the frame holds an encoder's metadata (Xing, Info, VBRI) instead of sound; if so, the samples
    /// that encoder and decoder add before the first sound (0 where not stated).
    pub(super) fn notes(&self, frame: &[u8]) -> Option<u64> {
        if self.kind.coding != FrameCoding::Layer3 {
            return None;
        }
        let side = match (self.samples == 1_152, self.kind.channels) {
            (true, 2) => 32,
            (true, _) | (false, 2) => 17,
            _ => 9,
        };
        if frame.get(36..).is_some_and(|rest| rest.starts_with(b"VBRI")) {
            return Some(0);
        }
        // A checksum, where there is one, comes first.
        let tag = [4 + side, 6 + side].into_iter().find_map(|at| {
            frame.get(at..).filter(|rest| rest.starts_with(b"Xing") || rest.starts_with(b"Info"))
        })?;
        let flags = tag.get(7).copied().unwrap_or_default();
        let fields = [(1, 4), (2, 4), (4, 100), (8, 4)];
        let at = 8 + fields.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, size)| size).sum::<usize>();
        let delay = match tag.get(at + 21..at + 23) {
            Some(&[high, low]) => u64::from(high) << 4 | u64::from(low >> 4),
            _ => 0,
        };
        Some(if delay == 0 { 0 } else { delay + DECODER_DELAY })
    }

    /// Samples per channel.
    pub(super) fn samples(&self) -> u64 {
        self.samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_the_standard() {
        for (bytes, rate, channels, size, samples) in [
            ([0xff, 0xfb, 0x90, 0x44], 44_100, 2, 417, 1_152),
            ([0xff, 0xfb, 0x92, 0xc4], 44_100, 1, 418, 1_152),
            ([0xff, 0xf3, 0x44, 0xc4], 24_000, 1, 96, 576),
            ([0xff, 0xe3, 0x28, 0xc4], 8_000, 1, 144, 576),
            ([0xff, 0xfd, 0x80, 0x04], 44_100, 2, 417, 1_152),
            ([0xff, 0xff, 0x10, 0x04], 44_100, 2, 32, 384),
        ] {
            let header = Header::parse(&bytes).unwrap();
            let Kind { rate: got_rate, channels: got_channels, .. } = header.kind;
            assert_eq!(
                (got_rate, got_channels, header.size, header.samples),
                (rate, channels, size, samples)
            );
        }
        let adts = Header::parse(&[0xff, 0xf1, 0x50, 0x40, 0x17, 0xdf, 0xfc]).unwrap();
        assert_eq!((adts.kind.rate, adts.kind.channels, adts.size, adts.wrapping), (44_100, 1, 190, 7));
        // Reserved version, layer, bit rate, sample rate; free bit rate; no sync word.
        for bytes in [
            [0xff, 0xeb, 0x90, 0x44],
            [0xff, 0xf9, 0xfd, 0x44],
            [0xff, 0xfb, 0xf0, 0x44],
            [0xff, 0xfb, 0x9c, 0x44],
            [0xff, 0xfb, 0x00, 0x44],
            [0xfe, 0xfb, 0x90, 0x44],
        ] {
            assert_eq!(Header::parse(&bytes), None, "{bytes:x?}");
        }
    }
}
