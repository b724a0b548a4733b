//! phonicflow-bot: the PhonicFlow English tutor in Telegram, self-hosted on a private network.
//!
//! The layers. A module imports only what stands to the right of its arrow (`tests/it/house.rs` checks it);
//! `docs/architecture.md` says what each module does:
//!
//! ```text
//! main -> cli -> app, tutor (trial), daemon, admin, doctor, top, sandbox, config, logging, audio, audio_worker, store, domain
//! top -> admin::snapshot, domain
//! daemon  -> app, bot, admin (socket), store, model, telegram, tutor, audio_worker, pictures, telemetry, waiting, domain
//! bot     -> practice, model, tutor, audio, audio_worker, document (its limits), telegram (downloads and memberships), store::Reader, telemetry, domain
//! admin   -> store, peer, domain
//! doctor  -> app, admin (client), config, model, speech, telegram, tutor, store, http, domain
//! app     -> config, bot, audio_worker, model, speech, store, telegram, tutor, telemetry
//! audio_worker -> audio, document, waiting, domain
//! config -> logging (a filter's check), domain      logging -> domain; app, daemon, bot and admin log by its events
//! tutor -> model, speech, http, waiting, store::Reader, telemetry, logging, domain  speech -> http, waiting, tolerant_json, domain
//! telegram, model -> http, waiting, domain  http -> waiting        audio, telemetry, practice -> domain        store -> waiting, domain, secret
//! pictures -> domain                     peer -> logging
//! domain  -> std, serde, pulldown-cmark  secure_fs, secret -> std
//! sandbox -> nothing of the bot (except sandbox::demo, which runs it)
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
pub mod document;
pub mod domain;
pub(crate) mod http;
pub mod logging;
pub mod model;
pub(crate) mod peer;
pub mod pictures;
pub mod practice;
#[cfg(feature = "demo")]
pub mod sandbox;
pub mod secret;
pub(crate) mod secure_fs;
pub mod speech;
pub mod store;
pub(crate) mod telegram;
pub(crate) mod telemetry;
pub(crate) mod tolerant_json;
pub(crate) mod top;
pub(crate) mod tutor;
pub(crate) mod waiting;

/// For tests and benches of the store, which knows no commands.
pub use bot::{placement, placement_with_model};
