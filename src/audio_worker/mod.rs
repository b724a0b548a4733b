//! Foreign bytes are decoded and encoded in processes of their own: the same binary, started with [`ARGUMENT`], that has
//! limits on memory, CPU time and clock, no file, no network and no secret. What kills such a worker costs one recording.
//!
//! `pool` starts, reuses and ends workers, `process` talks to one, `serve` is the worker's own side, `limits` what it may
//! not exceed, `wire` the frames in between. Alone knows processes. Must not know who sent a recording or what it is for.

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

/// The argument by which the binary becomes a worker. It is in no help: nobody types it.
pub(crate) const ARGUMENT: &str = "audio-worker";
