//! Inputs as the demuxers want them: of known length, with read failures remembered, and with the size
//! fields of a WAV header that are often wrong taken out of play. Must not know any codec.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use symphonia::core::io::MediaSource;

/// The size of the whole in a RIFF header: bytes 4 to 7.
const RIFF_SIZE: Range<u64> = 4..8;

/// Where in a WAV file stand sizes that must not be believed; nowhere in any other file.
///
/// The size of the whole never counts: recorders that were cut off leave any value there. The size of the data
/// is bounded by the end of the file, but 0 means that the recorder never came back to fill it in.
pub(super) fn wave_sizes_to_distrust(head: &[u8]) -> Vec<Range<u64>> {
    let Some((riff, mut chunks)) = head.split_first_chunk::<12>() else { return Vec::new() };
    if !(riff.starts_with(b"RIFF") && riff.ends_with(b"WAVE")) {
        return Vec::new();
    }
    let mut ranges = vec![RIFF_SIZE];
    let mut at = 12u64;
    while let Some(([i0, i1, i2, i3, s0, s1, s2, s3], body)) = chunks.split_first_chunk::<8>() {
        let size = u32::from_le_bytes([*s0, *s1, *s2, *s3]);
        if [*i0, *i1, *i2, *i3] == *b"data" {
            if size == 0 {
                ranges.push(at + 4..at + 8);
            }
            break;
        }
        // Chunks begin at even positions.
        let padded = u64::from(size) + u64::from(size % 2);
        at += 8 + padded;
        chunks = usize::try_from(padded).ok().and_then(|n| body.get(n..)).unwrap_or_default();
    }
    ranges
}

/// The first failure to read, shared between a [`Watched`] reader and whoever wants to know.
#[derive(Clone, Default)]
pub(super) struct Failure(Arc<Mutex<Option<io::Error>>>);

impl Failure {
    /// The failure, if there was one.
    pub(super) fn take(&self) -> Option<io::Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn note(&self, error: io::Error) -> io::Error {
        let kind = error.kind();
        if kind != io::ErrorKind::Interrupted {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        }
        kind.into()
    }
}

/// A reader that remembers its first failure.
pub(super) struct Watched<R> {
    input: R,
    failure: Failure,
}

impl<R> Watched<R> {
    pub(super) fn new(input: R) -> (Self, Failure) {
        let failure = Failure::default();
        (Self { input, failure: failure.clone() }, failure)
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.input.read(buf).map_err(|error| self.failure.note(error))
    }
}

impl<R: Seek> Seek for Watched<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        // A seek to before the start is a damaged file's doing, not a failure.
        self.input.seek(to)
    }
}

/// A seekable input of known length.
pub(super) struct Source<R> {
    input: R,
    at: u64,
    len: u64,
    unknown: Vec<Range<u64>>,
}

impl<R> Source<R> {
    /// Wraps a reader that stands at its beginning. The bytes in `unknown` read as 0xff, which is how RIFF says
    /// that a size is not known.
    pub(super) fn new(input: R, len: u64, unknown: Vec<Range<u64>>) -> Self {
        Self { input, at: 0, len, unknown }
    }
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buf)?;
        for range in self.unknown.iter().filter(|range| self.at < range.end) {
            let positions = (self.at..).zip(buf.iter_mut().take(count));
            positions.filter(|(at, _)| range.contains(at)).for_each(|(_, byte)| *byte = 0xff);
        }
        self.at += count as u64;
        Ok(count)
    }
}

impl<R: Seek> Seek for Source<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = self.input.seek(to)?;
        Ok(self.at)
    }
}

impl<R: Read + Seek + Send + Sync> MediaSource for Source<R> {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.len)
    }
}

/// Reads until `buf` is full or the input ends; returns how much there was.
pub(super) fn read_up_to(input: &mut impl Read, buf: &mut [u8]) -> io::Result<usize> {
    let mut seen = 0;
    while let Some(room) = buf.get_mut(seen..).filter(|room| !room.is_empty()) {
        match input.read(room) {
            Ok(0) => break,
            Ok(n) => seen += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(seen)
}
