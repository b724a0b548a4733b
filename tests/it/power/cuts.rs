//! Power cuts: after any of them, everything acknowledged before is there.
//!
//! The disk is modelled by copies of the store's folder: one before each sync (everything written, nothing
//! durable) and one after it (everything durable). A power cut leaves the last durable copy, or that one
//! mixed with any of the sectors on their way to the next. What was written after the last sync is lost.

use super::Dice;
use crate::store_contract::{T0, at, block_on, policy, replies, voice};
use phonicflow_bot::domain::*;
use phonicflow_bot::store::sled::Moment;
use phonicflow_bot::store::{Sent, Store, StoreError};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

const SECTOR: usize = 512;

/// The files of a folder, blobs included.
type Picture = BTreeMap<PathBuf, Vec<u8>>;

fn picture(folder: &Path) -> Picture {
    fn walk(folder: &Path, below: &Path, found: &mut Picture) {
        for entry in std::fs::read_dir(folder.join(below)).unwrap() {
            let name = below.join(entry.unwrap().file_name());
            let path = folder.join(&name);
            if path.is_dir() {
                walk(folder, &name, found);
            } else if let Ok(bytes) = std::fs::read(&path) {
                found.insert(name, bytes);
            }
        }
    }
    let mut found = Picture::new();
    walk(folder, Path::new(""), &mut found);
    found
}

fn lay_out(picture: &Picture) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in picture {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    std::fs::create_dir_all(folder.path().join("blobs")).unwrap();
    folder
}

/// The safe picture with some of the sectors that were on their way; a file that was growing ends anywhere.
fn torn(safe: &Picture, written: &Picture, dice: &mut Dice) -> Picture {
    let mut mixed = safe.clone();
    for (name, new) in written {
        let Some(old) = mixed.get_mut(name) else {
            if dice.below(2) == 0 {
                mixed.insert(name.clone(), new.clone());
            }
            continue;
        };
        let grown = new.len().saturating_sub(old.len());
        old.resize(old.len() + if grown > 0 { dice.below(grown + 1) } else { 0 }, 0);
        for start in (0..old.len().min(new.len())).step_by(SECTOR) {
            let sector = start..(start + SECTOR).min(old.len()).min(new.len());
            if old[sector.clone()] != new[sector.clone()] && dice.below(2) == 0 {
                old[sector.clone()].copy_from_slice(&new[sector]);
            }
        }
    }
    mixed
}

/// The disk as the watch sees it.
#[derive(Default)]
struct Disk {
    safe: Picture,
    /// Pictures in between, each with what was safe then.
    written: Vec<(Picture, Picture)>,
    syncs: usize,
}

/// What a store holds, in comparable form.
#[derive(Debug, PartialEq)]
struct Content {
    jobs: Vec<Job>,
    learners: Vec<Option<Learner>>,
    turns: Vec<(Vec<Turn>, usize)>,
}

const LEARNERS: i64 = 6;

async fn content(store: &Store) -> Content {
    let mut found =
        Content { jobs: store.jobs(None, 10_000).await.unwrap(), learners: vec![], turns: vec![] };
    for id in 0..LEARNERS {
        found.learners.push(store.learner(UserId(id)).await.unwrap());
        found.turns.push(store.turns(UserId(id), uuid(id), 0, 1_000).await.unwrap());
    }
    found
}

fn uuid(id: i64) -> Uuid {
    Uuid::from_u128(u128::try_from(id).unwrap() + 1)
}

