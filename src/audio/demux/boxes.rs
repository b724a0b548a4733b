//! The boxes of MP4 and QuickTime files: where each lies, limited to what is really in the file. Must not
//! know what boxes mean.

use std::io;
use std::ops::Range;

use super::input::{Fields, Input};

/// Boxes looked at in one file: more than any recording has.
const MAX_BOXES: u32 = 1_000_000;

#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) id: [u8; 4],
    /// Offset of its header.
    pub(super) start: u64,
    /// Its content, cut off where the file ends.
    pub(super) body: Range<u64>,
}

/// Reads boxes and counts them, so that a file of nothing but boxes comes to an end.
pub(super) struct Boxes {
    pub(super) input: Input,
    left: u32,
}

impl Boxes {
    pub(super) fn new(input: Input) -> Self {
        Self { input, left: MAX_BOXES }
    }

    /// The box at offset `at`, of those before `end`.
    pub(super) fn at(&mut self, at: u64, end: u64) -> io::Result<Option<Found>> {
        if self.left == 0 || at.saturating_add(8) > end {
            return Ok(None);
        }
        self.left -= 1;
        let header = self.input.read_at(at, 16)?;
        let mut fields = Fields(&header);
        let (Some(size), Some(id)) = (fields.be32(), fields.array()) else { return Ok(None) };
        let (skip, size) = match size {
            0 => (8, end - at),
            1 => match fields.be64() {
                Some(size) => (16, size),
                None => return Ok(None),
            },
            size => (8, u64::from(size)),
        };
        if size < skip {
            return Ok(None);
        }
        // A box that claims to be longer than the file was cut.
        Ok(Some(Found { id, start: at, body: at + skip..at.saturating_add(size).min(end).max(at + skip) }))
    }

    pub(super) fn child(&mut self, of: &Range<u64>, id: &[u8; 4]) -> io::Result<Option<Found>> {
        let mut at = of.start;
        while let Some(found) = self.at(at, of.end)? {
            at = found.body.end;
            if found.id == *id {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The content of a box along a path of nested boxes, at most `limit` bytes.
    pub(super) fn read(
        &mut self,
        of: &Range<u64>,
        path: &[&[u8; 4]],
        limit: u64,
    ) -> io::Result<Option<Vec<u8>>> {
        let mut body = of.clone();
        for id in path {
            match self.child(&body, id)? {
                Some(found) => body = found.body,
                None => return Ok(None),
            }
        }
        let size = (body.end - body.start).min(limit);
        Ok(Some(self.input.read_at(body.start, usize::try_from(size).unwrap_or_default())?))
    }
}
