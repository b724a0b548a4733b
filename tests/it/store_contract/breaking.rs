//! Closing, locks, and disks that fail.

use super::{Bench, T0, block_on, command, message, policy, replies, voice};
use phonicflow_bot::domain::rate::PerMinute;
use phonicflow_bot::domain::{
    Assessment, Body, Change, DeadReason, Outcome, Session, Turn, UserId, WorkKind,
};
use phonicflow_bot::store::{AcceptPolicy, Burial, MemoryDisk, Sent, Store, StoreError};
use uuid::Uuid;

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
        bench.accept(batch, policy(), T0)
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
        let store = disk.open().unwrap();
        let accept = |id: i64| store.accept(vec![voice(id, id, id)], policy(), T0);
        accept(1).await.unwrap();
        disk.set_failing(true);
        assert!(matches!(accept(2).await, Err(StoreError::Io { .. })));
        disk.set_failing(false);
        assert!(
            matches!(accept(3).await, Err(StoreError::Io { .. })),
            "its memory may have drifted: no more writes"
        );
        assert!(matches!(store.claim(WorkKind::Tutor, T0).await, Err(StoreError::Io { .. })));
        let store = disk.open().unwrap();
        assert_eq!(store.counts().await.unwrap().inbox, 1);
        assert_eq!(
            store.accept(vec![voice(2, 2, 2)], policy(), T0).await.unwrap().repeats,
            Vec::<i64>::new()
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
        let store = Store::open(&folder).unwrap();
        assert_eq!(mode(), 0o700);
        match Store::open(&folder) {
            Err(StoreError::Locked { folder: named }) => assert!(named.ends_with("store")),
            other => panic!("{:?}", other.err()),
        }
        store.close().await.unwrap();
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        let store = Store::open(&folder).unwrap();
        assert_eq!(mode(), 0o700, "tightened");
        store.close().await.unwrap();
    });
}

#[test]
fn what_sled_cannot_open_is_an_error_not_a_panic() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        Store::open(folder.path()).unwrap().close().await.unwrap();
        // (A spoilt `conf` alone is no damage: it is made again.)
        std::fs::write(folder.path().join("db"), "banana\n".repeat(20_000)).unwrap();
        assert!(matches!(
            Store::open(folder.path()),
            Err(StoreError::Corrupt { .. } | StoreError::Io { .. })
        ));
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(matches!(Store::open(file.path()), Err(StoreError::Io { .. })));
    });
}

#[test]
fn a_damaged_file_is_never_taken_for_a_smaller_store() {
    block_on(async {
        let sound = tempfile::tempdir().unwrap();
        let store = Store::open(sound.path()).unwrap();
        for batch in 0..40 {
            let batch = (batch * 50..batch * 50 + 50).map(|id| voice(id, id, id)).collect();
            store.accept(batch, policy(), T0).await.unwrap();
        }
        store.close().await.unwrap();
        let files: Vec<_> = std::fs::read_dir(sound.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file())
            .map(|path| (path.file_name().unwrap().to_owned(), std::fs::read(&path).unwrap()))
            .collect();
        let mut refused = 0;
        for tenth in 0..10 {
            for cut in [true, false] {
                let copy = tempfile::tempdir().unwrap();
                for (name, bytes) in &files {
                    let mut bytes = bytes.clone();
                    if name == "db" {
                        let at = bytes.len() * tenth / 10 + 100;
                        damage(&mut bytes, at, cut);
                    }
                    std::fs::write(copy.path().join(name), bytes).unwrap();
                }
                match Store::open(copy.path()) {
                    Ok(store) => {
                        assert_eq!(store.counts().await.unwrap().inbox, 2000, "rows vanished without a word");
                        store.close().await.unwrap();
                    }
                    Err(StoreError::Corrupt { .. }) => refused += 1,
                    Err(other) => panic!("{other}"),
                }
            }
        }
        assert!(refused > 5, "only {refused} damaged copies were refused");
    });
}

fn damage(bytes: &mut Vec<u8>, at: usize, cut: bool) {
    if cut {
        bytes.truncate(at);
    } else {
        let end = (at + 4096).min(bytes.len());
        bytes[at..end].fill(0);
    }
}

#[test]
fn nothing_grows_for_ever_and_nothing_of_a_deleted_learner_is_left() {
    block_on(async {
        let disk = MemoryDisk::default();
        let store = disk.open().unwrap();
        let user = 0x0123_4567_89ab_cdef;
        for thousand in 0..10 {
            let batch = (0..1000).map(|n| message(thousand * 1000 + n, 1, 1, Body::Blocked(true))).collect();
            store.accept(batch, policy(), T0).await.unwrap();
        }
        let before = disk.records().len();
        assert!(before < 8200, "{before} records");
        let policy = AcceptPolicy { per_user: Some(PerMinute(9)), global: None, ..policy() };
        let text = message(20_000, user, user, Body::Text("my secret".to_owned()));
        store.accept(vec![text, voice(20_001, user, user)], policy, T0).await.unwrap();
        let delete = command(20_002, user, -5, "status");
        store.accept(vec![delete], policy, T0).await.unwrap();
        let claim = store.claim(WorkKind::Model, T0).await.unwrap().row().unwrap();
        let session = Session::open(Uuid::max(), UserId(user), T0);
        let changes = vec![Change::SessionOpened(session), Change::SessionArchived(Uuid::max(), T0)];
        let assessment = Assessment { transcript: "my secret".to_owned(), ..Assessment::default() };
        let turn = Turn { number: 0, ..Turn::voice(Uuid::max(), T0, 1, assessment) };
        store
            .commit(claim.lease, Outcome { changes, turn: Some(turn), ..replies(user, 1) }, T0)
            .await
            .unwrap();
        let sending = store.claim(WorkKind::Delivery, T0).await.unwrap().row().unwrap();
        store
            .bury(
                sending.lease,
                Burial {
                    reason: DeadReason::Other,
                    detail: "unreachable".to_owned(),
                    stage: None,
                    replies: Vec::new(),
                },
                T0,
            )
            .await
            .unwrap();
        let about = |disk: &MemoryDisk| {
            let bytes = |record: &(Vec<u8>, Vec<u8>)| [record.0.clone(), record.1.clone()].concat();
            // The id as it stands in keys (sign flipped) and, zigzagged, in records; and the words.
            let traces = [
                (user.cast_unsigned() ^ (1 << 63)).to_be_bytes().to_vec(),
                (user.cast_unsigned() << 1).to_le_bytes().to_vec(),
                b"my secret".to_vec(),
            ];
            let found =
                |record: &Vec<u8>| traces.iter().any(|trace| record.windows(trace.len()).any(|w| w == trace));
            disk.records().iter().map(bytes).filter(found).count()
        };
        assert!(about(&disk) >= 7, "the traces are found where they are: {}", about(&disk));
        // The farewell itself goes to a group and names nobody but the learner.
        let claim = loop {
            let claim = store.claim(WorkKind::Local, T0).await.unwrap().row().unwrap();
            if claim.job.chat.0 == -5 {
                break claim;
            }
        };
        let farewell = Outcome { forget: true, ..replies(-5, 1) };
        store.commit(claim.lease, farewell, T0).await.unwrap();
        let claim = store.claim(WorkKind::Delivery, T0).await.unwrap().row().unwrap();
        store.delivered(claim.lease, 0, Sent::Done).await.unwrap();
        assert_eq!(about(&disk), 0);
    });
}
