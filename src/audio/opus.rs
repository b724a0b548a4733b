//! Opus behind symphonia's decoder trait: ropus decodes; this adds what RFC 7845 asks of a player (output
//! gain, pre-skip, end trimming) and conceals packets that do not decode. The only file that decodes Opus, so
//! that the codec can be exchanged. Must not know containers.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ropus::DecodeMode;
use symphonia::core::audio::{AsGenericAudioBufferRef, AudioBuffer, AudioMut, AudioSpec, Channels};
use symphonia::core::audio::{GenericAudioBufferRef, Position};
use symphonia::core::codecs::CodecInfo;
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::codecs::audio::{
    AudioCodecParameters, AudioDecoder, AudioDecoderOptions, FinalizeResult,
};
use symphonia::core::codecs::registry::{RegisterableAudioDecoder, SupportedAudioCodec};
use symphonia::core::errors::{Error, Result, decode_error, unsupported_error};
use symphonia::core::packet::PacketRef;

/// Opus is always decoded at this rate, Hz.
const RATE: u32 = 48_000;
/// 120 ms, the longest packet there is, in samples per channel.
const MAX_FRAMES: usize = 5_760;
/// 20 ms, the usual packet, in samples per channel.
const USUAL_FRAMES: usize = 960;

const INFO: CodecInfo = CodecInfo { short_name: "opus", long_name: "Opus (ropus)", profiles: &[] };

/// The fields of `OpusHead` a decoder needs (RFC 7845, 5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OpusHead {
    /// 1 or 2.
    pub(super) channels: u8,
    /// Samples at 48 kHz to drop from the start.
    pub(super) pre_skip: u16,
    /// Gain in 1/256 dB.
    pub(super) gain: i16,
}

impl OpusHead {
    /// Reads the header packet; `None` when it is not one, or of a layout that is not mono or stereo.
    pub(super) fn parse(packet: &[u8]) -> Option<Self> {
        let rest = packet.strip_prefix(b"OpusHead")?;
        let &[version, channels, skip0, skip1, _, _, _, _, gain0, gain1, family] =
            rest.first_chunk::<11>()?;
        // Family 1 with one or two channels equals family 0. Versions above 15 are incompatible (RFC 7845,
        // 5.1).
        if version > 15 || !(1..=2).contains(&channels) || family > 1 {
            return None;
        }
        let (skip, gain) = ([skip0, skip1], [gain0, gain1]);
        // MP4 stores the same fields big-endian under version 0, which Ogg and Matroska do not use.
        let (pre_skip, gain) = match version {
            0 => (u16::from_be_bytes(skip), i16::from_be_bytes(gain)),
            _ => (u16::from_le_bytes(skip), i16::from_le_bytes(gain)),
        };
        Some(Self { channels, pre_skip, gain })
    }
}

/// Samples per channel at 48 kHz in a packet, by its first bytes (RFC 6716, 3.1); `None` when it is no valid
/// packet.
pub(super) fn packet_frames(packet: &[u8]) -> Option<usize> {
    let toc = *packet.first()?;
    let frame = match toc >> 3 {
        config @ 0..=11 => [480, 960, 1_920, 2_880].get(usize::from(config & 3)).copied()?,
        config @ 12..=15 => [480, 960].get(usize::from(config & 1)).copied()?,
        config => [120, 240, 480, 960].get(usize::from(config & 3)).copied()?,
    };
    let count = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => usize::from(packet.get(1)? & 0x3f),
    };
    let frames = frame * count;
    (1..=MAX_FRAMES).contains(&frames).then_some(frames)
}

pub(super) struct OpusDecoder {
    params: AudioCodecParameters,
    head: OpusHead,
    codec: ropus::Decoder,
    pcm: Vec<f32>,
    buffer: AudioBuffer<f32>,
    skip: usize,
    last: usize,
}

impl OpusDecoder {
    fn new(params: &AudioCodecParameters) -> Result<Self> {
        let head = match params.extra_data.as_deref() {
            Some(data) => OpusHead::parse(data),
            None => None,
        };
        let Some(head) = head else {
            return unsupported_error("opus: neither mono nor stereo");
        };
        let position = match head.channels {
            1 => Position::FRONT_LEFT,
            _ => Position::FRONT_LEFT | Position::FRONT_RIGHT,
        };
        let spec = AudioSpec::new(RATE, Channels::Positioned(position));
        Ok(Self {
            params: params.clone(),
            head,
            codec: new_codec(head)?,
            pcm: vec![0.0; MAX_FRAMES * usize::from(head.channels)],
            buffer: AudioBuffer::new(spec, MAX_FRAMES),
            skip: usize::from(head.pre_skip),
            last: USUAL_FRAMES,
        })
    }

    /// Decodes one packet into `pcm`, concealing it when damaged. Returns samples per channel.
    fn decode_packet(&mut self, data: &[u8]) -> Result<usize> {
        let stated = packet_frames(data);
        // An empty packet stands for a lost one.
        if stated.is_some()
            && let Some(frames) = self.run(data, self.pcm.len())?
        {
            self.last = frames;
            return Ok(frames);
        }
        let frames = stated.unwrap_or(self.last);
        let wanted = frames * usize::from(self.head.channels);
        if self.run(&[], wanted)? != Some(frames) {
            self.pcm.iter_mut().take(wanted).for_each(|sample| *sample = 0.0);
        }
        Ok(frames)
    }

