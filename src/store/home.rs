//! The store's folder: where the database, its exports and damaged databases lie, and what is done when it cannot be
//! opened.
//!
//! ```text
//! SESSION_STORAGE_PATH/
//!   store/                     the database
//!   exports/store-<UTC>.export checked copies of all records
//!   damaged-<UTC>/             damaged databases, moved aside; only a person removes them
//!   replaced-<UTC>/            databases that `restore` has replaced
//!   restoring.part/            a database being built from an export or a copy
//!   restoring/                 the same when complete, see [`exchange`]
//!   restored.json              what the latest restore did
//!   sealing*, replaced/        a database being re-encrypted, see [`reencrypt`]
//!   moved.json                 the records were moved elsewhere, see [`moved`](Home::moved)
//!   forgotten                  a learner was deleted since the database's files were last rewritten, see [`clean`]
//!   cleaned/                   the previous database, about to be removed
//!   lock                       held while the above are moved
//! ```
//!
//! A restore completes the new database before it touches the old one, then moves the old one aside and the new one in
//! place; after an interruption the next start finishes it. Must not know the configuration or how a person is told.

mod by_hand;
mod checkup;
mod clean;
mod daily;
mod exchange;
mod moved;
mod owner;
mod reencrypt;

pub use by_hand::{BY_HAND, ByHand};
pub use clean::{Cleared, Uncleared};
pub use daily::KEPT;
pub use exchange::Exchange;
pub use moved::HeldFolder;
pub use owner::Acting;
pub(crate) use owner::make_private;
pub use reencrypt::{ReencryptStep, Reencrypted};

use super::export::{self, Source};
use super::rebuild::{empty, rebuild};
use super::sled::SledFolder;
use super::{Store, StoreError};
use crate::domain::Timestamp;
use crate::secret::KeyMaterial;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Age at which the newest export is followed by another, ms.
pub(crate) const EVERY_MS: i64 = 24 * 3_600_000;
/// Damaged databases that may be replaced within a day; with one more a person has to look at the disk.
const DAMAGED_A_DAY: usize = 3;
/// How often the lock is tried, 25 ms apart.
const LOCK_TRIES: u32 = 20;

const PREFIX: &str = "store-";
const SUFFIX: &str = ".export";
/// Of backups in progress.
const BACKUP: &str = "backup-";
const DAMAGED: &str = "damaged-";

/// What to do with a database that cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDamage {
    /// Move it aside and restore the newest good export.
    Restore,
    /// Move nothing and say what can be done.
    Refuse,
}

/// One restore, as it is reported and stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// Unix time, ms.
    pub at_ms: i64,
    /// What was wrong with the database.
    pub damage: String,
    /// Where it was moved; `None` when it did not exist at all.
    pub moved_to: Option<PathBuf>,
    /// The export it was restored from; `None`: there was no good one, so the store began empty.
    pub export: Option<PathBuf>,
    /// Time of that export, Unix ms.
    pub taken_at_ms: Option<i64>,
    /// Records restored.
    pub records: u64,
    /// Rows that were open in the export and are dead letters now.
    pub set_aside: u64,
    /// Newer exports that were not valid, with the reason.
    pub passed_over: Vec<String>,
}

pub struct Opened {
    pub store: Store,
    /// Set if it could not be opened and was restored just now.
    pub restored: Option<Restored>,
}

#[derive(Debug, Clone)]
pub struct Home {
    /// Path used for access; below an open handle when acting as the folder's owner.
    root: PathBuf,
    /// Path shown to people.
    name: PathBuf,
    /// Kept open as long as `root` leads through it.
    _open: Option<Arc<File>>,
    key: Option<KeyMaterial>,
}

