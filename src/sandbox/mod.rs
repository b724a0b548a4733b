//! Loopback doubles of the world outside, for `demo` and the tests: Telegram's Bot API, the PhonicFlow
//! tutor, and the mishaps both can be told to have. It must not know anything of the house.

pub mod bot_api;
pub(crate) mod demo;
pub mod faults;
mod form;
mod gate;
pub mod http;
pub(crate) mod markup;
#[cfg(test)]
pub(crate) mod testkit;
pub mod tutor_api;
