//! What the daemon's loops ask of Telegram: a trait, so that they can be tested on a paused clock against a
//! script.
//!
//! Must not know who asks. What only handlers or the start ask (downloads, memberships, menus) stays with
//! [`Telegram`].

use super::{Action, Delivered, Me, Outgoing, RawUpdate, SendForm, Telegram, TelegramError};
use crate::domain::{ChatId, MessageId};
use std::pin::Pin;

/// A call under way.
pub type Call<'a, T> = Pin<Box<dyn Future<Output = Result<T, TelegramError>> + Send + 'a>>;

/// The Bot API as the loops see it; each method is [`Telegram`]'s of the same name.
pub trait Edge: Send + Sync {
    fn poll(&self, offset: Option<i64>, limit: u32) -> Call<'_, Vec<RawUpdate>>;
    fn fresh_connection(&self);
    fn remove_webhook(&self) -> Call<'_, Option<String>>;
    fn me(&self) -> Call<'_, Me>;
    fn deliver<'a>(&'a self, out: &'a Outgoing, form: SendForm) -> Call<'a, Delivered>;
    fn heard(&self) -> u64;
    fn chat_action(&self, chat: ChatId, thread: Option<i64>, action: Action) -> Call<'_, ()>;
    fn react(&self, chat: ChatId, message: MessageId, emoji: &'static str) -> Call<'_, ()>;
    fn remove(&self, chat: ChatId, message: MessageId) -> Call<'_, ()>;
}

impl Edge for Telegram {
    fn poll(&self, offset: Option<i64>, limit: u32) -> Call<'_, Vec<RawUpdate>> {
        Box::pin(self.poll(offset, limit))
    }

    fn fresh_connection(&self) {
        self.fresh_connection();
    }

    fn remove_webhook(&self) -> Call<'_, Option<String>> {
        Box::pin(self.remove_webhook())
    }

    fn me(&self) -> Call<'_, Me> {
        Box::pin(self.me())
    }

    fn deliver<'a>(&'a self, out: &'a Outgoing, form: SendForm) -> Call<'a, Delivered> {
        Box::pin(self.deliver(out, form))
    }

    fn heard(&self) -> u64 {
        self.heard()
    }

    fn chat_action(&self, chat: ChatId, thread: Option<i64>, action: Action) -> Call<'_, ()> {
        Box::pin(self.chat_action(chat, thread, action))
    }

    fn react(&self, chat: ChatId, message: MessageId, emoji: &'static str) -> Call<'_, ()> {
        Box::pin(self.react(chat, message, emoji))
    }

    fn remove(&self, chat: ChatId, message: MessageId) -> Call<'_, ()> {
        Box::pin(self.remove(chat, message))
    }
}
