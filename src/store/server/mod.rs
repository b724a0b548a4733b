//! A store on a database server that several daemons share: one of them owns it, the others stand by.
//!
//! Owns what a server has to offer ([`remote`]; [`postgres`] and [`redis`] are two kinds), what a candidate can do ([`SharedStore`]), what
//! the owner has ([`Ownership`], with [`commits`] and [`renewal`]) and until when ([`tenure`]). [`engine`] puts the verbs on
//! it. Everything blocks, never for much longer than an answer of the server may take. Must not know records, verbs, or what
//! the daemon does in either role.

mod cache;
mod commits;
mod engine;
mod held;
mod look;
mod mark;
mod ownership;
pub mod postgres;
pub mod redis;
pub mod remote;
mod renewal;
mod shared;
pub mod tenure;
#[cfg(test)]
mod testkit;
mod tls;
mod unwritten;

pub use held::HeldShared;
pub use look::{Looked, look};
pub use ownership::{Ownership, Taken};
pub use remote::{Area, Candidate, Committed, Pairs, Remote, RemoteError, Seen, Server, Standing, Survives};
pub use shared::SharedStore;
pub use tenure::{Asked, Ended, LEASE, RENEW_EVERY, Tenure};

use self::mark::Mark;
use self::postgres::PostgresServer;
use self::redis::RedisServer;
use super::StoreError;
use std::sync::Arc;

/// The server behind `STORE_URL`. Nothing is connected yet. `authority`: `STORE_CA_FILE`'s certificates in PEM, trusted
/// instead of the system's.
///
/// [`StoreError::Damaged`] when URL or certificates cannot be used; without any part of the URL.
pub fn of(url: &str, authority: Option<&[u8]>) -> Result<Arc<dyn Server>, StoreError> {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    let refused = |error: RemoteError| StoreError::Damaged(error.to_string());
    match scheme.as_deref() {
        Some("postgres" | "postgresql") => {
            Ok(Arc::new(PostgresServer::new(url, authority).map_err(refused)?))
        }
        Some("redis" | "rediss") => Ok(Arc::new(RedisServer::new(url, authority).map_err(refused)?)),
        _ => Err(StoreError::Damaged(
            "STORE_URL names no database that is known: it must begin with postgres:// or rediss://"
                .to_owned(),
        )),
    }
}

/// An error of a server at `place` that nothing was written by.
fn told(place: &str, error: RemoteError) -> StoreError {
    match error {
        RemoteError::Lost(detail) => StoreError::Unavailable { place: place.to_owned(), detail },
        RemoteError::Refused(text) => {
            StoreError::Damaged(format!("the database at {place} cannot be used: {text}"))
        }
    }
}
