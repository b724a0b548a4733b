//! Exports and restores on the store alone: what goes in comes out, what is ambiguous becomes a dead letter,
//! what is interrupted is finished, and nothing is ever deleted.

use super::{copy, cut_in_half};
use crate::store_contract::{T0, at, block_on, policy, replies, sticker, voice};
use phonicflow_bot::domain::*;
use phonicflow_bot::store::home::{KEPT, Opened};
use phonicflow_bot::store::{Home, MemoryDisk, OnDamage, Store, StoreError, export, keys};
use std::path::{Path, PathBuf};
use uuid::Uuid;

const DAY: i64 = 24 * 3_600_000;

fn open(home: &Home, now: Timestamp) -> Opened {
    home.open(OnDamage::Restore, now).unwrap()
}

fn names(folder: &Path, prefix: &str) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name.starts_with(prefix)).collect();
    names.sort();
    names
}

/// Cuts the database's file in half.
fn break_it(home: &Home) {
    cut_in_half(&home.store().join("db"));
}

/// A learner with an open session and a finished turn, and some voices of others in every stage.
async fn fill(store: &Store) {
    let batch = (1..=4).map(|n| voice(n, n, n)).collect();
    store.accept(batch, policy(), T0).await.unwrap();
    let claim = store.claim(WorkKind::Tutor, T0).await.unwrap().row().unwrap();
    assert_eq!(claim.job.user, UserId(1));
    let session = Session { tutor_turns: Some(7), ..Session::open(Uuid::max(), UserId(1), T0) };
    let assessment = Assessment { transcript: "kept".to_owned(), ..Assessment::default() };
    let turn = Turn { number: 0, ..Turn::voice(Uuid::max(), T0, 1, assessment) };
    let changes = vec![Change::SessionOpened(session), Change::TutorTurns(Uuid::max(), Some(8))];
    let outcome = Outcome { changes, turn: Some(turn), ..replies(1, 2) };
    store.commit(claim.lease, outcome, T0).await.unwrap();
    // The second one was being handed to the tutor.
    let claim = store.claim(WorkKind::Tutor, T0).await.unwrap().row().unwrap();
    let stage =
        Stage::Submitted { session: Uuid::nil(), baseline: 3, at: T0, uncertain_since: None, voice_ms: 1 };
    store.submit(claim.lease, stage, Vec::new()).await.unwrap();
}

#[test]
fn both_engines_export_the_same_and_a_restored_store_holds_it() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let disk = MemoryDisk::default();
        let memory = disk.open().unwrap();
        let sled = Store::open(&folder.path().join("sled")).unwrap();
        for (name, store) in [("memory", &memory), ("sled", &sled)] {
            fill(store).await;
            let path = folder.path().join(format!("{name}.export"));
            let exported = store.export(path.clone(), at(9)).await.unwrap();
            assert_eq!(export::verify(&path).unwrap(), exported);
            assert_eq!((exported.taken_at, exported.bytes), (at(9), path.metadata().unwrap().len()));
            assert!(!export::partial(&path).exists());
        }
        let mut found = Vec::new();
        export::read_file(&folder.path().join("memory.export"), &mut |key, value| {
            found.push((key.to_vec(), value.to_vec()));
            Ok(())
        })
        .unwrap();
        assert_eq!(found, disk.records(), "every record, nothing else");
        // Records differ by the log key alone, which is drawn at random.
        let count = |path: &str| export::verify(&folder.path().join(path)).unwrap().records;
        assert_eq!(count("memory.export"), count("sled.export"));
    });
}

#[test]
fn an_export_that_cannot_be_written_harms_nothing() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        for store in
            [MemoryDisk::default().open().unwrap(), Store::open(&folder.path().join("sled")).unwrap()]
        {
            let nowhere = folder.path().join("no such folder").join("x.export");
            assert!(matches!(store.export(nowhere, T0).await, Err(StoreError::Export(_))));
            // A folder where the file should go: written, but not placed.
            let taken = folder.path().join("taken.export");
            std::fs::create_dir_all(taken.join("full")).unwrap();
            assert!(matches!(store.export(taken.clone(), T0).await, Err(StoreError::Export(_))));
            assert!(!export::partial(&taken).exists(), "half an export is left");
            fill(&store).await;
            assert_eq!(store.counts().await.unwrap().inbox, 4, "the store works on");
        }
    });
}

