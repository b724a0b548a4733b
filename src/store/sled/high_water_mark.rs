//! The high-water mark: a small file beside the database with the number of batches that were flushed.
//!
//! Written after each flush and not flushed itself, so it is never ahead of an intact database: after a
//! killed process it is right, after a power cut at most too low. A database with fewer batches than its mark
//! has lost acknowledged writes. Must not know what the batches hold.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

const NAME: &str = "high-water";

#[derive(Debug)]
pub struct HighWaterMark {
    file: File,
    height: u64,
}

impl HighWaterMark {
    /// Opens the mark in the store's folder; a new, empty or truncated one is 0.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(folder.join(NAME))?;
        let mut bytes = [0; 16];
        let read = file.read_at(&mut bytes, 0)?;
        let (height, check) = bytes.split_at(8);
        let number = |bytes: &[u8]| bytes.try_into().map(u64::from_be_bytes).unwrap_or(0);
        // The second half is the inverse of the first, so a mark torn by a power cut is recognised and
        // ignored.
        let sound = read == bytes.len() && number(height) == !number(check);
        Ok(Self { file, height: if sound { number(height) } else { 0 } })
    }

    /// How many batches the database must hold.
    pub fn height(&self) -> u64 {
        self.height
    }

    /// Records that this many batches are flushed.
    pub(crate) fn raise(&mut self, height: u64) -> io::Result<()> {
        if height > self.height {
            let mut bytes = [0; 16];
            let halves = height.to_be_bytes().into_iter().chain((!height).to_be_bytes());
            bytes.iter_mut().zip(halves).for_each(|(to, from)| *to = from);
            self.file.write_all_at(&bytes, 0)?;
            self.height = height;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_found_again_and_a_torn_one_counts_for_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut mark = HighWaterMark::open(folder.path()).unwrap();
        assert_eq!(mark.height(), 0);
        mark.raise(7).unwrap();
        mark.raise(6).unwrap();
        assert_eq!(HighWaterMark::open(folder.path()).unwrap().height(), 7);
        mark.file.write_all_at(&[9], 7).unwrap();
        assert_eq!(HighWaterMark::open(folder.path()).unwrap().height(), 0);
    }
}
