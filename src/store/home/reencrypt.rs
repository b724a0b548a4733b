//! `store encrypt`, `store rekey`, `store decrypt`: another database with the same records takes the place of the old one.
//!
//! ```text
//! SESSION_STORAGE_PATH/
//!   sealing/          the new database being made
//!   sealing.export    its first export
//!   sealing.json      written when both are whole and were read back: from here on there is no way but forward
//!   replaced/         the old database on its way out
//! ```
//!
//! Killed before the note is there, the next start removes what was begun and the old store is as it was. Killed after it,
//! the next start goes on where it was: the old database makes room, the new one and its export take their places, then
//! the old database and all older exports are removed, the note last. Must not know how a person is told.

use super::{Home, io_of, write_json};
use crate::domain::Timestamp;
use crate::secret::KeyMaterial;
use crate::store::sled::{Keyed, Progress, make_private, reencrypted_copy};
use crate::store::{KeyTrouble, StoreError, export};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What was just done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReencryptStep {
    /// Records are being copied, read back, exported.
    Working(Progress),
    /// The new database is whole; from here on it will take its place.
    Decided,
    /// The old database has made room.
    Aside,
    /// The new one is in its place.
    InPlace,
    /// Its export is.
    ExportInPlace,
    /// An older export is gone.
    ExportRemoved,
    /// The old database is gone.
    OldRemoved,
    /// Nothing is left to do.
    Done,
}

impl std::fmt::Display for ReencryptStep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
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

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reencrypted {
    /// Records copied; `None`: the store was as it was to be already.
    pub records: Option<u64>,
    /// Databases moved aside as damaged, still as they were: only a person removes one.
    pub left: Vec<PathBuf>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Note {
    /// Name of the new database's export.
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

    /// Puts the store, which opens with this home's key, under another one; `None` decrypts it. Blocks, for as long as
    /// reading all of it thrice takes, and needs the room for a second one. All older exports are removed: they are
    /// under the old key, or none.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when a daemon runs, [`StoreError::Key`] when this home's key is not the store's,
    /// [`StoreError::Damaged`] when it has to be restored first, [`StoreError::Io`] when the system refuses.
    pub fn reencrypt(
        &self,
        to: Option<&KeyMaterial>,
        now: Timestamp,
        tell: &mut dyn FnMut(ReencryptStep),
    ) -> Result<Reencrypted, StoreError> {
        make_private(&self.root).map_err(io_of("make its folder"))?;
        let _lock = self.lock()?;
        self.finish_interrupted()?;
        if !self.store().join("db").exists() {
            return Err(StoreError::Damaged(self.advice("its database is missing")));
        }
        let mut aside = self.names(&self.root, super::DAMAGED)?;
        aside.extend(self.names(&self.root, super::by_hand::REPLACED)?);
        let mut reencrypted =
            Reencrypted { records: None, left: aside.iter().map(|name| self.name.join(name)).collect() };
        let store = self.store();
        let old = Keyed { folder: &store, key: self.key.as_ref() };
        let done = match (Keyed { key: to, ..old }).opens() {
            Ok(()) => return Ok(reencrypted),
            // To be encrypted, and it is, with another key.
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
        let new = Keyed { folder: &folder, key: to };
        let made = reencrypted_copy(old, new, &self.sealing_export(), now, &mut |step| {
            tell(ReencryptStep::Working(step))
        });
        let exported = match made {
            Ok(exported) => exported,
            Err(error) => {
                // The next start tries again what fails here.
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

    /// Goes on where an earlier one was cut off; each step leaves something from which it is known that it was done.
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
        // Backups that were cut off on their way, too.
        names.extend(self.names(&self.exports(), "backup-").map_err(io::Error::other)?);
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

/// It is fine when it was not there.
fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
