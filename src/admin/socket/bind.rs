//! The socket's place in the file system: made private from the first moment, never over anything that is no dead socket,
//! noted beside the store, and taken away at the end.
//!
//! Must not know what is spoken over it.

use crate::admin::protocol::{Greeting, PROGRAM, StoreId, VERSION};
use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::net::{UnixListener as StdListener, UnixStream as StdStream};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::{UnixListener, UnixStream};

/// In the store's folder: where the daemon listens, for a shell that does not know systemd's runtime directory.
pub const NOTE: &str = "admin-socket";
/// Longest name of a socket within its folder, bytes; of the folder's path any length will do.
pub const LONGEST_NAME: usize = 80;
/// How often the folder's lock is tried, with 25 ms in between.
const LOCK_TRIES: u32 = 40;

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
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
pub struct Listener {
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
    pub fn bind(path: &Path, root: &Path) -> Result<Self, BindError> {
        let told = |action| move |source| BindError::Io { action, path: path.to_owned(), source };
        let (folder, name) = split(path).ok_or_else(|| BindError::TooLong(path.to_owned()))?;
        let folder = fs::canonicalize(folder).map_err(told("finding the folder of the admin socket"))?;
        let path = folder.join(name);
        let store = StoreId::of(root).map_err(told("looking at the store's folder for"))?;
        let held = locked(&folder).map_err(told("locking the folder of the admin socket"))?;
        make_way(&path)?;
        let listener = place(&path).map_err(told("binding the admin socket"))?;
        drop(held);
        let placed = fs::symlink_metadata(&path).map_err(told("looking at the admin socket"))?;
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
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The user whose daemon this is.
    pub fn owner(&self) -> u32 {
        self.owner
    }

    /// The daemon's first word.
    pub fn greeting(&self) -> Greeting {
        Greeting { program: PROGRAM.to_owned(), protocol: VERSION, store: self.store }
    }

    /// The next connection.
    ///
    /// # Errors
    /// The system's.
    pub async fn accept(&self) -> io::Result<UnixStream> {
        Ok(self.listener.accept().await?.0)
    }

    fn write_note(&self) -> io::Result<()> {
        let partial = self.note.with_extension("partial");
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&partial)?;
        file.write_all(std::os::unix::ffi::OsStrExt::as_bytes(self.path.as_os_str()))?;
        fs::rename(partial, &self.note)
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
pub fn short_address(path: &Path) -> io::Result<(File, PathBuf)> {
    let too_long = || io::Error::new(io::ErrorKind::InvalidInput, "its name is too long for a socket");
    let (folder, name) = split(path).ok_or_else(too_long)?;
    let folder = File::open(folder)?;
    let address = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name);
    Ok((folder, address))
}

/// Held while one looks what is there and puts one's own in its place: two daemons must not do so at once.
fn locked(folder: &Path) -> io::Result<File> {
    let folder = File::open(folder)?;
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
fn make_way(path: &Path) -> Result<(), BindError> {
    let told = |action| move |source| BindError::Io { action, path: path.to_owned(), source };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(told("looking at")(error)),
        Ok(there) if !there.file_type().is_socket() => return Err(BindError::InTheWay(path.to_owned())),
        Ok(_) => {}
    }
    let (_folder, address) = short_address(path).map_err(told("reaching"))?;
    match StdStream::connect(address) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        // Busy, or somebody else's.
        Ok(_) | Err(_) => Err(BindError::Taken(path.to_owned())),
    }
}

/// Binds within a folder that only we may enter and moves the socket into place once its mode is right: nobody can
/// connect before.
fn place(path: &Path) -> io::Result<UnixListener> {
    let unknown = || io::Error::other("it has no folder");
    let private =
        path.parent().ok_or_else(unknown)?.join(format!(".admin-{}", uuid::Uuid::new_v4().simple()));
    DirBuilder::new().mode(0o700).create(&private)?;
    let bound = bind_in(&private, path);
    let removed = fs::remove_dir_all(&private);
    let listener = bound?;
    removed?;
    listener.set_nonblocking(true)?;
    UnixListener::from_std(listener)
}

fn bind_in(private: &Path, path: &Path) -> io::Result<StdListener> {
    let made = private.join("s");
    let (_folder, address) = short_address(&made)?;
    let listener = StdListener::bind(address)?;
    fs::set_permissions(&made, Permissions::from_mode(0o600))?;
    fs::rename(&made, path)?;
    Ok(listener)
}
