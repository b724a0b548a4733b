//! Native FLAC. symphonia reads the frames. The metadata before them is read here, because only the sample
//! format matters: seek tables, tags and pictures are skipped. Joined files play one after the other. Must
//! not know how frames decode.

use std::io::{self, Cursor, Read};
use std::sync::{Arc, Mutex, PoisonError};

use symphonia::core::formats::{FormatOptions, FormatReader};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions, ReadOnlySource};
use symphonia::default::formats::FlacReader;

use super::super::error::AudioError;
use super::foreign_reader::ForeignReader;
use super::input::Input;
use super::stream::{Demuxer, Item};
use super::tags;

pub(super) const MARKER: &[u8; 4] = b"fLaC";
/// Bytes of the STREAMINFO block, which describes the samples.
const STREAM_INFO: usize = 34;
/// Metadata blocks skipped before the first frame, at most.
const MAX_BLOCKS: usize = 1_024;
/// Bytes searched at a time for the next joined file.
const STRIDE: usize = 16 << 10;

pub(super) struct Flac {
    input: Arc<Mutex<Input>>,
    reader: ForeignReader,
}

impl Flac {
    /// Opens the file at the input's position.
    pub(super) fn open(input: Input) -> Result<Self, AudioError> {
        let input = Arc::new(Mutex::new(input));
        let reader =
            begin(&input)?.ok_or(AudioError::Corrupt { detail: "a FLAC file without its description" })?;
        Ok(Self { input, reader })
    }
}

impl Demuxer for Flac {
    fn next(&mut self) -> Result<Option<Item>, AudioError> {
        loop {
            if let Some(step) = self.reader.next()? {
                return Ok(Some(step));
            }
            match begin(&self.input) {
                Ok(Some(reader)) => self.reader = reader,
                Ok(None) => return Ok(None),
                // Sound that decoded is kept even if the next part is broken.
                Err(AudioError::Io(error)) => return Err(AudioError::Io(error)),
                Err(_) => return Ok(None),
            }
        }
    }
}

/// Reads the metadata and opens the frames; `None` when no FLAC file begins here.
fn begin(shared: &Arc<Mutex<Input>>) -> Result<Option<ForeignReader>, AudioError> {
    let head = {
        let mut input = shared.lock().unwrap_or_else(PoisonError::into_inner);
        match description(&mut input)? {
            Some(head) => head,
            None => return Ok(None),
        }
    };
    let frames = Frames(Arc::clone(shared));
    let source = ReadOnlySource::new(Cursor::new(head).chain(frames));
    let stream = MediaSourceStream::new(Box::new(source), MediaSourceStreamOptions::default());
    let opened = FlacReader::try_new(stream, FormatOptions::default());
    let format: Box<dyn FormatReader> = Box::new(opened.map_err(super::foreign_reader::refused)?);
    Ok(Some(ForeignReader::new(format)?))
}

/// Skips everything before the first frame and returns a minimal, correct header.
fn description(input: &mut Input) -> io::Result<Option<Vec<u8>>> {
    tags::skip(input)?;
    if input.peek(4)? != MARKER {
        return Ok(None);
    }
    input.skip(4)?;
    let mut info = None;
    for _ in 0..MAX_BLOCKS {
        let Some(&[kind, a, b, c]) = input.peek(4)?.first_chunk::<4>() else { break };
        let size = u32::from_be_bytes([0, a, b, c]);
        if kind & 0x7f == 0 && info.is_none() {
            info = input.peek(4 + STREAM_INFO)?.get(4..4 + STREAM_INFO).map(<[u8]>::to_vec);
        }
        let end = input.at() + 4 + u64::from(size);
        if end > input.len() {
            break;
        }
        input.seek(end)?;
        if kind & 0x80 != 0 {
            break;
        }
    }
    let Some(info) = info else { return Ok(None) };
    // The first frame says whether blocks have a fixed length. The other fields (block and frame sizes,
    // sample count, checksum) are not needed to decode.
    let fixed = input.peek(2)?.last().is_none_or(|byte| byte & 1 == 0);
    let mut head = MARKER.to_vec();
    head.extend([0x80, 0, 0, STREAM_INFO as u8]);
    head.extend(if fixed { [0xff, 0xff] } else { [0, 16] });
    head.extend([0xff, 0xff, 0, 0, 0, 0, 0, 0]);
    let format = info.get(10..14).unwrap_or_default();
    head.extend(format.iter().zip([0xff, 0xff, 0xff, 0xf0]).map(|(byte, mask)| byte & mask));
    head.resize(8 + STREAM_INFO, 0);
    Ok(Some(head))
}

/// The frames of one file, up to where another begins.
struct Frames(Arc<Mutex<Input>>);

impl Read for Frames {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut input = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let window = input.peek(STRIDE)?;
        let next = window.windows(8).position(|eight| {
            eight.starts_with(MARKER) && matches!(eight.get(4..), Some(&[0 | 0x80, 0, 0, 34]))
        });
        // The last bytes of the window may be the beginning of a marker.
        let sure = if window.len() < STRIDE { window.len() } else { window.len() - 7 };
        let count = next.unwrap_or(sure).min(buf.len());
        let bytes = input.read_vec(count)?;
        if let Some(to) = buf.get_mut(..bytes.len()) {
            to.copy_from_slice(&bytes);
        }
        Ok(bytes.len())
    }
}
