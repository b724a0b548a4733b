//! Encryption at rest: what the files of an encrypted store reveal, what happens with a wrong key or none,
//! and that re-encryption loses nothing.

use crate::store_contract::{T0, at, block_on, command, policy, replies, sticker, voice};
use phonicflow_bot::domain::*;
use phonicflow_bot::store::{AcceptPolicy, Burial, MemoryDisk, Store};
use std::path::Path;
use uuid::Uuid;

#[path = "sealing/changing.rs"]
mod changing;
#[path = "sealing/daemon.rs"]
mod daemon;
#[path = "sealing/exchanges.rs"]
mod exchanges;
#[path = "sealing/opening.rs"]
mod opening;

/// The learners of [`fill`].
const USERS: [i64; 4] = [-17, 1, 2, 7_700_123_456_789];

/// Something of everything: sessions open and archived, turns, rows in each stage, a dead letter with replies, purges, a
/// moved chat, rates.
pub async fn fill(store: &Store) {
    let policy = AcceptPolicy { per_user: Some(rate::PerMinute(5)), global: None, ..policy() };
    let batch: Vec<Incoming> = (1..).zip(USERS).map(|(n, user)| voice(n, user, user)).collect();
    store.accept(batch, policy, T0).await.unwrap();
    for n in 1..=3 {
        let claim = store.claim(WorkKind::Tutor, T0).await.unwrap().row().unwrap();
        let user = claim.job.user;
        if n == 3 {
            let reason = "the tutor did not answer".to_owned();
            let burial = Burial {
                reason: DeadReason::Other,
                detail: reason,
                stage: None,
                replies: replies(user.0, 1).replies,
            };
            store.bury(claim.lease, burial, at(5)).await.unwrap();
            continue;
        }
        let (old, new) = (Uuid::from_u128(100 + n), Uuid::from_u128(200 + n));
        let opened = |id, created| {
            Change::SessionOpened(Session { tutor_turns: Some(7), ..Session::open(id, user, created) })
        };
        let assessment = Assessment { transcript: format!("words of {n}"), ..Assessment::default() };
        let turn = Turn { number: 0, ..Turn::voice(old, T0, 1, assessment) };
        let changes = vec![opened(old, T0), opened(new, at(3))];
        let outcome = Outcome { changes, turn: Some(turn), ..replies(user.0, 2) };
        store.commit(claim.lease, outcome, at(4)).await.unwrap();
    }
    let claim = store.claim(WorkKind::Tutor, T0).await.unwrap().row().unwrap();
    let stage = Stage::Submitted {
        session: Uuid::from_u128(300),
        baseline: 3,
        at: T0,
        uncertain_since: None,
        voice_ms: 1,
    };
    store.submit(claim.lease, stage, Vec::new()).await.unwrap();
    store.accept(vec![sticker(10, 1, -5), command(11, 2, 2, "help")], policy, at(6)).await.unwrap();
    store.migrate_chat(ChatId(-5), ChatId(-1_001_234)).await.unwrap();
    store.add_purges(vec![Uuid::from_u128(9), Uuid::from_u128(8)], at(9)).await.unwrap();
}

/// Everything a store reveals through its verbs, in a fixed order.
pub async fn told(store: &Store) -> Vec<String> {
    let mut all = Vec::new();
    let mut cursor = None;
    loop {
        let page = store.sessions(cursor, 2).await.unwrap();
        for session in page.sessions {
            all.push(format!("{session:?}"));
            all.push(format!("{:?}", store.turns(session.user, session.id, 0, 99).await.unwrap()));
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    for user in USERS {
        all.push(format!("{user} {:?}", store.learner(UserId(user)).await.unwrap()));
        all.push(format!("{user} {:?}", store.rate(UserId(user)).await.unwrap()));
    }
    all.extend(store.jobs(None, 9_999).await.unwrap().iter().map(|job| format!("{job:?}")));
    all.extend(store.dead_letters(None, 9_999).await.unwrap().iter().map(|letter| format!("{letter:?}")));
    all.extend(
        store.purges(Timestamp(i64::MAX), 999).await.unwrap().iter().map(|purge| format!("{purge:?}")),
    );
    all.push(format!("{:?}", store.counts().await.unwrap().inbox));
    all.sort();
    all
}

/// Names in a folder that begin so.
fn names(folder: &Path, prefix: &str) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with(prefix)).collect()
}

/// Copies a folder with everything in it; files that disappear meanwhile were about to be removed.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

#[test]
fn a_sealed_store_tells_the_same_as_a_plain_one() {
    block_on(async {
        let plain = MemoryDisk::default().open().unwrap();
        fill(&plain).await;
        let bench = crate::store_contract::Bench::sealed_sled();
        fill(&bench).await;
        assert_eq!(told(&bench).await, told(&plain).await);
        assert!(told(&plain).await.len() > 20);
    });
}
