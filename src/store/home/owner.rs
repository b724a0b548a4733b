//! Whose the store's folder is: what root's commands make in it belongs to the folder's owner.
//!
//! The owner may change the folder while it is looked through, so nothing is given away by its path: folders and files are
//! opened, links not followed, and what was opened is what is given. Must not know which command made it.

use super::Home;
use rustix::fs::{CWD, Dir, Mode, OFlags, openat};
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::Path;

/// Files and folders looked at; a store has a few dozen.
const MOST_FILES: usize = 10_000;
/// Folders within folders; a store has three.
const DEEPEST: usize = 8;
const ROOT: u32 = 0;

impl Home {
    /// Whether we are root and the folder is somebody else's.
    pub fn is_anothers(&self) -> bool {
        let owner = |path: &Path| fs::metadata(path).map(|it| it.uid());
        owner(Path::new("/proc/self")).is_ok_and(|uid| uid == ROOT)
            && owner(&self.root).is_ok_and(|uid| uid != ROOT)
    }

    /// Gives what root has made in here to the folder's owner, or a daemon that is not root could not open it. Returns how
    /// much that was; without effect for anybody but root. What belongs to a third one, or has a second name elsewhere,
    /// stays as it is.
    pub fn keep_owner(&self) -> usize {
        if !self.is_anothers() {
            return 0;
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        // The folder's own name may be a link: systemd makes one, where only root can.
        let Ok(folder) = openat(CWD, &self.root, flags, Mode::empty()).map(File::from) else { return 0 };
        let Ok(meta) = folder.metadata() else { return 0 };
        let mut giver = Giver { uid: meta.uid(), gid: meta.gid(), left: MOST_FILES, given: 0 };
        if meta.uid() != ROOT {
            giver.walk(&folder, DEEPEST);
        }
        giver.given
    }
}

struct Giver {
    uid: u32,
    gid: u32,
    left: usize,
    given: usize,
}

impl Giver {
    fn walk(&mut self, folder: &File, depth: usize) {
        let Ok(entries) = Dir::read_from(folder) else { return };
        for entry in entries.flatten() {
            if matches!(entry.file_name().to_bytes(), b"." | b"..") {
                continue;
            }
            if self.left == 0 {
                return;
            }
            self.left -= 1;
            // Without waiting for the other end of a pipe; a link or a socket does not open at all.
            let flags =
                OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
            let Ok(opened) = openat(folder, entry.file_name(), flags, Mode::empty()).map(File::from) else {
                continue;
            };
            let Ok(meta) = opened.metadata() else { continue };
            if meta.is_dir() && depth > 0 {
                self.walk(&opened, depth - 1);
            }
            let ours = meta.is_dir() || (meta.is_file() && meta.nlink() == 1);
            if ours && meta.uid() == ROOT && fchown(&opened, Some(self.uid), Some(self.gid)).is_ok() {
                self.given += 1;
            }
        }
    }
}
