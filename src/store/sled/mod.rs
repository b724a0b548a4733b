//! The store on disk. Alone knows sled.
//!
//! One tree holds all kinds of record, so that one batch is atomic over all of them. sled's own flush timer
//! is off: a verb is answered after an explicit flush. A damaged file makes sled silently fall back to an
//! older state, even an empty one; the high-water mark (see [`high_water_mark`]) and the ledger turn that
//! into an error. [`leftovers`] removes what a killed start leaves; [`fsync`] deals with power cuts. Must not
//! know records or verbs.

mod fsync;
mod high_water_mark;
mod leftovers;

pub use fsync::{Moment, Watch};

use super::engine::{Batch, Engine, Flush, Opens, Span, Visit, Work};
use super::home::make_private;
use super::{Store, StoreError};
use crate::domain::Timestamp;
use crate::secret::KeyMaterial;
use fsync::FileSync;
use high_water_mark::HighWaterMark;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// sled's page cache, bytes; its own default is 1 GB.
const CACHE_BYTES: u64 = 16 << 20;
/// Records in a batch that leaves much garbage; a message's own transactions are far smaller.
const LARGE_BATCH: usize = 100;
/// A store that was just dropped releases its lock when its thread ends: how often to try again.
const LOCK_TRIES: u32 = 20;
/// Pause between two attempts at the lock.
const LOCK_PAUSE: Duration = Duration::from_millis(25);

/// Key of the number of batches; no kind of record begins with a zero byte.
const BATCHES: &[u8] = b"\0batches";

#[derive(Debug)]
pub struct SledEngine {
    // Declared first, so dropped first: dropping the database flushes and unlocks.
    tree: ::sled::Tree,
    _db: ::sled::Db,
    disk: Arc<Mutex<FlushedDisk>>,
    /// Batches written since the store was created.
    batches: Arc<AtomicU64>,
}

/// What a flush does beside sled's own.
#[derive(Debug)]
struct FlushedDisk {
    file_sync: FileSync,
    high_water_mark: HighWaterMark,
}

/// Flushes an engine's database, on any thread.
struct SledFlush {
    tree: ::sled::Tree,
    disk: Arc<Mutex<FlushedDisk>>,
    batches: Arc<AtomicU64>,
}

/// A database in this folder.
#[derive(Debug, Clone, Copy)]
pub struct SledFolder<P>(pub P);

impl<P: AsRef<Path>> Opens for SledFolder<P> {
    fn with(&self, work: Work<'_>) -> Result<(), StoreError> {
        guarded(self.0.as_ref(), None, |engine| work(Box::new(engine)))
    }
}

impl Store {
    /// Opens the store in `folder`, creating it with mode 0700. Blocks: up to half a second for a lock that
    /// is about to be released, and for reading the inbox.
    ///
    /// [`StoreError::Locked`] when another process holds it, [`StoreError::Corrupt`] when its content cannot
    /// be read.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Self::open_keyed(folder, None)
    }

    /// As [`Self::open`], with the key of an encrypted store, or of a new one that is to be encrypted.
    ///
    /// [`StoreError::Key`] when store and key do not fit.
    pub fn open_keyed(folder: &Path, key: Option<&KeyMaterial>) -> Result<Self, StoreError> {
        Self::open_at(folder, key, super::wall_clock())
    }

    /// As [`Self::open_keyed`], at the time `now`.
    pub(crate) fn open_at(
        folder: &Path,
        key: Option<&KeyMaterial>,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        guarded(folder, None, |engine| Self::start(Box::new(engine), key, now))
    }

    /// As [`Self::open_at`], for a store that is known to have held something: an empty one is
    /// [`StoreError::Corrupt`].
    pub(crate) fn open_known(
        folder: &Path,
        key: Option<&KeyMaterial>,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        guarded(folder, None, |engine| match engine.height() {
            0 => Err(damage("it is empty, and was not".to_owned())),
            _ => Self::start(Box::new(engine), key, now),
        })
    }

    /// As [`Self::open`]; `watch` is called before and after each sync.
    pub fn open_watched(folder: &Path, watch: Watch) -> Result<Self, StoreError> {
        guarded(folder, Some(watch), |engine| Self::start(Box::new(engine), None, super::wall_clock()))
    }
}

/// Opens the database and does something with it. sled panics on some damaged files, which must not end the
/// daemon without an explanation.
fn guarded<T>(
    folder: &Path,
    watch: Option<Watch>,
    work: impl FnOnce(SledEngine) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    make_private(folder).map_err(|source| StoreError::Io { action: "make its folder", source })?;
    let done = catch_unwind(AssertUnwindSafe(|| work(SledEngine::open(folder, watch)?)));
    match done.unwrap_or_else(|_| Err(damage("sled gave up on what it found in the folder".to_owned()))) {
        // A refusal by the system is no damage; an error of sled's own is, and so is a missing file.
        Err(StoreError::Io { source, .. })
            if source.raw_os_error().is_none() || source.kind() == io::ErrorKind::NotFound =>
        {
            Err(damage(source.to_string()))
        }
        other => other,
    }
}

fn damage(detail: String) -> StoreError {
    StoreError::Corrupt { kind: "database", detail }
}

