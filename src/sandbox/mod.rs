//! Loopback doubles of the outside world, for `demo` and the tests: Telegram's Bot API, the PhonicFlow tutor,
//! a chat model's server, speech servers, and the faults all can be told to have. Must not know anything of the bot itself (`demo` excepted).

pub mod bot_api;
pub mod chat_api;
pub(crate) mod demo;
pub mod faults;
mod form;
mod gate;
pub mod http;
pub(crate) mod markup;
pub mod speech_api;
mod stand_in;
#[cfg(test)]
pub(crate) mod testkit;
pub mod tutor_api;
mod watched;
