//! Closing, locks, and disks that fail.

use super::{Bench, T0, block_on, replies, voice};
use phonicflow_bot::domain::WorkKind;
use phonicflow_bot::store::{AcceptPolicy, MemoryDisk, MemoryStore, SledStore, Store, StoreError};

pub async fn a_closed_store_says_so_and_can_be_opened_at_once(bench: &mut Bench) {
    bench.take(vec![voice(1, 1, 1)]).await;
    bench.close().await.unwrap();
    assert!(matches!(bench.counts().await, Err(StoreError::Closed)));
    assert!(matches!(bench.close().await, Err(StoreError::Closed)));
    bench.crash();
    assert_eq!(bench.counts().await.unwrap().inbox, 1);
}

pub async fn much_at_once_is_kept_in_order(bench: &mut Bench) {
    // Many callers at once: one group, one flush, and every answer its own.
    let batches = (0..50).map(|n| {
        let batch = (0..20).map(|m| voice(n * 100 + m, n, n)).collect();
        bench.accept(batch, AcceptPolicy::default(), T0)
    });
    for (n, accepted) in futures_util::future::join_all(batches).await.into_iter().enumerate() {
        let ids: Vec<i64> = accepted.unwrap().taken.iter().map(|(id, _)| *id).collect();
        assert_eq!(ids, (0..20).map(|m| n as i64 * 100 + m).collect::<Vec<_>>());
    }
    bench.crash();
    for round in 0..20 {
        for n in 0..50 {
            let claim = bench.get(WorkKind::Tutor, T0).await;
            let phonicflow_bot::domain::Task::Handle(incoming, _) = &claim.job.task else { panic!() };
            assert_eq!(incoming.update_id, n * 100 + round);
            bench.commit(claim.lease, replies(n, 0), T0).await.unwrap();
        }
    }
}

#[test]
fn nothing_is_acknowledged_that_the_disk_refused() {
    block_on(async {
        let disk = MemoryDisk::default();
        let store = MemoryStore::open(&disk).unwrap();
        let accept = |id: i64| store.accept(vec![voice(id, id, id)], AcceptPolicy::default(), T0);
        accept(1).await.unwrap();
        disk.set_failing(true);
        assert!(matches!(accept(2).await, Err(StoreError::Io { .. })));
        disk.set_failing(false);
        assert!(
            matches!(accept(3).await, Err(StoreError::Io { .. })),
            "its memory may have drifted: no more writes"
        );
        assert!(matches!(store.claim(WorkKind::Tutor, T0).await, Err(StoreError::Io { .. })));
        let store = MemoryStore::open(&disk).unwrap();
        assert_eq!(store.counts().await.unwrap().inbox, 1);
        assert_eq!(
            store.accept(vec![voice(2, 2, 2)], AcceptPolicy::default(), T0).await.unwrap().repeats,
            []
        );
    });
}

#[test]
fn a_store_in_use_is_locked_and_its_folder_is_private() {
    use std::os::unix::fs::PermissionsExt;
    block_on(async {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("deep").join("store");
        let mode = || std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777;
        let store = SledStore::open(&folder).unwrap();
        assert_eq!(mode(), 0o700);
        match SledStore::open(&folder) {
            Err(StoreError::Locked { folder: named }) => assert!(named.ends_with("store")),
            other => panic!("{:?}", other.err()),
        }
        store.close().await.unwrap();
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        let store = SledStore::open(&folder).unwrap();
        assert_eq!(mode(), 0o700, "tightened");
        store.close().await.unwrap();
    });
}

#[test]
fn a_damaged_folder_is_an_error_not_a_panic() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(folder.path()).unwrap();
        store.accept((0..50).map(|id| voice(id, 1, 1)).collect(), AcceptPolicy::default(), T0).await.unwrap();
        store.close().await.unwrap();
        std::fs::write(folder.path().join("conf"), "segment_size: banana\n").unwrap();
        assert!(matches!(
            SledStore::open(folder.path()),
            Err(StoreError::Corrupt { .. } | StoreError::Io { .. })
        ));
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(matches!(SledStore::open(file.path()), Err(StoreError::Io { .. })));
    });
}
