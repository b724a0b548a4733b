//! One database takes the place of another: made whole beside it, named so, the old one moved away, the new one in place.
//!
//! Cut off anywhere in between, the next start finds the old or the new one, whole. Must not know why it is exchanged.

use super::{Home, io_of};
use crate::store::{StoreError, export};
use std::fs;
use std::path::PathBuf;

/// What was just done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exchange {
    /// So many records of a backup are in the new database.
    Filled {
        /// Records written.
        done: u64,
        /// Records there are.
        whole: u64,
    },
    /// The new database is made and was read back.
    Made,
    /// It is named as whole: without the old one, it is the store.
    Named,
    /// The old one has made room.
    Aside,
    /// The new one is in its place.
    InPlace,
    /// Its export is among the exports.
    Kept,
    /// The old one is removed.
    OldRemoved,
    /// Nothing is left to do.
    Done,
}

impl Home {
    pub(super) fn restoring(&self) -> PathBuf {
        self.root.join("restoring")
    }

    /// Where a database is made; it moves to `restoring` when it is whole.
    pub(super) fn making(&self) -> PathBuf {
        self.root.join("restoring.part")
    }

    /// Says that what was made is whole.
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

    /// Finishes what was cut off. A new database is whole in `restoring` before the old one is moved: where that is gone,
    /// this one is it.
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
