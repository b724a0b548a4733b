//! Untrusted audio is decoded and encoded in processes of their own: the same binary, started with
//! [`ARGUMENT`], under limits on memory, CPU and elapsed time, with no file, no network and no secret. A
//! recording that kills such a worker costs nothing but itself.
//!
//! `pool` starts, reuses and ends workers, `process` talks to one, `serve` is the worker's own side, `limits`
//! what it may not exceed, `wire` the frames in between. No other module starts processes. Must not know who
//! sent a recording or what it is for.

mod error;
mod limits;
mod pool;
mod process;
mod serve;
mod wire;

pub use error::{Death, JobError};
pub use pool::{Place, Workers};
pub(crate) use process::Input;
pub(crate) use serve::serve;

/// First argument that makes the binary a worker. Hidden from `--help`, because nobody types it.
pub(crate) const ARGUMENT: &str = "audio-worker";
