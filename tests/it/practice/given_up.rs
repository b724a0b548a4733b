//! Answers whose outcome nobody waits for any more: the tutor forgets every conversation in which it had to write one down.

use super::{keep, newest, press, says};
use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::bot_api::Learner;
use phonicflow_bot::sandbox::faults::{Act, On};

/// A card was asked for and answered; the tutor wrote the answer down, and each time the connection broke.
async fn answered_in_vain(world: &World) -> Learner {
    let ana = world.learner(11);
    keep(world, &ana, "I agree with you").await;
    ana.text("/practice");
    newest(world, 11, "first letters").await;
    world.tutor.faults().add(On::call("POST /process").always(), Act::ResetAfter);
    ana.voice(voice(), 4);
    world.logged(Event::MessageWaits).await;
    assert!(!world.tutor.turns().is_empty());
    ana
}

async fn nothing_is_left(world: &World) {
    let forgotten = world.tutor.wait_until(PATIENCE, |state| {
        state.turns().iter().all(|turn| state.forgotten().contains(&turn.session)).then_some(())
    });
    assert!(forgotten.await.is_some(), "{}", world.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_whose_learner_is_deleted_while_it_waits_leaves_nothing_with_the_tutor() {
    let mut world = World::started().await;
    let ana = answered_in_vain(&world).await;
    world.kill();
    world.start();
    ana.text("/delete");
    let confirm = world.answer_with(11, "Delete everything").await;
    press(&ana, &confirm, "Delete everything");
    says(&world, &confirm, "deleted").await;
    nothing_is_left(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_given_up_leaves_nothing_with_the_tutor() {
    let mut world = World::new().await;
    world.set("BACKEND_RETRY_MAX_AGE", "1").start();
    answered_in_vain(&world).await;
    world.logged(Event::DeadLetter).await;
    nothing_is_left(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_an_admin_drops_leaves_nothing_with_the_tutor() {
    let world = World::started().await;
    answered_in_vain(&world).await;
    let row = world.log().field(Event::MessageWaits, "seq").unwrap();
    // While an attempt is on its way it cannot be dropped.
    let dropped = async {
        while world.admin(&["queue", "drop", "--yes", &row]).await.code != Some(0) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, dropped).await.unwrap();
    nothing_is_left(&world).await;
}
