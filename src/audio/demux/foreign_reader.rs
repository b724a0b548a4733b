//! Adapts symphonia's own container readers (Ogg, FLAC frames) to our demuxer trait. Must not know what was
//! done to the bytes before.

use std::collections::VecDeque;
use std::io;

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioDecoder;
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatReader, Track};
use symphonia::core::packet::Packet;
use symphonia::core::units::Duration;

use super::super::codec;
use super::super::error::AudioError;
use super::stream::{Demuxer, Item};

/// Container errors in a row after which the stream counts as ended.
const MAX_BAD_READS: u32 = 64;

pub(super) struct ForeignReader {
    format: Box<dyn FormatReader>,
    track: u32,
    decoder: Option<Box<dyn AudioDecoder>>,
    bad_reads: u32,
    /// A packet that asks to be shortened at its end. Only the last packet of a stream may be, so it waits
    /// here until the next one shows whether it was.
    held: Option<Packet>,
    /// Packets ready to be handed on.
    queue: VecDeque<Packet>,
    /// Positions are exact, so any packet may be shortened.
    exact: bool,
}

impl ForeignReader {
    pub(super) fn new(format: Box<dyn FormatReader>) -> Result<Self, AudioError> {
        let (track, decoder) = choose(format.tracks())?;
        let exact = is_exact(decoder.as_ref());
        Ok(Self {
            format,
            track,
            decoder: Some(decoder),
            bad_reads: 0,
            held: None,
            queue: VecDeque::new(),
            exact,
        })
    }

    /// Takes a packet of the reader; returns the next one to hand on, if any.
    fn pass(&mut self, packet: Packet) -> Option<Packet> {
        if self.exact {
            return Some(packet);
        }
        let before = self.held.take().map(|mut before| {
            before.dur = before.dur.saturating_add(before.trim_end);
            before.trim_end = Duration::ZERO;
            before
        });
        // A trim that would leave nothing of the packet is a wrong position rather than the end of the sound.
        if packet.trim_end == Duration::ZERO || packet.dur == Duration::ZERO {
            self.queue.extend(before);
            let mut packet = packet;
            packet.dur = packet.dur.saturating_add(packet.trim_end);
            packet.trim_end = Duration::ZERO;
            self.queue.push_back(packet);
        } else {
            self.queue.extend(before);
            self.held = Some(packet);
        }
        self.queue.pop_front()
    }
}

/// Opus positions were corrected by `ogg_repair` before the reader saw them.
fn is_exact(decoder: &dyn AudioDecoder) -> bool {
    decoder.codec_params().codec == CODEC_ID_OPUS
}

impl Demuxer for ForeignReader {
    fn next(&mut self) -> Result<Option<Item>, AudioError> {
        if let Some(decoder) = self.decoder.take() {
            return Ok(Some(Item::Decoder(decoder)));
        }
        if let Some(packet) = self.queue.pop_front() {
            return Ok(Some(Item::Packet(packet)));
        }
        while self.bad_reads < MAX_BAD_READS {
            match self.format.next_packet() {
                Ok(Some(packet)) => {
                    self.bad_reads = 0;
                    if packet.track_id == self.track
                        && let Some(packet) = self.pass(packet)
                    {
                        return Ok(Some(Item::Packet(packet)));
                    }
                }
                Ok(None) => break,
                // The next link of a chain has other tracks and parameters.
                Err(Error::ResetRequired) => {
                    let end = self.held.take();
                    match choose(self.format.tracks()) {
                        Ok((track, decoder)) => {
                            (self.track, self.exact) = (track, is_exact(decoder.as_ref()));
                            self.decoder = Some(decoder);
                        }
                        // A link that cannot be decoded is skipped.
                        Err(_) => self.bad_reads += 1,
                    }
                    match (end, self.decoder.take()) {
                        (Some(packet), decoder) => {
                            self.decoder = decoder;
                            return Ok(Some(Item::Packet(packet)));
                        }
                        (None, Some(decoder)) => return Ok(Some(Item::Decoder(decoder))),
                        (None, None) => {}
                    }
                }
                Err(Error::IoError(error)) if error.kind() == io::ErrorKind::UnexpectedEof => break,
                Err(Error::IoError(error)) => return Err(AudioError::Io(error)),
                Err(_) => self.bad_reads += 1,
            }
        }
        Ok(self.held.take().map(Item::Packet))
    }
}

fn choose(tracks: &[Track]) -> Result<(u32, Box<dyn AudioDecoder>), AudioError> {
    let mut refusal = AudioError::NoAudio;
    for track in tracks {
        let Some(CodecParameters::Audio(params)) = &track.codec_params else { continue };
        match codec::open(params) {
            Ok(decoder) => return Ok((track.id, decoder)),
            Err(error) => refusal = error,
        }
    }
    Err(refusal)
}

/// Turns the error of a reader that could not open the file into ours.
pub(super) fn refused(error: Error) -> AudioError {
    match error {
        Error::IoError(error) if error.kind() != io::ErrorKind::UnexpectedEof => AudioError::Io(error),
        Error::DecodeError(detail) | Error::LimitError(detail) => AudioError::Corrupt { detail },
        _ => AudioError::Corrupt { detail: "nothing in the container can be read" },
    }
}
