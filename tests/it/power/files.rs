//! Every file sled writes, truncated, emptied, removed and garbled: what the log can restore is no damage;
//! everything else is noticed and restored from an export.

use super::{copy, cut_in_half};
use crate::store_contract::{T0, at, block_on, message, replies, voice};
use phonicflow_bot::domain::*;
use phonicflow_bot::store::home::{Home, OnDamage};
use std::fs;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Something done to a file, and what to call it.
type Damage = (&'static str, fn(&Path));

const USER: UserId = UserId(999);
const SESSION: Uuid = Uuid::from_u128(7);

/// A home with some rows, a large value and an export of an older state.
fn filled(root: &Path) {
    let home = Home::at(root);
    for round in 0..3_i64 {
        let store = home.open(OnDamage::Restore, T0).unwrap().store;
        block_on(async {
            let policy = crate::store_contract::policy();
            for n in 0..20 {
                let id = round * 100 + n;
                let text = message(id, 999, 999, Body::Text("hello".to_owned()));
                store.accept(vec![voice(id + 50, id, id), text], policy, T0).await.unwrap();
                let claim = store.claim(WorkKind::Model, at(id)).await.unwrap().row().unwrap();
                store.commit(claim.lease, replies(999, 1), at(id)).await.unwrap();
                let sending = store.claim(WorkKind::Delivery, at(id)).await.unwrap().row().unwrap();
                store.drop_replies(sending.lease, Vec::new()).await.unwrap();
            }
            let claim = store.claim(WorkKind::Tutor, at(200)).await.unwrap().row().unwrap();
            let user = claim.job.user;
            let assessment = Assessment { coaching: "word ".repeat(80_000), ..Assessment::default() };
            let turn = Turn { number: 0, ..Turn::voice(SESSION, at(9), 4_000, assessment) };
            let opened = Change::SessionOpened(Session::open(SESSION, user, T0));
            let outcome = Outcome { changes: vec![opened], turn: Some(turn), ..Outcome::default() };
            store.commit(claim.lease, outcome, at(300)).await.unwrap();
            if round == 1 {
                home.export(&store, at(400)).await.unwrap();
            }
            store.close().await.unwrap();
        });
    }
}

/// What it holds, and whether it was set back for that.
fn opened(root: &Path) -> Option<(Vec<Job>, Option<Learner>, usize)> {
    let opened = Home::at(root).open(OnDamage::Restore, at(500)).unwrap();
    block_on(async {
        let store = &opened.store;
        let jobs = store.jobs(None, 10_000).await.unwrap();
        let mut large = 0;
        for user in jobs.iter().map(|job| job.user).chain([UserId(0), UserId(1), UserId(2)]) {
            large += store.turns(user, SESSION, 0, 9).await.unwrap().0.len();
        }
        let learner = store.learner(USER).await.unwrap();
        store.close().await.unwrap();
        opened.restored.is_none().then_some((jobs, learner, large))
    })
}

/// Files below a folder whose name begins so; blobs are known by their folder.
fn files(store: &Path, prefix: &str) -> Vec<PathBuf> {
    let list = |folder: &Path| {
        let mut found: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        found.sort();
        found
    };
    match prefix {
        "blobs" => list(&store.join("blobs")),
        _ => {
            let named = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(prefix);
            list(store).into_iter().filter(|path| path.is_file() && named(path)).collect()
        }
    }
}

#[test]
fn only_what_the_log_cannot_give_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    let (sound, live) = (folder.path().join("sound"), folder.path().join("live"));
    filled(&sound);
    let begin = || {
        let _ = fs::remove_dir_all(&live);
        copy(&sound, &live);
        live.join("store")
    };
    begin();
    let whole = opened(&live).expect("nothing is wrong");
    assert!(whole.2 > 0, "the large values are there");
    let damages: [Damage; 5] = [
        ("cut in half", |path| cut_in_half(path)),
        ("cut to a few bytes", |path| {
            fs::File::options().write(true).open(path).unwrap().set_len(5).unwrap()
        }),
        ("empty", |path| fs::write(path, "").unwrap()),
        ("missing", |path| fs::remove_file(path).unwrap()),
        ("garbled", |path| {
            let mut bytes = fs::read(path).unwrap();
            let written: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != 0).collect();
            for at in written.iter().step_by((written.len() / 64).max(1)) {
                bytes[*at] ^= 0x5a;
            }
            fs::write(path, bytes).unwrap();
        }),
    ];
    for (file, is_damage) in [("db", true), ("blobs", true), ("conf", false), ("snap.", false)] {
        for (how, damage) in damages {
            let store = begin();
            let found = files(&store, file);
            assert!(!found.is_empty(), "no {file}");
            for path in &found {
                damage(path);
            }
            match opened(&live) {
                None => assert!(is_damage, "{file} {how}: set back"),
                Some(kept) => {
                    assert!(!is_damage, "{file} {how}: not noticed");
                    assert!(kept == whole, "{file} {how}: something is missing");
                }
            }
        }
    }
    // An unfinished snapshot lies beside a good one, beside none, and under a name that sorts before or after.
    let good = files(&begin(), "snap.").pop().unwrap();
    let snapshot = fs::read(&good).unwrap();
    let contents = [&b""[..], &snapshot[..5], &snapshot[..snapshot.len() / 2], &snapshot, &[0x5a; 100]];
    for (content, alone) in contents.into_iter().zip([false, true].into_iter().cycle()) {
        for name in ["snap.0000000000000001.generating", "snap.7FFFFFFFFFFFFFFF.generating"] {
            let store = begin();
            if alone {
                fs::remove_file(&good).unwrap();
            }
            fs::write(store.join(name), content).unwrap();
            let kept = opened(&live);
            assert!(kept.as_ref() == Some(&whole), "{name}, {} bytes, alone: {alone}", content.len());
            assert!(!store.join(name).exists());
        }
    }
}
