//! Matroska and WebM: the packets of one audio track in order, as far as the file goes. The file is read
//! once, element by element. Sizes of elements that only hold other elements are ignored, so a file that was
//! cut, or written live without sizes, plays like any other. Must not know codecs.

use super::super::error::AudioError;
use super::input::Input;
use super::matroska_track::{self, Track};
use super::stream::{Demuxer, Item, Stream};

pub(super) const EBML: u32 = 0x1a45_dfa3;
const SEGMENT: u32 = 0x1853_8067;
const TRACKS: u32 = 0x1654_ae6b;
const CLUSTER: u32 = 0x1f43_b675;
const BLOCK_GROUP: u32 = 0xa0;
const BLOCK: u32 = 0xa1;
const SIMPLE_BLOCK: u32 = 0xa3;
/// Longest `Tracks` element read, bytes.
const MAX_TRACKS: u64 = 4 << 20;
/// Longest block accepted, bytes.
const MAX_BLOCK: u64 = 4 << 20;
/// Bytes searched at a time for the next cluster.
const STRIDE: usize = 32 << 10;

pub(super) struct Matroska {
    input: Input,
    track: Track,
    stream: Stream,
}

/// Reads an EBML number: an element's id (with its length marker) or a size (without). Returns its length in
/// bytes as well. A size of all ones means "unknown".
pub(super) fn number(bytes: &[u8], keep_marker: bool) -> Option<(u64, usize)> {
    let first = *bytes.first()?;
    let length = first.leading_zeros() as usize + 1;
    if length > if keep_marker { 4 } else { 8 } {
        return None;
    }
    let value = bytes.get(..length)?.iter().fold(0u64, |value, &byte| value << 8 | u64::from(byte));
    let marker = 1u64 << (7 * length);
    if keep_marker {
        return Some((value, length));
    }
    let value = value & (marker - 1);
    Some((if value == marker - 1 { u64::MAX } else { value }, length))
}

/// An element's id, its size, and the bytes its header takes.
pub(super) fn element(bytes: &[u8]) -> Option<(u32, u64, usize)> {
    let (id, first) = number(bytes, true)?;
    let (size, second) = number(bytes.get(first..)?, false)?;
    Some((u32::try_from(id).ok()?, size, first + second))
}

impl Matroska {
    pub(super) fn open(mut input: Input) -> Result<Self, AudioError> {
        while let Some((id, size)) = next_element(&mut input)? {
            match id {
                SEGMENT => {}
                CLUSTER => break,
                TRACKS => {
                    let body = input.read_vec(usize::try_from(size.min(MAX_TRACKS)).unwrap_or_default())?;
                    let (track, coding) = matroska_track::choose(&body)?;
                    return Ok(Self { input, track, stream: Stream::new(coding)? });
                }
                _ => input.skip(size)?,
            }
        }
        Err(AudioError::Cut)
    }

    fn block(&mut self, size: u64) -> Result<(), AudioError> {
        let head = self.input.peek(16)?;
        let ours = number(head, false).is_some_and(|(number, _)| number == self.track.number);
        if !ours || size > MAX_BLOCK {
            self.input.skip(size)?;
            return Ok(());
        }
        let wanted = usize::try_from(size).unwrap_or_default();
        let block = self.input.read_vec(wanted)?;
        if block.len() == wanted {
            for frame in matroska_track::frames(&block).unwrap_or_default() {
                self.stream.push([self.track.stripped.as_slice(), frame].concat())?;
            }
        }
        Ok(())
    }
}

/// Moves past the header of the next element. Bytes that are no element are skipped up to the next cluster.
fn next_element(input: &mut Input) -> Result<Option<(u32, u64)>, AudioError> {
    loop {
        let left = input.len().saturating_sub(input.at());
        let head = input.peek(12)?;
        if head.is_empty() {
            return Ok(None);
        }
        let fits = |id, size| matches!(id, SEGMENT | CLUSTER | BLOCK_GROUP) || size <= left;
        if let Some((id, size, length)) = element(head).filter(|&(id, size, _)| fits(id, size)) {
            input.skip(length as u64)?;
            return Ok(Some((id, size)));
        }
        // Not an element, or one that was cut or whose size is damaged.
        input.skip(1)?;
        loop {
            let window = input.peek(STRIDE)?;
            if let Some(found) = window.windows(4).position(|four| four == CLUSTER.to_be_bytes()) {
                input.skip(found as u64)?;
                break;
            }
            let Some(step) = window.len().checked_sub(3).filter(|&n| n > 0) else { return Ok(None) };
            input.skip(step as u64)?;
        }
    }
}

impl Demuxer for Matroska {
    fn next(&mut self) -> Result<Option<Item>, AudioError> {
        loop {
            if let Some(step) = self.stream.pop() {
                return Ok(Some(step));
            }
            let Some((id, size)) = next_element(&mut self.input)? else { return Ok(None) };
            match id {
                // Elements that hold blocks are entered rather than skipped.
                SEGMENT | CLUSTER | BLOCK_GROUP => {}
                BLOCK | SIMPLE_BLOCK => self.block(size)?,
                _ => self.input.skip(size)?,
            }
        }
    }
}
