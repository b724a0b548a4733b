//! The spoken answer is fetched before another learner's turn begins, so that it arrives with its text.

use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::sandbox::faults::{Act, On};
use phonicflow_bot::sandbox::tutor_api::{TutorCall, TutorOptions};
use std::time::Duration;

/// The turns and spoken answers asked for, in the order the tutor heard of them, as (call, session).
fn asked(world: &World) -> Vec<(String, String)> {
    let calls: Vec<TutorCall> = world.tutor.calls();
    let of_a_turn = |call: &&TutorCall| ["POST /process", "GET /audio"].contains(&call.name.as_str());
    let named = |call: &TutorCall| (call.name.clone(), call.session.clone().unwrap_or_default());
    calls.iter().filter(of_a_turn).map(named).collect()
}

/// Nobody's turn may begin before the spoken answer of the one before it is served.
fn each_is_served_before_the_next_turn(world: &World) {
    let calls = world.tutor.calls();
    let of = |name: &'static str| calls.iter().filter(move |call| call.name == name);
    for (audio, turn) in of("GET /audio").zip(of("POST /process").skip(1)) {
        assert!(audio.done_ms.is_some_and(|done| done <= turn.at_ms), "{audio:?} and {turn:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_learners_have_each_their_voice_fetched_before_the_next_turn_begins() {
    let mut world = World::with_tutor(TutorOptions { keep_audio: false, ..Default::default() }).await;
    let learners: Vec<_> = (1..=10).map(|n| world.learner(100 + n)).collect();
    let gate = world.tutor.faults().gate(On::call("POST /process"));
    // Gives anyone who does not wait for it time to be quicker.
    let slowly = Act::Delay(Duration::from_millis(100));
    world.tutor.faults().add(On::call("GET /audio").always(), slowly);
    world.start();
    for learner in &learners {
        learner.voice(voice(), 4);
    }
    gate.reached(1).await;
    world.settled().await;
    gate.open();
    for learner in &learners {
        world.voice_notes(learner.chat(), 1).await;
    }
    let asked = asked(&world);
    assert_eq!(asked.len(), 20, "{asked:?}");
    for pair in asked.chunks(2) {
        let [(turn, session), (audio, of)] = pair else { panic!("{pair:?}") };
        assert_eq!((turn.as_str(), audio.as_str()), ("POST /process", "GET /audio"), "{asked:?}");
        assert_eq!(session, of, "each its own");
    }
    each_is_served_before_the_next_turn(&world);
    assert!(world.tutor.violations().is_empty(), "{:?}", world.tutor.violations());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_place_is_kept_while_the_voice_is_fetched_and_given_up_when_it_fails() {
    let world = World::started().await;
    let (ana, rui) = (world.learner(11), world.learner(12));
    let audio = world.tutor.faults().gate(On::call("GET /audio"));
    ana.voice(voice(), 4);
    audio.reached(1).await;
    rui.voice(voice(), 4);
    // All of her texts are sent meanwhile, also those that wait for their voice for a while; his turn has not
    // begun.
    world.answer_with(11, "That sounds like fun").await;
    world.settled().await;
    assert_eq!(world.tutor.count("POST /process"), 1, "{:?}", asked(&world));
    audio.open();
    world.voice_notes(11, 1).await;
    world.voice_notes(12, 1).await;
    each_is_served_before_the_next_turn(&world);
    // A failed fetch does not keep a slot.
    world.tutor.faults().add(On::call("GET /audio"), Act::Reset);
    ana.voice(voice(), 4);
    rui.voice(voice(), 4);
    world.voice_notes(11, 2).await;
    world.voice_notes(12, 2).await;
    assert_eq!(world.tutor.count("POST /process"), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_words_and_voice_delivery_fetches_it_by_itself() {
    let mut world = World::started().await;
    let ana = world.learner(11);
    let audio = world.tutor.faults().gate(On::call("GET /audio"));
    ana.voice(voice(), 4);
    audio.reached(1).await;
    world.answer_with(11, "You said").await;
    world.kill();
    audio.open();
    world.start();
    world.voice_notes(11, 1).await;
    world.settled().await;
    assert_eq!(world.tutor.count("POST /process"), 1);
    let fetched = world.tutor.wait_until(PATIENCE, |state| (state.count("GET /audio") >= 2).then_some(()));
    assert!(fetched.await.is_some());
}