#[test]
fn a_store_that_lost_records_is_not_exported_over_good_ones() {
    block_on(async {
        let disk = MemoryDisk::default();
        let store = disk.open().unwrap();
        // So many that opening does not read them all.
        for thousand in 0..51 {
            let batch = (thousand * 1_000..(thousand + 1) * 1_000).map(|n| sticker(n, n, n));
            store.accept(batch.collect(), policy(), T0).await.unwrap();
        }
        drop(store);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.export");
        for lost in [None, Some(keys::learner(UserId(5_000)))] {
            let kept = disk.records().into_iter().filter(|(key, _)| Some(key) != lost.as_ref());
            let store = MemoryDisk::holding(kept).open().unwrap();
            let exported = store.export(path.clone(), T0).await;
            match lost {
                None => assert!(exported.unwrap().records > 102_000),
                Some(_) => assert!(matches!(exported, Err(StoreError::Corrupt { .. })), "{exported:?}"),
            }
            assert!(!export::partial(&path).exists());
        }
    });
}

#[test]
fn what_was_open_in_the_export_becomes_a_dead_letter_and_counts_are_forgotten() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(&folder.path().join("home"));
        let store = open(&home, T0).store;
        fill(&store).await;
        let last = store.jobs(None, 10).await.unwrap().last().unwrap().seq;
        home.export(&store, at(1_000)).await.unwrap();
        store.close().await.unwrap();
        break_it(&home);
        let Opened { store, restored, .. } = open(&home, at(5_000));
        let restored = restored.expect("it was damaged");
        assert_eq!((restored.set_aside, restored.taken_at_ms), (4, Some(at(1_000).0)));
        assert_eq!(home.last_restore(), Some(restored));
        // Nothing goes out by itself.
        let counts = store.counts().await.unwrap();
        assert_eq!((counts.inbox, counts.dead), (0, 4));
        for kind in [WorkKind::Tutor, WorkKind::Local, WorkKind::Delivery] {
            assert!(store.claim(kind, at(5_000)).await.unwrap().row().is_none());
        }
        // Sessions and history are there, but no count that the tutor may have left behind.
        let session = store.learner(UserId(1)).await.unwrap().unwrap().session.unwrap();
        assert_eq!((session.id, session.turns, session.tutor_turns), (Uuid::max(), 1, None));
        assert_eq!(
            store.last_voice_turn(UserId(1), Uuid::max()).await.unwrap().unwrap().assessment.transcript,
            "kept"
        );
        // Repeats are still told, and no number is given twice.
        let accepted = store.accept(vec![voice(4, 4, 4), voice(5, 5, 5)], policy(), T0).await;
        let accepted = accepted.unwrap();
        assert_eq!(accepted.repeats, [4]);
        let next = accepted.taken[0].1;
        assert!(next >= last + 1_000 && next < 10_000, "{next}: left out as many as a day takes, and short");
        // A person may have them answered all the same: the reply as it was, the submitted voice from the beginning.
        let letters = store.dead_letters(None, 10).await.unwrap();
        assert!(letters.iter().all(|letter| letter.reason == DeadReason::Restored));
        for letter in &letters[..2] {
            store.retry_dead(letter.job.seq, at(6_000)).await.unwrap();
        }
        let sending = store.claim(WorkKind::Delivery, at(6_000)).await.unwrap().row().unwrap();
        assert_eq!(sending.outbox.len(), 2);
        let stages = store.jobs(None, 10).await.unwrap();
        let again = stages.iter().find(|job| job.user == UserId(2)).unwrap();
        assert_eq!((&again.stage, again.submissions), (&Stage::Taken, 0));
    });
}

#[test]
fn exports_follow_one_another_daily_and_seven_are_kept() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let store = open(&home, T0).store;
        let mut now = at(0);
        assert_eq!(home.next_export(now).unwrap(), now, "the first is due at once");
        for day in 0..10 {
            std::fs::create_dir_all(home.exports()).unwrap();
            std::fs::write(home.exports().join("store-20010101T000000Z.partial"), "cut off").unwrap();
            std::fs::write(home.exports().join("notes.txt"), "mine").unwrap();
            let (path, _) = home.export(&store, now).await.unwrap();
            assert!(path.exists());
            assert_eq!(home.next_export(now.plus_ms(1_000)).unwrap(), now.plus_ms(DAY));
            assert_eq!(home.listed().unwrap().len(), KEPT.min(day + 1));
            assert_eq!(home.listed().unwrap()[0], path, "newest first");
            assert!(names(&home.exports(), "store-").iter().all(|name| name.ends_with(".export")));
            now = now.plus_ms(DAY);
        }
        assert!(home.exports().join("notes.txt").exists());
        // The clock was set back: those from the future do not keep it from being exported, nor push it out.
        let (path, _) = home.export(&store, T0.plus_ms(-DAY)).await.unwrap();
        assert!(path.exists());
        assert_eq!(home.listed().unwrap().len(), KEPT);
        assert_eq!(home.next_export(at(0)).unwrap(), at(0));
    });
}

