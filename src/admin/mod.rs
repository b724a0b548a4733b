//! The admin's side: questions about the store and their answers, from a running daemon or from the store itself.
//!
//! ```text
//! cli -> door (client) --socket--> socket (in the daemon) -> execute -> items --socket--> door -> render
//!             \---- no daemon: opens the store, -> execute -> items ---------------------/
//! ```
//!
//! Must not know Telegram, the tutor or the configuration.

pub mod client;
pub mod execute;
pub mod old_bot;
pub mod protocol;
pub mod render;
pub mod request;
pub mod snapshot;
pub mod socket;
pub mod sort;
