//! The owner's link to the database breaks while the standby's is sound.

use super::{all_is_well, postgres, redis};
use crate::databases::{Proxy, Way};
use crate::machines::{Database, Machines};
use crate::storm::load::Cue;
use crate::world::PATIENCE;
use phonicflow_bot::sandbox::bot_api::State;

/// The owner's link breaks for good: the other takes over, and the old owner is silent.
async fn broken(database: Database, breaks: impl Fn(&Proxy)) {
    let mut machines = Machines::two_started(database).await;
    machines.write(16);
    let cue = Cue::random(&mut machines.load.rng);
    cue.wait(&machines.telegram, &machines.tutor, machines.load.due).await;
    breaks(&machines.all[0].store);
    machines.all[1].until_role("owner").await;
    machines.blow().await;
    let before = machines.all[0].said();
    machines.write(8);
    machines.load.all_answered().await;
    assert_eq!(machines.all[0].said(), before, "{}", machines.all[0].world.log());
    // What was held back arrives now, too late.
    machines.all[0].store.heal();
    machines.all[0].until_role("standby").await;
    machines.write(4);
    machines.load.all_answered().await;
    assert_eq!(machines.all[0].said(), before, "{}", machines.all[0].world.log());
    let telegram = machines.telegram.clone();
    all_is_well(machines).await;
    assert_eq!(telegram.read(State::conflicts), 0, "two of them polled at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_that_cannot_reach_the_database_is_replaced() {
    let Some(database) = postgres("links::an_owner_that_cannot_reach_the_database_is_replaced") else {
        return;
    };
    broken(database, Proxy::refuse).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_that_hears_nothing_from_postgres_is_replaced() {
    let Some(database) = postgres("links::an_owner_that_hears_nothing_from_postgres_is_replaced") else {
        return;
    };
    broken(database, Proxy::freeze).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_that_hears_nothing_from_redis_is_replaced() {
    let Some(database) = redis("links::an_owner_that_hears_nothing_from_redis_is_replaced") else { return };
    broken(database, Proxy::freeze).await;
}

/// Cut within commits and within their answers, at any byte.
async fn cut(database: Database, times: usize) {
    let mut machines = Machines::two_started(database).await;
    for _ in 0..times {
        machines.write(3);
        let rng = &mut machines.load.rng;
        // Within a commit; its answer is short.
        let (way, bytes) =
            if rng.bool() { (Way::There, rng.u64(0..4_000)) } else { (Way::Back, rng.u64(0..200)) };
        let store = &machines.all[0].store;
        store.cut_after(way, bytes);
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while store.will_cut() {
            assert!(tokio::time::Instant::now() < deadline, "nothing passes:\n{}", machines.logs());
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        machines.blow().await;
    }
    all_is_well(machines).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_postgres_that_is_cut_within_commits_loses_and_doubles_nothing() {
    let name = "links::a_link_to_postgres_that_is_cut_within_commits_loses_and_doubles_nothing";
    let Some(database) = postgres(name) else { return };
    cut(database, 20).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_redis_that_is_cut_within_commits_loses_and_doubles_nothing() {
    let name = "links::a_link_to_redis_that_is_cut_within_commits_loses_and_doubles_nothing";
    let Some(database) = redis(name) else { return };
    cut(database, 20).await;
}
