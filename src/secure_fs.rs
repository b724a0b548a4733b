//! Safe file access for root in folders that another user may write to: no symbolic link in such a folder is
//! followed, new files really are new, and writes go through an open folder handle, so that the folder cannot
//! be swapped meanwhile.
//!
//! Links that only root or the current user can have made are followed. Must not know what the files hold.

use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, PROC_SUPER_MAGIC, Stat, fstat, fstatfs, openat, readlinkat,
    renameat, unlinkat,
};
use rustix::process::{getegid, geteuid};
use std::ffi::{OsStr, OsString};
use std::fs::{DirBuilder, File, Metadata};
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Component, Path, PathBuf};

/// Links followed in one path: the kernel's own limit.
const MOST_LINKS: u32 = 40;
const ROOT: u32 = 0;

/// Opens a file for reading. The error says so if a link was in the way that another user may have made.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let (folder, name) = walk(path, true)?;
    let nofollow = if is_proc(&folder) { OFlags::empty() } else { OFlags::NOFOLLOW };
    Ok(openat(&folder, &name, OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY | nofollow, Mode::empty())?
        .into())
}

pub(crate) fn folder(path: &Path) -> io::Result<File> {
    let (folder, name) = walk(path, true)?;
    let nofollow = if is_proc(&folder) { OFlags::empty() } else { OFlags::NOFOLLOW };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | nofollow;
    Ok(openat(&folder, &name, flags, Mode::empty())?.into())
}

/// Opens the parent folder of `path` and returns the name in it, for sockets and the like; links are followed
/// as far as is safe.
pub(crate) fn place(path: &Path) -> io::Result<(File, OsString)> {
    walk(path, true)
}

/// Opens the deepest existing folder of `path`; returns the missing rest as well.
pub(crate) fn deepest(path: &Path) -> io::Result<(File, PathBuf)> {
    let mut missing: Vec<&OsStr> = Vec::new();
    let mut at = path;
    loop {
        match folder(if at.as_os_str().is_empty() { Path::new(".") } else { at }) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                missing.push(at.file_name().ok_or(error)?);
                at = at.parent().unwrap_or(Path::new(""));
            }
            opened => return Ok((opened?, missing.iter().rev().collect())),
        }
    }
}

/// A path that leads to `name` in an open folder even if the folder is renamed or replaced.
pub(crate) fn below(folder: &File, name: &Path) -> PathBuf {
    let at = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string());
    // With a trailing slash it would mean the folder behind a link rather than the link.
    if name.as_os_str().is_empty() { at } else { at.join(name) }
}

/// Why a configuration file must not be trusted: who else may have written it. `None`: it belongs to root or
/// to the current user, and nobody else may write to it.
pub(crate) fn distrust(file: &Metadata) -> Option<String> {
    let (uid, mode) = (file.uid(), file.mode() & 0o7777);
    if uid != ROOT && uid != geteuid().as_raw() {
        return Some(format!("it belongs to user {uid}"));
    }
    (mode & 0o022 != 0).then(|| format!("others may write to it (mode {mode:04o})"))
}

/// Makes a folder that only its owner may enter, unless it exists.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    let (there, missing) = deepest(path)?;
    DirBuilder::new().recursive(true).mode(0o700).create(below(&there, &missing))
}

/// A file being written beside its destination, readable by its owner only: renamed into place when complete,
/// removed otherwise.
pub(crate) struct NewFile {
    folder: File,
    name: OsString,
    partial: OsString,
    file: File,
    placed: bool,
}

impl NewFile {
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let (folder, name) = walk(path, false)?;
        let mut partial = name.clone();
        partial.push(".partial");
        // A file left by an interrupted command may have another mode, or be a link to elsewhere.
        let _ = unlinkat(&folder, &partial, AtFlags::empty());
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&folder, &partial, flags, Mode::RUSR | Mode::WUSR)?;
        Ok(Self { folder, name, partial, file: file.into(), placed: false })
    }

    /// For writers that need to seek.
    pub(crate) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Its temporary path; valid as long as this value lives.
    pub(crate) fn partial(&self) -> PathBuf {
        below(&self.folder, Path::new(&self.partial))
    }

    /// Flushes the content to disk, before the rename.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.file.sync_all()
    }

    /// Renames it into place. On an error the destination is untouched.
    pub(crate) fn place(mut self) -> io::Result<()> {
        self.sync()?;
        renameat(&self.folder, &self.partial, &self.folder, &self.name)?;
        self.placed = true;
        // This handle only looks up names; flushing a folder needs one opened for reading.
        self.folder =
            openat(&self.folder, ".", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?
                .into();
        self.folder.sync_all()
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.placed {
            let _ = unlinkat(&self.folder, &self.partial, AtFlags::empty());
        }
    }
}

/// Replaces a file as a whole.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = NewFile::create(path)?;
    file.write_all(bytes)?;
    file.place()
}

