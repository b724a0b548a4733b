//! The socket's place in the file system: made private from the first moment, never over anything that is no dead socket,
//! noted beside the store, and taken away at the end.
//!
//! Must not know what is spoken over it.

use crate::admin::protocol::{Greeting, PROGRAM, StoreId, VERSION};
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

/// In the store's folder: where the daemon listens, for a shell that does not know systemd's runtime directory.
pub(crate) const NOTE: &str = "admin-socket";
/// Longest name of a socket within its folder, bytes; of the folder's path any length will do.
pub(crate) const LONGEST_NAME: usize = 80;
/// How often the folder's lock is tried, with 25 ms in between.
const LOCK_TRIES: u32 = 40;

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BindError {
    /// Something that is no socket lies there.
    #[error("{} is in the way and no socket; move it, or set ADMIN_SOCKET to another path", .0.display())]
    InTheWay(PathBuf),
    /// Another daemon answers there.
    #[error("another daemon listens on {}; give each its own ADMIN_SOCKET", .0.display())]
    Taken(PathBuf),
    /// The name does not fit into a socket's address.
    #[error("the name of {} is longer than {LONGEST_NAME} bytes; set ADMIN_SOCKET to a shorter one", .0.display())]
    TooLong(PathBuf),
    /// The system refuses.
    #[error("{action} {}: {source}", .path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// A bound socket; dropped, it takes socket and note away.
#[derive(Debug)]
pub(crate) struct Listener {
    listener: UnixListener,
    path: PathBuf,
    /// Device and inode, so that nobody else's socket is taken away.
    identity: (u64, u64),
    owner: u32,
    store: StoreId,
    note: PathBuf,
}

impl Listener {
    /// Listens on `path` for the store in the folder `root`. Blocks for a moment.
    ///
    /// # Errors
    /// See [`BindError`].
    pub(crate) fn bind(path: &Path, root: &Path) -> Result<Self, BindError> {
        let told = |action| move |source| BindError::Io { action, path: path.to_owned(), source };
        let (folder, name) = split(path).ok_or_else(|| BindError::TooLong(path.to_owned()))?;
        // Whatever becomes of its name, this is the folder.
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

    /// Where it listens, as an absolute path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The user whose daemon this is.
    pub(crate) fn owner(&self) -> u32 {
        self.owner
    }

    /// The daemon's first word.
    pub(crate) fn greeting(&self) -> Greeting {
        Greeting { program: PROGRAM.to_owned(), protocol: VERSION, store: self.store }
    }

    /// The next connection.
    ///
    /// # Errors
    /// The system's.
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
        // Only one daemon has this store: the note is its own.
        let _ = fs::remove_file(&self.note);
    }
}

/// Folder and name of a socket, where the name fits.
fn split(path: &Path) -> Option<(&Path, &OsStr)> {
    let name = path.file_name().filter(|name| name.len() <= LONGEST_NAME)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    Some((folder.unwrap_or(Path::new(".")), name))
}

/// A socket's address holds 107 bytes; by its open folder any path is short.
pub(crate) fn short_address(path: &Path) -> io::Result<(File, PathBuf)> {
    let too_long = || io::Error::new(io::ErrorKind::InvalidInput, "its name is too long for a socket");
    let (folder, name) = split(path).ok_or_else(too_long)?;
    let (folder, name) = secure_fs::place(&folder.join(name))?;
    let address = secure_fs::below(&folder, Path::new(&name));
    Ok((folder, address))
}

/// Held while one looks what is there and puts one's own in its place: two daemons must not do so at once.
fn locked(folder: File) -> io::Result<File> {
    for _ in 0..LOCK_TRIES {
        match folder.try_lock() {
            Ok(()) => return Ok(folder),
            Err(fs::TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(25)),
            Err(fs::TryLockError::Error(source)) => return Err(source),
        }
    }
    // Whoever holds a public folder for long is no daemon of ours.
    Ok(folder)
}

/// A socket that nobody answers on may be replaced, anything else may not.
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
        // Busy, or somebody else's.
        Ok(_) | Err(_) => Err(BindError::Taken(path.to_owned())),
    }
}

/// Binds within a folder that only we may enter and moves the socket into place once its mode is right: nobody can
/// connect before.
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
    // Should somebody have put a link in its place, it is none that is followed.
    let private = secure_fs::folder(private)?;
    let made = secure_fs::below(&private, Path::new("s"));
    let listener = StdListener::bind(&made)?;
    fs::set_permissions(&made, Permissions::from_mode(0o600))?;
    fs::rename(&made, way)?;
    Ok(listener)
}
