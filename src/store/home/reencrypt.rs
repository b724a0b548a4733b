//! `store encrypt`, `store rekey`, `store decrypt`: a new database with the same records replaces
//! the old one.
//!
//! ```text
//! SESSION_STORAGE_PATH/
//!   sealing/          the new database being built
//!   sealing.export    its first export
//!   sealing.json      written when both are complete and were read back: the point of no return
//!   replaced/         the old database, about to be removed
//! ```
//!
//! If the process is killed before `sealing.json` exists, the next start removes the new files, and the old store is
//! unchanged. If it is killed later, the next start continues: the old database is moved aside, the new one and its export
//! are put in place, then the old database and all older exports are removed, and `sealing.json` last. Must not know how a person is told.

use super::{Home, io_of, make_private, write_json};
use crate::domain::Timestamp;
use crate::secret::KeyMaterial;
use crate::store::reencrypted_copy::{Keyed, Progress, reencrypted_copy};
use crate::store::sled::SledFolder;
use crate::store::{KeyTrouble, StoreError, export};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The step just done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReencryptStep {
    /// Records are being copied, read back, exported.
    Working(Progress),
    /// The new database is complete; from here on it will replace the old one.
    Decided,
    /// The old database was moved aside.
    Aside,
    /// The new one is in place.
    InPlace,
    /// Its export is in place.
    ExportInPlace,
    /// An older export was removed.
    ExportRemoved,
    OldRemoved,
    Done,
}

impl std::fmt::Display for ReencryptStep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Working(Progress::Found(count)) => write!(f, "{count} records are there"),
            Self::Working(Progress::Copied(count)) => write!(f, "{count} records copied"),
            Self::Working(Progress::Checked(count)) => write!(f, "{count} records read back"),
            Self::Working(Progress::Exported(count)) => write!(f, "{count} records exported"),
            Self::Decided => f.write_str("the new database is whole"),
            Self::Aside => f.write_str("the old database has made room"),
            Self::InPlace => f.write_str("the new database is in its place"),
            Self::ExportInPlace => f.write_str("its export is in its place"),
            Self::ExportRemoved => f.write_str("an older export is removed"),
            Self::OldRemoved => f.write_str("the old database is removed"),
            Self::Done => f.write_str("done"),
        }
    }
}

/// Result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reencrypted {
    /// Records copied; `None`: the store was already as requested.
    pub records: Option<u64>,
    /// Damaged databases that were moved aside earlier, still unchanged: only a person removes them.
    pub left: Vec<PathBuf>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Note {
    /// File name of the new database's export.
    export: String,
}

impl Home {
    fn sealing(&self) -> PathBuf {
        self.root.join("sealing")
    }

    fn sealing_export(&self) -> PathBuf {
        self.root.join("sealing.export")
    }

    fn sealing_note(&self) -> PathBuf {
        self.root.join("sealing.json")
    }

    /// An exchange was decided and not finished.
    pub(super) fn is_being_sealed(&self) -> bool {
        self.sealing_note().exists()
    }

    fn replaced(&self) -> PathBuf {
        self.root.join("replaced")
    }

    /// Re-encrypts the store, which opens with this home's key, with another key; `None` decrypts it. Blocks
    /// for as long as reading everything three times takes, and needs space for a second database. All older
    /// exports are removed, because they are under the old key or none.
    ///
    /// [`StoreError::Locked`] when a daemon runs, [`StoreError::Key`] when this home's key is not the
    /// store's, [`StoreError::Damaged`] when it has to be restored first, [`StoreError::Io`] when the system
    /// refuses.
    pub fn reencrypt(
        &self,
        to: Option<&KeyMaterial>,
        now: Timestamp,
        tell: &mut dyn FnMut(ReencryptStep),
    ) -> Result<Reencrypted, StoreError> {
        make_private(&self.root).map_err(io_of("make its folder"))?;
        let _lock = self.lock()?;
        self.has_not_moved()?;
        self.finish_interrupted()?;
        if !self.store().join("db").exists() {
            return Err(StoreError::Damaged(self.advice("its database is missing")));
        }
        let mut aside = self.names(&self.root, super::DAMAGED)?;
        aside.extend(self.names(&self.root, super::by_hand::REPLACED)?);
        let mut reencrypted =
            Reencrypted { records: None, left: aside.iter().map(|name| self.name.join(name)).collect() };
        let store = self.store();
        let old = Keyed { records: &SledFolder(&store), key: self.key.as_ref() };
        let done = match (Keyed { key: to, ..old }).opens() {
            Ok(()) => return Ok(reencrypted),
            // It is encrypted already, with another key.
            Err(error @ StoreError::Key(KeyTrouble::Wrong)) if self.key.is_none() => return Err(error),
            Err(StoreError::Key(_)) => self.make(old, to, now, tell),
            Err(error) => Err(error),
        };
        reencrypted.records = Some(done.map_err(|error| match error {
            StoreError::Corrupt { detail, .. } => StoreError::Damaged(self.advice(&detail)),
            other => other,
        })?);
        self.finish_reencryption(tell)?;
        Ok(reencrypted)
    }

