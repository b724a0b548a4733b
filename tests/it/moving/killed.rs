//! Commands that replace a whole store, killed (`kill -9`) at any moment while a real PostgreSQL is at work for them.

use super::real::{configure, is_same, lived_in, said, url_file};
use crate::databases;
use crate::skip;
use crate::world::World;
use phonicflow_bot::domain::Timestamp;
use phonicflow_bot::store::server::{self, Candidate, SharedStore};
use phonicflow_bot::store::{Held, Home, OnDamage, StoreError};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Of each test.
const KILLS: usize = 10;

pub fn shared(url: &str, root: &Path) -> SharedStore {
    let me = Candidate { node: "looking".to_owned(), ..Candidate::default() };
    SharedStore::new(server::of(url, None).unwrap(), root, None, me).unwrap()
}

/// Starts a command and kills it after a random part of the time it takes; whether it was in time to be killed.
fn killed(world: &World, arguments: &[&str], took: Duration) -> bool {
    let mut command = world.command(arguments);
    let mut running = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(fastrand::u64(0..=took.as_millis() as u64)));
    let _ = running.kill();
    !running.wait().unwrap().success()
}

/// Where learners' records can be opened: in the folder, in the database.
async fn open_places(world: &World, url: &str) -> (bool, bool) {
    let (home, url) = (world.home(), url.to_owned());
    let here = match Home::at(&home).open(OnDamage::Refuse, Timestamp(1)) {
        Err(StoreError::Moved { .. }) => false,
        opened => {
            let store = opened.unwrap().store;
            let there = store.counts().await.unwrap().inbox > 0;
            store.close().await.unwrap();
            there
        }
    };
    let looking = tokio::task::spawn_blocking(move || {
        let shared = shared(&url, &home);
        let held = shared.hold().unwrap();
        held.is_there().unwrap() && held.moved().unwrap().is_none()
    });
    (here, looking.await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_killed_at_any_moment_leaves_one_store_and_is_finished_by_asking_again() {
    if !skip::has_postgres("a_move_killed_at_any_moment_leaves_one_store_and_is_finished_by_asking_again") {
        return;
    }
    let mut world = World::new().await;
    world.set("STORE_DELETED", "kept");
    let url = databases::postgres::database();
    lived_in(&mut world).await;
    let before = said(&world).await;
    let file = url_file(&world, &url);
    let mut took = Duration::from_millis(200);
    let (mut is_back, mut kills) = (false, 0);
    while kills < KILLS {
        let to: &[&str] = if is_back { &["--to", "embedded"] } else { &["--to-file", &file] };
        if is_back {
            configure(&mut world, &url);
        }
        let arguments: Vec<&str> = ["store", "move"].iter().chain(to).copied().collect();
        kills += usize::from(killed(&world, &arguments, took));
        let (here, there) = open_places(&world, &url).await;
        assert!(!(here && there), "two stores open");
        let began = Instant::now();
        let again = world.admin(&arguments).await;
        // It may have been finished.
        assert!(again.code == Some(0) || again.err.contains("was moved to"), "{again:?}");
        if again.code == Some(0) {
            took = began.elapsed();
        }
        assert_eq!(open_places(&world, &url).await, (is_back, !is_back));
        world.unset("STORE_URL");
        if is_back {
            is_same(&said(&world).await, &before);
        }
        is_back = !is_back;
    }
}

/// How many messages a shared store holds that were not answered, and how many were given up.
async fn held(url: &str, root: &Path) -> (usize, usize) {
    let (url, root) = (url.to_owned(), root.to_owned());
    let opening = tokio::task::spawn_blocking(move || {
        let shared = shared(&url, &root);
        // Of whoever was killed; waits until it has run out.
        drop(shared.hold().unwrap());
        shared.take_over(Timestamp(1)).unwrap().unwrap()
    });
    let taken = opening.await.unwrap();
    let counts = taken.store.counts().await.unwrap();
    taken.store.close().await.unwrap();
    tokio::task::spawn_blocking(move || taken.release()).await.unwrap();
    (counts.inbox, counts.dead)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_into_postgres_killed_at_any_moment_leaves_the_old_records_or_the_new_ones() {
    if !skip::has_postgres(
        "a_restore_into_postgres_killed_at_any_moment_leaves_the_old_records_or_the_new_ones",
    ) {
        return;
    }
    let mut world = World::new().await;
    world.set("STORE_DELETED", "kept");
    let url = databases::postgres::database();
    lived_in(&mut world).await;
    let backup = world.folder.path().join("kept.backup").display().to_string();
    world.ask(&["backup", &backup]).await;
    let half = world.folder.path().join("half.backup").display().to_string();
    configure(&mut world, &url);
    let root = world.folder.path().join("other");
    // What waits in a backup is a dead letter after it was put back.
    let states = [(&backup, (0, 2)), (&half, (0, 1))];
    let began = Instant::now();
    world.ask(&["restore", &backup]).await;
    let took = began.elapsed();
    let (mut at, mut kills, mut exchanges) = (0, 0, 0);
    while kills < KILLS || exchanges < 2 {
        let (old, (other, new)) = (states[at].1, states[1 - at]);
        assert_eq!(held(&url, &root).await, old);
        kills += usize::from(killed(&world, &["restore", other, "--force"], took));
        let found = held(&url, &root).await;
        assert!(found == old || found == new, "{found:?}");
        if found == new {
            (at, exchanges) = (1 - at, exchanges + 1);
        }
    }
}
