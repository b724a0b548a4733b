//! The first moments: who owns an empty database, and which databases are refused.

use super::{all_is_well, postgres};
use crate::databases::{Postgres, Redis};
use crate::machines::{Database, Machines};
use crate::skip;
use crate::world::World;
use phonicflow_bot::logging::Event;

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_start_at_once_on_an_empty_database_one_owns_it() {
    let name = "start::of_two_that_start_at_once_on_an_empty_database_one_owns_it";
    let Some(database) = postgres(name) else { return };
    let mut machines = Machines::two(database).await;
    machines.start(0);
    machines.start(1);
    machines.owner_beside_a_standby().await;
    machines.write(6);
    machines.load.all_answered().await;
    let Database::Postgres(postgres) = &machines.database else { unreachable!() };
    assert_eq!(postgres.ask("SELECT epoch FROM pfb_owner"), "1");
    assert_eq!(machines.telegram.read(|state| state.conflicts()), 0);
    all_is_well(machines).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_of_the_same_name_work_and_the_standby_says_so() {
    let Some(database) = postgres("start::two_of_the_same_name_work_and_the_standby_says_so") else { return };
    let mut machines = Machines::two(database).await;
    for machine in &mut machines.all {
        machine.world.set("STORE_NODE", "bot");
    }
    machines.start(0);
    machines.all[0].until_role("owner").await;
    machines.start(1);
    machines.all[1].world.logged_with(Event::NodeNameShared, "node=bot").await;
    machines.kill(0).await;
    machines.write(4);
    machines.load.all_answered().await;
    // Its own lease, which has not run out when it starts again, is no other daemon's.
    machines.kill(1).await;
    machines.start(1);
    machines.all[1].until_role("owner").await;
    assert_eq!(machines.all[1].world.log().times(Event::NodeNameShared), 1);
    machines.start(0);
    all_is_well(machines).await;
}

/// A start that ends, with these words.
async fn refused(url: &str, words: &[&str]) {
    let mut world = World::new().await;
    world.set("STORE_URL", url).set("STORE_DELETED", "kept").start();
    let status = world.ended().await;
    let said = world.log().last_words();
    assert!(!status.success(), "it started on {url}:\n{}", world.log());
    for word in words {
        assert!(said.contains(word), "{said:?} does not say {word}\n{}", world.log());
    }
    assert!(world.telegram.log().is_empty(), "it spoke to Telegram before it had a store");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgres_that_does_not_keep_what_it_commits_is_refused() {
    if !skip::has_postgres("two_machines::start::a_postgres_that_does_not_keep_what_it_commits_is_refused") {
        return;
    }
    let mut postgres = Postgres::new();
    postgres.set("fsync", "off").start();
    refused(&postgres.url(), &["fsync"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_does_not_keep_what_it_acknowledges_is_refused() {
    if !skip::has_redis("two_machines::start::a_redis_that_does_not_keep_what_it_acknowledges_is_refused") {
        return;
    }
    for (key, value) in
        [("appendfsync", "everysec"), ("appendonly", "no"), ("maxmemory-policy", "allkeys-lru")]
    {
        let mut redis = Redis::new();
        redis.set(key, value).start();
        refused(&redis.url(), &[key]).await;
    }
}
