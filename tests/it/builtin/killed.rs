//! SIGKILL between any two steps of a built-in tutor's turn: nothing lost, nothing sent twice, and each server asked at
//! most once more.

use super::*;
use phonicflow_bot::sandbox::bot_api::EntryKind;
use phonicflow_bot::sandbox::faults::{Gate, On};

/// A voice is sent and held at the gate; then the daemon is killed and started again. How often each server was asked in the
/// end: recogniser, model, synthesiser.
async fn killed_at(gate: impl FnOnce(&World, &Servers) -> Gate) -> (usize, usize, usize) {
    let (mut world, servers) = started().await;
    let gate = gate(&world, &servers);
    world.learner(11).voice(voice(), 4);
    gate.reached(1).await;
    world.kill();
    gate.left().await;
    gate.open();
    world.start();
    answered(&world, 11, 1).await;
    world.settled().await;
    let said: Vec<_> =
        world.telegram.read(|state| state.from_bot(11).map(|said| (said.kind, said.text.clone())).collect());
    let notes = said.iter().filter(|(kind, _)| *kind == EntryKind::Voice).count();
    let texts = said.iter().filter(|(_, text)| text.contains(COACHING)).count();
    assert!(
        notes <= 2 && texts <= 2 && notes + texts <= 3,
        "one message of the chat may be doubled: {said:?}"
    );
    asked(&servers)
}

const HEAR: &str = "POST /audio/transcriptions";
const JUDGE: &str = "POST /chat/completions";
const SPEAK: &str = "POST /audio/speech";

#[tokio::test(flavor = "multi_thread")]
async fn before_it_is_heard() {
    assert_eq!(killed_at(|_, servers| servers.speech.faults().gate(On::call(HEAR))).await, (1, 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn when_it_is_heard_and_the_transcript_is_not_here() {
    assert_eq!(killed_at(|_, servers| servers.speech.faults().gate_after(On::call(HEAR))).await, (2, 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_transcript_is_stored_and_nothing_is_judged() {
    assert_eq!(killed_at(|_, servers| servers.chat.faults().gate(On::call(JUDGE))).await, (1, 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn when_it_is_judged_and_the_answer_is_not_here() {
    assert_eq!(killed_at(|_, servers| servers.chat.faults().gate_after(On::call(JUDGE))).await, (1, 2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn when_it_is_answered_and_nothing_is_sent() {
    let asked = killed_at(|world, _| world.telegram.faults().gate(On::call("sendMessage").chat(11))).await;
    assert_eq!((asked.0, asked.1), (1, 1), "the answer is stored");
    assert!(asked.2 <= 2, "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn before_it_is_spoken() {
    assert_eq!(killed_at(|_, servers| servers.speech.faults().gate(On::call(SPEAK))).await, (1, 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn when_it_is_spoken_and_the_voice_is_not_here() {
    assert_eq!(killed_at(|_, servers| servers.speech.faults().gate_after(On::call(SPEAK))).await, (1, 1, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_voice_note_is_under_way() {
    for after in [false, true] {
        let gate = |world: &World, _: &Servers| {
            let (faults, on) = (world.telegram.faults(), On::call("sendVoice"));
            if after { faults.gate_after(on) } else { faults.gate(on) }
        };
        let (heard, judged, spoken) = killed_at(gate).await;
        assert!((heard, judged) == (1, 1) && spoken <= 2, "{spoken} times spoken");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_stop_loses_nothing_and_doubles_nothing() {
    let (mut world, servers) = started().await;
    let gate = servers.chat.faults().gate(On::call(JUDGE));
    world.learner(11).voice(voice(), 4);
    gate.reached(1).await;
    world.signal("TERM");
    gate.open();
    assert!(world.ended().await.success());
    world.start();
    answered(&world, 11, 1).await;
    world.settled().await;
    assert_eq!(world.answers(11, 2).await.len(), 2);
    assert_eq!(asked(&servers).0, 1, "{}", world.log());
}
