//! Whose the store's folder is: made for its owner alone, and root's commands work in it with its owner's rights.
//!
//! The owner may change the folder meanwhile, or put links in it or in its place: with the owner's rights,
//! below an open handle, that leads nowhere the owner could not go anyway. Files that root has left there are
//! given to the owner through handles. Must not know which command does it.

use super::Home;
use crate::secure_fs;
use rustix::fs::{Dir, Mode, OFlags, openat};
use rustix::process::{Gid, Uid, getegid, geteuid, getgroups};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, fchown};
use std::path::Path;
use std::sync::Arc;

/// Most files and folders looked at; a store has a few dozen.
const MOST_FILES: usize = 10_000;
/// Deepest nesting of folders; a store has three levels.
const DEEPEST: usize = 8;
const ROOT: u32 = 0;

impl Home {
    /// For root, if the folder belongs to another user: until the returned guard is dropped, this thread and
    /// those it starts have the owner's rights on files, and the returned home uses them. A folder that does
    /// not exist yet belongs to its parent's owner. Has no effect for other users. Fails if a link is in the
    /// way that another user may have made.
    pub(crate) fn as_owner(&self) -> io::Result<(Self, Option<Acting>)> {
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

    /// Gives files that root has left in another user's folder to that user, or a daemon that is not root
    /// could not open them. Only for a store that no daemon holds; no effect for other users than root.
    pub(crate) fn give_strays(&self) {
        let Ok((folder, missing)) = secure_fs::deepest(&self.root) else { return };
        let Ok(meta) = folder.metadata() else { return };
        if geteuid().as_raw() == ROOT && meta.uid() != ROOT && missing.as_os_str().is_empty() {
            Giver { uid: meta.uid(), gid: meta.gid(), left: MOST_FILES }.walk(&folder, DEEPEST);
        }
    }
}

/// Creates the folder, accessible by its owner only; tightens an existing one of ours.
pub(crate) fn make_private(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mode = fs::metadata(folder)?.permissions().mode();
    if mode & 0o077 != 0 {
        match fs::set_permissions(folder, fs::Permissions::from_mode(0o700)) {
            // Another user's folder to which we may write: theirs to protect.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            other => other?,
        }
    }
    Ok(())
}

/// The rights of another user on files. They belong to the thread, so drop this on the thread that created
/// it.
#[derive(Debug)]
pub struct Acting {
    gid: Gid,
    groups: Vec<Gid>,
}

impl Acting {
    fn begin(uid: u32, gid: u32) -> io::Result<Self> {
        let before = Self { gid: getegid(), groups: getgroups()? };
        // If something fails from here on, what was done is reverted.
        set_thread_groups(&[])?;
        set_thread_res_gid(None, Gid::from_raw(gid), None)?;
        set_thread_res_uid(None, Uid::from_raw(uid), None)?;
        Ok(before)
    }
}

impl Drop for Acting {
    fn drop(&mut self) {
        // The real user is still root. If this fails we merely keep fewer rights.
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
            // Does not wait for the other end of a pipe; links and sockets are refused.
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
