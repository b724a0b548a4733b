//! Text never waits long for its voice: a voice that takes more than three seconds follows its text as a
//! voice note of its own.

use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::bot_api::{ChatEntry, EntryKind};
use phonicflow_bot::sandbox::faults::{Act, On};

const WORDS: &str = "Very good.";

async fn world() -> World {
    let world = World::started().await;
    world.tutor.script(|_| {
        phonicflow_bot::sandbox::tutor_api::Answer::ok(serde_json::json!({
            "user_transcript": "I think so.", "coaching_feedback": "Clear vowels.",
            "conversational_response": WORDS, "conversational_audio_path": "/app/audio/some.wav",
        }))
    });
    world
}

/// The text as a message of its own, then the voice note without it; nothing twice.
fn words_then_note(said: &[ChatEntry]) {
    let kinds: Vec<_> = said.iter().map(|said| (said.kind, said.text.contains(WORDS))).collect();
    assert_eq!(
        kinds,
        [(EntryKind::Text, false), (EntryKind::Text, true), (EntryKind::Voice, false)],
        "{said:?}"
    );
    assert!(said.iter().all(|entry| entry.reply_to == said[0].reply_to), "all answer the voice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_that_hangs_follows_its_words() {
    let world = world().await;
    let ana = world.learner(11);
    let gate = world.tutor.faults().gate(On::call("GET /audio").always());
    ana.voice(voice(), 4);
    world.answer_with(11, WORDS).await;
    gate.open();
    world.voice_notes(11, 1).await;
    words_then_note(&world.answers(11, 3).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_that_is_not_there_yet_follows_its_words() {
    let world = world().await;
    let ana = world.learner(11);
    world.tutor.faults().add(On::call("GET /audio"), Act::detail(404, "Audio file not found"));
    ana.voice(voice(), 4);
    world.voice_notes(11, 1).await;
    words_then_note(&world.answers(11, 3).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_words_and_voice_the_words_are_not_repeated() {
    let mut world = world().await;
    let ana = world.learner(11);
    let missing = world.tutor.faults().add(On::call("GET /audio").always(), Act::detail(404, "not found"));
    ana.voice(voice(), 4);
    world.answer_with(11, WORDS).await;
    // The text is recorded as sent before the voice is looked for again.
    let asked = world.tutor.wait_until(PATIENCE, |state| (state.count("GET /audio") >= 3).then_some(()));
    assert!(asked.await.is_some(), "{}", world.log());
    world.kill();
    world.tutor.faults().remove(missing);
    world.start();
    world.voice_notes(11, 1).await;
    world.settled().await;
    words_then_note(&world.answers(11, 3).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_that_never_comes_holds_up_nobodys_next_turn() {
    let world = world().await;
    let ana = world.learner(11);
    world.tutor.faults().add(On::call("GET /audio").times(1_000), Act::detail(404, "not found"));
    ana.voice(voice(), 4);
    ana.voice(voice(), 4);
    let all = world.telegram.wait_until(PATIENCE, |state| {
        let said: Vec<_> = state.from_bot(11).filter(|said| said.text.contains(WORDS)).collect();
        (said.len() == 2).then_some(())
    });
    assert!(all.await.is_some(), "{}", world.log());
    assert!(world.log().times(Event::VoiceMissing) > 0, "{}", world.log());
}