impl Home {
    /// `root`: `SESSION_STORAGE_PATH`.
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_owned(), name: root.to_owned(), _open: None, key: None }
    }

    /// Sets the key; a new store is encrypted with it. Without a key a plain store is expected.
    #[must_use]
    pub fn keyed(self, key: Option<KeyMaterial>) -> Self {
        Self { key, ..self }
    }

    pub fn store(&self) -> PathBuf {
        self.root.join("store")
    }

    pub fn exports(&self) -> PathBuf {
        self.root.join("exports")
    }

    /// Whether there is a store, or an interrupted exchange from which one will be made.
    pub(crate) fn is_there(&self) -> bool {
        let kept = self.listed().map_or(true, |exports| !exports.is_empty());
        kept || self.store().exists() || self.restoring().exists() || self.is_being_sealed()
    }

    fn note(&self) -> PathBuf {
        self.root.join("restored.json")
    }

    /// Opens the store, or makes one. Blocks, for some seconds when a large store is restored.
    ///
    /// [`StoreError::Damaged`] when it cannot be opened and is not restored, [`StoreError::Locked`] when
    /// another process holds it, [`StoreError::Key`] when the key is not that of the store or of the newest
    /// good export, [`StoreError::Io`] when the system refuses.
    pub fn open(&self, on_damage: OnDamage, now: Timestamp) -> Result<Opened, StoreError> {
        make_private(&self.root).map_err(io_of("make its folder"))?;
        let _lock = self.lock()?;
        self.has_not_moved()?;
        self.finish_interrupted()?;
        let detail = match self.try_open(now) {
            Err(StoreError::Locked { .. }) => {
                return Err(StoreError::Locked { folder: self.name.display().to_string() });
            }
            Err(StoreError::Corrupt { detail, kind: "database" }) => detail,
            Err(StoreError::Corrupt { detail, kind }) => format!("{kind}: {detail}"),
            opened => return Ok(Opened { store: opened?, restored: None }),
        };
        if on_damage == OnDamage::Refuse {
            return Err(StoreError::Damaged(self.advice(&detail)));
        }
        let day_ago = stamp(now.plus_ms(-EVERY_MS));
        let names = self.names(&self.root, DAMAGED)?;
        let moments = names.iter().map(|name| name.trim_start_matches(DAMAGED));
        // Folders that a person has moved have other names.
        let ours = moments.filter(|moment| moment.starts_with(|first: char| first.is_ascii_digit()));
        if ours.filter(|moment| *moment > day_ago.as_str()).count() >= DAMAGED_A_DAY {
            let again = format!("{detail}. This is the {}th time within a day", DAMAGED_A_DAY + 1);
            return Err(StoreError::Damaged(format!(
                "{}\nFirst look at the disk and the file system (dmesg, smartctl, fsck): \
                 restoring again and again does not help.",
                self.advice(&again)
            )));
        }
        let restored = self.restore(detail, now)?;
        let store = Store::open_known(&self.store(), self.key.as_ref(), now)?;
        Ok(Opened { store, restored: Some(restored) })
    }

    fn try_open(&self, now: Timestamp) -> Result<Store, StoreError> {
        if self.listed()?.is_empty() {
            return Store::open_at(&self.store(), self.key.as_ref(), now);
        }
        if !self.store().exists() {
            let detail = "its folder is missing, while there are exports of it".to_owned();
            return Err(StoreError::Corrupt { kind: "database", detail });
        }
        Store::open_known(&self.store(), self.key.as_ref(), now)
    }

    /// A path in the folder, as shown to people.
    fn named(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.root).map_or_else(|_| path.to_owned(), |below| self.name.join(below))
    }

    /// The inverse of [`Self::named`].
    fn reached(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.name).map_or_else(|_| path.to_owned(), |below| self.root.join(below))
    }

    /// Path used for access.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Held while a database is opened, so that two starts do not move it at once.
    fn lock(&self) -> Result<File, StoreError> {
        let action = "lock its folder";
        let file = File::options().create(true).truncate(false).write(true).open(self.root.join("lock"));
        let file = file.map_err(io_of(action))?;
        for _ in 0..LOCK_TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(25)),
                Err(TryLockError::Error(source)) => return Err(StoreError::Io { action, source }),
            }
        }
        Err(StoreError::Locked { folder: self.name.display().to_string() })
    }

    fn restore(&self, damage: String, now: Timestamp) -> Result<Restored, StoreError> {
        let mut restored = Restored {
            at_ms: now.0,
            damage,
            moved_to: None,
            export: None,
            taken_at_ms: None,
            records: 0,
            set_aside: 0,
            passed_over: Vec::new(),
        };
        let folder = self.making();
        let making = SledFolder(&folder);
        for path in self.listed()? {
            let rebuilt = Source::open(&path)
                .and_then(|from| rebuild(&from, &making, self.key.as_ref(), now, &mut |_, _| ()));
            match rebuilt {
                Ok(rebuilt) => {
                    restored.export = Some(self.named(&path));
                    restored.taken_at_ms = Some(rebuilt.exported.taken_at.0);
                    restored.records = rebuilt.exported.records;
                    restored.set_aside = rebuilt.set_aside;
                    break;
                }
                Err(error @ (StoreError::Io { .. } | StoreError::Locked { .. })) => return Err(error),
                // It is valid, so nothing older may be used instead.
                Err(error @ StoreError::Key(_)) => return Err(error),
                Err(error) => {
                    restored.passed_over.push(format!("{}: {error}", file_name(&path)));
                    if self.making().exists() {
                        fs::remove_dir_all(self.making()).map_err(io_of("clear a failed restore"))?;
                    }
                }
            }
        }
        if restored.export.is_none() {
            empty(&making, self.key.as_ref(), now)?;
        }
        self.made(&mut |_| ())?;
        if self.store().exists() {
            restored.moved_to = Some(self.named(&self.free_name(now)));
        }
        // Stored first, so that after an interruption the next start knows what happened.
        write_json(&self.note(), &restored).map_err(io_of("note the restore"))?;
        if let Some(aside) = &restored.moved_to {
            fs::rename(self.store(), self.reached(aside))
                .map_err(io_of("move the damaged database aside"))?;
        }
        self.put_in_place(&mut |_| ())?;
        Ok(restored)
    }

    fn free_name(&self, now: Timestamp) -> PathBuf {
        let name = |n: u32| match n {
            1 => format!("{DAMAGED}{}", stamp(now)),
            _ => format!("{DAMAGED}{}-{n}", stamp(now)),
        };
        let mut paths = (1..).map(|n| self.root.join(name(n)));
        paths.find(|path| !path.exists()).unwrap_or_else(|| self.root.join(name(1)))
    }

    /// The latest restore, if there was one.
    pub fn last_restore(&self) -> Option<Restored> {
        serde_json::from_slice(&fs::read(self.note()).ok()?).ok()
    }

    /// Exports, newest first.
    pub fn listed(&self) -> Result<Vec<PathBuf>, StoreError> {
        let names = self.names(&self.exports(), PREFIX)?;
        let exports = names.into_iter().rev().filter(|name| name.ends_with(SUFFIX));
        Ok(exports.map(|name| self.exports().join(name)).collect())
    }

    /// Names in a folder that begin with `prefix`, sorted; none if the folder does not exist.
    fn names(&self, folder: &Path, prefix: &str) -> Result<Vec<String>, StoreError> {
        let action = "list its folder";
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(io_of(action))?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry.map_err(io_of(action))?.file_name();
            names.extend(name.to_str().filter(|name| name.starts_with(prefix)).map(str::to_owned));
        }
        names.sort();
        Ok(names)
    }

    /// What a person can do about a database that cannot be opened.
    fn advice(&self, detail: &str) -> String {
        let exports = self.listed().unwrap_or_default();
        let good = exports.iter().find_map(|path| Some((path, export::verify(path).ok()?)));
        let newest = match good {
            Some((path, exported)) => {
                let path = self.named(path);
                format!("The newest good export is {}, with {} records.", path.display(), exported.records)
            }
            None => "There is no good export: it would begin empty.".to_owned(),
        };
        let (store, root) = (self.named(&self.store()), self.name.display());
        format!(
            "the store in {} is damaged: {detail}\nNothing was moved or restored. {newest}\n\
             To restore that export (the damaged database is moved aside, never deleted), start once with:\n\
             \u{20}   STORE_ON_CORRUPTION=restore phonicflow-bot run\n\
             or put store_on_corruption = \"restore\" into the configuration and:\n\
             \u{20}   systemctl restart phonicflow-bot\n\
             To put a copy of your own back instead, stop the daemon and:\n\
             \u{20}   mv {store} {root}/{DAMAGED}by-hand && cp -a YOUR-COPY {store}\n\
             To begin empty, keeping everything for a later look:\n\
             \u{20}   mv {store} {root}/{DAMAGED}by-hand && mv {root}/exports {root}/exports-by-hand",
            store.display(),
            store = store.display(),
        )
    }
}

fn io_of(action: &'static str) -> impl Fn(io::Error) -> StoreError {
    move |source| StoreError::Io { action, source }
}

/// Writes a small file completely or not at all.
fn write_json(path: &Path, value: &impl Serialize) -> io::Result<()> {
    use std::io::Write;
    let partial = export::partial(path);
    let mut file = export::create(&partial)?;
    serde_json::to_writer_pretty(&mut file, value)?;
    file.write_all(b"\n")?;
    file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    fs::rename(&partial, path)?;
    export::sync_folder_of(path)
}

/// File name of an export.
fn export_name(at: Timestamp) -> String {
    format!("{PREFIX}{}{SUFFIX}", stamp(at))
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// UTC, to the second; sorts by time.
fn stamp(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_second(at.secs()).unwrap_or_default();
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

#[cfg(test)]
mod tests;