/// One verb of a usual day. A long coaching goes into a file of its own (sled's "blob").
async fn step(store: &Store, n: i64, dice: &mut Dice) {
    match dice.below(4) {
        0 | 1 => {
            let user = |dice: &mut Dice| i64::try_from(dice.below(6)).unwrap();
            let batch: Vec<_> = (0..=dice.below(5))
                .map(|place| {
                    let user = user(dice);
                    voice(n * 10 + i64::try_from(place).unwrap(), user, user)
                })
                .collect();
            store.accept(batch, policy(), T0).await.unwrap();
        }
        2 => {
            let Some(claim) = store.claim(WorkKind::Tutor, at(n)).await.unwrap().row() else { return };
            let user = claim.job.user;
            let long = if dice.below(5) == 0 { 400_000 } else { 500 };
            let assessment = Assessment { coaching: "word ".repeat(long / 5), ..Assessment::default() };
            let session = Session::open(uuid(user.0), user, T0);
            let turn = Turn { number: 0, ..Turn::voice(session.id, at(n), 4_000, assessment) };
            let open = claim.learner.session.is_none().then_some(Change::SessionOpened(session));
            let changes = open.into_iter().collect();
            let outcome = Outcome { changes, turn: Some(turn), ..replies(user.0, 2) };
            store.commit(claim.lease, outcome, at(n)).await.unwrap();
        }
        _ => {
            let Some(claim) = store.claim(WorkKind::Delivery, at(n)).await.unwrap().row() else { return };
            for message in &claim.outbox {
                store.delivered(claim.lease, message.index, Sent::Done).await.unwrap();
            }
        }
    }
}

#[test]
fn what_was_acknowledged_survives_a_power_cut_at_any_moment() {
    let (mut cuts, mut opened, mut refused, mut blobs) = (0, 0, 0, 0);
    for seed in 1..=4_u64 {
        println!("seed {seed}");
        let mut dice = Dice(seed);
        let live = tempfile::tempdir().unwrap();
        let folder = live.path().join("store");
        let disk = Arc::new(Mutex::new(Disk::default()));
        let watch = Arc::clone(&disk);
        let store = Store::open_watched(
            &folder,
            Box::new(move |moment, folder| {
                let mut disk = watch.lock().unwrap();
                let now = picture(folder);
                match moment {
                    Moment::Written => {
                        let safe = disk.safe.clone();
                        disk.written.push((safe, now));
                    }
                    Moment::Synced => {
                        disk.safe = now;
                        disk.syncs += 1;
                    }
                }
            }),
        )
        .unwrap();
        block_on(async {
            for n in 0..60 {
                let before = content(&store).await;
                disk.lock().unwrap().written.clear();
                step(&store, n, &mut dice).await;
                let after = content(&store).await;
                let (safe, written) = {
                    let disk = disk.lock().unwrap();
                    (disk.safe.clone(), disk.written.clone())
                };
                if n % 6 == 5 {
                    // The verb is acknowledged, and all that was not synced is gone.
                    let copy = lay_out(&safe);
                    let found = Store::open(copy.path()).unwrap_or_else(|error| panic!("step {n}: {error}"));
                    assert_eq!(content(&found).await, after, "step {n}: lost, though acknowledged");
                    cuts += 1;
                    blobs += safe.keys().filter(|name| name.starts_with("blobs")).count();
                }
                // Cut while the verb was being written: nothing of what came before may be lost, or at least not quietly.
                for (safe, written) in written.iter().rev().take(1).filter(|(safe, _)| !safe.is_empty()) {
                    let copy = lay_out(&torn(safe, written, &mut dice));
                    match Store::open(copy.path()) {
                        Ok(found) => {
                            let found = content(&found).await;
                            assert!(found == before || found == after, "step {n}: neither before nor after");
                            opened += 1;
                        }
                        Err(StoreError::Corrupt { .. }) => refused += 1,
                        Err(error) => panic!("step {n}: {error}"),
                    }
                }
            }
            store.close().await.unwrap();
        });
        assert!(disk.lock().unwrap().syncs > 20, "seed {seed}: {} syncs", disk.lock().unwrap().syncs);
    }
    println!("{cuts} clean cuts; {opened} torn ones opened, {refused} refused; {blobs} large values");
    assert!(blobs > 0, "no large value was ever written");
    assert!(opened > 10 * refused, "sled gives up on every torn write: {opened} opened, {refused} refused");
}
