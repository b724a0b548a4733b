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
//! config -> logging (a filter's check), domain
//! telegram, tutor -> http, domain        audio, telemetry -> domain        store -> domain, secret
//! domain  -> std, serde                  secure_fs, secret -> std
//! sandbox -> nothing of the house (demo.rs excepted)
//! ```

pub mod admin;
pub mod app;
pub mod audio;
pub mod audio_worker;
pub mod bot;
pub mod cli;
pub mod config;
pub mod daemon;
pub mod doctor;
pub mod domain;
pub mod http;
pub mod logging;
pub mod sandbox;
pub mod secret;
pub mod secure_fs;
pub mod store;
pub mod telegram;
pub mod telemetry;
pub mod top;
pub mod tutor;
