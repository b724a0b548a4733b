//! The admin's side: questions about the store and their answers, from a running daemon or from the store itself.
//!
//! ```text
//! cli -> client --socket--> socket (in the daemon) -> execute -> items --socket--> client -> render
//!             \---- no daemon: opens the store -> execute -> items ----/
//! ```
//!
//! A daemon that stands by hands requests on to the owner of the shared store (`socket/relay`), and a command does so
//! itself where no daemon runs on its machine (`owner`).
//!
//! Must not know Telegram, the tutor or the configuration.

pub(crate) mod client;
pub(crate) mod execute;
pub(crate) mod old_bot;
pub(crate) mod owner;
pub mod protocol;
pub(crate) mod render;
pub(crate) mod request;
pub(crate) mod shared;
pub(crate) mod snapshot;
pub(crate) mod socket;
pub(crate) mod sort;
