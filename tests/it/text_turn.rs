//! Texts answered by a chat model: asked durably, in order, shown as they grow, stopped by a button.

use crate::world::{PATIENCE, World};
use phonicflow_bot::sandbox::bot_api::{Call, ChatEntry};
use phonicflow_bot::sandbox::chat_api::{ChatAnswer, ChatApi, ChatOptions, Question};
use phonicflow_bot::sandbox::faults::{Gate, Seen};

#[path = "text_turn/context.rs"]
mod context;
#[path = "text_turn/files.rs"]
mod files;
#[path = "text_turn/growing.rs"]
mod growing;
#[path = "text_turn/killed.rs"]
mod killed;
#[path = "text_turn/order.rs"]
mod order;
#[path = "text_turn/trouble.rs"]
mod trouble;

/// What a preview ends with.
const MARK: &str = "✍️ …";

/// A world with a chat model, the daemon not yet started.
async fn unstarted() -> (World, ChatApi) {
    with(ChatOptions::default()).await
}

async fn with(options: ChatOptions) -> (World, ChatApi) {
    let chat = ChatApi::start(options).await.unwrap();
    let mut world = World::new().await;
    world.set("AI_API_URL", &chat.base_url());
    (world, chat)
}

/// A world with a chat model, and the daemon at work.
async fn started() -> (World, ChatApi) {
    let (mut world, chat) = unstarted().await;
    world.start();
    (world, chat)
}

/// Whether a call shows a growing answer.
fn is_preview(seen: &Seen<'_>) -> bool {
    seen.params["text"].as_str().is_some_and(|text| text.ends_with(MARK))
}

/// Whether a call brings a whole answer (or anything else but a preview).
fn is_whole(seen: &Seen<'_>) -> bool {
    !is_preview(seen)
}

/// Has the next question answered so, held before its `n`-th word until the gate is opened.
fn held(chat: &ChatApi, n: usize, text: &str) -> Gate {
    let (answer, gate) = ChatAnswer::held_before(n, text);
    chat.push_answer(answer);
    gate
}

/// Waits for the preview that shows these words.
async fn preview(world: &World, chat: i64, words: &str) -> ChatEntry {
    let found = world.telegram.wait_until(PATIENCE, |state| {
        let mut shown = state.from_bot(chat).filter(|said| said.text.contains(words));
        shown.find(|said| said.text.ends_with(MARK) && !said.buttons().is_empty()).cloned()
    });
    found.await.unwrap_or_else(|| panic!("no preview of {words:?}; log:\n{}", world.log()))
}

/// Waits until an answer of exactly these words stands in the chat, without a button.
async fn whole(world: &World, chat: i64, words: &str) -> ChatEntry {
    let found = world.telegram.wait_until(PATIENCE, |state| {
        state.from_bot(chat).find(|said| said.text == words && said.buttons().is_empty()).cloned()
    });
    let said = || {
        world.telegram.read(|state| state.from_bot(chat).map(|said| said.text.clone()).collect::<Vec<_>>())
    };
    found.await.unwrap_or_else(|| panic!("no {words:?}, but {:?}; log:\n{}", said(), world.log()))
}

/// All that stands in a chat of the bot's, once nothing is under way any more.
async fn at_rest(world: &World, chat: i64) -> Vec<String> {
    world.settled().await;
    let all = world.telegram.transcript(chat);
    all.into_iter().filter(|entry| entry.from_bot).map(|entry| entry.text).collect()
}

/// The calls that changed or made messages of a chat.
fn calls(world: &World, chat: i64, method: &str) -> Vec<Call> {
    let all = world.telegram.calls(method);
    all.into_iter().filter(|call| call.int("chat_id") == Some(chat) && call.is_ok()).collect()
}

/// The learner's words in a question, and the tutor's, without the instructions.
fn told(question: &Question) -> Vec<(&str, &str)> {
    let all = question.messages.iter().filter(|(role, _)| role != "system");
    all.map(|(role, text)| (role.as_str(), text.as_str())).collect()
}
