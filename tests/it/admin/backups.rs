//! `backup` and `restore`: the same from the daemon and from the store, also under load, and complete or not
//! at all.

use crate::world::{World, voice};
use phonicflow_bot::logging::Event;
use phonicflow_bot::store::{Home, export, keys};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// What a backup holds, by key; but for what changes by the mere stop and start of the daemon.
fn records(path: &Path) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut found = BTreeMap::new();
    export::read_file(path, &mut |key, value| {
        found.insert(key.to_vec(), value.to_vec());
        Ok(())
    })
    .unwrap();
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_the_same_from_the_daemon_and_from_the_store_and_can_be_restored() {
    let mut world = World::started().await;
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
    world.settled().await;
    let path = |name: &str| world.folder.path().join(name);
    let (running, stopped) = (path("running.backup"), path("stopped.backup"));
    let text = |path: &Path| path.display().to_string();
    let said = world.ask(&["backup", &text(&running)]).await;
    assert!(said.contains("records of") && said.contains("checked"), "{said}");
    let again = world.admin(&["backup", &text(&running)]).await;
    assert!(again.code == Some(1) && again.err.contains("--force"), "{again:?}");
    world.ask(&["backup", &text(&running), "--force"]).await;
    assert_eq!(fs::metadata(&running).unwrap().permissions().mode() & 0o777, 0o600);
    let held = world.admin(&["restore", &text(&running), "--force"]).await;
    assert_eq!(held.code, Some(3), "{held:?}");
    world.stop().await;
    let world = &mut world;
    world.ask(&["backup", &text(&stopped)]).await;
    assert_eq!(records(&running), records(&stopped));
    let names: Vec<String> = fs::read_dir(world.home().join("exports"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert!(names.iter().all(|name| name.starts_with("store-")), "{names:?}");

    let sessions = world.ask(&["sessions", "list", "--json"]).await;
    let full = world.admin(&["restore", &text(&running)]).await;
    assert!(full.code == Some(1) && full.err.contains("--force"), "{full:?}");
    let noise = world.folder.path().join("noise");
    let mut damaged = fs::read(&running).unwrap();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    fs::write(&noise, damaged).unwrap();
    let bad = world.admin(&["restore", &text(&noise), "--force"]).await;
    assert!(bad.code == Some(1) && bad.err.contains("no good"), "{bad:?}");
    assert_eq!(world.ask(&["sessions", "list", "--json"]).await, sessions, "nothing was touched");

    world.ask(&["sessions", "delete", "11", "--yes"]).await;
    assert_eq!(world.ask(&["sessions", "list"]).await, "");
    let restored = world.ask(&["restore", &text(&running), "--force"]).await;
    assert!(restored.contains("restored") && restored.contains("replaced-"), "{restored}");
    assert_eq!(world.ask(&["sessions", "list", "--json"]).await, sessions);
    world.start();
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 2).await;
    assert_eq!(world.tutor.turns()[0].session, world.tutor.turns()[1].session);

    // A fresh machine has no store yet.
    let fresh = World::new().await;
    fresh.ask(&["restore", &text(&running)]).await;
    assert_eq!(fresh.ask(&["sessions", "list", "--json"]).await, sessions);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_holds_every_message_acknowledged_before_it() {
    let mut world = World::new().await;
    // Nothing is ever finished: what was acknowledged must be in the queue, or be a dead letter after a restore.
    world.set("BACKEND_RETRY_MAX_AGE", "604800").set("BOT_RATE_LIMIT", "false").start();
    world.tutor.stop().await;
    let learners: Vec<_> = (1..=20).map(|id| world.learner(1_000 + id)).collect();
    let mut backups = Vec::new();
    for round in 1..=3 {
        for learner in &learners {
            learner.voice(voice(), 4);
        }
        world.settled().await;
        // All of these rounds were confirmed to Telegram; more come in while the backup is taken.
        for learner in &learners {
            learner.voice(voice(), 4);
        }
        let path = world.folder.path().join(format!("{round}.backup")).display().to_string();
        world.ask(&["backup", &path]).await;
        backups.push((path, learners.len() * (2 * round - 1)));
        world.settled().await;
    }
    world.stop().await;
    for (path, acknowledged) in backups {
        world.ask(&["restore", &path, "--force"]).await;
        let listed = world.ask(&["queue", "list", "--dead", "--json"]).await;
        let voices = listed.lines().filter(|line| line.contains(r#""kind":"voice""#)).count();
        assert!(voices >= acknowledged, "{voices} of {acknowledged}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encrypted_backup_comes_back_with_its_key_and_a_plain_one_becomes_encrypted() {
    let mut world = World::started().await;
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
    world.settled().await;
    let path = |name: &str| world.folder.path().join(name).display().to_string();
    let (plain, sealed, key) = (path("plain.backup"), path("sealed.backup"), path("store.key"));
    world.ask(&["backup", &plain]).await;
    world.stop().await;
    fs::write(&key, "0123456789abcdef0123456789abcdef\n").unwrap();
    world.set("STORE_KEY_FILE", &key);
    world.ask(&["store", "encrypt"]).await;
    let sessions = world.ask(&["sessions", "list", "--json"]).await;
    world.ask(&["backup", &sealed]).await;
    let readable = |bytes: &[u8]| bytes.windows(9).any(|window| window == b"Yesterday");
    assert!(readable(&fs::read(&plain).unwrap()), "nothing was planted");
    for backup in [&sealed, &plain] {
        world.ask(&["restore", backup, "--force"]).await;
        assert_eq!(world.ask(&["sessions", "list", "--json"]).await, sessions, "{backup}");
        // Neither the store nor its newest export says a word, whatever it came from.
        let newest = Home::at(&world.home()).listed().unwrap().remove(0);
        assert_eq!(
            export::verify(&newest).unwrap().taken_at,
            export::verify(Path::new(backup)).unwrap().taken_at
        );
        let mut folders = vec![world.home()];
        while let Some(folder) = folders.pop() {
            for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    folders.push(path);
                } else {
                    assert!(!readable(&fs::read(&path).unwrap()), "{} after {backup}", path.display());
                }
            }
        }
        assert!(records(&newest).contains_key(&keys::seal()), "{backup}");
    }
    // And that export is one to restore from.
    crate::power::cut_in_half(&world.store_folder().join("db"));
    world.start();
    world.logged(Event::StoreRestored).await;
    world.stop().await;
    let again = world.ask(&["sessions", "list", "--json"]).await;
    assert_eq!(again.lines().count(), sessions.lines().count());
    world.ask(&["sessions", "delete", "11", "--yes"]).await;
    assert_eq!(world.ask(&["sessions", "list"]).await, "");
    world.set("STORE_KEY_FILE", "");
    let keyless = world.admin(&["restore", &sealed, "--force"]).await;
    assert!(keyless.code == Some(2) && keyless.err.contains("STORE_KEY_FILE"), "{keyless:?}");
}
