//! Disk space taken by a folder. Must not know what is in it.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// Most entries looked at; a folder with more is not ours.
const ENTRIES: usize = 10_000;

/// Bytes on disk below `folder`; `None` if they cannot be counted. Runs off the async threads.
pub(crate) async fn size(folder: PathBuf) -> Option<u64> {
    tokio::task::spawn_blocking(move || walk(folder)).await.ok().flatten()
}

fn walk(root: PathBuf) -> Option<u64> {
    let (mut open, mut seen, mut blocks) = (vec![root], 0_usize, 0_u64);
    while let Some(folder) = open.pop() {
        // Files may disappear meanwhile.
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for entry in entries.flatten() {
            seen += 1;
            if seen > ENTRIES {
                return None;
            }
            let Ok(found) = entry.metadata() else { continue };
            blocks = blocks.saturating_add(found.blocks());
            if found.is_dir() {
                open.push(entry.path());
            }
        }
    }
    // Blocks are of 512 bytes, whatever the file system's (stat(2), `st_blocks`).
    Some(blocks.saturating_mul(512))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_what_lies_below_and_follows_no_link() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("a")).unwrap();
        std::fs::write(folder.path().join("a/b"), vec![1; 100_000]).unwrap();
        std::os::unix::fs::symlink("/", folder.path().join("root")).unwrap();
        let size = walk(folder.path().to_owned()).unwrap();
        assert!((100_000..200_000).contains(&size), "{size}");
        for n in 0..ENTRIES {
            std::fs::write(folder.path().join(n.to_string()), "").unwrap();
        }
        assert_eq!(walk(folder.path().to_owned()), None);
    }
}
