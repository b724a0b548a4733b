//! Files of a self-hosted Bot API server in `--local` mode, read from its folder on this machine and from
//! nowhere else.
//!
//! Blocking, so it is called off the async threads. Must not know how the path was learned. No error contains
//! a path: the server's paths contain the token.

use super::error::TelegramError;
use bytes::Bytes;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};

/// Bytes read at once.
const PIECE: usize = 64 * 1024;

/// Reads the file at the absolute `path`, which must lie in `folder`, be a regular file and hold at most
/// `cap` bytes. [`TelegramError::Setup`] is for what a person has to correct.
pub(super) fn read(folder: &Path, path: &Path, cap: usize) -> Result<Bytes, TelegramError> {
    let file = open(folder, path)?;
    let too_large = || TelegramError::TooLarge { limit: cap as u64 };
    let size = file.metadata().map_err(|error| unreadable(&error))?.len();
    if size > cap as u64 {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0).min(cap));
    let mut piece = vec![0; PIECE];
    let mut file = file;
    loop {
        let length = match file.read(&mut piece) {
            Ok(0) => return Ok(bytes.into()),
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(unreadable(&error)),
        };
        // The file may grow while it is read.
        if bytes.len() + length > cap {
            return Err(too_large());
        }
        bytes.extend_from_slice(piece.get(..length).unwrap_or_default());
    }
}

/// Opens the file if it lies in the folder and is a regular file.
fn open(folder: &Path, path: &Path) -> Result<File, TelegramError> {
    let home = folder.canonicalize().map_err(|error| no_folder(&error))?;
    let climbs = path.components().any(|part| matches!(part, Component::ParentDir));
    if climbs || !path.is_absolute() {
        return Err(outside());
    }
    // Links are resolved before anything is opened, because merely opening a device can have an effect.
    let real = path.canonicalize().map_err(|error| unreadable(&error))?;
    if !inside(&home, &real) {
        return Err(outside());
    }
    if !real.metadata().map_err(|error| unreadable(&error))?.is_file() {
        return Err(irregular());
    }
    // Refuses a last component that became a link meanwhile, and does not wait for a pipe.
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY)
        .open(&real)
        .map_err(|error| unreadable(&error))?;
    // Whatever was swapped meanwhile: only what was really opened counts.
    let opened: PathBuf =
        std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).map_err(|error| {
            TelegramError::Setup(format!(
                "the opened file cannot be checked, /proc is needed for that ({})",
                error.kind()
            ))
        })?;
    if !inside(&home, &opened) {
        return Err(outside());
    }
    if !file.metadata().map_err(|error| unreadable(&error))?.is_file() {
        return Err(irregular());
    }
    Ok(file)
}

/// In the folder or below; both paths without links.
fn inside(home: &Path, real: &Path) -> bool {
    real != home && real.starts_with(home)
}

fn outside() -> TelegramError {
    TelegramError::Setup(
        "the Bot API server named a file outside of TELEGRAM_API_LOCAL_PATH, which is never opened: set it to the \
         folder that the server was started with (--dir), under the same name on this machine"
            .into(),
    )
}

fn irregular() -> TelegramError {
    TelegramError::Setup("the Bot API server named something that is no regular file".into())
}

fn no_folder(error: &std::io::Error) -> TelegramError {
    TelegramError::Setup(format!("the folder TELEGRAM_API_LOCAL_PATH cannot be read ({})", error.kind()))
}

