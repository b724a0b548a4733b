//! The built-in tutor: a recogniser hears, the chat model judges, a synthesiser speaks.

use crate::world::{World, voice};
use phonicflow_bot::sandbox::chat_api::{ChatAnswer, ChatApi, ChatOptions, Question};
use phonicflow_bot::sandbox::speech_api::{SpeechApi, SpeechOptions};
use serde_json::{Value, json};

#[path = "builtin/faults.rs"]
mod faults;
#[path = "builtin/killed.rs"]
mod killed;
#[path = "builtin/privacy.rs"]
mod privacy;
#[path = "builtin/trial.rs"]
mod trial;
#[path = "builtin/turn.rs"]
mod turn;

/// What the double hears in every recording that is not silent.
const HEARD: &str = "Yesterday I go to the market with my sister.";
const COACHING: &str = "Well told. Watch the past tense.";
const REPLY: &str = "What did you buy at the market?";

/// What the model is asked for that judges a voice.
const JUDGEMENT: &[&str] = &["coaching", "reply", "corrections"];

/// A tutor of three servers.
struct Servers {
    chat: ChatApi,
    speech: SpeechApi,
}

/// What a model answers that does as it is told.
fn judged() -> Value {
    json!({
        "coaching": COACHING,
        "reply": REPLY,
        "corrections": [{ "said": "I go", "better": "I went", "why": "It is over.", "kind": "grammar" }],
    })
}

fn judgement() -> ChatAnswer {
    ChatAnswer::words(&judged().to_string())
}

/// A world whose tutor is the built-in one, the daemon not yet started.
async fn unstarted() -> (World, Servers) {
    with(SpeechOptions::default()).await
}

async fn with(options: SpeechOptions) -> (World, Servers) {
    let mut world = World::new().await;
    let chat = world.chat(ChatOptions::default()).await;
    let speech = world.speech(options).await;
    chat.script(|question| match question.body.get("response_format") {
        Some(_) => judgement(),
        None => ChatAnswer::words("Written, not spoken."),
    });
    world.set("TUTOR", "builtin");
    // Nobody is there: whoever calls the PhonicFlow tutor is found out.
    world.tutor.stop().await;
    (world, Servers { chat, speech })
}

async fn started() -> (World, Servers) {
    let (mut world, servers) = unstarted().await;
    world.start();
    (world, servers)
}

/// The data of a question to judge a voice.
fn data(question: &Question) -> Value {
    serde_json::from_str(question.last()).unwrap()
}

/// How often each server was asked: recogniser, model, synthesiser.
fn asked(servers: &Servers) -> (usize, usize, usize) {
    let judged =
        servers.chat.questions().into_iter().filter(|asked| asked.body.get("response_format").is_some());
    (servers.speech.recordings().len(), judged.count(), servers.speech.spoken().len())
}

/// A whole answer: what was heard with coaching, and the spoken reply.
async fn answered(world: &World, chat: i64, nth: usize) {
    let notes = world.voice_notes(chat, nth).await;
    assert_eq!(notes[nth - 1].text, REPLY, "{}", world.log());
    world.answer_with(chat, COACHING).await;
}