    /// One call of the codec; `None` when it refuses the packet. A panic inside is contained; the decoder
    /// then starts afresh.
    fn run(&mut self, data: &[u8], room: usize) -> Result<Option<usize>> {
        let Some(out) = self.pcm.get_mut(..room) else { return Ok(None) };
        let codec = &mut self.codec;
        match catch_unwind(AssertUnwindSafe(|| codec.decode_float(data, out, DecodeMode::Normal))) {
            Ok(Ok(frames)) if frames <= MAX_FRAMES => Ok(Some(frames)),
            Ok(_) => Ok(None),
            Err(_) => {
                self.codec = new_codec(self.head)?;
                Ok(None)
            }
        }
    }

    /// Moves `pcm[from..to]` (samples per channel) into the planar buffer symphonia hands out.
    fn publish(&mut self, from: usize, to: usize) {
        let channels = usize::from(self.head.channels);
        self.buffer.clear();
        self.buffer.resize_uninit(to.saturating_sub(from));
        for channel in 0..channels {
            let Some(plane) = self.buffer.plane_mut(channel) else { continue };
            let samples = self.pcm.iter().skip(from * channels + channel).step_by(channels);
            plane.iter_mut().zip(samples).for_each(|(out, &sample)| *out = sample);
        }
    }
}

fn new_codec(head: OpusHead) -> Result<ropus::Decoder> {
    let channels = if head.channels == 1 { ropus::Channels::Mono } else { ropus::Channels::Stereo };
    let refused = |_| Error::DecodeError("opus: the decoder did not start");
    let mut codec = ropus::Decoder::new(RATE, channels).map_err(refused)?;
    match codec.set_gain(i32::from(head.gain)) {
        Ok(()) => Ok(codec),
        Err(_) => decode_error("opus: the output gain was refused"),
    }
}

impl AudioDecoder for OpusDecoder {
    fn reset(&mut self) {
        if let Ok(codec) = new_codec(self.head) {
            self.codec = codec;
        }
        self.buffer.clear();
    }

    fn codec_info(&self) -> &CodecInfo {
        &INFO
    }

    fn codec_params(&self) -> &AudioCodecParameters {
        &self.params
    }

    fn decode_ref(&mut self, packet: &PacketRef<'_>) -> Result<GenericAudioBufferRef<'_>> {
        self.buffer.clear();
        let frames = self.decode_packet(packet.data)?;
        // The Ogg reader leaves the pre-skip to the decoder and marks only the end padding on packets.
        let start = self.skip.min(frames);
        self.skip -= start;
        let trim = usize::try_from(packet.trim_end.get()).unwrap_or(usize::MAX);
        let end = frames.saturating_sub(trim).max(start);
        self.publish(start, end);
        Ok(self.buffer.as_generic_audio_buffer_ref())
    }

    fn finalize(&mut self) -> FinalizeResult {
        FinalizeResult::default()
    }

    fn last_decoded(&self) -> GenericAudioBufferRef<'_> {
        self.buffer.as_generic_audio_buffer_ref()
    }
}

impl RegisterableAudioDecoder for OpusDecoder {
    fn try_registry_new(
        params: &AudioCodecParameters,
        _options: &AudioDecoderOptions,
    ) -> Result<Box<dyn AudioDecoder>> {
        Ok(Box::new(Self::new(params)?))
    }

    fn supported_codecs() -> &'static [SupportedAudioCodec] {
        &[SupportedAudioCodec { id: CODEC_ID_OPUS, info: INFO }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packet_lengths_are_those_of_rfc_6716() {
        let tenths_of_ms: [usize; 32] = [
            100, 200, 400, 600, 100, 200, 400, 600, 100, 200, 400, 600, 100, 200, 100, 200, 25, 50, 100, 200,
            25, 50, 100, 200, 25, 50, 100, 200, 25, 50, 100, 200,
        ];
        for (config, tenths) in (0u8..).zip(tenths_of_ms) {
            let frames = tenths * 48 / 10;
            let toc = config << 3;
            assert_eq!(packet_frames(&[toc]), Some(frames));
            assert_eq!(packet_frames(&[toc | 1, 0]), Some(2 * frames).filter(|&n| n <= MAX_FRAMES));
            assert_eq!(packet_frames(&[toc | 3]), None);
            assert_eq!(packet_frames(&[toc | 3, 0]), None);
            for count in 1..64u8 {
                let stated = Some(frames * usize::from(count)).filter(|&n| n <= MAX_FRAMES);
                assert_eq!(packet_frames(&[toc | 3, count | 0xc0]), stated, "{config} {count}");
            }
        }
        assert_eq!(packet_frames(&[]), None);
    }

    #[test]
    fn headers_are_read_to_the_letter() {
        let head = b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\xfa\0";
        assert_eq!(OpusHead::parse(head), Some(OpusHead { channels: 2, pre_skip: 312, gain: -1_536 }));
        let in_mp4 = b"OpusHead\0\x02\x01\x38\0\0\xbb\x80\xfa\0\0";
        assert_eq!(OpusHead::parse(in_mp4), OpusHead::parse(head));
        for (at, value) in [(0, b'o'), (8, 0x10), (9, 0), (9, 3), (18, 2), (18, 255)] {
            let mut other = *head;
            other[at] = value;
            assert_eq!(OpusHead::parse(&other), None, "byte {at} {value}");
        }
        assert_eq!(OpusHead::parse(&head[..18]), None);
    }
}
