//! The socket's place in the file system: private from the first moment, never placed over anything but a
//! dead socket, noted in the store's folder, and removed at the end.
//!
//! Must not know what is spoken over it.

use crate::admin::protocol::StoreId;
use crate::secure_fs;
use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener as StdListener, UnixStream as StdStream};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::{UnixListener, UnixStream};

/// File in the store's folder that says where the daemon listens, for commands that do not know systemd's
/// runtime directory.
pub(crate) const NOTE: &str = "admin-socket";
/// Longest file name of a socket, bytes; its folder's path may have any length.
pub(crate) const LONGEST_NAME: usize = 80;
/// How often to try the folder's lock, 25 ms apart.
const LOCK_TRIES: u32 = 40;

#[derive(Debug, thiserror::Error)]
pub(crate) enum BindError {
    /// Something that is no socket is at this path.
    #[error("{} is in the way and no socket; move it, or set ADMIN_SOCKET to another path", .0.display())]
    InTheWay(PathBuf),
    /// Another daemon answers there.
    #[error("another daemon listens on {}; give each its own ADMIN_SOCKET", .0.display())]
    Taken(PathBuf),
    /// The name does not fit in a socket address.
    #[error("the name of {} is longer than {LONGEST_NAME} bytes; set ADMIN_SOCKET to a shorter one", .0.display())]
    TooLong(PathBuf),
    #[error("{action} {}: {source}", .path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
}

/// A bound socket; dropping it removes the socket and the note.
#[derive(Debug)]
pub(crate) struct Listener {
    listener: UnixListener,
    path: PathBuf,
    /// Device and inode, so that nobody else's socket is removed.
    identity: (u64, u64),
    owner: u32,
    store: StoreId,
    note: PathBuf,
}

impl Listener {
    /// Listens on `path` for the store in the folder `root`. Blocks briefly.
    pub(crate) fn bind(path: &Path, root: &Path) -> Result<Self, BindError> {
        let told = |action| move |source| BindError::Io { action, path: path.to_owned(), source };
        let (folder, name) = split(path).ok_or_else(|| BindError::TooLong(path.to_owned()))?;
        // From here on the handle is used, whatever happens to the folder's name.
        let folder = secure_fs::folder(folder).map_err(told("opening the folder of the admin socket"))?;
        let path = fs::read_link(secure_fs::below(&folder, Path::new("")))
            .map_err(told("finding the folder of the admin socket"))?
            .join(name);
        let store = StoreId::of(root).map_err(told("looking at the store's folder for"))?;
        let held = locked(folder).map_err(told("locking the folder of the admin socket"))?;
        let way = secure_fs::below(&held, Path::new(name));
        make_way(&way, &path)?;
        let listener = place(&held, &way).map_err(told("binding the admin socket"))?;
        let placed = fs::symlink_metadata(&way).map_err(told("looking at the admin socket"))?;
        drop(held);
        let listener = Self {
            listener,
            identity: (placed.dev(), placed.ino()),
            owner: placed.uid(),
            store,
            note: root.join(NOTE),
            path,
        };
        listener.write_note().map_err(told("noting the place of the admin socket"))?;
        Ok(listener)
    }

    /// Absolute.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// User id of the daemon.
    pub(crate) fn owner(&self) -> u32 {
        self.owner
    }

    pub(crate) fn store(&self) -> StoreId {
        self.store
    }

    pub(crate) async fn accept(&self) -> io::Result<UnixStream> {
        Ok(self.listener.accept().await?.0)
    }

    fn write_note(&self) -> io::Result<()> {
        secure_fs::write(&self.note, self.path.as_os_str().as_bytes())
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let ours = fs::symlink_metadata(&self.path).is_ok_and(|it| (it.dev(), it.ino()) == self.identity);
        if ours {
            let _ = fs::remove_file(&self.path);
        }
        // This daemon holds the store, so the note is its own.
        let _ = fs::remove_file(&self.note);
    }
}

/// Folder and name of a socket, if the name fits.
fn split(path: &Path) -> Option<(&Path, &OsStr)> {
    let name = path.file_name().filter(|name| name.len() <= LONGEST_NAME)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    Some((folder.unwrap_or(Path::new(".")), name))
}

/// A socket address holds 107 bytes; through the handle of its folder every path is short.
pub(crate) fn short_address(path: &Path) -> io::Result<(File, PathBuf)> {
    let too_long = || io::Error::new(io::ErrorKind::InvalidInput, "its name is too long for a socket");
    let (folder, name) = split(path).ok_or_else(too_long)?;
    let (folder, name) = secure_fs::place(&folder.join(name))?;
    let address = secure_fs::below(&folder, Path::new(&name));
    Ok((folder, address))
}

/// Locks the folder while a dead socket is replaced, so that two daemons do not do so at once.
fn locked(folder: File) -> io::Result<File> {
    for _ in 0..LOCK_TRIES {
        match folder.try_lock() {
            Ok(()) => return Ok(folder),
            Err(fs::TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(25)),
            Err(fs::TryLockError::Error(source)) => return Err(source),
        }
    }
    // If somebody holds the lock of a public folder for long, that is no daemon of ours, so we continue.
    Ok(folder)
}

/// Removes a socket that nobody answers on; refuses anything else.
fn make_way(way: &Path, path: &Path) -> Result<(), BindError> {
    let told = |action| move |source| BindError::Io { action, path: path.to_owned(), source };
    match fs::symlink_metadata(way) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(told("looking at")(error)),
        Ok(there) if !there.file_type().is_socket() => return Err(BindError::InTheWay(path.to_owned())),
        Ok(_) => {}
    }
    match StdStream::connect(way) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        // Busy, or of another user.
        Ok(_) | Err(_) => Err(BindError::Taken(path.to_owned())),
    }
}

/// Binds in a folder that only we may enter, sets the mode, then moves the socket into place, so that nobody
/// can connect before the mode is right.
fn place(folder: &File, way: &Path) -> io::Result<UnixListener> {
    let name = format!(".admin-{}", uuid::Uuid::new_v4().simple());
    let private = secure_fs::below(folder, Path::new(&name));
    DirBuilder::new().mode(0o700).create(&private)?;
    let bound = bind_in(&private, way);
    let removed = fs::remove_dir_all(&private);
    let listener = bound?;
    removed?;
    listener.set_nonblocking(true)?;
    UnixListener::from_std(listener)
}

fn bind_in(private: &Path, way: &Path) -> io::Result<StdListener> {
    // Opened without following links, in case somebody has put one in its place.
    let private = secure_fs::folder(private)?;
    let made = secure_fs::below(&private, Path::new("s"));
    let listener = StdListener::bind(&made)?;
    fs::set_permissions(&made, Permissions::from_mode(0o600))?;
    fs::rename(&made, way)?;
    Ok(listener)
}
