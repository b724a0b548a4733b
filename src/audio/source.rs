//! A reader that remembers its first failure, because decoders mistake one for the end of the file or for
//! damage. Must not know any container or codec.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

/// The first read error, shared between a [`Watched`] reader and the code that wants to know.
#[derive(Clone, Default)]
pub(super) struct Failure(Arc<Mutex<Option<io::Error>>>);

impl Failure {
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
        // Seeking to before the start is caused by a damaged file; it is not a failure to read.
        self.input.seek(to)
    }
}
