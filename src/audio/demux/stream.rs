//! One stream of packets on its way to its decoder, whatever container it came from. Must not know containers.

use std::collections::VecDeque;

use symphonia::core::codecs::audio::AudioDecoder;
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters};
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, Timestamp};

use super::super::codec;
use super::super::error::AudioError;
use super::mpeg_header::{Header, Kind};

/// What a demuxer finds next.
pub(in crate::audio) enum Step {
    /// All packets from here on are for this decoder.
    Decoder(Box<dyn AudioDecoder>),
    /// Coded audio.
    Packet(Packet),
}

/// A container being read.
pub(in crate::audio) trait Demuxer {
    /// The next step; `None` at the end of what is there.
    fn next(&mut self) -> Result<Option<Step>, AudioError>;
}

/// A packet of `frames` samples a channel.
pub(super) fn packet(data: Vec<u8>, frames: u64) -> Packet {
    Packet::new(0, Timestamp::ZERO, Duration::from(frames), data)
}

/// What a container says of its codec.
#[derive(Clone)]
pub(super) enum Coding {
    /// Everything a decoder needs to know.
    Known(Box<AudioCodecParameters>),
    /// MPEG audio, which says everything itself, anew in each frame.
    Mpeg,
}

impl Coding {
    /// Coding by parameters that all codecs have.
    pub(super) fn new(codec: AudioCodecId, rate: u32, channels: u16, extra: Option<Vec<u8>>) -> Self {
        Self::Known(Box::new(codec::parameters(codec, rate, channels, extra)))
    }

    /// Whether there is a decoder.
    pub(super) fn check(&self) -> Result<(), AudioError> {
        match self {
            Self::Known(params) => codec::open(params).map(drop),
            Self::Mpeg => Ok(()),
        }
    }
}

/// Turns the packets of one stream into steps.
pub(super) struct Stream {
    coding: Coding,
    begun: Option<Kind>,
    ready: VecDeque<Step>,
}

impl Stream {
    /// Opens the decoder.
    pub(super) fn new(coding: Coding) -> Result<Self, AudioError> {
        let mut ready = VecDeque::new();
        if let Coding::Known(params) = &coding {
            ready.push_back(Step::Decoder(codec::open(params)?));
        }
        Ok(Self { coding, begun: None, ready })
    }

    /// What is ready to be handed on.
    pub(super) fn pop(&mut self) -> Option<Step> {
        self.ready.pop_front()
    }

    /// Takes a packet of the container.
    pub(super) fn push(&mut self, data: Vec<u8>) -> Result<(), AudioError> {
        let Coding::Mpeg = self.coding else {
            self.ready.push_back(Step::Packet(packet(data, 0)));
            return Ok(());
        };
        let mut rest = data.as_slice();
        while let Some(header) = Header::parse(rest) {
            let Some((frame, more)) = rest.split_at_checked(header.size) else { break };
            if self.begun != Some(header.kind) {
                self.ready.push_back(Step::Decoder(codec::open(&header.kind.parameters())?));
                self.begun = Some(header.kind);
            }
            self.ready.push_back(Step::Packet(header.packet(frame)));
            rest = more;
        }
        Ok(())
    }
}
