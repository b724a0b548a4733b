//! A turn whose answer was lost is looked for, and nothing that comes meanwhile makes the tutor be asked twice.

use crate::world::{World, voice};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::bot_api::Learner;
use phonicflow_bot::sandbox::tutor_api::{Occupied, TutorOptions};

/// A learner whose voice the tutor has, but is not at work on as long as it is occupied.
async fn handed_over() -> (World, Learner, Occupied) {
    let world = World::with_tutor(TutorOptions { busy_blocks_all: false, ..TutorOptions::default() }).await;
    let occupied = world.tutor.occupy().await;
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    (world, ana, occupied)
}

/// Waits for so many turns to have come in at the tutor.
async fn turns(world: &World, n: usize) {
    let came =
        world.tutor.wait_until(crate::world::PATIENCE, |state| (state.turns().len() >= n).then_some(()));
    assert!(came.await.is_some(), "{} turns; {}", world.tutor.turns().len(), world.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_conversation_begins_after_the_answer_that_a_restart_looks_for() {
    let (mut world, ana, occupied) = handed_over().await;
    world.start();
    turns(&world, 1).await;
    world.kill();
    ana.text("/new");
    world.start();
    world.logged_with(Event::MessageWaits, "reason=tutor_uncertain").await;
    world.settled().await;
    assert!(world.telegram.read(|state| state.from_bot(11).all(|said| said.text.starts_with('⏳'))));
    drop(occupied);
    let note = world.voice_notes(11, 1).await.pop().unwrap();
    let fresh = world.answer_with(11, "fresh conversation").await;
    assert!(note.message_id < fresh.message_id, "{}", world.log());
    assert_eq!(world.tutor.turns().len(), 1, "{}", world.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_under_way_in_a_conversation_that_was_left_is_waited_for_and_not_asked_for_again() {
    let (mut world, ana, occupied) = handed_over().await;
    world.start();
    turns(&world, 1).await;
    let old = world.tutor.turns()[0].session.clone();
    // Out of reach, but at work all the same.
    world.tutor.stop().await;
    world.logged_with(Event::MessageWaits, "reason=tutor_down").await;
    ana.text("/new");
    world.answer_with(11, "will be answered in it").await;
    let looks = world.tutor.count("GET /conversation");
    world.tutor.resume().await.unwrap();
    // A second look comes only after the first one has found nothing.
    let looked = world.tutor.wait_until(crate::world::PATIENCE, |state| {
        (state.count("GET /conversation") >= looks + 2 || state.turns().len() > 1).then_some(())
    });
    assert!(looked.await.is_some(), "{}", world.log());
    drop(occupied);
    world.voice_notes(11, 1).await;
    world.settled().await;
    assert_eq!(world.tutor.turns().len(), 1, "{}", world.log());
    let cleared = world.tutor.wait_until(crate::world::PATIENCE, |state| {
        (state.forgotten().contains(&old) && state.history(&old).is_empty()).then_some(())
    });
    assert!(cleared.await.is_some(), "the old one is cleared");
    assert!(world.tutor.violations().is_empty(), "{:?}", world.tutor.violations());
}
