//! Deleted is gone: the database's files rewritten without what it no longer holds.
//!
//! sled appends; bytes of a removed record stay in its file until the place is used again. After a learner was forgotten a
//! note is left, and the next opening copies what is there into a new database and puts that in place: cut off anywhere,
//! the next start finds the old or the new one, whole. What the disk itself keeps of a removed file is beyond us.

use super::{Home, io_of};
use crate::store::sled::copy;
use crate::store::{StoreError, export};
use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

const NOTE: &str = "forgotten";
/// A start does not wait for the copy of a larger one, bytes: `sessions delete` on a daemon at rest does.
const AT_START: u64 = 64 << 20;

impl Home {
    /// Notes that a learner was forgotten. Blocks for a moment.
    ///
    /// # Errors
    /// The system's.
    pub fn note_forgotten(&self) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600).open(self.root.join(NOTE)).map(drop)
    }

    /// Rewrites the database now if a learner was forgotten since the last time; true when it did. Blocks. The database must
    /// not be open.
    ///
    /// # Errors
    /// The store's; the old database is in place then.
    pub fn clean(&self) -> Result<bool, StoreError> {
        let _lock = self.lock()?;
        self.finish_interrupted()?;
        self.clean_locked(u64::MAX)
    }

    /// As [`Self::clean`] where the lock is held and time is short. A failure is no reason not to start: the note stays.
    pub(super) fn clean_at_start(&self) -> bool {
        self.clean_locked(AT_START).unwrap_or(false)
    }

    fn clean_locked(&self, largest: u64) -> Result<bool, StoreError> {
        let action = "clear deleted bytes from the database";
        self.remove_old(action)?;
        let size = fs::metadata(self.store().join("db")).map(|file| file.len());
        if !self.root.join(NOTE).exists() || size.map_or(true, |size| size > largest) {
            return Ok(false);
        }
        let copied = copy(&self.store(), &self.making(), self.key.as_ref());
        if copied.is_err() && self.making().exists() {
            fs::remove_dir_all(self.making()).map_err(io_of(action))?;
        }
        copied?;
        self.made()?;
        fs::rename(self.store(), self.old()).map_err(io_of(action))?;
        self.put_in_place()?;
        self.remove_old(action)?;
        fs::remove_file(self.root.join(NOTE)).map_err(io_of(action))?;
        export::sync_folder(&self.root).map_err(io_of(action))?;
        Ok(true)
    }

    /// The database before, on its way out.
    fn old(&self) -> PathBuf {
        self.root.join("cleaned")
    }

    fn remove_old(&self, action: &'static str) -> Result<(), StoreError> {
        if self.store().exists() && self.old().exists() {
            fs::remove_dir_all(self.old()).map_err(io_of(action))?;
        }
        Ok(())
    }
}
