//! A copy of records under another key, with a key or without one: made elsewhere, read back, exported.
//!
//! Must not know which engines hold them, how a copy replaces the original, or why one is wanted.

use super::disk::Disk;
use super::engine::{Engine, Opens};
use super::export::{self, Exported};
use super::rebuild::Bulk;
use super::state::State;
use super::{StoreError, ledger, verbs};
use crate::domain::Timestamp;
use crate::secret::KeyMaterial;
use sha2::{Digest, Sha256};
use std::path::Path;

/// Records between two progress reports.
const REPORT: u64 = 1_000;

/// Progress of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// About this many records are there to be copied.
    Found(u64),
    /// Records written.
    Copied(u64),
    /// Records read back and found equal.
    Checked(u64),
    /// The copy's export is written and checked.
    Exported(u64),
}

/// Records with the key they open with.
#[derive(Clone, Copy)]
pub struct Keyed<'a> {
    pub records: &'a dyn Opens,
    /// `None`: they are not encrypted.
    pub key: Option<&'a KeyMaterial>,
}

impl Keyed<'_> {
    fn with<T>(self, work: impl FnOnce(Box<dyn Engine>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.records.opened(work)
    }

    fn disk<T>(self, work: impl FnOnce(Disk) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.with(|engine| work(Disk::open(engine, self.key)?))
    }

    /// Fails if they do not open with this key.
    pub fn opens(self) -> Result<(), StoreError> {
        self.disk(|_| Ok(()))
    }
}

/// Copies all records of `old` to `new`, which must be empty, reads each back, and writes an export
/// of the copy to `to`. The original is locked meanwhile and not changed. [`StoreError::Corrupt`] when it has
/// lost records.
pub fn reencrypted_copy(
    old: Keyed<'_>,
    new: Keyed<'_>,
    to: &Path,
    now: Timestamp,
    tell: &mut dyn FnMut(Progress),
) -> Result<Exported, StoreError> {
    old.disk(|source| {
        copy_checked(&source, new, tell)?;
        let exported = export_of(new, to, now)?;
        tell(Progress::Exported(exported.records));
        Ok(exported)
    })
}

/// As [`reencrypted_copy`] without an export; returns the number of records.
pub(crate) fn checked_copy(
    old: Keyed<'_>,
    new: Keyed<'_>,
    tell: &mut dyn FnMut(Progress),
) -> Result<u64, StoreError> {
    old.disk(|source| {
        tell(Progress::Found(source.records()));
        copy_checked(&source, new, tell)
    })
}

fn copy_checked(source: &Disk, new: Keyed<'_>, tell: &mut dyn FnMut(Progress)) -> Result<u64, StoreError> {
    if !source.agrees(&source.take_stock()?) {
        return Err(ledger::gap());
    }
    let copied = new.with(|engine| copy(source, Disk::create(engine, new.key)?, tell))?;
    let checked = new.disk(|target| compare(source, &target, tell))?;
    if copied == checked { Ok(copied) } else { Err(ledger::gap()) }
}

/// Whether both hold the same records, whatever their keys; an error when either cannot be read.
pub(crate) fn are_same(one: Keyed<'_>, other: Keyed<'_>) -> Result<bool, StoreError> {
    let one = one.disk(|disk| sum(&disk, &mut |_| ()))?;
    Ok(one == other.disk(|disk| sum(&disk, &mut |_| ()))?)
}

/// Writes a checked export of closed records to `to`, dated `taken_at`.
pub fn export_of(of: Keyed<'_>, to: &Path, taken_at: Timestamp) -> Result<Exported, StoreError> {
    let partial = export::partial(to);
    let written = of.with(|engine| {
        let mut state = State::open(engine, of.key, taken_at)?;
        verbs::export::write(&mut state, &partial, taken_at)
    })?;
    export::seal(&partial, to, written)
}

/// Reports now and then.
fn report(count: u64, tell: &mut dyn FnMut(Progress), progress: fn(u64) -> Progress) {
    if count.is_multiple_of(REPORT) {
        tell(progress(count));
    }
}

fn copy(source: &Disk, mut target: Disk, tell: &mut dyn FnMut(Progress)) -> Result<u64, StoreError> {
    let mut copied = 0;
    let mut sink = |batch| target.add(batch);
    let mut bulk = Bulk::new(&mut sink);
    source.scan_all(&mut |key, value| {
        bulk.put(key, value)?;
        copied += 1;
        report(copied, tell, Progress::Copied);
        Ok(true)
    })?;
    bulk.end()?;
    target.flush()?;
    tell(Progress::Copied(copied));
    Ok(copied)
}

/// Checks that both hold the same records: each is read back, and all of them are counted and summed up, in whatever order
/// they are stored.
fn compare(source: &Disk, target: &Disk, tell: &mut dyn FnMut(Progress)) -> Result<u64, StoreError> {
    let read_back = sum(target, tell)?;
    tell(Progress::Checked(read_back.records));
    if sum(source, &mut |_| ())? == read_back { Ok(read_back.records) } else { Err(ledger::gap()) }
}

/// All records, regardless of their order.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sum {
    records: u64,
    /// Of the SHA-256 digests of all, in four columns.
    columns: [u64; 4],
}

fn sum(disk: &Disk, tell: &mut dyn FnMut(Progress)) -> Result<Sum, StoreError> {
    let mut sum = Sum::default();
    disk.scan_all(&mut |key, value| {
        let mut digest = Sha256::new();
        digest.update((key.len() as u64).to_be_bytes());
        digest.update(key);
        digest.update(value);
        for (column, part) in sum.columns.iter_mut().zip(digest.finalize().chunks_exact(8)) {
            *column = column.wrapping_add(part.try_into().map_or(0, u64::from_be_bytes));
        }
        sum.records += 1;
        report(sum.records, tell, Progress::Checked);
        Ok(true)
    })?;
    Ok(sum)
}
