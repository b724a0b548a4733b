//! Notes on disk which rows are in work, so that a row that crashes the daemon is found out.
//!
//! A panic is contained, but an abort, a stack overflow or the kernel's out-of-memory killer ends the process, and the row
//! would be claimed again after every start. Yet a daemon may also be killed while dozens of innocent rows are in work,
//! and the way it died does not tell the cases apart. Therefore:
//!
//! - A row is in work while something is done with it *here*. While it waits for a server's answer or for its turn
//!   ([`waiting`](crate::waiting)), which is most of its time, it cannot be what ended the daemon, and its note is taken down.
//! - Rows that were in work when the daemon crashed are *suspects* at the next start and are worked on one at a time in each
//!   kind of work; a suspect that is finished properly is cleared. All other rows continue as usual.
//! - A row that was in work at two crashes in a row is *on trial*: it is left alone for a while, and if the daemon survives
//!   that time, the row becomes a dead letter and its learner is told. Whoever kills the daemon from outside does so again
//!   during the trial, which clears the row.
//! - A row that got further in between (to its next stage, or to its next message) starts afresh.
//! - Crashes within the last hour in which the row was not in work clear it as well.
//!
//! A note is written to the page cache and not flushed: it has to survive this process, not the machine. A power cut may
//! lose notes or leave old ones, which at worst delays a row that still exists. Must not know what is worked on.

use crate::domain::{Timestamp, WorkKind};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::UNIX_EPOCH;

const NAME: &str = "in-hands";
/// Crashes that are remembered.
const ENDS: usize = 16;
/// Offset of the slots: after the mark of a running daemon and the times of the crashes.
const HEAD: usize = 8 + 8 * ENDS;
/// The place of its kind of work in [`WorkKind::ALL`], counted from 1, in one byte; a row's number in seven; when its work
/// began.
const SLOT: usize = 16;
/// Bits of a row's number.
const SEQ_BITS: u32 = 56;
/// Crashes older than this no longer count, ms.
const LATELY_MS: i64 = 3_600_000;
/// Mark of a running daemon.
const RUNNING: u64 = 0x7275_6e6e_696e_6721;

/// What the previous daemon left behind.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Left {
    /// Rows in work when it crashed, in which kind of work, and since when.
    pub rows: BTreeMap<u64, (WorkKind, Timestamp)>,
    /// Crashes within the last hour.
    pub ends: u32,
    /// How long ago it ended, milliseconds; 0 after an end out of order, which nobody wrote down. `None`: there was none.
    pub quiet_ms: Option<u64>,
}

/// The notes of this daemon.
#[derive(Debug)]
pub(crate) struct CrashNotes {
    file: File,
    /// Which slots are in use.
    slots: Mutex<Vec<bool>>,
}

/// A row in work. Dropped without [`CrashNotes::end`], its note stays on disk.
#[derive(Debug)]
pub(crate) struct Note {
    slot: usize,
    /// What is on disk while it is in work.
    bytes: Vec<u8>,
    /// Its slot may be another row's by now.
    ended: Mutex<bool>,
}

impl CrashNotes {
    /// Opens the notes in the store's folder. Blocking.
    pub(crate) fn open(root: &Path, now: Timestamp) -> io::Result<(Arc<Self>, Left)> {
        let mut options = OpenOptions::new();
        let file =
            options.read(true).write(true).create(true).truncate(false).mode(0o600).open(root.join(NAME))?;
        let metadata = file.metadata()?;
        let mut bytes = vec![0; usize::try_from(metadata.len()).unwrap_or(0).min(1 << 20)];
        file.read_exact_at(&mut bytes, 0)?;
        let (mut left, ends, running) = read(&bytes, now);
        // The last thing written was that it ends; a time to come is left from a clock that was set back since.
        let ended = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let ended_ms = ended.map_or(now.0, |at| i64::try_from(at.as_millis()).unwrap_or(now.0));
        let ago_ms = if running { 0 } else { u64::try_from(now.0.saturating_sub(ended_ms)).unwrap_or(0) };
        left.quiet_ms = (!bytes.is_empty()).then_some(ago_ms);
        let head: Vec<u8> = [RUNNING.to_be_bytes()]
            .into_iter()
            .chain(ends.iter().map(|end| end.0.to_be_bytes()))
            .chain(std::iter::repeat([0; 8]))
            .flatten()
            .take(HEAD)
            .collect();
        file.write_all_at(&head, 0)?;
        file.set_len(HEAD as u64)?;
        Ok((Arc::new(Self { file, slots: Mutex::default() }), left))
    }

