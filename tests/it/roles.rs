//! What two daemons of a shared store say of themselves: owner and standby, with the database and without it.

use crate::databases::Postgres;
use crate::machines::{Database, Machine, Machines};
use crate::metrics::{OF_A_SHARED_STORE, get, served_at};
use crate::skip;
use crate::world::{PATIENCE, World};
use phonicflow_bot::logging::Event;
use std::time::Duration;

async fn page(machine: &Machine, path: &str) -> (u16, String) {
    let (status, _, body) = get(served_at(&machine.world).await, path).await;
    (status, body)
}

/// Waits until a page answers with this status.
async fn until(machine: &Machine, path: &str, status: u16) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let (now, body) = page(machine, path).await;
        if now == status {
            return;
        }
        let late = tokio::time::Instant::now() > deadline;
        assert!(!late, "{path} says {now}, not {status}:\n{body}\n{}", machine.world.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn has_postgres(test: &str) -> bool {
    skip::has_postgres(&format!("roles::{test}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn owner_and_standby_tell_who_they_are_and_what_the_database_keeps() {
    if !has_postgres("owner_and_standby_tell_who_they_are_and_what_the_database_keeps") {
        return;
    }
    let machines = Machines::two_started(Database::Postgres(Postgres::started())).await;
    let [owner, standby] = &machines.all[..] else { unreachable!() };
    for (machine, node) in [(owner, "machine-0"), (standby, "machine-1")] {
        let health = machine.health().await.unwrap();
        let store = &health["store"];
        assert_eq!(store["engine"], "postgresql", "{health}");
        assert_eq!(store["survives"], "machine", "{health}");
        assert_eq!((&store["node"], &store["owner"]["node"]), (&node.into(), &"machine-0".into()));
        assert_eq!(store["epoch"], 1, "{health}");
        assert!(store["lease_ms"].as_u64().is_some_and(|ms| ms > 0 && ms <= 6_000), "{health}");
        let place = store["place"].as_str().unwrap();
        assert!(place.contains("127.0.0.1:") && !place.contains('@'), "{place}");
        for path in ["/health", "/live", "/ready"] {
            until(machine, path, 200).await;
        }
    }
    let (_, of_owner) = page(owner, "/metrics").await;
    let (_, of_standby) = page(standby, "/metrics").await;
    for (body, line) in [
        (&of_owner, "phonicflow_owner 1"),
        (&of_owner, "phonicflow_take_overs_total 1"),
        (&of_owner, "phonicflow_database_reachable 1"),
        (&of_standby, "phonicflow_owner 0"),
        (&of_standby, "phonicflow_take_overs_total 0"),
        (&of_standby, "phonicflow_store_epoch 1"),
    ] {
        assert!(body.lines().any(|it| it == line), "{line} is missing in\n{body}");
    }
    for body in [&of_owner, &of_standby] {
        let names: Vec<_> = body.lines().filter_map(|line| line.split(' ').next()).collect();
        assert!(OF_A_SHARED_STORE.iter().all(|name| names.contains(name)), "{body}");
    }
    let log = standby.world.log();
    assert_eq!(log.field(Event::StandingBy, "owner").as_deref(), Some("machine-0"), "{log}");
    assert_eq!(owner.world.log().field(Event::TakenOver, "epoch").as_deref(), Some("1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_waited_for_and_no_reason_to_restart_anybody() {
    if !has_postgres("a_database_that_is_away_is_waited_for_and_no_reason_to_restart_anybody") {
        return;
    }
    let mut machines = Machines::two(Database::Postgres(Postgres::started())).await;
    machines.all[0].store.refuse();
    machines.start(0);
    machines.all[0].world.logged(Event::DatabaseLost).await;
    let machine = &machines.all[0];
    until(machine, "/ready", 503).await;
    until(machine, "/health", 503).await;
    until(machine, "/live", 200).await;
    let (_, body) = page(machine, "/metrics").await;
    assert!(body.contains("phonicflow_database_reachable 0"), "{body}");
    machine.store.heal();
    machine.until_role("owner").await;
    until(machine, "/ready", 200).await;
    let log = machine.world.log();
    assert!(log.field(Event::DatabaseBack, "event").is_some(), "{log}");
    assert_eq!(log.to_string().matches("event=database_lost").count(), 1, "each look is told:\n{log}");

    // Lost for longer than its lease, it steps down; and takes over again, as nobody else is there.
    machine.store.refuse();
    machine.world.logged(Event::SteppedDown).await;
    until(machine, "/live", 200).await;
    machine.until_role("standby").await;
    machine.store.heal();
    machine.until_role("owner").await;
    assert_eq!(machine.health().await.unwrap()["store"]["epoch"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_refuses_is_a_fault_of_the_configuration() {
    if !has_postgres("a_database_that_refuses_is_a_fault_of_the_configuration") {
        return;
    }
    let mut postgres = Postgres::new();
    postgres.set("fsync", "off").start();
    let mut world = World::new().await;
    world.set("STORE_URL", &postgres.url()).set("STORE_DELETED", "kept").start();
    // systemd does not start it again and again (`RestartPreventExitStatus=2`).
    assert_eq!(world.ended().await.code(), Some(2), "{}", world.log());
    assert!(world.log().last_words().contains("fsync"), "{}", world.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_was_left_in_the_folder_is_told_of() {
    if !has_postgres("a_store_that_was_left_in_the_folder_is_told_of") {
        return;
    }
    let postgres = Postgres::started();
    let mut world = World::new().await;
    world.start();
    world.logged(Event::Connected).await;
    assert!(world.stop().await.success());
    world.set("STORE_URL", &postgres.url()).set("STORE_DELETED", "kept").start();
    world.logged(Event::TakenOver).await;
    world.logged(Event::ConfigWarning).await;
    assert!(
        world.log().lines(Event::ConfigWarning).any(|line| line.contains("SESSION_STORAGE_PATH")),
        "{}",
        world.log()
    );
}
