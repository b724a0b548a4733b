//! `store move`, `restore` and their like as commands, with a real daemon's store and a real PostgreSQL.

use crate::admin::Said;
use crate::databases;
use crate::skip;
use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::domain::{Timestamp, UserId};
use phonicflow_bot::secret::KeyMaterial;
use phonicflow_bot::store::{Home, Import, OnDamage};
use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Where nobody listens.
const NO_TUTOR: &str = "http://127.0.0.1:9";

/// Every line that commands say of the store, sorted: an encrypted store has an order of its own.
pub async fn said(world: &World) -> Vec<String> {
    let mut all = Vec::new();
    for arguments in [
        &["sessions", "list", "--json"][..],
        &["sessions", "list"],
        &["sessions", "show", "11"],
        &["queue", "list", "--json"],
        &["queue", "list", "--dead", "--json"],
        &["stats", "--json"],
    ] {
        let said = world.ask(arguments).await;
        all.extend(said.lines().map(|line| {
            let Ok(mut fields) = serde_json::from_str::<serde_json::Map<_, _>>(line) else {
                return line.to_owned();
            };
            // What is put off until a moment that has passed meanwhile is no longer said to be; who owns a store is not in it.
            for passing in ["not_before", "shared_store"] {
                fields.remove(passing);
            }
            serde_json::to_string(&fields).unwrap()
        }));
    }
    let folder = world.folder.path().join("requests").display().to_string();
    world.ask(&["sessions", "export", "11", "--out", &folder, "--force"]).await;
    let held = fs::read_to_string(world.folder.path().join("requests/learner-11.json")).unwrap();
    // Without the moment of the export.
    all.extend(held.lines().filter(|line| !line.contains("\"exported\":")).map(str::to_owned));
    all.sort();
    all
}

/// Compares what was said, without printing all of it.
pub fn is_same(said: &[String], before: &[String]) {
    let differ = said.iter().zip(before).find(|(now, before)| now != before);
    assert!(differ.is_none() && said.len() == before.len(), "{differ:#?}");
}

/// A stopped daemon's store with a turn, a dead letter and a voice that waits for the tutor.
pub async fn lived_in(world: &mut World) {
    world.start();
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
    world.settled().await;
    world.stop().await;
    world.set("BACKEND_URL", NO_TUTOR).start();
    world.learner(12).voice(voice(), 4);
    world.settled().await;
    world.stop().await;
    let backup = world.folder.path().join("half.backup").display().to_string();
    world.ask(&["backup", &backup]).await;
    // What is open in a backup is a dead letter after it was put back.
    world.ask(&["restore", &backup, "--force"]).await;
    world.start();
    world.learner(13).voice(voice(), 4);
    world.settled().await;
    world.stop().await;
}

/// A file that holds the URL, which is not to show in the process list.
pub fn url_file(world: &World, url: &str) -> String {
    let file = world.folder.path().join("store.url");
    fs::write(&file, format!("{url}\n")).unwrap();
    file.display().to_string()
}

pub fn configure(world: &mut World, url: &str) {
    world.set("STORE_URL", url);
}

fn is_config(said: &Said, words: &str) {
    assert!(said.code == Some(2) && said.err.contains(words), "{said:?}");
}