    /// Notes that work on a row begins. Blocks for a write to the page cache.
    pub(crate) fn begin(&self, seq: u64, kind: WorkKind, now: Timestamp) -> io::Result<Arc<Note>> {
        let slot = {
            let mut slots = self.slots();
            let free = slots.iter().position(|taken| !taken).unwrap_or(slots.len());
            match slots.get_mut(free) {
                Some(taken) => *taken = true,
                None => slots.push(true),
            }
            free
        };
        let place = WorkKind::ALL.into_iter().position(|it| it == kind).unwrap_or(0) as u64 + 1;
        let row = place << SEQ_BITS | seq;
        let bytes: Vec<u8> = row.to_be_bytes().into_iter().chain(now.0.to_be_bytes()).collect();
        self.file.write_all_at(&bytes, offset(slot))?;
        Ok(Arc::new(Note { slot, bytes, ended: Mutex::new(false) }))
    }

    /// Takes a note down while its row only waits, or puts it up again. Blocks like [`Self::begin`].
    pub(crate) fn waits(&self, note: &Note, waits: bool) -> io::Result<()> {
        let ended = note.ended.lock().unwrap_or_else(PoisonError::into_inner);
        match *ended {
            true => Ok(()),
            false if waits => self.file.write_all_at(&[0; SLOT], offset(note.slot)),
            false => self.file.write_all_at(&note.bytes, offset(note.slot)),
        }
    }

    /// Notes that work on a row has ended properly. Blocks like [`Self::begin`].
    pub(crate) fn end(&self, note: &Note) -> io::Result<()> {
        *note.ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.file.write_all_at(&[0; SLOT], offset(note.slot))?;
        if let Some(taken) = self.slots().get_mut(note.slot) {
            *taken = false;
        }
        Ok(())
    }

    /// Notes that the daemon stops properly, whatever is still in work.
    pub(crate) fn close(&self) -> io::Result<()> {
        self.file.write_all_at(&[0; 8], 0)
    }

    fn slots(&self) -> MutexGuard<'_, Vec<bool>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn offset(slot: usize) -> u64 {
    (HEAD + slot * SLOT) as u64
}

