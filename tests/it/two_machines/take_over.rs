//! The owner dies, freezes or is stopped: the other daemon takes over.

use super::{all_is_well, postgres, redis};
use crate::machines::{Database, Machines};
use crate::storm::load::Cue;
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::bot_api::State;
use phonicflow_bot::sandbox::faults::{Act, On};

/// The owner is killed in the middle of the work, so many times, and each time starts again as the standby.
async fn killed_again_and_again(database: Database, times: usize) {
    let mut machines = Machines::two_started(database).await;
    for _ in 0..times {
        let owner = machines.owner().await;
        machines.write(8);
        let cue = Cue::random(&mut machines.load.rng);
        cue.wait(&machines.telegram, &machines.tutor, machines.load.due).await;
        machines.kill(owner).await;
        machines.write(4);
        machines.all[1 - owner].until_role("owner").await;
        machines.start(owner);
        machines.all[owner].until_role("standby").await;
    }
    let telegram = machines.telegram.clone();
    all_is_well(machines).await;
    assert_eq!(telegram.read(State::conflicts), 0, "two of them polled at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_that_is_killed_is_replaced_on_postgres() {
    let Some(database) = postgres("take_over::an_owner_that_is_killed_is_replaced_on_postgres") else {
        return;
    };
    killed_again_and_again(database, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_that_is_killed_is_replaced_on_redis() {
    let Some(database) = redis("take_over::an_owner_that_is_killed_is_replaced_on_redis") else { return };
    killed_again_and_again(database, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_that_is_stopped_gives_its_lease_back_and_nothing_comes_twice() {
    let name = "take_over::an_owner_that_is_stopped_gives_its_lease_back_and_nothing_comes_twice";
    let Some(database) = postgres(name) else { return };
    let mut machines = Machines::two(database).await;
    machines.start(0);
    machines.all[0].until_role("owner").await;
    // Nobody is there to take over: the lease that is found was given back, and not taken.
    machines.write(6);
    machines.stop(0).await;
    let Database::Postgres(postgres) = &machines.database else { unreachable!() };
    assert_eq!(postgres.ask("SELECT epoch, until <= clock_timestamp() FROM pfb_owner"), "1|t");
    machines.start(0);
    machines.start(1);
    for _ in 0..4 {
        let owner = machines.owner_beside_a_standby().await;
        machines.write(6);
        let cue = Cue::random(&mut machines.load.rng);
        cue.wait(&machines.telegram, &machines.tutor, machines.load.due).await;
        machines.stop(owner).await;
        machines.all[1 - owner].until_role("owner").await;
        machines.start(owner);
    }
    let telegram = machines.telegram.clone();
    let count = all_is_well(machines).await;
    assert_eq!((count.duplicates, telegram.read(State::conflicts)), (0, 0), "{}", count.table());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_that_was_frozen_for_longer_than_its_lease_does_nothing_more() {
    let name = "take_over::an_owner_that_was_frozen_for_longer_than_its_lease_does_nothing_more";
    let Some(database) = postgres(name) else { return };
    let mut machines = Machines::two_started(database).await;
    machines.write(24);
    // In the middle of turns, sends and a poll.
    let at_work = machines.tutor.wait_until(crate::world::PATIENCE, |tutor| {
        tutor.turns().iter().any(|turn| turn.finished_ms.is_none()).then_some(())
    });
    assert!(at_work.await.is_some());
    machines.freeze(0).await;
    machines.all[1].until_role("owner").await;
    let before = machines.all[0].said();
    machines.write(12);
    machines.thaw(0);
    machines.all[0].until_role("standby").await;
    machines.write(6);
    machines.load.all_answered().await;
    assert_eq!(machines.all[0].said(), before, "{}", machines.all[0].world.log());
    // It is of use again.
    machines.kill(1).await;
    machines.all[0].until_role("owner").await;
    machines.start(1);
    let telegram = machines.telegram.clone();
    all_is_well(machines).await;
    assert!(telegram.read(State::conflicts) <= 1, "more than the poll that was open when it froze");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_that_conflicts_with_the_former_owners_is_tried_again_and_nobody_is_told() {
    let name = "take_over::a_poll_that_conflicts_with_the_former_owners_is_tried_again_and_nobody_is_told";
    let Some(database) = postgres(name) else { return };
    let mut machines = Machines::two(database).await;
    for machine in &mut machines.all {
        machine.world.set("ADMIN_USERS", "77");
    }
    let admin = machines.all[0].world.learner(77);
    machines.start(0);
    machines.all[0].until_role("owner").await;
    admin.text("/help");
    // As the owner knows it: an answer that is only there at Telegram may come twice after a kill.
    machines.all[0].world.logged(Event::AnswerDelivered).await;
    machines.start(1);
    machines.all[1].until_role("standby").await;
    machines.kill(0).await;
    let why =
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
    let conflicts =
        machines.telegram.faults().add(On::call("getUpdates").times(2), Act::refuse(409, why, None));
    machines.write(4);
    machines.load.all_answered().await;
    assert_eq!(machines.telegram.faults().fired(conflicts), 2);
    let told = |state: &State| state.from_bot(admin.chat()).map(|sent| sent.text.clone()).collect::<Vec<_>>();
    let told = machines.telegram.read(told);
    assert_eq!(told.len(), 1, "{told:?}");
    machines.start(0);
    all_is_well(machines).await;
}
