//! Pressing buttons, and what comes of it.

use crate::world::{PATIENCE, World};
use phonicflow_bot::sandbox::bot_api::{ChatEntry, Learner, Pressed};

/// The labels of a message's buttons, row by row.
pub fn labels(entry: &ChatEntry) -> Vec<String> {
    let keyboard = entry.keyboard.as_ref().map(|keyboard| keyboard["inline_keyboard"].clone());
    let rows = keyboard.as_ref().and_then(|rows| rows.as_array()).cloned().unwrap_or_default();
    let buttons = rows.iter().filter_map(|row| row.as_array()).flatten();
    buttons.map(|button| button["text"].as_str().unwrap().to_owned()).collect()
}

/// Presses the button with this label.
pub fn press(learner: &Learner, entry: &ChatEntry, label: &str) -> Pressed {
    let place = labels(entry).iter().position(|known| known.contains(label));
    let place = place.unwrap_or_else(|| panic!("no button {label:?} in {:?}", labels(entry)));
    learner.press(entry.message_id, &entry.buttons()[place]).unwrap()
}

/// What the press was answered with.
pub async fn notice(world: &World, pressed: &Pressed) -> String {
    let answered = world.telegram.wait_until(PATIENCE, |state| {
        state.press(&pressed.query_id).filter(|press| press.answers > 0).map(|press| press.text.clone())
    });
    answered.await.expect("the press is answered").unwrap_or_default()
}

/// Waits until a message says this.
pub async fn says(world: &World, entry: &ChatEntry, words: &str) -> ChatEntry {
    let found = world.telegram.wait_until(PATIENCE, |state| {
        let mut all = state.from_bot(entry.chat_id);
        all.find(|known| known.message_id == entry.message_id && known.text.contains(words)).cloned()
    });
    found.await.unwrap_or_else(|| panic!("message {} never says {words:?}", entry.message_id))
}

/// How often the bot has changed a text.
pub fn edits(world: &World) -> usize {
    world.telegram.calls("editMessageText").len()
}
