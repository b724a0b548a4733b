//! Makes a flush survive a power cut: the file system's part of it.
//!
//! On Linux, sled 0.34 passes what it writes to `sync_file_range`, which writes pages out but neither the
//! file's new length nor what the disk's own cache holds, and it never syncs the files of large values: a
//! power cut would lose acknowledged writes at the end of a file that has grown. So each flush ends with an
//! `fdatasync` here. Must not know what is in the files.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Moments at which tests look at the files to simulate a power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Everything is written and nothing durable: any part of it may survive.
    Written,
    /// Everything is durable.
    Synced,
}

/// Called with the folder.
pub type Watch = Box<dyn FnMut(Moment, &Path) + Send>;

/// The database's files that must survive a power cut.
pub struct FileSync {
    folder: PathBuf,
    /// sled's log, by a second handle: a sync applies to the file, whoever wrote.
    log: File,
    /// Where sled stores values too large for its log, one file each.
    blobs: PathBuf,
    watch: Option<Watch>,
}

impl FileSync {
    /// Makes the file names of a newly opened database durable.
    pub fn open(folder: &Path, watch: Option<Watch>) -> io::Result<Self> {
        let log = File::open(folder.join("db"))?;
        for folder in [Some(folder), folder.parent()].into_iter().flatten() {
            // A relative path of one component has an empty parent.
            if !folder.as_os_str().is_empty() {
                File::open(folder)?.sync_all()?;
            }
        }
        Ok(Self { folder: folder.to_owned(), log, blobs: folder.join("blobs"), watch })
    }

    /// Returns once everything sled has written is durable.
    pub fn sync(&mut self) -> io::Result<()> {
        self.tell(Moment::Written);
        // Large values first, because the log refers to them.
        let mut large = false;
        match std::fs::read_dir(&self.blobs) {
            Ok(entries) => {
                for entry in entries {
                    large = true;
                    match File::open(entry?.path()) {
                        Ok(file) => file.sync_all()?,
                        // sled may remove files that nothing refers to at any time.
                        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                        Err(error) => return Err(error),
                    }
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        if large {
            File::open(&self.blobs)?.sync_all()?;
        }
        self.log.sync_data()?;
        self.tell(Moment::Synced);
        Ok(())
    }

    fn tell(&mut self, moment: Moment) {
        if let Some(watch) = &mut self.watch {
            watch(moment, &self.folder);
        }
    }
}

impl std::fmt::Debug for FileSync {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileSync").field("folder", &self.folder).finish_non_exhaustive()
    }
}
