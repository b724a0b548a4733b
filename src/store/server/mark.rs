//! The mark of a shared store on each machine that works with it: which database it was, and how many commits it must hold.
//!
//! A database that was set back, or a standby server that was promoted without the last commits, holds fewer. Written after
//! acknowledged commits and not flushed to disk, so it is at most too low. Must not know what the commits hold.

use super::Standing;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use uuid::Uuid;

/// In the store's folder.
const NAME: &str = "shared-height";
/// The database's id, the height and its inverse.
const LENGTH: usize = 32;

#[derive(Debug)]
pub struct Mark {
    file: File,
    id: Uuid,
    height: u64,
}

impl Mark {
    /// Opens the mark in this folder, or makes one; a new, empty or torn one knows no database.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        Self::of(options.open(folder.join(NAME))?)
    }

    /// As [`Self::open`], but makes none and cannot be written.
    pub fn look(folder: &Path) -> io::Result<Self> {
        Self::of(File::open(folder.join(NAME))?)
    }

    fn of(file: File) -> io::Result<Self> {
        let mut bytes = [0; LENGTH];
        let read = file.read_at(&mut bytes, 0)?;
        let (id, numbers) = bytes.split_at(16);
        let (height, check) = numbers.split_at(8);
        let number = |bytes: &[u8]| bytes.try_into().map(u64::from_be_bytes).unwrap_or(0);
        // The inverse tells a mark that was torn by a power cut.
        let is_sound = read == LENGTH && number(height) == !number(check);
        let found = is_sound.then(|| (Uuid::from_slice(id).unwrap_or_default(), number(height)));
        let (id, height) = found.unwrap_or_default();
        Ok(Self { file, id, height })
    }

    /// Why this database is not what was seen last, in words that follow "the database at …".
    pub fn objection(&self, standing: &Standing) -> Option<String> {
        if standing.id == self.id && standing.height < self.height {
            let lost = self.height - standing.height;
            return Some(format!(
                "holds {lost} fewer commits than this machine has seen in it: it was set back to an older state, or a server \
                 took over that did not have them"
            ));
        }
        (standing.id != self.id && standing.height == 0 && self.height > 0).then(|| {
            format!("is empty, and the one this machine has worked with held {} commits", self.height)
        })
    }

    /// This many commits of this database are certain. Of another database than before, whatever its height.
    pub fn raise(&mut self, id: Uuid, height: u64) -> io::Result<()> {
        if id == self.id && height <= self.height { Ok(()) } else { self.set(id, height) }
    }

    /// Takes what is there as right.
    pub fn set(&mut self, id: Uuid, height: u64) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.extend(id.as_bytes());
        bytes.extend(height.to_be_bytes());
        bytes.extend((!height).to_be_bytes());
        self.file.write_all_at(&bytes, 0)?;
        (self.id, self.height) = (id, height);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(id: u128, height: u64) -> Standing {
        Standing { id: Uuid::from_u128(id), height, ..Standing::default() }
    }

    #[test]
    fn a_database_with_fewer_commits_is_objected_to_and_another_one_is_not_unless_it_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        let mut mark = Mark::open(folder.path()).unwrap();
        assert_eq!(mark.objection(&at(1, 0)), None);
        mark.raise(Uuid::from_u128(1), 7).unwrap();
        mark.raise(Uuid::from_u128(1), 6).unwrap();
        for (standing, is_right) in
            [(at(1, 7), true), (at(1, 8), true), (at(1, 6), false), (at(2, 3), true), (at(2, 0), false)]
        {
            assert_eq!(mark.objection(&standing).is_none(), is_right, "{standing:?}");
        }
        let again = Mark::open(folder.path()).unwrap();
        assert!(again.objection(&at(1, 6)).is_some(), "it was kept");
        mark.raise(Uuid::from_u128(2), 3).unwrap();
        assert_eq!(mark.objection(&at(1, 1)), None, "another database now");
        mark.set(Uuid::from_u128(2), 1).unwrap();
        assert_eq!(Mark::open(folder.path()).unwrap().objection(&at(2, 1)), None);
    }

    #[test]
    fn a_torn_mark_counts_for_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut mark = Mark::open(folder.path()).unwrap();
        mark.raise(Uuid::from_u128(1), 7).unwrap();
        mark.file.write_all_at(&[9], 23).unwrap();
        assert_eq!(Mark::open(folder.path()).unwrap().objection(&at(1, 0)), None);
    }
}
