//! Remembers what of a chat was shown, so that each message and each edit is shown once. Must not know how it
//! is drawn.

use crate::sandbox::bot_api::{ChatEntry, EntryKind, State};
use serde_json::Value;
use std::collections::HashMap;

/// What a message looked like when it was shown: text, entities, keyboard.
type Look = (String, Vec<Value>, Option<Value>);

/// By message id.
#[derive(Debug, Default)]
pub(crate) struct View(HashMap<i64, Look>);

impl View {
    /// Up to `most` of the bot's messages that are new or were changed, in order; from now on they count as
    /// shown.
    pub(crate) fn news(&mut self, state: &State, chat: i64, most: usize) -> Vec<ChatEntry> {
        let look = |entry: &ChatEntry| (entry.text.clone(), entry.entities.clone(), entry.keyboard.clone());
        let news: Vec<ChatEntry> = state
            .from_bot(chat)
            .filter(|entry| entry.kind != EntryKind::Service)
            .filter(|entry| self.0.get(&entry.message_id) != Some(&look(entry)))
            .take(most)
            .cloned()
            .collect();
        self.0.extend(news.iter().map(|entry| (entry.message_id, look(entry))));
        news
    }
}
