//! Fragments of an MP4 file (`moof`): where the samples of one track lie in each. Must not know what samples
//! are.

use std::collections::VecDeque;
use std::io;
use std::ops::Range;

use super::boxes::{Boxes, Found};
use super::input::Fields;
use super::mp4::Track;

/// Longest sample list read, bytes.
const MAX_TABLE: u64 = 8 << 20;

/// Samples that lie back to back.
pub(super) struct Run {
    at: u64,
    left: u32,
    table: Vec<u8>,
    /// Bytes of one table entry, and the offset of the size in it.
    entry: usize,
    size_at: Option<usize>,
    default_size: u32,
    index: usize,
}

impl Run {
    /// Byte range of the next sample.
    pub(super) fn next(&mut self) -> Option<Range<u64>> {
        self.left = self.left.checked_sub(1)?;
        let size = match self.size_at {
            Some(at) => {
                let at = self.index.checked_mul(self.entry)?.checked_add(at)?;
                Fields(self.table.get(at..)?).be32()?
            }
            None => self.default_size,
        };
        if size == 0 && self.size_at.is_none() {
            return None;
        }
        self.index += 1;
        let start = self.at;
        self.at = start.saturating_add(u64::from(size));
        Some(start..self.at)
    }

    /// Where the run ends, found by walking a copy of its sizes.
    fn end(&self) -> u64 {
        let Some(size_at) = self.size_at else {
            return self.at.saturating_add(u64::from(self.left) * u64::from(self.default_size));
        };
        let sizes = self.table.chunks_exact(self.entry.max(4)).take(self.left as usize);
        let sizes = sizes.filter_map(|entry| Fields(entry.get(size_at..)?).be32());
        sizes.fold(self.at, |at, size| at.saturating_add(u64::from(size)))
    }
}

/// Default sample size of a track (`trex`), for fragments that state none.
pub(super) fn default_size(boxes: &mut Boxes, mvex: &Range<u64>, track: u32) -> io::Result<u32> {
    let mut at = mvex.start;
    while let Some(found) = boxes.at(at, mvex.end)? {
        at = found.body.end;
        if found.id != *b"trex" {
            continue;
        }
        let body = boxes.input.read_at(found.body.start, 20)?;
        let mut fields = Fields(&body);
        let read = || {
            fields.be32()?;
            let id = fields.be32()?;
            fields.bytes(8)?;
            (id == track).then_some(fields.be32()?)
        };
        if let Some(size) = { read }() {
            return Ok(size);
        }
    }
    Ok(0)
}

pub(super) fn runs(boxes: &mut Boxes, moof: &Found, track: &Track) -> io::Result<VecDeque<Run>> {
    let mut runs = VecDeque::new();
    // A run without an offset of its own continues where the previous one ended.
    let mut behind = moof.start;
    let mut at = moof.body.start;
    while let Some(traf) = boxes.at(at, moof.body.end)? {
        at = traf.body.end;
        if traf.id != *b"traf" {
            continue;
        }
        let header = boxes.read(&traf.body, &[b"tfhd"], 64)?.unwrap_or_default();
        let Some((id, base, default_size)) = track_header(&header, moof.start, track) else { continue };
        let mut next = base.unwrap_or(behind);
        let origin = next;
        let mut inner = traf.body.start;
        while let Some(trun) = boxes.at(inner, traf.body.end)? {
            inner = trun.body.end;
            if trun.id != *b"trun" {
                continue;
            }
            let size = (trun.body.end - trun.body.start).min(MAX_TABLE);
            let body = boxes.input.read_at(trun.body.start, usize::try_from(size).unwrap_or_default())?;
            let Some(run) = track_run(&body, origin, next, default_size) else { continue };
            next = run.end();
            if id == track.id {
                runs.push_back(run);
            }
        }
        behind = next;
    }
    Ok(runs)
}

/// Track id, the offset its data is counted from, and the default sample size.
fn track_header(bytes: &[u8], moof: u64, track: &Track) -> Option<(u32, Option<u64>, u32)> {
    let mut fields = Fields(bytes);
    let (flags, id) = (fields.be32()?, fields.be32()?);
    let mut base = (flags & 0x2_0000 != 0).then_some(moof);
    if flags & 1 != 0 {
        base = Some(fields.be64()?);
    }
    fields.bytes(if flags & 2 != 0 { 4 } else { 0 })?;
    fields.bytes(if flags & 8 != 0 { 4 } else { 0 })?;
    let size = if flags & 0x10 != 0 { fields.be32()? } else { track.default_size };
    Some((id, base, size))
}

fn track_run(bytes: &[u8], origin: u64, next: u64, default_size: u32) -> Option<Run> {
    let mut fields = Fields(bytes);
    let (flags, count) = (fields.be32()?, fields.be32()?);
    let mut at = next;
    if flags & 1 != 0 {
        // Signed: the data may even lie before the fragment.
        at = origin.saturating_add_signed(i64::from(fields.be32()?.cast_signed()));
    }
    fields.bytes(if flags & 4 != 0 { 4 } else { 0 })?;
    let has = |bit: u32| if flags & bit != 0 { 4 } else { 0 };
    let entry = has(0x100) + has(0x200) + has(0x400) + has(0x800);
    let size_at = (flags & 0x200 != 0).then_some(has(0x100));
    Some(Run { at, left: count, table: fields.0.to_vec(), entry, size_at, default_size, index: 0 })
}