/// What is noted, the ends out of order to remember, and whether the latest is one of them.
fn read(bytes: &[u8], now: Timestamp) -> (Left, Vec<Timestamp>, bool) {
    let number = |bytes: &[u8]| bytes.try_into().map(u64::from_be_bytes).unwrap_or(0);
    let moment = |bytes: &[u8]| Timestamp(i64::from_be_bytes(number(bytes).to_be_bytes()));
    let (head, slots) = bytes.split_at(bytes.len().min(HEAD));
    let mut words = head.chunks(8);
    let running = words.next().is_some_and(|mark| number(mark) == RUNNING);
    // A date in the future was stored before the clock was set back.
    let lately = |end: &Timestamp| end.0 != 0 && *end <= now && now.since_ms(*end) < LATELY_MS;
    let mut ends: Vec<Timestamp> = words.map(moment).filter(lately).collect();
    let mut rows = BTreeMap::new();
    if running {
        ends.push(now);
        ends.drain(..ends.len().saturating_sub(ENDS));
        for slot in slots.chunks_exact(SLOT) {
            let (row, began) = slot.split_at(8);
            let (place, seq) = (number(row) >> SEQ_BITS, number(row) & ((1 << SEQ_BITS) - 1));
            let place = usize::try_from(place).ok().and_then(|place| place.checked_sub(1));
            // A free slot, or one of a version that noted no kind.
            let Some(kind) = place.and_then(|place| WorkKind::ALL.get(place)) else { continue };
            rows.insert(seq, (*kind, moment(began)));
        }
    }
    let count = u32::try_from(ends.len()).unwrap_or(u32::MAX);
    (Left { rows, ends: count, quiet_ms: None }, ends, running)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_in_hands_is_told_after_an_end_out_of_order_alone() {
        let folder = tempfile::tempdir().unwrap();
        let at = |secs: i64| Timestamp::from_secs(1_800_000_000 + secs);
        let (notes, left) = CrashNotes::open(folder.path(), at(0)).unwrap();
        assert_eq!(left, Left::default());
        let first = notes.begin(7, WorkKind::Tutor, at(1)).unwrap();
        notes.begin(8, WorkKind::Tutor, at(2)).unwrap();
        notes.end(&first).unwrap();
        let third = notes.begin(9, WorkKind::Model, at(3)).unwrap();
        let waits = notes.begin(10, WorkKind::Local, at(4)).unwrap();
        notes.waits(&waits, true).unwrap();
        notes.waits(&third, true).unwrap();
        notes.waits(&third, false).unwrap();
        // Too late: the slot is another row's.
        notes.waits(&first, false).unwrap();
        drop(notes);
        let (notes, left) = CrashNotes::open(folder.path(), at(10)).unwrap();
        let rows = |left: &Left| {
            left.rows.iter().map(|(seq, (kind, began))| (*seq, *kind, *began)).collect::<Vec<_>>()
        };
        assert_eq!(
            (rows(&left), left.ends),
            (vec![(8, WorkKind::Tutor, at(2)), (9, WorkKind::Model, at(3))], 1)
        );
        drop(notes);
        // A crash without rows in work counts all the same.
        let (notes, left) = CrashNotes::open(folder.path(), at(20)).unwrap();
        assert_eq!((rows(&left), left.ends), (Vec::new(), 2));
        notes.begin(11, WorkKind::Tutor, at(21)).unwrap();
        notes.close().unwrap();
        let (notes, left) = CrashNotes::open(folder.path(), at(30)).unwrap();
        assert_eq!((rows(&left), left.ends), (Vec::new(), 2), "an end in order is none of those");
        notes.close().unwrap();
        // Crashes are forgotten after an hour; of very many the latest are kept.
        let (_, left) = CrashNotes::open(folder.path(), at(4_000)).unwrap();
        assert_eq!(left.ends, 0);
        for n in 0..40 {
            drop(CrashNotes::open(folder.path(), at(4_000 + n)).unwrap());
        }
        assert_eq!(CrashNotes::open(folder.path(), at(4_100)).unwrap().1.ends, 16);
        std::fs::write(folder.path().join(NAME), "rubbish").unwrap();
        let (_, left) = CrashNotes::open(folder.path(), at(4_200)).unwrap();
        assert_eq!((left.rows.len(), left.ends), (0, 0));
    }

    #[test]
    fn how_long_it_is_since_the_daemon_before_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let now = || Timestamp(i64::try_from(UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap());
        let (notes, left) = CrashNotes::open(folder.path(), now()).unwrap();
        assert_eq!(left.quiet_ms, None);
        notes.close().unwrap();
        let before = now();
        let (_, left) = CrashNotes::open(folder.path(), before.plus_ms(7_000)).unwrap();
        assert!(left.quiet_ms.is_some_and(|ms| ms >= 7_000), "{left:?}");
        let (notes, left) = CrashNotes::open(folder.path(), before.plus_ms(9_000)).unwrap();
        assert_eq!(left.quiet_ms, Some(0), "nobody knows when it ended");
        notes.close().unwrap();
        let (_, left) = CrashNotes::open(folder.path(), before.plus_ms(-60_000)).unwrap();
        assert_eq!(left.quiet_ms, Some(0), "the clock was set back");
    }
}
