//! A reader that remembers its first failure, because decoders take one for the end of the file or for damage. Must not know
//! any container or codec.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

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
