//! A stream of packets on its way to its decoder, the same for every container. Must not know containers.

use std::collections::VecDeque;

use symphonia::core::codecs::audio::AudioDecoder;
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters};
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, Timestamp};

use super::super::codec;
use super::super::error::AudioError;
use super::mpeg_header::{Header, Kind};

pub(in crate::audio) enum Item {
    /// All packets from here on are for this decoder.
    Decoder(Box<dyn AudioDecoder>),
    Packet(Packet),
}

/// A container being read.
pub(in crate::audio) trait Demuxer {
    /// `None` at the end of the file.
    fn next(&mut self) -> Result<Option<Item>, AudioError>;
}

/// A packet of `frames` samples per channel.
pub(super) fn packet(data: Vec<u8>, frames: u64) -> Packet {
    Packet::new(0, Timestamp::ZERO, Duration::from(frames), data)
}

/// What a container says about its codec.
#[derive(Clone)]
pub(super) enum Coding {
    Known(Box<AudioCodecParameters>),
    /// MPEG audio, whose frames each describe themselves.
    Mpeg,
}

impl Coding {
    pub(super) fn new(codec: AudioCodecId, rate: u32, channels: u16, extra: Option<Vec<u8>>) -> Self {
        Self::Known(Box::new(codec::parameters(codec, rate, channels, extra)))
    }

    /// Fails when there is no decoder for it.
    pub(super) fn check(&self) -> Result<(), AudioError> {
        match self {
            Self::Known(params) => codec::open(params).map(drop),
            Self::Mpeg => Ok(()),
        }
    }
}

/// Turns the packets of one stream into items.
pub(super) struct Stream {
    coding: Coding,
    begun: Option<Kind>,
    ready: VecDeque<Item>,
}

impl Stream {
    pub(super) fn new(coding: Coding) -> Result<Self, AudioError> {
        let mut ready = VecDeque::new();
        if let Coding::Known(params) = &coding {
            ready.push_back(Item::Decoder(codec::open(params)?));
        }
        Ok(Self { coding, begun: None, ready })
    }

    /// The next item that is ready.
    pub(super) fn pop(&mut self) -> Option<Item> {
        self.ready.pop_front()
    }

    /// Takes a packet as the container stores it.
    pub(super) fn push(&mut self, data: Vec<u8>) -> Result<(), AudioError> {
        let Coding::Mpeg = self.coding else {
            self.ready.push_back(Item::Packet(packet(data, 0)));
            return Ok(());
        };
        let mut rest = data.as_slice();
        while let Some(header) = Header::parse(rest) {
            let Some((frame, more)) = rest.split_at_checked(header.size) else { break };
            if self.begun != Some(header.kind) {
                self.ready.push_back(Item::Decoder(codec::open(&header.kind.parameters())?));
                self.begun = Some(header.kind);
            }
            self.ready.push_back(Item::Packet(header.packet(frame)));
            rest = more;
        }
        Ok(())
    }
}
