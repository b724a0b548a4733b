//! Speech servers that speak OpenAI's wire: one that recognises, one that speaks.
//!
//! Makes each call once, bounded in time and size (a call that asks for more than the server can is repeated
//! with less), and sorts what went wrong. Must not know learners, turns, or how often to call.

mod error;
mod pieces;
mod recogniser;
mod server;
mod synthesiser;
#[cfg(test)]
mod tests;
mod wire;

pub use error::{Fault, Part, Retry, SpeechError};
pub use pieces::pieces;
pub use recogniser::Recogniser;
pub use server::{Listed, ServerOptions};
pub use synthesiser::Synthesiser;
