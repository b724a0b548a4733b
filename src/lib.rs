//! phonicflow-bot: the PhonicFlow English tutor in Telegram, self-hosted on a private network.
//!
//! The floors, imports running downward only (`tests/it/house.rs` checks):
//!
//! ```text
//! main -> cli -> app, daemon, admin, doctor, top, sandbox, config, logging, audio, audio_worker, store, domain
//! top -> admin::snapshot, domain
//! daemon  -> app, bot, admin (socket), store, telegram, tutor (reachability), telemetry, domain
//! bot     -> tutor, audio, audio_worker, telegram (downloads and memberships), store::Reader, telemetry, domain
//! admin   -> store, domain
//! doctor  -> app, admin (door), config, telegram, tutor, store, http, domain
//! app     -> config, bot, audio_worker, store, telegram, tutor, telemetry
//! audio_worker -> audio, domain
//! config -> logging (a filter's check), domain      logging -> domain; app, daemon, bot and admin log by its events
//! telegram, tutor -> http, domain        audio, telemetry -> domain        store -> domain, secret
//! domain  -> std, serde                  secure_fs, secret -> std
//! sandbox -> nothing of the house (demo.rs excepted)
//! ```

pub mod admin;
pub(crate) mod app;
pub mod audio;
pub mod audio_worker;
pub(crate) mod bot;
pub mod cli;
pub mod config;
pub(crate) mod daemon;
pub(crate) mod doctor;
pub mod domain;
pub(crate) mod http;
pub mod logging;
pub mod sandbox;
pub mod secret;
pub(crate) mod secure_fs;
pub mod store;
pub(crate) mod telegram;
pub(crate) mod telemetry;
pub(crate) mod top;
pub(crate) mod tutor;