#[test]
fn a_restore_that_was_cut_off_is_finished_or_begun_again() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let store = open(&home, T0).store;
        fill(&store).await;
        home.export(&store, T0).await.unwrap();
        store.close().await.unwrap();
        let restoring = folder.path().join("restoring");
        // Between the two renames: the new one is whole, the old one is aside.
        std::fs::rename(home.store(), &restoring).unwrap();
        let Opened { store, restored, .. } = open(&home, T0);
        assert!(restored.is_none() && !restoring.exists());
        assert_eq!(store.counts().await.unwrap().inbox, 4);
        store.close().await.unwrap();
        // While the new one was being made.
        copy(&home.store(), &restoring);
        std::fs::write(restoring.join("db"), "half").unwrap();
        let Opened { store, restored, .. } = open(&home, T0);
        assert!(restored.is_none() && !restoring.exists());
        assert_eq!(store.counts().await.unwrap().inbox, 4);
        store.close().await.unwrap();
    });
}

#[test]
fn damage_again_and_again_ends_in_a_refusal_and_deletes_nothing() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let store = open(&home, T0).store;
        fill(&store).await;
        home.export(&store, T0).await.unwrap();
        store.close().await.unwrap();
        // One that a person has put aside counts for nothing.
        std::fs::create_dir(folder.path().join("damaged-by-hand")).unwrap();
        for time in 1..=3 {
            break_it(&home);
            // The same second: the names must not collide.
            let Opened { store, restored, .. } = open(&home, at(1_000));
            assert!(restored.unwrap().moved_to.unwrap().join("db").exists());
            assert_eq!(names(folder.path(), "damaged-2").len(), time);
            store.close().await.unwrap();
        }
        break_it(&home);
        let refused = home.open(OnDamage::Restore, at(2_000)).err().unwrap().to_string();
        assert!(refused.contains("4th time within a day") && refused.contains("smartctl"), "{refused}");
        assert_eq!(names(folder.path(), "damaged-2").len(), 3);
        // A day later it is tried again.
        assert!(open(&home, at(DAY + 2_000)).restored.is_some());
    });
}

#[test]
fn a_store_that_is_gone_or_empty_beside_its_exports_is_damaged() {
    block_on(async {
        for empty in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let home = Home::at(folder.path());
            let store = open(&home, T0).store;
            fill(&store).await;
            home.export(&store, T0).await.unwrap();
            store.close().await.unwrap();
            std::fs::remove_dir_all(home.store()).unwrap();
            if empty {
                std::fs::create_dir(home.store()).unwrap();
            }
            let Opened { store, restored, .. } = open(&home, T0);
            let restored = restored.unwrap();
            assert_eq!(restored.moved_to.is_some(), empty);
            assert!(restored.records > 4);
            assert_eq!(store.counts().await.unwrap().dead, 4);
            store.close().await.unwrap();
        }
    });
}

#[test]
fn two_starts_at_once_do_not_restore_twice() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let store = open(&home, T0).store;
        fill(&store).await;
        home.export(&store, T0).await.unwrap();
        store.close().await.unwrap();
        break_it(&home);
        let starts: Vec<_> = (0..2)
            .map(|_| {
                let home = home.clone();
                std::thread::spawn(move || home.open(OnDamage::Restore, T0))
            })
            .collect();
        let opened: Vec<_> = starts.into_iter().map(|start| start.join().unwrap()).collect();
        assert_eq!(opened.iter().filter(|opened| opened.is_ok()).count(), 1);
        assert!(opened.iter().any(|opened| matches!(opened, Err(StoreError::Locked { .. }))));
        assert_eq!(names(folder.path(), "damaged-").len(), 1);
    });
}

#[test]
fn what_the_system_refuses_is_no_damage() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let home = Home::at(&PathBuf::from(file.path()).join("below a file"));
    assert!(matches!(home.open(OnDamage::Restore, T0), Err(StoreError::Io { .. })));
}
