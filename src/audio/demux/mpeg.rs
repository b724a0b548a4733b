//! MPEG audio and AAC in ADTS, which have no container: frame after frame, with tags and garbage before,
//! between and after. A frame is played because it is there; no count, length or bit rate stated by a header
//! or tag ends the sound. Must not know what frames hold.

use std::io;
use std::ops::ControlFlow;

use super::super::codec;
use super::super::error::AudioError;
use super::input::Input;
use super::mpeg_header::{Header, Kind};
use super::stream::{Demuxer, Item};
use super::tags;

/// Consecutive headers that confirm a beginning: random bytes look like one header every few thousand.
const CONFIRMING: usize = 3;
/// Bytes searched at a time for a header, at most.
const STRIDE: usize = 4_096;

pub(super) struct MpegAudio {
    input: Input,
    end: u64,
    kind: Option<Kind>,
    /// The last frame ended at the input's position.
    in_step: bool,
    /// Samples still to drop before the first sound.
    skip: u64,
    held: Option<Item>,
}

impl MpegAudio {
    /// Searches for the first frame between the input's position and `end`.
    pub(super) fn find(input: Input, end: u64) -> io::Result<Option<Self>> {
        let end = end.min(input.len());
        let mut this = Self { input, end, kind: None, in_step: false, skip: 0, held: None };
        Ok(this.next_header()?.is_some().then_some(this))
    }

    /// Moves to the next real frame and returns its header.
    fn next_header(&mut self) -> io::Result<Option<Header>> {
        while self.input.at() < self.end {
            if let Some(length) = tags::length(self.input.peek(tags::HEAD)?)
                && self.input.at().saturating_add(length) <= self.end
            {
                self.input.skip(length)?;
                continue;
            }
            let parsed = Header::parse(self.input.peek(8)?);
            if let Some(header) = parsed
                && self.believable(&header)?
            {
                return Ok(Some(header));
            }
            self.in_step = false;
            let window = self.input.peek(STRIDE)?;
            // 0xff begins a frame, the letters begin a tag.
            let far = window.iter().skip(1).position(|byte| matches!(byte, 0xff | b'I' | b'A' | b'T'));
            let step = far.map_or(window.len(), |n| n + 1).max(1);
            self.input.skip(step as u64)?;
        }
        Ok(None)
    }

    /// Whether a header is more than bytes that look like one: it continues the last frame, or more headers
    /// follow it.
    fn believable(&mut self, header: &Header) -> io::Result<bool> {
        let known = self.kind == Some(header.kind);
        if known && self.in_step {
            return Ok(true);
        }
        let left = usize::try_from(self.end - self.input.at()).unwrap_or(usize::MAX);
        let (mut at, mut next) = (0, *header);
        for _ in 0..if known { 1 } else { CONFIRMING } {
            at += next.size;
            // The last frames before the end, or before another joined file, have no successor to confirm
            // them.
            if at == left || (at < left && left - at < 4) {
                return Ok(true);
            }
            let window = self.input.peek(at + tags::HEAD)?;
            let rest = window.get(at..).unwrap_or_default();
            match Header::parse(rest) {
                Some(other) if other.kind == header.kind => next = other,
                _ => return Ok(at < left && tags::length(rest).is_some()),
            }
        }
        Ok(true)
    }

    fn take(&mut self, header: &Header) -> Result<ControlFlow<Option<Item>>, AudioError> {
        let room = usize::try_from(self.end - self.input.at()).unwrap_or(usize::MAX);
        let frame = self.input.read_vec(header.size.min(room))?;
        if frame.len() < header.size {
            return Ok(ControlFlow::Break(None));
        }
        self.in_step = true;
        if let Some(delay) = header.notes(&frame) {
            // A new file was joined on: what is left of the previous one's delay no longer counts.
            self.skip = delay;
            return Ok(ControlFlow::Continue(()));
        }
        let mut packet = header.packet(&frame);
        let dropped = self.skip.min(header.samples());
        self.skip -= dropped;
        packet.trim_start = dropped.into();
        if self.kind == Some(header.kind) {
            return Ok(ControlFlow::Break(Some(Item::Packet(packet))));
        }
        self.kind = Some(header.kind);
        self.held = Some(Item::Packet(packet));
        Ok(ControlFlow::Break(Some(Item::Decoder(codec::open(&header.kind.parameters())?))))
    }
}

impl Demuxer for MpegAudio {
    fn next(&mut self) -> Result<Option<Item>, AudioError> {
        if let Some(step) = self.held.take() {
            return Ok(Some(step));
        }
        while let Some(header) = self.next_header()? {
            if let ControlFlow::Break(step) = self.take(&header)? {
                return Ok(step);
            }
        }
        Ok(None)
    }
}
