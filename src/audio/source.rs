//! Inputs as the demuxers want them: of known length, with read failures remembered, and with the one size
//! field of a WAV header that is often wrong taken out of play. Must not know any codec.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

use symphonia::core::io::MediaSource;

/// The RIFF size field: bytes 4 to 7.
const RIFF_SIZE: std::ops::Range<u64> = 4..8;

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
    riff: bool,
}

impl<R> Source<R> {
    /// Wraps a reader that stands at its beginning. With `riff`, the RIFF size reads as "unknown": recorders
    /// that were cut off leave any value there, and the data chunk is bounded by the end of the file anyway.
    pub(super) fn new(input: R, len: u64, riff: bool) -> Self {
        Self { input, at: 0, len, riff }
    }
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buf)?;
        if self.riff && self.at < RIFF_SIZE.end {
            let positions = (self.at..).zip(buf.iter_mut().take(count));
            positions.filter(|(at, _)| RIFF_SIZE.contains(at)).for_each(|(_, byte)| *byte = 0xff);
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