impl SledEngine {
    fn open(folder: &Path, watch: Option<Watch>) -> Result<Self, StoreError> {
        let left = |source| StoreError::Io { action: "clear what a killed start left", source };
        leftovers::remove_unfinished(folder).map_err(left)?;
        let db = match unlocked(folder) {
            Err(StoreError::Locked { folder }) => return Err(StoreError::Locked { folder }),
            Err(error) => match leftovers::remove_damaged(folder).map_err(left)? {
                true => unlocked(folder)?,
                false => return Err(error),
            },
            Ok(db) => db,
        };
        let tree = db.open_tree("records").map_err(|error| told("open its tree", error))?;
        let file_sync = FileSync::open(folder, watch)
            .map_err(|source| StoreError::Io { action: "make its folder safe", source })?;
        let high_water_mark = HighWaterMark::open(folder)
            .map_err(|source| StoreError::Io { action: "open its high-water mark", source })?;
        let batches = tree.get(BATCHES).map_err(|error| told("read", error))?;
        let batches =
            batches.and_then(|bytes| Some(u64::from_be_bytes(bytes.as_ref().try_into().ok()?))).unwrap_or(0);
        if let Some(lost) = high_water_mark.height().checked_sub(batches).filter(|lost| *lost > 0) {
            return Err(damage(format!(
                "its last {lost} writes are missing: the file was damaged, or is an older copy"
            )));
        }
        let disk = Arc::new(Mutex::new(FlushedDisk { file_sync, high_water_mark }));
        Ok(Self { tree, _db: db, disk, batches: Arc::new(AtomicU64::new(batches)) })
    }
}

/// Opens the database; waits briefly for a lock that is about to be released.
fn unlocked(folder: &Path) -> Result<::sled::Db, StoreError> {
    let config = ::sled::Config::default()
        .path(folder)
        .cache_capacity(CACHE_BYTES)
        .mode(::sled::Mode::LowSpace)
        .flush_every_ms(None);
    for _ in 0..LOCK_TRIES {
        match config.open() {
            Ok(db) => return Ok(db),
            Err(error) if is_lock(&error) => std::thread::sleep(LOCK_PAUSE),
            Err(error) => return Err(told("open", error)),
        }
    }
    Err(StoreError::Locked { folder: folder.display().to_string() })
}

fn is_lock(error: &::sled::Error) -> bool {
    // sled wraps the system's WouldBlock in an error of its own that can only be told by its text.
    matches!(error, ::sled::Error::Io(source) if source.to_string().contains("could not acquire lock"))
}

/// Converts sled's errors.
fn told(action: &'static str, error: ::sled::Error) -> StoreError {
    match error {
        ::sled::Error::Io(source) => StoreError::Io { action, source },
        ::sled::Error::Corruption { at, .. } => damage(match at {
            Some(at) => format!("sled found damage at {at:?}"),
            None => "sled found damage".to_owned(),
        }),
        other => damage(other.to_string()),
    }
}

impl Engine for SledEngine {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let value = self.tree.get(key).map_err(|error| told("read", error))?;
        Ok(value.map(|value| value.to_vec()))
    }

    fn scan(&self, span: &Span, backwards: bool, visit: Visit<'_>) -> Result<(), StoreError> {
        let mut found = self.tree.range(span.start.as_slice()..span.end.as_slice());
        while let Some(entry) = if backwards { found.next_back() } else { found.next() } {
            let (key, value) = entry.map_err(|error| told("read", error))?;
            if !visit(&key, &value)? {
                break;
            }
        }
        Ok(())
    }

    fn apply(&mut self, batch: Batch) -> Result<(), StoreError> {
        let mut writes = ::sled::Batch::default();
        let mut records = 0_usize;
        for (key, value) in batch {
            records += 1;
            match value {
                Some(value) => writes.insert(key, value),
                None => writes.remove(key),
            }
        }
        let batches = self.batches.load(Ordering::Acquire) + 1;
        writes.insert(BATCHES, &batches.to_be_bytes());
        self.tree.apply_batch(writes).map_err(|error| told("write", error))?;
        self.batches.store(batches, Ordering::Release);
        if records >= LARGE_BATCH {
            // sled frees replaced data bit by bit with the following calls, some four pages a call. A large
            // batch is one call: without these reads, writing a million records would leave more than a
            // gigabyte of garbage.
            for _ in 0..records / 2 {
                self.tree.contains_key(BATCHES).map_err(|error| told("read", error))?;
            }
        }
        Ok(())
    }

    fn flusher(&self) -> Box<dyn Flush> {
        let (tree, disk, batches) = (self.tree.clone(), Arc::clone(&self.disk), Arc::clone(&self.batches));
        Box::new(SledFlush { tree, disk, batches })
    }

    fn height(&self) -> u64 {
        self.batches.load(Ordering::Acquire)
    }
}

impl Flush for SledFlush {
    fn flush(&mut self) -> Result<(), StoreError> {
        // Read before flushing: for batches written during the flush it is unknown whether the flush covers
        // them.
        let batches = self.batches.load(Ordering::Acquire);
        self.tree.flush().map_err(|error| told("flush", error))?;
        let mut disk = self.disk.lock().unwrap_or_else(PoisonError::into_inner);
        disk.file_sync.sync().map_err(|source| StoreError::Io { action: "flush", source })?;
        let raised = disk.high_water_mark.raise(batches);
        raised.map_err(|source| StoreError::Io { action: "write its high-water mark", source })
    }
}