    fn make(
        &self,
        old: Keyed<'_>,
        to: Option<&KeyMaterial>,
        now: Timestamp,
        tell: &mut dyn FnMut(ReencryptStep),
    ) -> Result<u64, StoreError> {
        let folder = self.sealing();
        let new = Keyed { records: &SledFolder(&folder), key: to };
        let made = reencrypted_copy(old, new, &self.sealing_export(), now, &mut |step| {
            tell(ReencryptStep::Working(step))
        });
        let exported = match made {
            Ok(exported) => exported,
            Err(error) => {
                // What fails here is retried by the next start.
                let _ = self.clear_unfinished();
                return Err(error);
            }
        };
        let note = Note { export: super::export_name(now) };
        write_json(&self.sealing_note(), &note).map_err(io_of("note the new database"))?;
        tell(ReencryptStep::Decided);
        Ok(exported.records)
    }

    fn clear_unfinished(&self) -> Result<(), StoreError> {
        let action = io_of("remove an unfinished database");
        gone(fs::remove_dir_all(self.sealing())).map_err(&action)?;
        for file in [self.sealing_export(), export::partial(&self.sealing_export())] {
            gone(fs::remove_file(file)).map_err(&action)?;
        }
        Ok(())
    }

    /// Continues an interrupted exchange; each step leaves a trace that shows that it was done.
    pub(super) fn finish_reencryption(&self, tell: &mut dyn FnMut(ReencryptStep)) -> Result<(), StoreError> {
        let note = match fs::read(self.sealing_note()) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return self.clear_unfinished(),
            Err(error) => return Err(io_of("read what was begun")(error)),
        };
        let note: Note =
            serde_json::from_slice(&note).map_err(|error| io_of("read what was begun")(error.into()))?;
        self.exchange(&note, tell).map_err(io_of("put the new database in place"))
    }

    fn exchange(&self, note: &Note, tell: &mut dyn FnMut(ReencryptStep)) -> io::Result<()> {
        let moved = |from: &Path, to: &Path| {
            fs::rename(from, to)?;
            export::sync_folder(&self.root)
        };
        if self.sealing().exists() {
            if self.store().exists() {
                moved(&self.store(), &self.replaced())?;
                tell(ReencryptStep::Aside);
            }
            moved(&self.sealing(), &self.store())?;
            tell(ReencryptStep::InPlace);
        }
        if self.sealing_export().exists() {
            make_private(&self.exports())?;
            moved(&self.sealing_export(), &self.exports().join(&note.export))?;
            export::sync_folder(&self.exports())?;
            tell(ReencryptStep::ExportInPlace);
        }
        let mut names = self.names(&self.exports(), super::PREFIX).map_err(io::Error::other)?;
        // Interrupted backups as well.
        names.extend(self.names(&self.exports(), super::BACKUP).map_err(io::Error::other)?);
        for name in names.iter().filter(|name| **name != note.export) {
            fs::remove_file(self.exports().join(name))?;
            tell(ReencryptStep::ExportRemoved);
        }
        export::sync_folder(&self.exports())?;
        gone(fs::remove_dir_all(self.replaced()))?;
        tell(ReencryptStep::OldRemoved);
        fs::remove_file(self.sealing_note())?;
        export::sync_folder(&self.root)?;
        tell(ReencryptStep::Done);
        Ok(())
    }
}

/// A missing file counts as removed.
fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
