//! The tables of an MP4 track that say where its samples lie: sizes (`stsz`), chunk offsets (`stco`, `co64`)
//! and samples per chunk (`stsc`). They are walked in place, so a table that claims billions of entries
//! allocates nothing. Must not know what samples are.

use std::ops::Range;

use super::blocks::Blocks;
use super::input::Fields;

/// A position in the walk over the tables.
#[derive(Default)]
pub(super) struct SampleTable {
    sizes: Vec<u8>,
    /// Common size of all samples and their number, where `stsz` states one.
    same: Option<(u32, u64)>,
    chunks: Vec<u8>,
    wide: bool,
    runs: Vec<u8>,
    sample: u64,
    chunk: u32,
    left_in_chunk: u64,
    at: u64,
    run: usize,
}

impl SampleTable {
    /// Takes the bodies of `stsz`, `stco`, `co64` and `stsc`.
    pub(super) fn new(sizes: Vec<u8>, narrow: Vec<u8>, wide: Vec<u8>, runs: Vec<u8>) -> Self {
        let mut fields = Fields(&sizes);
        let head = fields.be32().zip(fields.be32()).zip(fields.be32());
        let same = head.and_then(|((_, size), count)| (size != 0).then_some((size, u64::from(count))));
        let (chunks, wide) = if narrow.is_empty() { (wide, true) } else { (narrow, false) };
        Self { sizes, same, chunks, wide, runs, ..Self::default() }
    }

    fn entry<const N: usize>(table: &[u8], header: usize, index: usize) -> Option<[u8; N]> {
        let at = index.checked_mul(N)?.checked_add(header)?;
        table.get(at..)?.first_chunk().copied()
    }

    fn offset_of_chunk(&self) -> Option<u64> {
        let index = usize::try_from(self.chunk).ok()?;
        if self.wide {
            Self::entry(&self.chunks, 8, index).map(u64::from_be_bytes)
        } else {
            Self::entry(&self.chunks, 8, index).map(|bytes| u64::from(u32::from_be_bytes(bytes)))
        }
    }

    /// Samples in the current chunk.
    fn samples_in_chunk(&mut self) -> Option<u64> {
        // Entries of `stsc` name the first chunk (from 1) they apply to, and hold until the next entry.
        while let Some(next) = Self::entry::<12>(&self.runs, 8, self.run + 1) {
            if Fields(&next).be32()? > self.chunk + 1 {
                break;
            }
            self.run += 1;
        }
        let run = Self::entry::<12>(&self.runs, 8, self.run)?;
        let mut fields = Fields(&run);
        fields.be32()?;
        fields.be32().map(u64::from)
    }

    fn size(&self) -> Option<u64> {
        match self.same {
            Some((size, count)) => (self.sample < count).then_some(u64::from(size)),
            None => {
                let index = usize::try_from(self.sample).ok()?;
                Self::entry(&self.sizes, 12, index).map(|bytes| u64::from(u32::from_be_bytes(bytes)))
            }
        }
    }

    /// Byte range of the next sample, or of the next chunk when the samples are PCM or ADPCM.
    pub(super) fn next(&mut self, plain: Option<&Blocks>) -> Option<Range<u64>> {
        while self.left_in_chunk == 0 {
            self.at = self.offset_of_chunk()?;
            self.left_in_chunk = self.samples_in_chunk()?;
            self.chunk = self.chunk.checked_add(1)?;
        }
        if let Some(blocks) = plain {
            let count = std::mem::take(&mut self.left_in_chunk);
            // QuickTime counts single samples and states a size of 1; others count frames or blocks and state
            // their size.
            let length = match self.same {
                Some((size, _)) if size > 1 => count.saturating_mul(u64::from(size)),
                _ => blocks.length_of(count),
            };
            return Some(self.at..self.at.saturating_add(length));
        }
        let size = self.size()?;
        self.sample += 1;
        self.left_in_chunk -= 1;
        let start = self.at;
        self.at = start.saturating_add(size);
        Some(start..self.at)
    }
}
