//! What a killed start leaves in sled's folder, and what sled makes again from its log.
//!
//! Beside its log (`db`) and the large values (`blobs`) sled keeps two files that hold nothing the log lacks: a snapshot of
//! where each page lies (`snap.N`), written at each start under the name `snap.N.generating` first, and its configuration
//! (`conf`), which is the same for every store of ours. sled takes an unfinished snapshot for the newest one, and gives up on
//! it. So unfinished ones go before the open, and when it fails all the same, snapshots and configuration that do not carry
//! their own checksum go too: sled reads its whole log then. Whether that gave everything, the high-water mark and the
//! ledger say. Who opens a store holds the lock of its home, so nobody else is writing a snapshot meanwhile.
//!
//! Must not know the log itself.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const UNFINISHED: &str = ".generating";
const CHECKSUM_BYTES: usize = 4;
/// Of a snapshot, its length lies between what is checked and the checksum.
const LENGTH_BYTES: usize = 8;

/// Removes snapshots that a killed start has not finished.
pub fn remove_unfinished(folder: &Path) -> io::Result<()> {
    for path in snapshots(folder)?.into_iter().filter(|path| is_unfinished(path)) {
        remove(&path)?;
    }
    Ok(())
}

/// Removes the snapshots when the newest one is damaged (an older one tells of an older state), and a damaged
/// configuration. Whether there was any: then it is worth to open once more.
pub fn remove_damaged(folder: &Path) -> io::Result<bool> {
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

/// Snapshots of all kinds, oldest first: their names hold a number of fixed width.
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

/// Whether a file ends with the checksum of what it holds; `between` bytes before the checksum are not part of it.
fn is_sound(path: &Path, between: usize) -> bool {
    let Ok(bytes) = fs::read(path) else { return false };
    let Some((rest, checksum)) = bytes.split_last_chunk::<CHECKSUM_BYTES>() else { return false };
    let Some(content) = rest.len().checked_sub(between).and_then(|length| rest.get(..length)) else {
        return false;
    };
    !content.is_empty() && crc32(content) == u32::from_le_bytes(*checksum)
}

/// CRC-32 as in IEEE 802.3, bit by bit: it is only asked for when something is wrong.
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

    /// Should sled ever write these files in another way, they would be removed whenever an open fails.
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
