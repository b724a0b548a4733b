//! The chunks of RIFF and IFF files: where each lies, limited to what is really in the file. Many recorders
//! leave a size at 0, at a maximum or at a guess, so stated sizes are checked. Must not know what chunks
//! mean.

use std::io;
use std::ops::Range;

use super::input::Input;

/// Chunks looked at: more than any file has.
const MAX_CHUNKS: usize = 4_096;
/// Bytes searched at a time for a lost chunk.
const STRIDE: usize = 32 << 10;

pub(super) struct Chunk {
    pub(super) id: [u8; 4],
    /// Its content, cut off where the file ends.
    pub(super) body: Range<u64>,
    /// Its size as stated.
    pub(super) stated: u32,
}

pub(super) struct Chunks {
    big_endian: bool,
    at: u64,
    left: usize,
}

impl Chunks {
    /// Starts at offset `at`.
    pub(super) fn new(at: u64, big_endian: bool) -> Self {
        Self { big_endian, at, left: MAX_CHUNKS }
    }

    fn header(&self, input: &mut Input, at: u64) -> io::Result<Option<([u8; 4], u32)>> {
        let bytes = input.read_at(at, 8)?;
        let Some(&[a, b, c, d, s0, s1, s2, s3]) = bytes.first_chunk::<8>() else { return Ok(None) };
        let size = [s0, s1, s2, s3];
        let size = if self.big_endian { u32::from_be_bytes(size) } else { u32::from_le_bytes(size) };
        let id = [a, b, c, d];
        Ok(id.iter().all(|byte| (b' '..=b'~').contains(byte)).then_some((id, size)))
    }

    pub(super) fn next(&mut self, input: &mut Input) -> io::Result<Option<Chunk>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let Some((id, stated)) = self.header(input, self.at)? else { return Ok(None) };
        let start = self.at + 8;
        let end = start.saturating_add(u64::from(stated)).min(input.len());
        self.at = self.behind(input, end)?;
        Ok(Some(Chunk { id, body: start..end, stated }))
    }

    /// Where the chunk after one that ends at `end` begins: at the next even offset, except for writers that
    /// forget the padding byte.
    fn behind(&self, input: &mut Input, end: u64) -> io::Result<u64> {
        let padded = end.next_multiple_of(2);
        if padded == end || self.header(input, padded)?.is_some() {
            return Ok(padded);
        }
        Ok(if self.header(input, end)?.is_some() { end } else { padded })
    }

    /// Steps into a chunk that holds chunks, past its type.
    pub(super) fn enter(&mut self, chunk: &Chunk) {
        self.at = chunk.body.start + 4;
    }

    /// Continues after `end`.
    pub(super) fn go_to(&mut self, input: &mut Input, end: u64) -> io::Result<()> {
        self.at = self.behind(input, end)?;
        Ok(())
    }

    /// The true end of a chunk of samples: the stated one if chunks or the end of the file follow there,
    /// otherwise the end of the file.
    pub(super) fn end_of_samples(
        &self,
        input: &mut Input,
        body: &Range<u64>,
        size: Option<u64>,
    ) -> io::Result<u64> {
        let len = input.len();
        let Some(end) = size.filter(|&n| n > 0).and_then(|n| body.start.checked_add(n)) else {
            return Ok(len);
        };
        if end >= len {
            return Ok(len);
        }
        // A few stray bytes at the end are ignored; anything longer must be a run of chunks that reaches the
        // end of the file.
        let mut at = end;
        for _ in 0..64 {
            at = self.behind(input, at)?;
            if at.saturating_add(8) > len {
                return Ok(end);
            }
            match self.header(input, at)? {
                // Another file was appended; it is judged by itself.
                Some((id, _)) if matches!(&id, b"RIFF" | b"RIFX" | b"RF64" | b"BW64" | b"FORM") => {
                    return Ok(end);
                }
                Some((_, size)) => at = at.saturating_add(8 + u64::from(size)),
                None => return Ok(len),
            }
            if at > len {
                return Ok(len);
            }
        }
        Ok(end)
    }

    /// Searches for a chunk's name byte by byte, for files whose sizes lead nowhere.
    pub(super) fn search(&mut self, input: &mut Input, from: u64, id: &[u8; 4]) -> io::Result<bool> {
        input.seek(from)?;
        loop {
            let window = input.peek(STRIDE)?;
            if let Some(found) = window.windows(4).position(|four| four == id) {
                self.at = input.at() + found as u64;
                return Ok(true);
            }
            let Some(step) = window.len().checked_sub(3).filter(|&n| n > 0) else { return Ok(false) };
            input.skip(step as u64)?;
        }
    }
}
