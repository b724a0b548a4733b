//! Whose the store's folder is: what root's commands do in it, they do as the folder's owner.
//!
//! The owner may change the folder meanwhile, put links in it or in its place: with the owner's rights, and below the open
//! folder, that leads nowhere the owner could not go anyway. What root itself has left in it is given to the owner by
//! handle. Must not know which command does it.

use super::Home;
use crate::secure_fs;
use rustix::fs::{Dir, Mode, OFlags, openat};
use rustix::process::{Gid, Uid, getegid, geteuid, getgroups};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};
use std::fs::File;
use std::io;
use std::os::unix::fs::{MetadataExt, fchown};
use std::sync::Arc;

/// Files and folders looked at; a store has a few dozen.
const MOST_FILES: usize = 10_000;
/// Folders within folders; a store has three.
const DEEPEST: usize = 8;
const ROOT: u32 = 0;

impl Home {
    /// For root, where the folder belongs to somebody else: from now on, until what is returned is dropped, this thread and
    /// those it starts have the owner's rights on files, and the home returned is reached by them. A folder that is not there
    /// yet is its parent's owner's. Without effect for anybody but root.
    ///
    /// # Errors
    /// The system's; a link in the way that another user may have placed is one.
    pub fn as_owner(&self) -> io::Result<(Self, Option<Acting>)> {
        if geteuid().as_raw() != ROOT {
            return Ok((self.clone(), None));
        }
        let (folder, missing) = secure_fs::deepest(&self.root)?;
        let meta = folder.metadata()?;
        if meta.uid() == ROOT {
            return Ok((self.clone(), None));
        }
        let root = secure_fs::below(&folder, &missing);
        let acting = Acting::begin(meta.uid(), meta.gid())?;
        Ok((Self { root, _open: Some(Arc::new(folder)), ..self.clone() }, Some(acting)))
    }

    /// What root has left in a folder of somebody else is given to them, or a daemon that is not root could not open it. Only
    /// for a store that no daemon holds; without effect for anybody but root.
    pub fn give_strays(&self) {
        let Ok((folder, missing)) = secure_fs::deepest(&self.root) else { return };
        let Ok(meta) = folder.metadata() else { return };
        if geteuid().as_raw() == ROOT && meta.uid() != ROOT && missing.as_os_str().is_empty() {
            Giver { uid: meta.uid(), gid: meta.gid(), left: MOST_FILES }.walk(&folder, DEEPEST);
        }
    }
}

/// The rights of another user on files. They are a thread's own: drop it where it was begun.
#[derive(Debug)]
pub struct Acting {
    gid: Gid,
    groups: Vec<Gid>,
}

impl Acting {
    fn begin(uid: u32, gid: u32) -> io::Result<Self> {
        let before = Self { gid: getegid(), groups: getgroups()? };
        // From here on a failure sets back what was done.
        set_thread_groups(&[])?;
        set_thread_res_gid(None, Gid::from_raw(gid), None)?;
        set_thread_res_uid(None, Uid::from_raw(uid), None)?;
        Ok(before)
    }
}

impl Drop for Acting {
    fn drop(&mut self) {
        // The real user is root still; nothing to be done about a failure, which leaves us with fewer rights.
        let _ = set_thread_res_uid(None, Uid::ROOT, None);
        let _ = set_thread_res_gid(None, self.gid, None);
        let _ = set_thread_groups(&self.groups);
    }
}

struct Giver {
    uid: u32,
    gid: u32,
    left: usize,
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
            if ours && meta.uid() == ROOT {
                let _ = fchown(&opened, Some(self.uid), Some(self.gid));
            }
        }
    }
}
