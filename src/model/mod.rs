//! Chat models: which exist, asking them, and what came of it.
//!
//! Every server's peculiarities are handled here; callers see complete answers, or errors that say what may
//! be done. Must not know learners, prompts, or how often to ask.

mod answer;
mod answer_stream;
mod ask;
mod breaker;
mod error;
mod models;
mod policy;
mod server;
mod sse;
mod structured;
#[cfg(test)]
mod tests;
mod visible;
mod wire;

pub use answer::{End, Step, Usage};
pub use answer_stream::AnswerStream;
pub use ask::{Ask, Image, Message, ModelName, Role};
pub use error::{Fault, ModelError, Retry, Slow};
pub use models::{MAIN, Models, ModelsOptions};
pub use policy::{Next, Tried, next};
pub use server::{Server, ServerOptions, Timeouts};
pub use structured::Completed;
