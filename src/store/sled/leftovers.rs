//! Removes what a killed start leaves in sled's folder, and files that sled can rebuild from its log.
//!
//! Beside its log (`db`) and the large values (`blobs`) sled keeps two files without any information of their
//! own: a snapshot of page positions (`snap.N`), first written as `snap.N.generating` at each start, and its
//! configuration (`conf`), which is the same for all our stores. sled takes an unfinished snapshot for the
//! newest one and fails on it, so unfinished ones are removed before opening. If opening fails all the same,
//! snapshots and a configuration with a wrong checksum are removed too, and sled reads its whole log. The
//! high-water mark and the ledger tell whether that gave everything. Whoever opens a store holds the lock of
//! its home, so nobody else is writing a snapshot meanwhile.
//!
//! Must not know the log itself.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const UNFINISHED: &str = ".generating";
const CHECKSUM_BYTES: usize = 4;
/// Bytes of the length field between a snapshot's content and its checksum, which does not cover it.
const LENGTH_BYTES: usize = 8;

/// Removes snapshots that a killed start did not finish.
pub(crate) fn remove_unfinished(folder: &Path) -> io::Result<()> {
    for path in snapshots(folder)?.into_iter().filter(|path| is_unfinished(path)) {
        remove(&path)?;
    }
    Ok(())
}

/// Removes all snapshots if the newest is damaged (an older one describes an older state), and a damaged
/// configuration. `true` if there was any, so that opening is worth another try.
pub(crate) fn remove_damaged(folder: &Path) -> io::Result<bool> {
    let mut removed = false;
    let snapshots = snapshots(folder)?;
    if snapshots.last().is_some_and(|newest| !is_sound(newest, LENGTH_BYTES)) {
        for path in snapshots {
            remove(&path)?;
            removed = true;
        }
    }
    let conf = folder.join("conf");
    if conf.exists() && !is_sound(&conf, 0) {
        remove(&conf)?;
        removed = true;
    }
    Ok(removed)
}

/// Oldest first: their names contain a number of fixed width.
fn snapshots(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(|name| name.starts_with("snap.")) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

fn is_unfinished(path: &Path) -> bool {
    path.to_str().is_some_and(|path| path.ends_with(UNFINISHED))
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Whether a file ends with the checksum of its content; `between` bytes before the checksum are not covered.
fn is_sound(path: &Path, between: usize) -> bool {
    let Ok(bytes) = fs::read(path) else { return false };
    let Some((rest, checksum)) = bytes.split_last_chunk::<CHECKSUM_BYTES>() else { return false };
    let Some(content) = rest.len().checked_sub(between).and_then(|length| rest.get(..length)) else {
        return false;
    };
    !content.is_empty() && crc32(content) == u32::from_le_bytes(*checksum)
}

/// CRC-32 (IEEE 802.3), bit by bit: it is only needed when something is wrong.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(crc & 1)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_published_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    /// Should sled ever change the format of these files, they would be removed whenever opening fails.
    #[test]
    fn what_sled_writes_is_sound() {
        let folder = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            let db = ::sled::Config::default().path(folder.path()).flush_every_ms(None).open().unwrap();
            db.insert(b"a", b"b").unwrap();
            db.flush().unwrap();
        }
        let snapshots = snapshots(folder.path()).unwrap();
        let [snapshot] = &snapshots[..] else { panic!("{snapshots:?}") };
        assert!(is_sound(snapshot, LENGTH_BYTES) && is_sound(&folder.path().join("conf"), 0));
        assert!(!remove_damaged(folder.path()).unwrap());
        let mut bytes = fs::read(snapshot).unwrap();
        bytes[3] ^= 1;
        fs::write(snapshot, &bytes).unwrap();
        fs::write(folder.path().join("snap.00.generating"), "").unwrap();
        remove_unfinished(folder.path()).unwrap();
        assert!(snapshot.exists() && !folder.path().join("snap.00.generating").exists());
        assert!(remove_damaged(folder.path()).unwrap() && !snapshot.exists());
    }
}
