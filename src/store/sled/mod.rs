//! The store on disk. Alone knows sled.
//!
//! One tree holds all kinds of record, so that one batch is atomic over all of them. sled's own timer is off: a verb
//! is answered after an explicit flush. Must not know records or verbs.

use super::StoreError;
use super::engine::{Batch, Engine, Range, Visit};
use super::thread::ThreadedStore;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

/// sled's page cache, bytes; its own default is 1 GB.
const CACHE_BYTES: u64 = 16 << 20;
/// A store that was dropped a moment ago gives its lock back when its thread has ended: how often we look again.
const LOCK_TRIES: u32 = 20;
/// Pause between two looks at the lock.
const LOCK_PAUSE: Duration = Duration::from_millis(25);

/// The store on disk.
pub type SledStore = ThreadedStore<SledEngine>;

/// An open sled database.
#[derive(Debug)]
pub struct SledEngine {
    // Declared first, dropped first: the database's own drop flushes and unlocks.
    tree: ::sled::Tree,
    _db: ::sled::Db,
}

impl SledStore {
    /// Opens the store in `folder`, made with mode 0700 where it does not exist. Blocks: half a second at most for a lock
    /// that is about to be given back, and for reading the inbox.
    ///
    /// [`StoreError::Locked`] when another process holds it, [`StoreError::Corrupt`] when what is there cannot be read.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        make_private(folder).map_err(|source| StoreError::Io { action: "make its folder", source })?;
        let config = ::sled::Config::default()
            .path(folder)
            .cache_capacity(CACHE_BYTES)
            .mode(::sled::Mode::LowSpace)
            .flush_every_ms(None);
        let mut tries = 0;
        let db = loop {
            // sled asserts some of what it reads; on a damaged file that must not end the daemon without a word.
            let opened = catch_unwind(AssertUnwindSafe(|| config.open())).unwrap_or_else(|_| {
                Err(::sled::Error::ReportableBug("sled gave up on what it found in the folder".to_owned()))
            });
            match opened {
                Ok(db) => break db,
                Err(error) if is_lock(&error) => {
                    tries += 1;
                    if tries >= LOCK_TRIES {
                        return Err(StoreError::Locked { folder: folder.display().to_string() });
                    }
                    std::thread::sleep(LOCK_PAUSE);
                }
                Err(error) => return Err(told("open", error)),
            }
        };
        let tree = db.open_tree("records").map_err(|error| told("open its tree", error))?;
        Self::start(SledEngine { tree, _db: db })
    }
}

/// Makes the folder, readable by its owner alone; tightens one that is there and ours.
fn make_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mode = std::fs::metadata(folder)?.permissions().mode();
    if mode & 0o077 != 0 {
        match std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)) {
            // Somebody else's folder that we may write to: theirs to guard.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            other => other?,
        }
    }
    Ok(())
}

fn is_lock(error: &::sled::Error) -> bool {
    // sled wraps the system's WouldBlock in an error of its own that tells only by its text.
    matches!(error, ::sled::Error::Io(source) if source.to_string().contains("could not acquire lock"))
}

/// sled's errors in our words.
fn told(action: &'static str, error: ::sled::Error) -> StoreError {
    let damage = |detail: String| StoreError::Corrupt { kind: "database", detail };
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

    fn scan(&self, range: &Range, backwards: bool, visit: Visit<'_>) -> Result<(), StoreError> {
        let mut found = self.tree.range(range.start.as_slice()..range.end.as_slice());
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
        for (key, value) in batch {
            match value {
                Some(value) => writes.insert(key, value),
                None => writes.remove(key),
            }
        }
        self.tree.apply_batch(writes).map_err(|error| told("write", error))
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        self.tree.flush().map(drop).map_err(|error| told("flush", error))
    }
}
