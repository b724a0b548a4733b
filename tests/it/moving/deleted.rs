//! What a shared store and its database keep of a deleted learner, and what is said of it.

use super::killed::shared;
use super::real::configure;
use crate::databases::{self, Postgres};
use crate::skip;
use crate::world::{World, voice};
use phonicflow_bot::store::Held;
use phonicflow_bot::store::engine::Span;
use std::fs;
use std::path::{Path, PathBuf};

/// What the tutor of the tests hears and answers, and the reply's own words.
const WORDS: [&str; 3] = ["Yesterday", "beach", "Use o passado"];

fn holds(bytes: &[u8], words: &str) -> bool {
    bytes.windows(words.len()).any(|window| window == words.as_bytes())
}

/// Which of the words are in the records.
async fn in_records(url: &str, root: &Path) -> Vec<&'static str> {
    let (url, root) = (url.to_owned(), root.to_owned());
    let looking = tokio::task::spawn_blocking(move || {
        let mut found = Vec::new();
        let shared = shared(&url, &root);
        let held = shared.hold().unwrap();
        let looked = held.current().with(&mut |engine| {
            engine.scan(&Span { start: vec![0], end: vec![0xff] }, false, &mut |key, value| {
                found.extend(WORDS.iter().filter(|words| holds(key, words) || holds(value, words)));
                Ok(true)
            })
        });
        looked.unwrap();
        found
    });
    looking.await.unwrap()
}

/// A learner who has practised with a daemon of a shared store.
async fn practised(world: &mut World) {
    world.start();
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_shared_store_keeps_no_word_of_who_was_deleted_and_says_what_its_database_may_keep() {
    if !skip::has_postgres(
        "a_plain_shared_store_keeps_no_word_of_who_was_deleted_and_says_what_its_database_may_keep",
    ) {
        return;
    }
    let mut world = World::new().await;
    let (url, root) = (databases::postgres::database(), world.folder.path().join("other"));
    world.set("STORE_DELETED", "kept");
    configure(&mut world, &url);
    practised(&mut world).await;
    world.stop().await;
    assert!(in_records(&url, &root).await.len() >= WORDS.len(), "nothing was planted");
    world.start();
    let ana = world.learner(11);
    ana.text("/delete");
    let ask = world.answer_with(ana.chat(), "copies that I cannot reach").await;
    ana.press(ask.message_id, &ask.buttons()[0]).unwrap();
    let done = world.answer_with(ana.chat(), "is deleted").await;
    assert!(done.text.contains("copies that I cannot reach"), "{}", done.text);
    world.settled().await;
    world.stop().await;
    assert_eq!(in_records(&url, &root).await, [""; 0]);
    assert!(!world.home().join("forgotten").exists(), "no files of ours hold it");
    // By command as well.
    let rui = world.learner(12);
    world.start();
    rui.voice(voice(), 4);
    world.voice_notes(rui.chat(), 1).await;
    world.settled().await;
    for is_running in [true, false] {
        if !is_running {
            world.stop().await;
            world.start();
            rui.voice(voice(), 4);
            world.voice_notes(rui.chat(), 2).await;
            world.settled().await;
            world.stop().await;
        }
        let said = world.ask(&["sessions", "delete", "12", "--yes"]).await;
        assert!(said.contains("VACUUM FULL") && said.contains("with --force"), "{said}");
        assert!(!said.contains("damaged-"), "{said}");
        if !is_running {
            assert_eq!(in_records(&url, &root).await, [""; 0]);
        }
    }
    assert!(!world.home().join("forgotten").exists(), "no files of ours hold it");
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut folders, mut found) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        // A running server removes files of its own.
        for path in fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()) {
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_learner_said_reaches_the_files_of_the_database_of_an_encrypted_store() {
    if !skip::has_postgres(
        "nothing_that_a_learner_said_reaches_the_files_of_the_database_of_an_encrypted_store",
    ) {
        return;
    }
    let mut postgres = Postgres::started();
    let mut world = World::new().await;
    let key = world.folder.path().join("store.key");
    fs::write(&key, "0123456789abcdef0123456789abcdef\n").unwrap();
    world.set("STORE_KEY_FILE", &key.display().to_string());
    configure(&mut world, &postgres.url());
    practised(&mut world).await;
    world.settled().await;
    let said = world.ask(&["sessions", "delete", "11", "--yes"]).await;
    assert!(said.contains("with the store's key only"), "{said}");
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 2).await;
    let asked = world.answer_with(ana.chat(), "").await;
    assert!(!asked.text.contains("copies that I cannot reach"));
    world.stop().await;
    let data = PathBuf::from(postgres.ask("SHOW data_directory"));
    postgres.stop();
    let files = files(&data);
    let log = files.iter().filter(|path| path.to_string_lossy().contains("pg_wal")).count();
    assert!(log > 0 && files.len() > 100, "{}", data.display());
    for path in files {
        // What is gone was the server's own.
        let bytes = fs::read(&path).unwrap_or_default();
        for words in WORDS {
            assert!(!holds(&bytes, words), "{words} in {}", path.display());
        }
    }
}
