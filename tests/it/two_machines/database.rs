//! The database dies under load, and comes back or is replaced by its synchronous standby.

use super::{all_is_well, postgres, redis};
use crate::databases::Pair;
use crate::machines::{Database, Machines};
use crate::skip;
use crate::storm::load::Cue;
use std::time::Duration;

/// Killed in the middle of the work and started again, soon or a little later.
async fn killed_again_and_again(database: Database, times: usize) {
    let mut machines = Machines::two_started(database).await;
    for _ in 0..times {
        machines.write(8);
        let cue = Cue::random(&mut machines.load.rng);
        cue.wait(&machines.telegram, &machines.tutor, machines.load.due).await;
        let pause = Duration::from_millis(machines.load.rng.u64(0..2_000));
        machines.kill_the_database(pause).await;
    }
    all_is_well(machines).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgres_that_is_killed_and_comes_back_loses_nothing() {
    let Some(database) = postgres("database::a_postgres_that_is_killed_and_comes_back_loses_nothing") else {
        return;
    };
    killed_again_and_again(database, 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_killed_and_comes_back_loses_nothing() {
    let Some(database) = redis("database::a_redis_that_is_killed_and_comes_back_loses_nothing") else {
        return;
    };
    killed_again_and_again(database, 4).await;
}

/// The database is away for longer than a lease lasts.
async fn away_for_long(database: Database) {
    let mut machines = Machines::two_started(database).await;
    machines.write(16);
    let cue = Cue::random(&mut machines.load.rng);
    cue.wait(&machines.telegram, &machines.tutor, machines.load.due).await;
    machines.database.kill_9();
    machines.all[0].until_role("standby").await;
    machines.blow().await;
    let before = machines.all[0].said();
    machines.write(8);
    machines.all[1].until_role("standby").await;
    assert_eq!(machines.all[0].said(), before, "{}", machines.all[0].world.log());
    machines.database.start();
    machines.write(4);
    all_is_well(machines).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_steps_down_while_its_postgres_is_away_and_work_goes_on_after_it() {
    let name = "database::the_owner_steps_down_while_its_postgres_is_away_and_work_goes_on_after_it";
    let Some(database) = postgres(name) else { return };
    away_for_long(database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_steps_down_while_its_redis_is_away_and_work_goes_on_after_it() {
    let name = "database::the_owner_steps_down_while_its_redis_is_away_and_work_goes_on_after_it";
    let Some(database) = redis(name) else { return };
    away_for_long(database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promoted_standby_of_postgres_has_every_message_that_was_acknowledged() {
    let name =
        "two_machines::database::a_promoted_standby_of_postgres_has_every_message_that_was_acknowledged";
    if !skip::has_postgres(name) {
        return;
    }
    let pair = Pair::started();
    let url = format!("postgres://bot@{},{}/postgres", pair.primary.addr(), pair.standby.addr());
    let mut machines = Machines::two(Database::Pair(pair)).await;
    for n in 0..2 {
        machines.all[n].world.set("STORE_URL", &url);
        machines.start(n);
        if n == 0 {
            machines.all[0].until_role("owner").await;
        }
    }
    machines.all[1].until_role("standby").await;
    let store = machines.all[0].health().await.unwrap()["store"].take();
    assert_eq!(store["survives"], "two machines", "{store}");
    machines.write(24);
    let cue = Cue::random(&mut machines.load.rng);
    cue.wait(&machines.telegram, &machines.tutor, machines.load.due).await;
    let Database::Pair(pair) = &mut machines.database else { unreachable!() };
    // What the primary commits from here on is on one machine only, and must not be acknowledged.
    pair.link.refuse();
    let requests = machines.telegram.read(|state| state.log().calls().len());
    let going_on = machines.telegram.wait_until(Duration::from_secs(1), |state| {
        (state.log().calls().len() > requests + 20).then_some(())
    });
    going_on.await;
    pair.primary.kill_9();
    pair.promote();
    machines.blow().await;
    machines.write(8);
    all_is_well(machines).await;
}
