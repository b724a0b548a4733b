//! A store on a database server that several daemons share: one of them owns it, the others stand by.
//!
//! Owns what a server has to offer ([`remote`]) and what the owner may do and until when ([`tenure`]). Must not know
//! records, verbs, or what the daemon does in either role.

pub mod redis;
pub mod remote;
pub mod tenure;

pub use remote::{Area, Candidate, Committed, Pairs, Remote, RemoteError, Seen, Server, Standing, Survives};
pub use tenure::{Ended, LEASE, RENEW_EVERY, Tenure};