/// Opens the parent folder of `path` step by step, checking every link. With `follow_last` the last component
/// is checked too; it may be missing.
fn walk(path: &Path, follow_last: bool) -> io::Result<(File, OsString)> {
    let mut folder = start(path)?;
    let mut ahead = parts(path);
    let mut links = 0;
    while let Some(name) = ahead.pop() {
        let last = ahead.is_empty();
        if last && !follow_last && name != ".." {
            return Ok((folder, name));
        }
        let found: File =
            match openat(&folder, &name, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty()) {
                Err(rustix::io::Errno::NOENT) if last => return Ok((folder, name)),
                found => found?.into(),
            };
        let stat = fstat(&found)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::Symlink {
            if last && name != ".." {
                return Ok((folder, name));
            }
            folder = found;
            continue;
        }
        links += 1;
        if links > MOST_LINKS {
            return Err(rustix::io::Errno::LOOP.into());
        }
        if is_proc(&folder) {
            // The kernel's own links (/proc/self/fd) lead to an open file, not to a name.
            if last {
                return Ok((folder, name));
            }
            folder = openat(&folder, &name, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?.into();
            continue;
        }
        if !is_safe(&stat, &fstat(&folder)?) {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "it is, or lies behind, a link in a folder that another user may write to: name what the link points to",
            ));
        }
        let target = PathBuf::from(OsString::from_vec(readlinkat(&found, "", Vec::new())?.into_bytes()));
        if target.is_absolute() {
            folder = start(&target)?;
        }
        ahead.extend(parts(&target));
    }
    Ok((folder, OsString::from(".")))
}

fn start(path: &Path) -> io::Result<File> {
    let root = if path.is_absolute() { "/" } else { "." };
    Ok(openat(CWD, root, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?.into())
}

/// Its components in reverse order.
fn parts(path: &Path) -> Vec<OsString> {
    let names = path.components().rev().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some(OsString::from("..")),
        _ => None,
    });
    names.collect()
}

fn is_proc(folder: &File) -> bool {
    fstatfs(folder).is_ok_and(|it| it.f_type == PROC_SUPER_MAGIC)
}

/// Whether nobody else can have made this link: nobody else may write to its folder, or the link is ours and
/// in a sticky folder, where only its owner may move it.
fn is_safe(link: &Stat, folder: &Stat) -> bool {
    let (me, mine) = (geteuid().as_raw(), |uid: u32| uid == ROOT || uid == geteuid().as_raw());
    let others = folder.st_mode & 0o002 != 0
        || (folder.st_mode & 0o020 != 0 && folder.st_gid != ROOT && folder.st_gid != getegid().as_raw());
    let sticky = folder.st_mode & 0o1000 != 0;
    mine(folder.st_uid) && (!others || (sticky && link.st_uid == me))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::io::Read;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn text(path: &Path) -> io::Result<String> {
        let mut text = String::new();
        open(path)?.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn links_are_followed_where_nobody_else_can_have_placed_them() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("a")).unwrap();
        fs::write(at("a/file"), "words").unwrap();
        symlink("a", at("link")).unwrap();
        symlink("../link/file", at("a/up")).unwrap();
        symlink("round", at("round")).unwrap();
        for path in ["a/file", "link/file", "a/up", "a/../link/../a/./file"] {
            assert_eq!(text(&at(path)).unwrap(), "words", "{path}");
        }
        assert_eq!(open(&at("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(open(&at("round")).is_err() && open(&at("a/file/x")).is_err());
        let opened = File::open(at("a/file")).unwrap();
        assert_eq!(text(Path::new(&format!("/proc/self/fd/{}", opened.as_raw_fd()))).unwrap(), "words");
        // Now others may write there.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
        for path in ["link/file", "a/up"] {
            assert_eq!(text(&at(path)).unwrap_err().kind(), io::ErrorKind::PermissionDenied, "{path}");
        }
        assert_eq!(text(&at("a/file")).unwrap(), "words");
        assert!(write(&at("link/new"), b"x").is_err() && !at("a/new").exists());
        fs::set_permissions(folder.path(), Permissions::from_mode(0o1777)).unwrap();
        assert_eq!(text(&at("link/file")).unwrap(), "words", "ours, where only we may move it");
    }

    #[test]
    fn what_is_written_is_new_whatever_lay_there() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
        fs::write(at("victim"), "kept").unwrap();
        symlink("victim", at("out")).unwrap();
        symlink("victim", at("out.partial")).unwrap();
        write(&at("out"), b"new").unwrap();
        assert_eq!(
            (
                fs::read_to_string(at("victim")).unwrap().as_str(),
                fs::read_to_string(at("out")).unwrap().as_str()
            ),
            ("kept", "new")
        );
        assert_eq!(fs::metadata(at("out")).unwrap().permissions().mode() & 0o777, 0o600);
        drop(NewFile::create(&at("other")).unwrap());
        let mut left: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["out", "victim"]);
        make_folder(&at("x/y/z")).unwrap();
        let (there, missing) = deepest(&at("x/y/none/at/all")).unwrap();
        assert_eq!(
            (missing.as_path(), fs::read_dir(below(&there, Path::new("z"))).unwrap().count()),
            (Path::new("none/at/all"), 0)
        );
    }
}
