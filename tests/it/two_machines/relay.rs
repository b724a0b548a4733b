//! The admin's commands on a shared store: the same words and the same output from either machine, and from one without a
//! daemon; and where nobody owns the store, who was last.

use super::{postgres, redis};
use crate::admin::Said;
use crate::machines::{Database, Machines};
use crate::world::{PATIENCE, World};
use phonicflow_bot::logging::Event;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Two that reach each other, and some answered messages.
async fn two_peers(database: Database) -> Machines {
    let mut machines = Machines::two(database).await;
    for n in [0, 1] {
        machines.all[n].world.set("STORE_PEER_ADDR", "127.0.0.1:0");
        machines.start(n);
        machines.all[n].until_role(if n == 0 { "owner" } else { "standby" }).await;
        machines.all[n].world.logged(Event::PeersReady).await;
    }
    machines.write(8);
    machines.load.all_answered().await;
    let world = &machines.all[0].world;
    world.settled().await;
    // Corrections are drawn when the answers are out.
    let deadline = Instant::now() + PATIENCE;
    while !world.ask(&["queue", "list", "--json"]).await.is_empty() {
        assert!(Instant::now() < deadline, "{}", machines.logs());
    }
    machines
}

/// A third machine, on which no daemon runs.
fn without_a_daemon(machines: &Machines) -> World {
    let mut world = World::between(machines.telegram.clone(), machines.tutor.clone());
    world.set("STORE_URL", &machines.database.url_at(machines.database.addr())).set("STORE_DELETED", "kept");
    world.set("STORE_NODE", "desk");
    world
}

fn json(said: &str) -> Value {
    serde_json::from_str(said.lines().next().unwrap_or_default())
        .unwrap_or_else(|_| panic!("no JSON: {said:?}"))
}

/// The id of a learner who has a session.
async fn a_learner(world: &World) -> String {
    json(&world.ask(&["sessions", "list", "--json"]).await)["user"].to_string()
}

/// What every command says that changes nothing and tells no time.
async fn all_said(world: &World, learner: &str) -> Vec<Said> {
    let mut said = Vec::new();
    for arguments in [
        &["sessions", "list"][..],
        &["sessions", "list", "--json"],
        &["sessions", "show", learner],
        &["sessions", "show", learner, "--json"],
        &["sessions", "show", "404"],
        &["queue", "list"],
        &["queue", "list", "--json"],
        &["queue", "show", "424242"],
        &["queue", "retry", "424242"],
        &["queue", "drop", "424242", "--yes"],
        &["sessions", "export", "404"],
    ] {
        said.push(world.admin(arguments).await);
    }
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    world.ask(&["sessions", "export", learner, "--out", out]).await;
    let mut files: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).unwrap();
        let untimed =
            text.lines().filter(|line| !line.to_lowercase().contains("exported") && !line.contains("UTC"));
        said.push(Said { code: None, out: untimed.collect::<Vec<_>>().join("\n"), err: name });
    }
    said
}

/// The numbers of `stats --json`, and what it says of the shared store.
async fn stats(world: &World) -> (Value, Value) {
    let mut stats = json(&world.ask(&["stats", "--json"]).await);
    let shared = stats["shared_store"].take();
    (stats["now"].take(), shared)
}

