//! What the configuration asks for and nobody can give: the daemon does not begin, and no restart helps.
//!
//! Must not know how any of it was tried.

use std::io;
use std::net::SocketAddr;

/// Why the daemon does not begin until a person changes something.
#[derive(Debug, thiserror::Error)]
pub enum StartupError {
    /// `METRICS_ADDR` is in use, or may not be used.
    #[error("METRICS_ADDR {addr} cannot be listened on; choose a free port, or stop what uses it")]
    MetricsAddr {
        /// The address.
        addr: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// Telegram does not know the token.
    #[error(
        "Telegram refuses the bot token. Check TELEGRAM_BOT_TOKEN (or the file in TELEGRAM_BOT_TOKEN_FILE); @BotFather \
         shows it under /mybots"
    )]
    Token,
    /// The way to Telegram cannot be used.
    #[error("{0}")]
    Telegram(String),
}
