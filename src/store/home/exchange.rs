//! Replaces one database by another: the new one is completed beside the old one and named as complete, the
//! old one moved away, the new one put in place.
//!
//! After an interruption at any point the next start finds the old or the new one, complete. Must not know
//! why it is replaced.

use super::{Home, io_of};
use crate::store::{StoreError, export};
use std::fs;
use std::path::PathBuf;

/// The step just done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exchange {
    /// This many records of a backup are in the new database.
    Filled {
        done: u64,
        whole: u64,
    },
    /// The new database was written and read back.
    Made,
    /// It is named as complete: if the old one is missing, this is the store.
    Named,
    /// The old one was moved aside.
    Aside,
    /// The new one is in place.
    InPlace,
    /// Its export is among the exports.
    Kept,
    OldRemoved,
    Done,
}

impl Home {
    pub(super) fn restoring(&self) -> PathBuf {
        self.root.join("restoring")
    }

    /// Where a database is built; it is renamed to `restoring` when complete.
    pub(super) fn making(&self) -> PathBuf {
        self.root.join("restoring.part")
    }

    /// Marks what was built as complete.
    pub(super) fn made(&self, tell: &mut dyn FnMut(Exchange)) -> Result<(), StoreError> {
        tell(Exchange::Made);
        let action = io_of("name the new database");
        fs::rename(self.making(), self.restoring()).map_err(&action)?;
        export::sync_folder(&self.root).map_err(&action)?;
        tell(Exchange::Named);
        Ok(())
    }

    pub(super) fn put_in_place(&self, tell: &mut dyn FnMut(Exchange)) -> Result<(), StoreError> {
        let action = io_of("put the new database in place");
        fs::rename(self.restoring(), self.store()).map_err(&action)?;
        export::sync_folder(&self.root).map_err(&action)?;
        tell(Exchange::InPlace);
        Ok(())
    }

    /// Finishes an interrupted exchange. The new database is complete in `restoring` before the old one is
    /// moved, so if the old one is gone, this one is the store.
    pub(super) fn finish_interrupted(&self) -> Result<(), StoreError> {
        self.finish_reencryption(&mut |_| ())?;
        if self.making().exists() {
            fs::remove_dir_all(self.making()).map_err(io_of("remove an unfinished database"))?;
        }
        if !self.restoring().exists() {
            return Ok(());
        }
        if self.store().exists() {
            return fs::remove_dir_all(self.restoring()).map_err(io_of("remove an unfinished restore"));
        }
        self.put_in_place(&mut |_| ())
    }
}