fn unreadable(error: &std::io::Error) -> TelegramError {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => TelegramError::FileGone,
        ErrorKind::PermissionDenied => TelegramError::Setup(
            "a file of the Bot API server cannot be read (permission denied): let the bot's user read \
             TELEGRAM_API_LOCAL_PATH, for instance by a common group"
                .into(),
        ),
        // The last component became a symbolic link after it was checked.
        _ if error.raw_os_error() == Some(libc::ELOOP) => outside(),
        kind => {
            TelegramError::Transient { what: format!("a file of the Bot API server cannot be read ({kind})") }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    struct Place {
        _root: tempfile::TempDir,
        home: PathBuf,
        other: PathBuf,
    }

    fn place() -> Place {
        let root = tempfile::tempdir().unwrap();
        let (home, other) = (root.path().join("api"), root.path().join("other"));
        for folder in [home.join("42:tok/voice"), other.clone()] {
            fs::create_dir_all(folder).unwrap();
        }
        fs::write(home.join("42:tok/voice/file_0.oga"), b"sound").unwrap();
        fs::write(other.join("secret"), b"secret").unwrap();
        Place { _root: root, home, other }
    }

    fn setup(result: Result<Bytes, TelegramError>, place: &Place) -> String {
        let Err(TelegramError::Setup(what)) = result else { panic!("{result:?}") };
        assert!(!what.contains(place.other.to_str().unwrap()) && !what.contains("tok"), "{what}");
        what
    }

    #[test]
    fn a_file_in_the_folder_is_read_up_to_the_cap() {
        let place = place();
        let path = place.home.join("42:tok/voice/file_0.oga");
        assert_eq!(read(&place.home, &path, 5), Ok(Bytes::from_static(b"sound")));
        assert_eq!(read(&place.home, &path, 4), Err(TelegramError::TooLarge { limit: 4 }));
        // The folder itself may be a link, and a link within the folder is fine.
        let link = place.home.with_file_name("link");
        symlink(&place.home, &link).unwrap();
        assert!(
            read(&link, &path, 5).is_ok()
                && read(&place.home, &link.join("42:tok/voice/file_0.oga"), 5).is_ok()
        );
        symlink(&path, place.home.join("here")).unwrap();
        assert!(read(&place.home, &place.home.join("here"), 5).is_ok());
    }

    #[test]
    fn nothing_outside_is_opened_whatever_the_way_there() {
        let place = place();
        symlink(place.other.join("secret"), place.home.join("out")).unwrap();
        symlink(&place.other, place.home.join("folder")).unwrap();
        fs::create_dir(place.home.with_file_name("api-too")).unwrap();
        fs::write(place.home.with_file_name("api-too").join("x"), b"x").unwrap();
        for path in [
            place.other.join("secret"),
            place.home.join("out"),
            place.home.join("folder/secret"),
            place.home.join("../other/secret"),
            place.home.join("42:tok/../42:tok/voice/file_0.oga"),
            place.home.with_file_name("api-too").join("x"),
            PathBuf::from("relative"),
            PathBuf::from("/etc/passwd"),
            PathBuf::from("/proc/self/environ"),
            place.home.clone(),
        ] {
            let what = setup(read(&place.home, &path, 1000), &place);
            assert!(what.contains("TELEGRAM_API_LOCAL_PATH"), "{what}");
        }
    }

    #[test]
    fn only_regular_files_are_opened_and_none_keeps_us_waiting() {
        let place = place();
        let fifo = place.home.join("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let _socket = std::os::unix::net::UnixListener::bind(place.home.join("sock")).unwrap();
        for name in ["fifo", "sock", "42:tok"] {
            let what = setup(read(&place.home, &place.home.join(name), 1000), &place);
            assert!(what.contains("no regular file"), "{name}: {what}");
        }
        symlink("/dev/zero", place.home.join("zero")).unwrap();
        assert!(read(&place.home, &place.home.join("zero"), 1000).is_err());
    }

    #[test]
    fn what_is_not_there_is_gone_and_a_missing_folder_is_named() {
        let place = place();
        assert_eq!(read(&place.home, &place.home.join("nothing"), 9), Err(TelegramError::FileGone));
        let file = place.home.join("42:tok/voice/file_0.oga");
        assert_eq!(read(&place.home, &file.join("below"), 9), Err(TelegramError::FileGone));
        let what = setup(read(Path::new("/nowhere/at/all"), &file, 9), &place);
        assert!(what.contains("TELEGRAM_API_LOCAL_PATH"), "{what}");
    }

    /// A link is swapped between a file inside and one outside during reads: never a byte from outside.
    #[test]
    fn a_race_is_never_won_by_the_outside() {
        let place = place();
        let path = place.home.join("swapped");
        let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let swapper = {
            let (stop, path) = (stop.clone(), path.clone());
            let (good, bad) = (place.home.join("42:tok/voice"), place.other.clone());
            fs::write(good.join("x"), b"sound").unwrap();
            fs::write(bad.join("x"), b"secret").unwrap();
            std::thread::spawn(move || {
                let fresh = path.with_file_name("fresh");
                let mut targets = [&good, &bad].into_iter().cycle();
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    symlink(targets.next().unwrap(), &fresh).unwrap();
                    fs::rename(&fresh, &path).unwrap();
                }
            })
        };
        let mut read_it = 0;
        for _ in 0..20_000 {
            match read(&place.home, &path.join("x"), 1000) {
                Ok(bytes) => {
                    assert_eq!(bytes, Bytes::from_static(b"sound"));
                    read_it += 1;
                }
                Err(error) => assert!(!format!("{error:?}").contains("secret")),
            }
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        swapper.join().unwrap();
        assert!(read_it > 0, "the race was never on");
    }
}
