//! A database that was set back to an older state has lost writes: no daemon that had seen more works on with it unasked.

use super::{all_is_well, postgres, redis};
use crate::machines::{Database, Machines};
use crate::world::PATIENCE;

/// How many commits a machine's mark says there must be (`store/server/mark.rs`).
fn height_seen_by(machines: &Machines, n: usize) -> u64 {
    let mark = std::fs::read(machines.all[n].world.folder.path().join("store/shared-height")).unwrap();
    u64::from_be_bytes(mark[16..24].try_into().unwrap())
}

/// Set back while no daemon runs; `first` starts on it, which was the owner or the standby before.
async fn set_back(database: Database, first: usize) {
    let mut machines = Machines::two_started(database).await;
    machines.write(4);
    // Whatever is still open is a dead letter later.
    assert_eq!(machines.nothing_left().await, 0);
    for n in [1, 0] {
        machines.stop(n).await;
    }
    machines.database.stop();
    machines.database.save("before");
    let height = height_seen_by(&machines, 0).max(height_seen_by(&machines, 1));
    machines.database.start();
    for n in [0, 1] {
        machines.start(n);
        machines.all[n].until_role(["owner", "standby"][n]).await;
    }
    machines.write(4);
    machines.load.all_answered().await;
    // The standby goes first, having seen some of what the owner wrote.
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while height_seen_by(&machines, 1) <= height {
        assert!(tokio::time::Instant::now() < deadline, "the standby sees nothing:\n{}", machines.logs());
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    for n in [1, 0] {
        machines.stop(n).await;
    }
    machines.database.stop();
    machines.database.set_back("before");
    machines.database.start();

    let world = &mut machines.all[first].world;
    world.start();
    let status = world.ended().await;
    let words = world.log().last_words();
    assert!(!status.success(), "it works on with a database that has lost writes:\n{}", world.log());
    assert!(words.contains("store accept") && words.contains("restore"), "{words}\n{}", world.log());
    // As it is.
    let accept = |machines: &Machines, n: usize| {
        let output = machines.all[n].world.command(&["store", "accept"]).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (went_well, words) = accept(&machines, first);
    assert!(went_well, "{words}");
    machines.all[first].world.start();
    machines.all[first].until_role("owner").await;
    machines.write(4);
    // The other one follows, unless the database holds more than it has seen again.
    let (went_well, words) = accept(&machines, 1 - first);
    assert!(went_well || words.contains("nothing to accept"), "{words}");
    machines.start(1 - first);
    all_is_well(machines).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgres_set_back_is_refused_by_its_last_owner() {
    let Some(database) = postgres("set_back::a_postgres_set_back_is_refused_by_its_last_owner") else {
        return;
    };
    set_back(database, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgres_set_back_is_refused_by_a_standby_that_had_seen_more() {
    let name = "set_back::a_postgres_set_back_is_refused_by_a_standby_that_had_seen_more";
    let Some(database) = postgres(name) else { return };
    set_back(database, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_set_back_is_refused_by_its_last_owner() {
    let Some(database) = redis("set_back::a_redis_set_back_is_refused_by_its_last_owner") else { return };
    set_back(database, 0).await;
}
