//! Errors of the configuration that keep the daemon from starting; a restart does not help.
//!
//! Must not know how any of it was tried.

use crate::store::StoreError;
use std::io;
use std::net::SocketAddr;

#[derive(Debug, thiserror::Error)]
pub enum StartupError {
    /// `METRICS_ADDR` is in use, or may not be used.
    #[error("METRICS_ADDR {addr} cannot be listened on; choose a free port, or stop what uses it")]
    MetricsAddr { addr: SocketAddr, source: io::Error },
    /// Telegram does not accept the token.
    #[error(
        "Telegram refuses the bot token. Check TELEGRAM_BOT_TOKEN (or the file in TELEGRAM_BOT_TOKEN_FILE); @BotFather \
         shows it under /mybots"
    )]
    Token,
    /// The database of a shared store refuses to be used as it is.
    #[error(transparent)]
    Database(StoreError),
    /// Telegram cannot be reached with these settings.
    #[error("{0}")]
    Telegram(String),
}
