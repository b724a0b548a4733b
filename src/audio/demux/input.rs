//! Untrusted bytes for the demuxers: a window over a seekable reader, and the fields of a header. Every read
//! is bounded by what is really there, never by what a header claims. Must not know any container.

use std::io::{self, Read, Seek, SeekFrom};

pub(in crate::audio) trait Bytes: Read + Seek + Send + Sync {}
impl<T: Read + Seek + Send + Sync> Bytes for T {}

/// Bytes read at a time.
const BLOCK: usize = 32 << 10;

/// A reader whose next bytes can be looked at before they are consumed.
pub(in crate::audio) struct Input {
    reader: Box<dyn Bytes>,
    len: u64,
    window: Vec<u8>,
    /// Index in the window of the first unread byte.
    from: usize,
    /// Offset in the file of the end of the window.
    behind: u64,
}

impl Input {
    /// `reader` stands at its beginning and holds `len` bytes.
    pub(in crate::audio) fn new(reader: Box<dyn Bytes>, len: u64) -> Self {
        Self { reader, len, window: Vec::new(), from: 0, behind: 0 }
    }

    /// Bytes of the whole file.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Offset of the next byte.
    pub(super) fn at(&self) -> u64 {
        self.behind.saturating_sub(self.window.len().saturating_sub(self.from) as u64)
    }

    /// The next `count` bytes without consuming them; fewer at the end.
    pub(super) fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        if self.window.len().saturating_sub(self.from) < count {
            self.window.drain(..self.from.min(self.window.len()));
            self.from = 0;
            let wanted = count.max(BLOCK).saturating_sub(self.window.len());
            let got = (&mut self.reader).take(wanted as u64).read_to_end(&mut self.window)?;
            self.behind += got as u64;
        }
        let rest = self.window.get(self.from..).unwrap_or_default();
        Ok(rest.get(..count).unwrap_or(rest))
    }

    /// Positions beyond the end become the end.
    pub(super) fn seek(&mut self, to: u64) -> io::Result<()> {
        let to = to.min(self.len);
        let start = self.behind.saturating_sub(self.window.len() as u64);
        if (start..=self.behind).contains(&to) {
            self.from = usize::try_from(to - start).unwrap_or(usize::MAX);
            return Ok(());
        }
        self.window.clear();
        self.from = 0;
        self.behind = self.reader.seek(SeekFrom::Start(to))?;
        Ok(())
    }

    pub(super) fn skip(&mut self, count: u64) -> io::Result<()> {
        self.seek(self.at().saturating_add(count))
    }

    /// Consumes and returns the next `count` bytes; fewer at the end.
    pub(super) fn read_vec(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let bytes = self.peek(count)?.to_vec();
        self.from += bytes.len();
        Ok(bytes)
    }

    /// Reads `count` bytes at an offset; fewer at the end.
    pub(super) fn read_at(&mut self, at: u64, count: usize) -> io::Result<Vec<u8>> {
        self.seek(at)?;
        self.read_vec(count)
    }
}

impl Read for Input {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let ready = self.peek(buf.len().min(BLOCK))?;
        let count = ready.len();
        if let Some(to) = buf.get_mut(..count) {
            to.copy_from_slice(ready);
        }
        self.from += count;
        Ok(count)
    }
}

/// Reads a header field by field; `None` when it is too short.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*array)
    }

    pub(super) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn be16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn be32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn be64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn the_window_follows_seeks_and_ends_with_the_file() {
        let bytes: Vec<u8> = (0..100_000u32).map(|n| n as u8).collect();
        let mut input = Input::new(Box::new(Cursor::new(bytes.clone())), bytes.len() as u64);
        for at in [0usize, 5, 70_000, 69_990, 3, 99_998, 40_000] {
            input.seek(at as u64).unwrap();
            assert_eq!(input.at(), at as u64);
            let want = &bytes[at..(at + 40_000).min(bytes.len())];
            assert_eq!(input.peek(40_000).unwrap(), want);
            assert_eq!(input.read_vec(7).unwrap(), bytes[at..(at + 7).min(bytes.len())]);
        }
        input.seek(u64::MAX).unwrap();
        assert_eq!(input.at(), 100_000);
        assert!(input.peek(1).unwrap().is_empty());
    }
}
