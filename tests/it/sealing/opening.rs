//! Which key opens what: the store, its exports, a damaged store's restore, and stores of version 1.

use super::{fill, names, told};
use crate::power::cut_in_half;
use crate::store_contract::{T0, at, block_on, test_key};
use phonicflow_bot::secret::KeyMaterial;
use phonicflow_bot::store::{Home, KeyTrouble, MemoryDisk, OnDamage, Store, StoreError, export, keys};
use std::path::PathBuf;

fn other_key() -> KeyMaterial {
    KeyMaterial::new(b"another key for tests, just as useless".to_vec())
}

fn trouble<T>(opened: Result<T, StoreError>) -> KeyTrouble {
    match opened {
        Err(StoreError::Key(trouble)) => trouble,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it opened"),
    }
}

#[test]
fn a_store_opens_with_its_own_key_alone() {
    block_on(async {
        let (plain, sealed) = (MemoryDisk::default(), MemoryDisk::default());
        let key = test_key();
        plain.open().unwrap().close().await.unwrap();
        let store = sealed.open_keyed(Some(&key)).unwrap();
        fill(&store).await;
        let before = told(&store).await;
        store.close().await.unwrap();
        assert_eq!(trouble(sealed.open()), KeyTrouble::Missing);
        assert_eq!(trouble(sealed.open_keyed(Some(&other_key()))), KeyTrouble::Wrong);
        assert_eq!(trouble(plain.open_keyed(Some(&key))), KeyTrouble::NotEncrypted);
        let store = sealed.open_keyed(Some(&key)).unwrap();
        assert_eq!(told(&store).await, before);
        // Without its header it is a damaged store, not a plain one.
        let rest = sealed.records().into_iter().filter(|(at, _)| *at != keys::seal());
        let headless = MemoryDisk::holding(rest);
        for key in [None, Some(&key)] {
            let opened = headless.open_keyed(key);
            // What is sealed reads like nothing, or like something of a program to come.
            assert!(matches!(opened, Err(StoreError::Corrupt { .. } | StoreError::Newer { .. })));
        }
    });
}

#[test]
fn a_missing_ledger_is_damage() {
    let disk = MemoryDisk::default();
    let key = test_key();
    block_on(async {
        let store = disk.open_keyed(Some(&key)).unwrap();
        fill(&store).await;
        store.close().await.unwrap();
    });
    // Which of the sealed records it is cannot be seen: without any one of them, but the header, it must not open.
    let records = disk.records();
    for gone in 0..records.len() {
        let mut less = records.clone();
        let (at, _) = less.remove(gone);
        let opened = MemoryDisk::holding(less).open_keyed(Some(&key)).map(drop);
        assert!(
            matches!(opened, Err(StoreError::Corrupt { .. } | StoreError::Newer { .. } | StoreError::Key(_))),
            "{at:?}"
        );
    }
}

#[test]
fn any_record_changed_or_exchanged_is_found_on_opening() {
    let disk = MemoryDisk::default();
    let key = test_key();
    block_on(async {
        let store = disk.open_keyed(Some(&key)).unwrap();
        fill(&store).await;
        store.close().await.unwrap();
    });
    let records = disk.records();
    let corrupt = |records: Vec<(Vec<u8>, Vec<u8>)>, what: &str| {
        let opened = MemoryDisk::holding(records).open_keyed(Some(&key));
        // Without its header, what is sealed may read like something of a program to come.
        assert!(matches!(opened, Err(StoreError::Corrupt { .. } | StoreError::Newer { .. })), "{what}");
    };
    for (n, (_, value)) in records.iter().enumerate() {
        for at in [0, value.len() / 2, value.len() - 1] {
            let mut changed = records.clone();
            changed[n].1[at] ^= 4;
            corrupt(changed, "a changed value");
        }
        let (mut moved, mut less) = (records.clone(), records.clone());
        moved[n].0.push(1);
        less.remove(n);
        // A lost ledger is begun anew, as in a plain store.
        if records[n].0 != keys::ledger() {
            corrupt(moved, "a moved record");
            corrupt(less, "a lost record");
        }
    }
}

