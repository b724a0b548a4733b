//! The admin's side: questions about the store and their answers.
//!
//! Must not know Telegram or the tutor.

pub mod execute;
pub mod render;
pub mod snapshot;
