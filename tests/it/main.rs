//! The one test binary: the real daemon against strict loopback doubles, and the rules of the house.

// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod audio;
mod commands;
mod config;
mod conversation;
mod faults;
mod hostile;
mod house;
mod power;
mod privacy;
mod restart;
mod start;
mod store_contract;
mod store_model;
mod store_records;
mod tools;
mod world;