#[test]
fn a_damaged_encrypted_store_is_restored_from_its_encrypted_export() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path()).keyed(Some(test_key()));
        let store = home.open(OnDamage::Restore, T0).unwrap().store;
        fill(&store).await;
        let learner = store.learner(phonicflow_bot::domain::UserId(-17)).await.unwrap();
        home.export(&store, at(1_000)).await.unwrap();
        store.close().await.unwrap();
        cut_in_half(&home.store().join("db"));
        // Neither passed over nor begun empty: the export is good.
        let plain = Home::at(folder.path());
        assert_eq!(trouble(plain.open(OnDamage::Restore, at(2_000))), KeyTrouble::Missing);
        let other = plain.clone().keyed(Some(other_key()));
        assert_eq!(trouble(other.open(OnDamage::Restore, at(2_000))), KeyTrouble::Wrong);
        assert_eq!(names(folder.path(), "damaged-").len(), 0);
        let opened = home.open(OnDamage::Restore, at(3_000)).unwrap();
        let restored = opened.restored.expect("it was damaged");
        assert_eq!((restored.passed_over.len(), restored.taken_at_ms), (0, Some(at(1_000).0)));
        let found = opened.store.learner(phonicflow_bot::domain::UserId(-17)).await.unwrap().unwrap();
        assert_eq!(
            found.session.map(|session| session.id),
            learner.unwrap().session.map(|session| session.id)
        );
        opened.store.close().await.unwrap();
        assert_eq!(trouble(plain.open(OnDamage::Restore, at(4_000))), KeyTrouble::Missing);
    });
}

#[test]
fn of_a_plain_export_an_encrypted_store_is_restored() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let plain = Home::at(folder.path());
        let store = plain.open(OnDamage::Restore, T0).unwrap().store;
        fill(&store).await;
        let (path, exported) = plain.export(&store, at(1_000)).await.unwrap();
        store.close().await.unwrap();
        let into = folder.path().join("elsewhere");
        let key = test_key();
        let rebuilt = phonicflow_bot::store::rebuild::rebuild(
            &export::Source::open(&path).unwrap(),
            &phonicflow_bot::store::sled::SledFolder(&into),
            Some(&key),
            at(2_000),
            &mut |_, _| (),
        )
        .unwrap();
        assert_eq!(rebuilt.exported, exported);
        let open = |key| Store::open_keyed(&into, key);
        assert_eq!(trouble(open(None)), KeyTrouble::Missing);
        let store = open(Some(&key)).unwrap();
        assert_eq!(store.sessions(None, 99).await.unwrap().sessions.len(), 4);
    });
}

/// The committed export of an encrypted store of version 1; `UPDATE_FIXTURES=1` writes it where it is missing.
#[test]
fn an_encrypted_store_of_version_1_opens() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sealed/v1.export");
    block_on(async {
        let plain = MemoryDisk::default().open().unwrap();
        fill(&plain).await;
        let key = test_key();
        if !path.exists() && std::env::var_os("UPDATE_FIXTURES").is_some() {
            let sealed = MemoryDisk::default().open_keyed(Some(&key)).unwrap();
            fill(&sealed).await;
            sealed.export(path.clone(), T0).await.unwrap();
        }
        let mut records = Vec::new();
        export::read_file(&path, &mut |key, value| {
            records.push((key.to_vec(), value.to_vec()));
            Ok(())
        })
        .unwrap();
        assert_eq!(records[0].0, keys::seal(), "the header comes first");
        let store = MemoryDisk::holding(records).open_keyed(Some(&key)).unwrap();
        // Its rows did not know yet which update they answer, nor its turns which row they answer.
        let mut today = told(&plain).await;
        for line in &mut today {
            for update in 1..=3 {
                *line = line.replace(&format!("fluency: None, seq: {update}"), "fluency: None, seq: 0");
                *line = line.replace(
                    &format!("Deliver {{ update_id: Some({update}) }}"),
                    "Deliver { update_id: None }",
                );
            }
        }
        assert_eq!(told(&store).await, today);
    });
}