async fn there_and_back(world: &mut World, url: &str) {
    lived_in(world).await;
    let before = said(world).await;
    let file = url_file(world, url);
    let moved = world.ask(&["store", "move", "--to-file", &file]).await;
    assert!(moved.contains("each read back") && moved.contains("STORE_URL"), "{moved}");
    // The old configuration is told where it went, by the daemon and by commands; no export comes in its place.
    fs::remove_dir_all(world.home().join("store")).unwrap();
    world.start();
    assert_eq!(world.ended().await.code(), Some(2), "{}", world.log());
    assert!(world.log().last_words().contains("was moved to"), "{}", world.log());
    is_config(&world.admin(&["sessions", "list"]).await, "was moved to");
    is_config(&world.admin(&["store", "move", "--to-file", &file]).await, "was moved to");
    configure(world, url);
    is_same(&said(world).await, &before);
    let again = world.admin(&["store", "move", "--to", url]).await;
    assert!(again.code == Some(1) && again.err.contains("configured store already"), "{again:?}");
    let back = world.ask(&["store", "move", "--to", "embedded"]).await;
    assert!(back.contains("take STORE_URL"), "{back}");
    is_config(&world.admin(&["store", "move", "--to", "embedded"]).await, "was moved to");
    world.unset("STORE_URL");
    is_same(&said(world).await, &before);
    // Over what was left behind there. What waited is answered there, once; what was dead stays so.
    world.ask(&["store", "move", "--to-file", &file]).await;
    configure(world, url);
    let tutor = world.tutor.base_url();
    world.set("BACKEND_URL", &tutor).start();
    let late = world.learner(13);
    world.voice_notes(late.chat(), 1).await;
    // Nobody moves or replaces a store that is in use.
    let backup = world.folder.path().join("half.backup").display().to_string();
    for arguments in [
        &["store", "move", "--to", "embedded"][..],
        &["restore", &backup, "--force"],
        &["store", "move", "--to", "embedded", "--force"],
    ] {
        let used = world.admin(arguments).await;
        assert!(used.code == Some(3) && used.err.contains("owned by the daemon"), "{used:?}");
    }
    world.settled().await;
    world.stop().await;
    let after = said(world).await;
    world.ask(&["store", "move", "--to", "embedded"]).await;
    world.unset("STORE_URL");
    is_same(&said(world).await, &after);
    world.start();
    world.settled().await;
    let finished = world.tutor.turns().iter().filter(|turn| turn.finished_ms.is_some()).count();
    assert_eq!(finished, 2, "{}", world.log());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_store_is_the_same_after_it_was_moved_to_postgres_and_back() {
    if !skip::has_postgres("a_plain_store_is_the_same_after_it_was_moved_to_postgres_and_back") {
        return;
    }
    let mut world = World::new().await;
    let (url, file) = (databases::postgres::database(), url_file(&world, "postgres://user@127.0.0.1:9/none"));
    // That deleted bytes stay in a database has to be accepted first.
    is_config(&world.admin(&["store", "move", "--to-file", &file]).await, "STORE_DELETED");
    world.set("STORE_DELETED", "kept");
    let nobody = world.admin(&["store", "move", "--to-file", &file]).await;
    assert_eq!(nobody.code, Some(3), "{nobody:?}");
    is_config(&world.admin(&["store", "move", "--to", "mysql://x"]).await, "embedded");
    there_and_back(&mut world, &url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encrypted_store_is_the_same_after_it_was_moved_to_postgres_and_back() {
    if !skip::has_postgres("an_encrypted_store_is_the_same_after_it_was_moved_to_postgres_and_back") {
        return;
    }
    let mut world = World::new().await;
    let key = world.folder.path().join("store.key");
    fs::write(&key, "0123456789abcdef0123456789abcdef\n").unwrap();
    world.set("STORE_KEY_FILE", &key.display().to_string());
    there_and_back(&mut world, &databases::postgres::database()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encrypted_store_is_the_same_after_it_was_moved_to_redis_and_back() {
    if !skip::has_redis("an_encrypted_store_is_the_same_after_it_was_moved_to_redis_and_back") {
        return;
    }
    let mut world = World::new().await;
    let key = world.folder.path().join("store.key");
    fs::write(&key, "0123456789abcdef0123456789abcdef\n").unwrap();
    world.set("STORE_KEY_FILE", &key.display().to_string());
    there_and_back(&mut world, &databases::redis::database()).await;
}

/// Highest resident memory of a child until it ends, kilobytes, and what it said.
fn watched(mut child: std::process::Child) -> (u64, String) {
    let (mut peak, began) = (0, Instant::now());
    while child.try_wait().unwrap().is_none() {
        assert!(began.elapsed() < 10 * PATIENCE, "it does not end");
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
        peak = line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).unwrap_or(0).max(peak);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(child.wait().unwrap().success());
    let said = std::io::read_to_string(child.stdout.unwrap()).unwrap();
    (peak, said)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_store_is_moved_in_bounded_memory() {
    if !skip::has_postgres("a_large_store_is_moved_in_bounded_memory") {
        return;
    }
    let mut world = World::new().await;
    world.set("STORE_DELETED", "kept");
    let mut peaks = Vec::new();
    let (mut first, mut moved) = (0, 0);
    for many in [1_000, 100_000] {
        let store = Home::at(&world.home()).open(OnDamage::Refuse, Timestamp(0)).unwrap().store;
        for n in (first..first + many).step_by(1_000) {
            let imports = (n..n + 1_000).map(|n| Import {
                user: UserId(n + 1),
                session: uuid::Uuid::from_u128(n as u128 + 1),
                created: Timestamp(1_700_000_000_000 + n),
                last_activity: Timestamp(1_700_000_100_000 + n),
                turns: 0,
                language: None,
                level: None,
            });
            store.import(imports.collect(), false, Timestamp(1_800_000_000_000)).await.unwrap();
        }
        first += many;
        store.close().await.unwrap();
        let url = databases::postgres::database();
        let file = url_file(&world, &url);
        let run = |arguments: &[&str]| {
            let child = world.command(arguments).stdout(Stdio::piped()).spawn().unwrap();
            tokio::task::spawn_blocking(move || watched(child))
        };
        let (there, said) = run(&["store", "move", "--to-file", &file]).await.unwrap();
        let records: u64 = said.split(' ').nth(1).unwrap().parse().unwrap();
        assert!(records >= first as u64, "{said}");
        moved = records;
        configure(&mut world, &url);
        let child =
            world.command(&["store", "move", "--to", "embedded"]).stdout(Stdio::piped()).spawn().unwrap();
        let (back, _) = tokio::task::spawn_blocking(move || watched(child)).await.unwrap();
        world.unset("STORE_URL");
        peaks.push(there.max(back));
    }
    assert!(moved >= 100_000, "{moved} records");
    assert!(peaks[1] < peaks[0] + (40 << 10), "{peaks:?} kB");
    let listed = world.ask(&["sessions", "list"]).await;
    assert_eq!(listed.lines().count(), 101_001);
}

#[tokio::test(flavor = "multi_thread")]
async fn restore_accept_and_keys_work_on_a_shared_store() {
    if !skip::has_postgres("restore_accept_and_keys_work_on_a_shared_store") {
        return;
    }
    let mut world = World::new().await;
    world.set("STORE_DELETED", "kept");
    lived_in(&mut world).await;
    let backup = world.folder.path().join("kept.backup").display().to_string();
    world.ask(&["backup", &backup]).await;
    let sessions = world.ask(&["sessions", "list", "--json"]).await;
    let url = databases::postgres::database();
    configure(&mut world, &url);
    let restored = world.ask(&["restore", &backup]).await;
    assert!(restored.contains("1 message(s) that were open then are dead letters now"), "{restored}");
    assert!(!restored.contains("that was there"), "{restored}");
    let full = world.admin(&["restore", &backup]).await;
    assert!(full.code == Some(1) && full.err.contains("--force"), "{full:?}");
    let restored = world.ask(&["restore", &backup, "--force"]).await;
    assert!(restored.contains("the store that was there lies in the database at"), "{restored}");
    let fine = world.admin(&["store", "accept"]).await;
    assert!(fine.code == Some(1) && fine.err.contains("neither set back nor moved away"), "{fine:?}");
    assert!(world.ask(&["store", "clean"]).await.contains("VACUUM FULL"));
    // Encrypted: no word is left in the tables, and another key does not open it.
    let (key, other) = (world.folder.path().join("store.key"), world.folder.path().join("other.key"));
    fs::write(&key, "0123456789abcdef0123456789abcdef\n").unwrap();
    fs::write(&other, "fedcba9876543210fedcba9876543210\n").unwrap();
    world.set("STORE_KEY_FILE", &key.display().to_string());
    let plain = world.ask(&["store", "decrypt"]).await;
    assert!(plain.contains("nothing to do"), "{plain}");
    let sealed = world.ask(&["store", "encrypt"]).await;
    assert!(sealed.contains("VACUUM FULL"), "{sealed}");
    assert!(world.ask(&["store", "encrypt"]).await.contains("nothing to do"));
    world.ask(&["store", "rekey", "--new-key-file", &other.display().to_string()]).await;
    is_config(&world.admin(&["store", "decrypt"]).await, "key");
    world.set("STORE_KEY_FILE", &other.display().to_string());
    // Taken back to where it came from, a store of that key.
    world.ask(&["store", "move", "--to", "embedded", "--force"]).await;
    world.unset("STORE_URL");
    let opened = Home::at(&world.home())
        .keyed(Some(KeyMaterial::new(b"fedcba9876543210fedcba9876543210".to_vec())))
        .open(OnDamage::Refuse, Timestamp(1))
        .unwrap();
    opened.store.close().await.unwrap();
    assert_eq!(world.ask(&["sessions", "list", "--json"]).await, sessions);
    // What was moved away can be taken up all the same.
    configure(&mut world, &url);
    is_config(&world.admin(&["store", "move", "--to", "embedded"]).await, "was moved to");
    let accepted = world.ask(&["store", "accept"]).await;
    assert!(accepted.contains("is taken as it is"), "{accepted}");
    world.ask(&["store", "move", "--to", "embedded", "--force"]).await;
}
