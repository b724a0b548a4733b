//! MP4, M4A, MOV and 3GP, whole or in fragments: the packets of one audio track in order, as far as the file
//! goes. Other tracks are not looked at. Must not know codecs.

use std::collections::VecDeque;
use std::ops::Range;

use super::super::error::AudioError;
use super::blocks::Blocks;
use super::boxes::{Boxes, Found};
use super::fragment::{self, Run};
use super::input::Input;
use super::sample_entry::{self, Entry};
use super::sample_table::SampleTable;
use super::stream::{Demuxer, Item, Stream};

/// Longest coded packet accepted, bytes.
const MAX_PACKET: u64 = 1 << 20;
/// Longest sample list read, bytes: four bytes describe one sample of some 20 ms.
const MAX_TABLE: u64 = 32 << 20;

pub(super) fn is_mp4(head: &[u8]) -> bool {
    let ids: [&[u8; 4]; 10] =
        [b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"moof", b"styp", b"uuid"];
    head.get(4..8).is_some_and(|id| ids.iter().any(|known| id == *known))
}

pub(super) struct Mp4 {
    boxes: Boxes,
    track: Track,
    out: Out,
    table: SampleTable,
    runs: VecDeque<Run>,
    /// Offset at which to look for the next fragment.
    next_fragment: u64,
    /// Bytes that may still be handed on: no honest track plays the same byte twice.
    budget: u64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Track {
    pub(super) id: u32,
    /// Sample size for fragments that state none.
    pub(super) default_size: u32,
}

enum Out {
    Coded(Stream),
    Plain(Blocks, Range<u64>),
}

impl Mp4 {
    pub(super) fn open(input: Input) -> Result<Self, AudioError> {
        let len = input.len();
        let mut boxes = Boxes::new(input);
        let (mut at, mut any) = (0, false);
        let moov = loop {
            match boxes.at(at, len)? {
                Some(found) if found.id == *b"moov" => break found.body,
                Some(found) => {
                    any = true;
                    at = found.body.end;
                }
                None if any => return Err(AudioError::Cut),
                None => return Err(AudioError::Unrecognised),
            }
        };
        let (track, entry, trak) = Self::choose(&mut boxes, &moov)?;
        let stbl = match boxes.child(&trak, b"mdia")? {
            Some(mdia) => match boxes.child(&mdia.body, b"minf")? {
                Some(minf) => boxes.child(&minf.body, b"stbl")?,
                None => None,
            },
            None => None,
        };
        let mut table = SampleTable::default();
        if let Some(stbl) = stbl {
            let mut read =
                |id| Ok::<_, AudioError>(boxes.read(&stbl.body, &[id], MAX_TABLE)?.unwrap_or_default());
            let (sizes, chunks, wide, runs) =
                (read(b"stsz")?, read(b"stco")?, read(b"co64")?, read(b"stsc")?);
            table = SampleTable::new(sizes, chunks, wide, runs);
        }
        let out = match entry {
            Entry::Coded(coding) => Out::Coded(Stream::new(coding)?),
            Entry::Plain(layout) => Out::Plain(Blocks::new(layout)?, 0..0),
        };
        Ok(Self { boxes, track, out, table, runs: VecDeque::new(), next_fragment: 0, budget: len })
    }

    /// The first audio track that decodes.
    fn choose(boxes: &mut Boxes, moov: &Range<u64>) -> Result<(Track, Entry, Range<u64>), AudioError> {
        let mut refusal = AudioError::NoAudio;
        let mut at = moov.start;
        while let Some(Found { id, body, .. }) = boxes.at(at, moov.end)? {
            at = body.end;
            if id != *b"trak" {
                continue;
            }
            let handler = boxes.read(&body, &[b"mdia", b"hdlr"], 12)?.unwrap_or_default();
            if handler.get(8..12) != Some(b"soun") {
                continue;
            }
            let path: [&[u8; 4]; 4] = [b"mdia", b"minf", b"stbl", b"stsd"];
            let stsd = boxes.read(&body, &path, 64 << 10)?.unwrap_or_default();
            let entry = sample_entry::read(&stsd).and_then(|entry| match &entry {
                Entry::Coded(coding) => coding.check().map(|()| entry),
                Entry::Plain(layout) => Blocks::new(*layout).map(|_| entry),
            });
            match entry {
                Ok(entry) => {
                    let tkhd = boxes.read(&body, &[b"tkhd"], 24)?.unwrap_or_default();
                    let at = if tkhd.first() == Some(&1) { 20 } else { 12 };
                    let id = tkhd.get(at..).and_then(|b| b.first_chunk()).map(|b| u32::from_be_bytes(*b));
                    let mut track = Track { id: id.unwrap_or_default(), default_size: 0 };
                    if let Some(mvex) = boxes.child(moov, b"mvex")? {
                        track.default_size = fragment::default_size(boxes, &mvex.body, track.id)?;
                    }
                    return Ok((track, entry, body));
                }
                Err(error) => refusal = error,
            }
        }
        Err(refusal)
    }

    /// Byte range of the track's next data.
    fn next_piece(&mut self) -> Result<Option<Range<u64>>, AudioError> {
        let plain = match &self.out {
            Out::Plain(blocks, _) => Some(blocks),
            Out::Coded(_) => None,
        };
        if let Some(range) = self.table.next(plain) {
            return Ok(Some(range));
        }
        let len = self.boxes.input.len();
        loop {
            if let Some(run) = self.runs.front_mut() {
                match run.next() {
                    Some(range) if range.start < len => return Ok(Some(range)),
                    _ => {
                        self.runs.pop_front();
                        continue;
                    }
                }
            }
            let Some(found) = self.boxes.at(self.next_fragment, len)? else { return Ok(None) };
            self.next_fragment = found.body.end;
            if found.id == *b"moof" {
                self.runs = fragment::runs(&mut self.boxes, &found, &self.track)?;
            }
        }
    }
}

impl Demuxer for Mp4 {
    fn next(&mut self) -> Result<Option<Item>, AudioError> {
        loop {
            match &mut self.out {
                Out::Coded(stream) => {
                    if let Some(item) = stream.pop() {
                        return Ok(Some(item));
                    }
                }
                Out::Plain(blocks, range) => {
                    self.boxes.input.seek(range.start)?;
                    let item = blocks.next(&mut self.boxes.input, range.end)?;
                    range.start = self.boxes.input.at();
                    if item.is_some() {
                        return Ok(item);
                    }
                }
            }
            let Some(piece) = self.next_piece()? else { return Ok(None) };
            let length = piece.end.saturating_sub(piece.start);
            let Some(budget) = self.budget.checked_sub(length.min(self.boxes.input.len())) else {
                return Ok(None);
            };
            self.budget = budget;
            match &mut self.out {
                Out::Coded(stream) => {
                    let size = usize::try_from(length.min(MAX_PACKET)).unwrap_or_default();
                    let data = self.boxes.input.read_at(piece.start, size)?;
                    // A packet that the end of the file cuts off is dropped.
                    if data.len() as u64 == length && length > 0 {
                        stream.push(data)?;
                    }
                }
                Out::Plain(_, range) => *range = piece,
            }
        }
    }
}
