//! Takes containers apart: any file to a decoder and its packets. Only the bytes say what a file is, and only
//! what is there says how long it is. File names, media types, and the lengths, counts and positions stated
//! by a header are not trusted. Must not know what packets sound like.

mod aac;
mod aiff;
mod blocks;
mod boxes;
mod chunks;
mod flac;
mod foreign_reader;
mod fragment;
mod input;
mod matroska;
mod matroska_track;
mod mp4;
mod mpeg;
mod mpeg_header;
mod names;
mod sample_entry;
mod sample_table;
mod stream;
mod tags;
mod wave;

use symphonia::core::formats::FormatOptions;
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions, ReadOnlySource};
use symphonia::default::formats::OggReader;

use super::error::AudioError;
use super::ogg_page::MARKER as OGG;
use super::ogg_repair::OggRepair;
use foreign_reader::ForeignReader;

pub(super) use input::Input;
pub(super) use stream::{Demuxer, Item};

/// Bytes looked at before a demuxer is chosen.
const HEAD: usize = 4_096;
/// Bytes of garbage that may precede the first Ogg page.
const OGG_REACH: usize = 1_024;

pub(super) fn open(mut input: Input) -> Result<Box<dyn Demuxer>, AudioError> {
    tags::skip(&mut input)?;
    let start = input.at();
    let head = input.peek(HEAD)?.to_vec();
    if head.starts_with(flac::MARKER) {
        return Ok(Box::new(flac::Flac::open(input)?));
    }
    if wave::is_wave(&head) {
        return wave::open(input, start);
    }
    if aiff::is_aiff(&head) {
        return aiff::open(input, start);
    }
    if head.starts_with(&matroska::EBML.to_be_bytes()) {
        return Ok(Box::new(matroska::Matroska::open(input)?));
    }
    if mp4::is_mp4(&head) {
        return Ok(Box::new(mp4::Mp4::open(input)?));
    }
    if let Some(name) = names::of(&head) {
        return Err(AudioError::foreign(name));
    }
    let near = head.get(..OGG_REACH).unwrap_or(&head);
    if near.windows(OGG.len()).any(|four| four == OGG) {
        return ogg(input, &head);
    }
    let end = input.len();
    match mpeg::MpegAudio::find(input, end)? {
        Some(frames) => Ok(Box::new(frames)),
        None => Err(AudioError::Unrecognised),
    }
}

fn ogg(input: Input, head: &[u8]) -> Result<Box<dyn Demuxer>, AudioError> {
    // As a source that cannot seek: then the Ogg reader needs no intact last page to start, and reads
    // everything once.
    let source = ReadOnlySource::new(OggRepair::new(input));
    let stream = MediaSourceStream::new(Box::new(source), MediaSourceStreamOptions::default());
    let reader = match OggReader::try_new(stream, FormatOptions::default()) {
        Ok(reader) => ForeignReader::new(Box::new(reader)),
        Err(error) => Err(foreign_reader::refused(error)),
    };
    match (reader, names::in_ogg(head)) {
        (Ok(reader), _) => Ok(Box::new(reader)),
        (Err(AudioError::Io(error)), _) => Err(AudioError::Io(error)),
        (Err(_), Some(name)) => Err(AudioError::foreign(name)),
        (Err(error), None) => Err(error),
    }
}
