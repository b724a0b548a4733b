//! The admin's side: questions about the store and their answers, from a running daemon or from the store itself.
//!
//! ```text
//! cli -> client --socket--> socket (in the daemon) -> execute -> items --socket--> client -> render
//!             \---- no daemon: opens the store -> execute -> items ----/
//! ```
//!
//! Must not know Telegram, the tutor or the configuration.

pub(crate) mod client;
pub(crate) mod execute;
pub(crate) mod old_bot;
pub mod protocol;
pub(crate) mod render;
pub(crate) mod request;
pub(crate) mod snapshot;
pub(crate) mod socket;
pub(crate) mod sort;
