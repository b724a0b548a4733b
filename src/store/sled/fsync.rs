//! What a power cut leaves: the file system's side of a flush.
//!
//! On Linux sled 0.34 hands what it writes to `sync_file_range`, which writes pages out but neither the file's new length
//! nor what the disk itself holds back, and it never syncs the files of large values: after a power cut, acknowledged
//! writes at the end of a grown file would be gone. So each flush ends here, with `fdatasync`. Must not know what is in
//! the files.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// A moment at which the files are of interest to whoever asks what a power cut would leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// All is written, nothing of it is safe yet: any part of it may survive.
    Written,
    /// All is safe.
    Synced,
}

/// Called with the folder at these moments.
pub type Watch = Box<dyn FnMut(Moment, &Path) + Send>;

/// The database's files, as far as they must survive a power cut.
pub struct FileSync {
    folder: PathBuf,
    /// sled's log. A second handle: a sync is of the file, whoever wrote.
    log: File,
    /// Where sled puts values too large for its log, a file each.
    blobs: PathBuf,
    watch: Option<Watch>,
}

impl FileSync {
    /// Makes the names of a database that was just opened durable.
    pub fn open(folder: &Path, watch: Option<Watch>) -> io::Result<Self> {
        let log = File::open(folder.join("db"))?;
        for folder in [Some(folder), folder.parent()].into_iter().flatten() {
            // A relative path of one part has an empty parent.
            if !folder.as_os_str().is_empty() {
                File::open(folder)?.sync_all()?;
            }
        }
        Ok(Self { folder: folder.to_owned(), log, blobs: folder.join("blobs"), watch })
    }

    /// Returns once all that sled has written is safe.
    pub fn sync(&mut self) -> io::Result<()> {
        self.tell(Moment::Written);
        // Large values first: the log refers to them.
        let mut large = false;
        match std::fs::read_dir(&self.blobs) {
            Ok(entries) => {
                for entry in entries {
                    large = true;
                    match File::open(entry?.path()) {
                        Ok(file) => file.sync_all()?,
                        // sled removes those that nothing refers to any more at its leisure.
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
