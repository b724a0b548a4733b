//! Loopback doubles of the world outside, for `demo` and the tests: Telegram's Bot API, the PhonicFlow
//! tutor, a chat model's server, and the mishaps all can be told to have. It must not know anything of the house.

pub mod bot_api;
pub mod chat_api;
pub mod demo;
pub mod faults;
mod form;
mod gate;
pub mod http;
pub mod markup;
#[cfg(test)]
pub(crate) mod testkit;
pub mod tutor_api;

pub use self::{
    bot_api::{BotApi, BotApiOptions},
    chat_api::{ChatApi, ChatOptions},
    faults::{Act, Faults, Gate, On},
    tutor_api::{TutorApi, TutorOptions},
};
