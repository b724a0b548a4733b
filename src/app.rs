//! The parts of the daemon, built once from the configuration.
//!
//! Must not know what the daemon does with them.

use crate::bot::{Desk, Rules};
use crate::config::Config;
use crate::secret::Secret;
use crate::store::reader::Reader;
use crate::store::sled::SledStore;
use crate::store::{AcceptPolicy, Store};
use crate::telegram::{Telegram, TelegramOptions};
use crate::tutor::{Tutor, TutorOptions};
use anyhow::{Context, Result};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Everything a running daemon shares.
pub struct App {
    /// What was configured.
    pub config: Config,
    /// The durable state.
    pub store: Arc<dyn Store>,
    /// The Bot API.
    pub telegram: Arc<Telegram>,
    /// The tutor.
    pub tutor: Arc<Tutor>,
    /// What handlers work with.
    pub desk: Arc<Desk>,
    /// The rules of acceptance.
    pub policy: AcceptPolicy,
}

impl App {
    /// Opens the store and builds the clients. Blocking: call it before the runtime is busy.
    ///
    /// # Errors
    /// In words for the person who starts the daemon.
    pub fn build(config: Config, token: Secret) -> Result<App> {
        let store: Arc<dyn Store> =
            Arc::new(SledStore::open(&config.session_storage_path).context("opening the store")?);
        Self::with_store(config, token, store)
    }

    /// As [`App::build`], on a store that is open already.
    ///
    /// # Errors
    /// In words for the person who starts the daemon.
    pub fn with_store(config: Config, token: Secret, store: Arc<dyn Store>) -> Result<App> {
        let telegram = Arc::new(
            Telegram::new(TelegramOptions {
                token,
                api_url: config.telegram_api_url.clone(),
                proxy: config.telegram_proxy.clone(),
                request_timeout: config.bot_timeout,
                poll_timeout: config.bot_polling_timeout,
                download_cap: config.max_audio_bytes(),
            })
            .context("setting up the connection to Telegram")?,
        );
        let extra_ca_pem = match &config.backend_ca_file {
            Some(path) => Some(
                std::fs::read(path).with_context(|| format!("reading BACKEND_CA_FILE {}", path.display()))?,
            ),
            None => None,
        };
        let tutor = Arc::new(
            Tutor::new(TutorOptions {
                base_url: config.backend_url.clone(),
                timeout: config.backend_timeout,
                api_key: config.backend_api_key.clone(),
                private_key: config.bot_private_key.clone(),
                extra_ca_pem,
            })
            .context("setting up the connection to the tutor")?,
        );
        let (per_user, global) = (config.learner_rate(), config.global_rate());
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let desk = Arc::new(Desk {
            telegram: telegram.clone(),
            tutor: tutor.clone(),
            reader: Reader::new(store.clone()),
            rules: Rules {
                default_language: config.default_language,
                session_timeout_ms: millis(config.session_timeout),
                max_audio_bytes: config.max_audio_bytes() as u64,
                max_audio_secs: config.max_audio_seconds,
                per_user,
                allowed: config.allowed_users.iter().copied().collect(),
                tutor_at_once: config.backend_concurrency,
                tutor_timeout_ms: millis(config.backend_timeout),
                retry_max_age_ms: millis(config.backend_retry_max_age),
            },
            slots: Arc::new(Semaphore::new(config.backend_concurrency)),
            decoders: Arc::new(Semaphore::new(cores.min(4))),
        });
        Ok(App { config, store, telegram, tutor, desk, policy: AcceptPolicy { per_user, global } })
    }
}

/// A duration as whole milliseconds; saturates.
pub fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
