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
use std::path::Path;

/// Records between two progress reports.
const REPORT: u64 = 1_000;

/// Progress of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
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
        if !source.agrees(&source.take_stock()?) {
            return Err(ledger::gap());
        }
        let copied = new.with(|engine| copy(&source, Disk::create(engine, new.key)?, tell))?;
        let checked = new.disk(|target| compare(&source, &target, tell))?;
        if copied != checked {
            return Err(ledger::gap());
        }
        let exported = export_of(new, to, now)?;
        tell(Progress::Exported(exported.records));
        Ok(exported)
    })
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
    let mut sink = |batch| target.write(batch);
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

/// Checks that both hold the same records.
fn compare(source: &Disk, target: &Disk, tell: &mut dyn FnMut(Progress)) -> Result<u64, StoreError> {
    let (mut checked, mut found) = (0, 0_u64);
    source.scan_all(&mut |key, value| {
        if target.get(key)?.as_deref() != Some(value) {
            return Err(ledger::gap());
        }
        checked += 1;
        report(checked, tell, Progress::Checked);
        Ok(true)
    })?;
    target.scan_all(&mut |_, _| {
        found += 1;
        Ok(true)
    })?;
    tell(Progress::Checked(checked));
    if found == checked { Ok(checked) } else { Err(ledger::gap()) }
}