async fn commands_are_the_same_everywhere(database: Database) {
    let mut machines = two_peers(database).await;
    let desk = without_a_daemon(&machines);
    let (owner, standby) = (&machines.all[0].world, &machines.all[1].world);
    let learner = a_learner(owner).await;
    let expected = all_said(owner, &learner).await;
    assert!(expected.len() > 11, "the export is compared too: {expected:?}");
    let (numbers, shared) = stats(owner).await;
    assert_eq!(shared["role"], "owner");
    for (world, role) in [(standby, "standby"), (&desk, "command")] {
        for (said, expected) in all_said(world, &learner).await.into_iter().zip(&expected) {
            assert_eq!(said, *expected, "{role}");
        }
        let (same, shared) = stats(world).await;
        assert_eq!(same, numbers, "{role}");
        assert_eq!((&shared["role"], &shared["owner"]["node"]), (&role.into(), &"machine-0".into()));
        let text = world.ask(&["stats"]).await;
        assert!(text.contains("SHARED STORE") && text.contains("machine-0"), "{text}");
        // A checked export, as large here as there.
        let file = desk.home().join(format!("{role}.backup"));
        std::fs::create_dir_all(desk.home()).unwrap();
        world.ask(&["backup", file.to_str().unwrap()]).await;
        assert!(file.metadata().unwrap().len() > 1_000);
        let look = json(&world.ask(&["top", "--json", "--count", "1"]).await);
        assert_eq!(look["shared_store"]["role"], role);
        assert!(look["queue"]["capacity"].as_u64() > Some(0), "{look}");
    }
    // What changes something changes the owner's store.
    standby.ask(&["sessions", "delete", &learner, "--yes"]).await;
    assert_eq!(owner.admin(&["sessions", "show", &learner]).await.code, Some(1));
    assert_eq!(machines.all[1].role().await.as_deref(), Some("standby"));

    // The standby's machine goes on as the owner.
    let list = owner.ask(&["sessions", "list"]).await;
    machines.kill(0).await;
    machines.all[1].until_role("owner").await;
    assert_eq!(machines.all[1].world.ask(&["sessions", "list"]).await, list);
    machines.start(0);
    machines.all[0].until_role("standby").await;
    assert_eq!(machines.all[0].world.ask(&["sessions", "list"]).await, list);
    assert_eq!(stats(&machines.all[0].world).await.1["owner"]["node"], "machine-1");

    // Nobody is left: the command owns the store itself, and gives it back.
    machines.stop(0).await;
    machines.stop(1).await;
    for _ in 0..2 {
        assert_eq!(desk.ask(&["sessions", "list"]).await, list);
    }
    assert_eq!(stats(&desk).await.1["owner"], Value::Null);
    if let Database::Postgres(postgres) = &machines.database {
        assert_eq!(postgres.ask("SELECT until <= clock_timestamp() FROM pfb_owner"), "t");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_are_the_same_everywhere_on_postgres() {
    let Some(database) = postgres("relay::commands_are_the_same_everywhere_on_postgres") else { return };
    commands_are_the_same_everywhere(database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_are_the_same_everywhere_on_redis() {
    let Some(database) = redis("relay::commands_are_the_same_everywhere_on_redis") else { return };
    commands_are_the_same_everywhere(database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_says_who_was_last_until_it_is_the_owner() {
    let name = "relay::a_standby_says_who_was_last_until_it_is_the_owner";
    let Some(database) = postgres(name) else { return };
    let mut machines = two_peers(database).await;
    let list = machines.all[1].world.ask(&["sessions", "list"]).await;
    // It does nothing more and holds its lease for a while, and then nobody does.
    machines.freeze(0).await;
    let mut refused = 0;
    loop {
        let said = machines.all[1].world.admin(&["sessions", "list"]).await;
        if said.code == Some(0) {
            assert_eq!(said.out, list);
            break;
        }
        // The last one may be asked while it takes over.
        assert!(said.err.contains("machine-0") || said.err.contains("its role has changed"), "{said:?}");
        refused += 1;
    }
    assert!(refused > 0, "it cannot have been asked");
    machines.thaw(0);
    machines.all[0].until_role("standby").await;
    assert_eq!(machines.all[0].world.ask(&["sessions", "list"]).await, list);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_that_cannot_be_reached_is_named() {
    let Some(database) = postgres("relay::an_owner_that_cannot_be_reached_is_named") else { return };
    let machines = Machines::two_started(database).await;
    for world in [&machines.all[1].world, &without_a_daemon(&machines)] {
        let said = world.admin(&["queue", "list"]).await;
        assert_eq!(said.code, Some(3), "{said:?}");
        assert!(said.err.contains("machine-0") && said.err.contains("STORE_PEER_ADDR"), "{said:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_no_peer_gets_nothing_from_the_owners_port() {
    let name = "relay::whoever_is_no_peer_gets_nothing_from_the_owners_port";
    let Some(database) = postgres(name) else { return };
    let machines = two_peers(database).await;
    let world = &machines.all[0].world;
    let addr = world.log().field(Event::PeersReady, "addr").unwrap();
    for knock in [&b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"[..], &[0; 2_000], b""] {
        let mut stream = TcpStream::connect(&addr).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let _ = stream.write_all(knock);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut told = Vec::new();
        let _ = stream.read_to_end(&mut told);
        assert!(told.len() <= 7, "more than an alert of TLS: {told:?}");
    }
    world.logged(Event::PeerRefused).await;
    machines.all[1].world.ask(&["queue", "list"]).await;
}
