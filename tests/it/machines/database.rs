//! The database of several machines, of whichever kind it is.

use crate::databases::{Pair, Postgres, Redis};
use std::net::SocketAddr;

/// What they share.
pub enum Database {
    Postgres(Postgres),
    Redis(Redis),
    /// With a synchronous standby; the daemons use the primary.
    Pair(Pair),
}

impl Database {
    pub fn addr(&self) -> SocketAddr {
        match self {
            Self::Postgres(postgres) => postgres.addr(),
            Self::Redis(redis) => redis.addr(),
            Self::Pair(pair) => pair.primary.addr(),
        }
    }

    pub fn url_at(&self, addr: SocketAddr) -> String {
        match self {
            Self::Postgres(postgres) => postgres.url_at(addr),
            Self::Redis(redis) => redis.url_at(addr),
            Self::Pair(pair) => pair.primary.url_at(addr),
        }
    }

    pub fn start(&mut self) {
        match self {
            Self::Postgres(postgres) => postgres.start(),
            Self::Redis(redis) => redis.start(),
            Self::Pair(pair) => pair.primary.start(),
        }
    }

    pub fn stop(&mut self) {
        match self {
            Self::Postgres(postgres) => postgres.stop(),
            Self::Redis(redis) => redis.stop(),
            Self::Pair(pair) => pair.primary.stop(),
        }
    }

    pub fn kill_9(&mut self) {
        match self {
            Self::Postgres(postgres) => postgres.kill_9(),
            Self::Redis(redis) => redis.kill_9(),
            Self::Pair(pair) => pair.primary.kill_9(),
        }
    }

    /// Keeps a copy of its data; it must not run.
    pub fn save(&self, name: &str) {
        match self {
            Self::Postgres(postgres) => postgres.save(name),
            Self::Redis(redis) => redis.save(name),
            Self::Pair(pair) => pair.primary.save(name),
        }
    }

    /// Puts a copy of its data back; it must not run.
    pub fn set_back(&self, name: &str) {
        match self {
            Self::Postgres(postgres) => postgres.set_back(name),
            Self::Redis(redis) => redis.set_back(name),
            Self::Pair(pair) => pair.primary.set_back(name),
        }
    }
}
