//! Examines the store's folder: can it be opened, what lies beside it, whose is it.
//!
//! Moves, restores and creates nothing. Must not know how a person is told.

use super::{DAMAGED, Home, StoreError, io_of};
use crate::domain::Timestamp;
use crate::store::Store;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Most files looked at; a store has a few dozen.
const MOST_FILES: usize = 10_000;

/// A file or folder.
struct Entry {
    uid: u32,
    bytes: u64,
}

impl Home {
    /// Opens the database as it is; `None` if there is none. Blocking.
    ///
    /// [`StoreError::Locked`] while another process holds it, [`StoreError::Damaged`] with advice.
    pub fn look(&self, now: Timestamp) -> Result<Option<Store>, StoreError> {
        if !self.is_there() {
            return Ok(None);
        }
        let _lock = self.lock()?;
        self.has_not_moved()?;
        match self.try_open(now) {
            Ok(store) => Ok(Some(store)),
            Err(StoreError::Corrupt { detail, .. }) => Err(StoreError::Damaged(self.advice(&detail))),
            Err(error) => Err(error),
        }
    }

    /// Damaged databases that were moved aside, oldest first.
    pub fn damaged(&self) -> Result<Vec<PathBuf>, StoreError> {
        Ok(self.names(&self.root, DAMAGED)?.into_iter().map(|name| self.name.join(name)).collect())
    }

    /// Disk space of the database and everything beside it, bytes.
    pub fn bytes(&self) -> Result<u64, StoreError> {
        Ok(entries(&self.root).map_err(io_of("measure its folder"))?.iter().map(|entry| entry.bytes).sum())
    }

    /// How many files belong to another user than the folder; the daemon may not be able to open them.
    pub(crate) fn strays(&self) -> Result<usize, StoreError> {
        let action = "look at its folder";
        let owner = fs::metadata(&self.root).map_err(io_of(action))?.uid();
        Ok(entries(&self.root).map_err(io_of(action))?.iter().filter(|entry| entry.uid != owner).count())
    }
}

/// Everything below a folder, without following links; what disappears meanwhile is left out.
fn entries(root: &Path) -> io::Result<Vec<Entry>> {
    let mut found: Vec<Entry> = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let listed = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && folder != root => continue,
            listed => listed?,
        };
        for entry in listed.flatten() {
            let Ok(meta) = entry.metadata() else { continue };
            if meta.is_dir() {
                folders.push(entry.path());
            }
            found.push(Entry { uid: meta.uid(), bytes: meta.blocks() * 512 });
            if found.len() >= MOST_FILES {
                return Ok(found);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_makes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(&folder.path().join("store"));
        assert!(home.look(Timestamp::default()).unwrap().is_none());
        assert!(!folder.path().join("store").exists());
    }

    #[test]
    fn measures_and_lists() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        fs::create_dir_all(folder.path().join("damaged-20260101T000000Z/store")).unwrap();
        fs::write(folder.path().join("damaged-20260101T000000Z/store/db"), vec![1; 100_000]).unwrap();
        assert_eq!(home.damaged().unwrap().len(), 1);
        assert!(home.bytes().unwrap() >= 100_000);
        assert_eq!(home.strays().unwrap(), 0);
    }
}
