//! A store that several daemons share, as `doctor` finds it: the database, its settings, owner, standby and peers.

use super::{store, visit};
use crate::databases::{Postgres, Redis};
use crate::skip;
use crate::world::World;
use phonicflow_bot::domain::Timestamp;
use phonicflow_bot::secret::KeyMaterial;
use phonicflow_bot::store::server::{self, Candidate, Remote, SharedStore};
use std::fs::{self, Permissions};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

async fn sharing(url: &str) -> World {
    let mut world = World::new().await;
    world.set("STORE_URL", url).set("STORE_DELETED", "kept").set("STORE_NODE", "here");
    world
}

fn candidate(node: &str, addr: &str) -> Candidate {
    Candidate { node: node.to_owned(), addr: addr.to_owned(), certificate: vec![1] }
}

/// Talks to the database as a daemon of another machine does.
async fn elsewhere<T: Send + 'static>(
    url: &str,
    act: impl FnOnce(&mut dyn Remote) -> T + Send + 'static,
) -> T {
    let server = server::of(url, None).unwrap();
    tokio::task::spawn_blocking(move || act(server.connect().unwrap().as_mut())).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_not_reached_is_a_matter_of_the_network_and_its_password_is_not_shown() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    for scheme in ["postgres", "redis"] {
        let found = visit(&sharing(&format!("{scheme}://bot:hidden-word@{closed}/0")).await, &[]).await;
        assert_eq!((found.code, found.state("store")), (3, "problem"), "{}", found.said);
        let words = found.words("store");
        assert!(words.contains(&closed.to_string()) && words.contains("Messages wait"), "{words}");
        assert!(!found.said.contains("hidden-word"), "{}", found.said);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_owns_it_who_stands_by_and_who_is_reached() {
    if !skip::has_postgres("doctor::shared_store::who_owns_it_who_stands_by_and_who_is_reached") {
        return;
    }
    let postgres = Postgres::started();
    let url = postgres.url();
    let mut world = sharing(&url).await;
    let found = visit(&world, &[]).await;
    assert_eq!(found.code, 0, "{}", found.said);
    for (check, state, words) in [
        ("store", "ok", "PostgreSQL 1"),
        ("what it keeps", "ok", "power cut"),
        ("owner", "ok", "none yet"),
        ("standby", "warning", "nobody stands by"),
        ("peers", "ok", "STORE_PEER_ADDR is not set"),
        ("deleted", "ok", "STORE_DELETED=kept"),
        ("daemon", "warning", "does not run on this machine"),
    ] {
        assert_eq!(found.state(check), state, "{check}: {}", found.said);
        assert!(found.words(check).contains(words), "{check}: {}", found.said);
    }
    assert!(!store(&world).join("shared-height").exists(), "doctor has made something");

    // One owns it, one stands by where it is listened to, and one where nobody is.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let open = listener.local_addr().unwrap().to_string();
    let gone = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().to_string();
    let told = (open.clone(), gone.clone());
    elsewhere(&url, move |remote| {
        remote.present(&candidate("second", &told.0)).unwrap();
        remote.present(&candidate("third", &told.1)).unwrap();
        remote.present(&candidate("fourth/command-77", &told.1)).unwrap();
        assert!(remote.take_over(&candidate("first", ""), Duration::from_secs(600)).unwrap().0);
    })
    .await;
    world.set("STORE_PEER_ADDR", "127.0.0.1:0");
    let found = visit(&world, &[]).await;
    assert!(found.words("owner").contains("first, its lease runs"), "{}", found.said);
    assert!(found.state("standby") == "ok" && found.words("standby").contains("second"), "{}", found.said);
    assert!(!found.said.contains("fourth"), "a command stands by: {}", found.said);
    let peers = found.words("peers");
    assert!(peers.contains(&format!("second is reached at {open}")), "{peers}");
    assert!(peers.contains(&format!("third is not reached at {gone}")), "{peers}");

    // Those that have not been seen for long do not stand by, and a lease that ended long ago is nobody's.
    postgres.ask("UPDATE pfb_node SET seen = seen - interval '1 hour'");
    postgres.ask("UPDATE pfb_owner SET until = clock_timestamp() - interval '1 hour'");
    let found = visit(&world, &[]).await;
    assert_eq!((found.state("owner"), found.state("standby")), ("warning", "warning"), "{}", found.said);
    assert!(found.words("owner").contains("the last was first, until 60 min ago"), "{}", found.said);
    assert!(found.words("standby").contains("was seen 60 min ago"), "{}", found.said);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_set_back_and_one_that_keeps_nothing_are_problems() {
    if !skip::has_postgres(
        "doctor::shared_store::a_database_set_back_and_one_that_keeps_nothing_are_problems",
    ) {
        return;
    }
    let mut postgres = Postgres::new();
    postgres.set("fsync", "off").start();
    let world = sharing(&postgres.url()).await;
    let found = visit(&world, &[]).await;
    assert_eq!((found.code, found.state("what it keeps")), (2, "problem"), "{}", found.said);
    assert!(found.words("what it keeps").contains("fsync = on"), "{}", found.said);

    // This machine has seen seven commits of this database.
    let id = elsewhere(&postgres.url(), |remote| remote.standing().unwrap().id).await;
    let mark = [&id.as_bytes()[..], &7_u64.to_be_bytes(), &(!7_u64).to_be_bytes()].concat();
    fs::create_dir_all(store(&world)).unwrap();
    fs::write(store(&world).join("shared-height"), mark).unwrap();
    let found = visit(&world, &[]).await;
    assert_eq!(found.state("store"), "problem", "{}", found.said);
    for words in ["7 fewer commits", "restore FILE", "store accept"] {
        assert!(found.words("store").contains(words), "{}", found.said);
    }

    postgres.ask("UPDATE pfb_owner SET moved = 'the folder /srv/store'");
    let found = visit(&world, &[]).await;
    assert!(found.words("store").contains("moved to the folder /srv/store"), "{}", found.said);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wrong_key_is_found_before_a_take_over_needs_the_right_one() {
    if !skip::has_postgres(
        "doctor::shared_store::the_wrong_key_is_found_before_a_take_over_needs_the_right_one",
    ) {
        return;
    }
    let postgres = Postgres::started();
    let url = postgres.url();
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_owned();
    let server = server::of(&url, None).unwrap();
    let taking = tokio::task::spawn_blocking(move || {
        let key = Some(KeyMaterial::new(vec![b'k'; 32]));
        let shared = SharedStore::new(server, &root, key, candidate("first", "")).unwrap();
        shared.take_over(Timestamp(1)).unwrap().unwrap()
    });
    let taken = taking.await.unwrap();
    taken.store.close().await.unwrap();
    tokio::task::spawn_blocking(|| taken.release()).await.unwrap();

    for (key, words) in [(None, "no key is configured"), (Some("x"), "another key"), (Some("k"), "")] {
        let mut world = sharing(&url).await;
        if let Some(key) = key {
            let file = world.folder.path().join("key");
            fs::write(&file, key.repeat(32)).unwrap();
            fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
            world.set("STORE_KEY_FILE", &file.display().to_string());
        }
        let found = visit(&world, &[]).await;
        assert_eq!(found.code, if words.is_empty() { 0 } else { 2 }, "{}", found.said);
        assert!(found.words("store").contains(words), "{}", found.said);
        let kept = if key.is_some() { "the store's key alone" } else { "STORE_DELETED=kept" };
        assert!(found.words("deleted").contains(kept), "{}", found.said);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_keeps_less_and_says_so() {
    if !skip::has_redis("doctor::shared_store::redis_keeps_less_and_says_so") {
        return;
    }
    let redis = Redis::started();
    let found = visit(&sharing(&redis.url()).await, &[]).await;
    assert_eq!((found.code, found.state("store")), (0, "ok"), "{}", found.said);
    assert!(found.words("store").contains("Redis"), "{}", found.said);
    let said = found.findings.iter().filter(|finding| finding.0 == "what it keeps" && finding.1 == "warning");
    assert!(said.count() == 1 && found.words("what it keeps").contains("failover"), "{}", found.said);
    assert_eq!(found.state("owner"), "ok", "{}", found.said);
}
