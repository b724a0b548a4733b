//! Configuration: one typed [`Config`], each option declared once (see [`keys`]), everything checked at start
//! and all faults reported together.
//!
//! Environment and working folder are arguments, so it reads nothing of the process. Must not know what the
//! options do.

mod advice;
mod ai;
mod checks;
mod dotenv;
pub mod keys;
mod nearest;
mod providers;
mod render;
mod resolve;
mod secret_files;
mod shared_store;
mod sources;
mod speech;
mod store_url;
mod table;

pub(crate) use ai::Ai;
pub(crate) use checks::{key_file, secret_file, shown_url};
pub use keys::{Flag, flags};
pub use providers::Provider;
pub use render::{env_example, markdown_table, render};
pub use speech::{Speech, SpeechServer, TutorKind};
pub use store_url::{StoreEngine, StoreUrl};

use crate::domain::rate::PerMinute;
use crate::domain::{ChannelName, Language, UserId};
use crate::secret::{KeyMaterial, Secret};
use resolve::resolve;
use sources::Gathered;
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// What to do when the store is damaged (`STORE_ON_CORRUPTION`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnCorruption {
    /// Move it aside, restore the newest good export, continue.
    #[default]
    Restore,
    /// Stop and say what can be done.
    Fail,
}

/// The checked values; each field's meaning stands in [`table`]. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct Config {
    /// Present where [`Inputs::require_token`] asked for it and the bot is enabled.
    pub telegram_bot_token: Option<Secret>,
    pub telegram_bot_enabled: bool,
    /// Without a trailing slash.
    pub telegram_api_url: String,
    /// May hold a password.
    pub telegram_proxy: Option<Secret>,
    pub bot_polling_timeout: Duration,
    pub bot_polling_interval: Duration,
    pub bot_timeout: Duration,
    /// Without trailing slashes; at least one.
    pub backend_urls: Vec<String>,
    pub backend_timeout: Duration,
    pub backend_concurrency: usize,
    pub backend_api_key: Option<Secret>,
    /// Relative to the working folder; was readable when it was checked.
    pub backend_ca_file: Option<PathBuf>,
    pub bot_private_key: Option<Secret>,
    pub backend_retry_max_age: Duration,
    /// `TUTOR`.
    pub tutor: TutorKind,
    pub speech: Speech,
    pub ai: Ai,
    pub bot_rate_limit: bool,
    /// See [`Config::learner_rate`].
    pub bot_rate_limit_mpm: u32,
    /// See [`Config::global_rate`].
    pub global_rate_limit_mpm: u32,
    pub telegram_messages_per_second: u32,
    pub session_timeout: Duration,
    pub session_retention: Duration,
    /// Relative to the working folder.
    pub session_storage_path: PathBuf,
    pub store_on_corruption: OnCorruption,
    /// See [`Config::max_audio_bytes`].
    pub max_audio_size_mb: u32,
    pub max_audio_seconds: u32,
    /// Empty: everybody.
    pub allowed_users: Vec<UserId>,
    pub admin_users: Vec<UserId>,
    pub required_channel: Option<ChannelName>,
    pub telegram_api_local: bool,
    pub telegram_api_local_path: PathBuf,
    /// The content of `STORE_KEY_FILE`, or of the systemd credential `store-key`.
    pub store_key: Option<KeyMaterial>,
    /// `None`: the store lies in `session_storage_path`.
    pub store_url: Option<StoreUrl>,
    /// Relative to the working folder; was readable when it was checked.
    pub store_ca_file: Option<PathBuf>,
    /// `STORE_DELETED=kept`: deleted bytes may stay in the database's own log and backups.
    pub store_deleted_kept: bool,
    /// See [`Config::node`].
    pub store_node: Option<String>,
    /// Never the unspecified address: it is also where the peers connect to.
    pub store_peer_addr: Option<SocketAddr>,
    pub store_peer_allow_public: bool,
    /// See [`Config::admin_socket`].
    pub admin_socket: Option<PathBuf>,
    pub metrics_addr: Option<SocketAddr>,
    pub metrics_allow_public: bool,
    /// A level or filter directives.
    pub log_level: String,
    pub log_format: LogFormat,
    /// Relative to the working folder.
    pub bot_log_file: Option<PathBuf>,
    /// `None`: the language of the learner's Telegram client.
    pub default_language: Option<Language>,
}

/// What [`Config::load`] reads.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// `--config`.
    pub config_path: Option<PathBuf>,
    /// Command-line values, by option name or flag name.
    pub flags: BTreeMap<String, String>,
    pub env: BTreeMap<String, String>,
    /// Folder of `.env.telegram` and start of relative paths.
    pub working_dir: PathBuf,
    /// Makes a missing token an error (while the bot is enabled).
    pub require_token: bool,
}

/// One option in force.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The name of the `_FILE` twin where that one is set.
    pub name: String,
    /// Masked; `None` when not set.
    pub value: Option<String>,
    /// Where it came from, in words.
    pub origin: String,
}

#[derive(Debug, Clone)]
pub struct Loaded {
    pub config: Config,
    /// In the order of the table.
    pub origins: Vec<Setting>,
    /// One line each.
    pub warnings: Vec<String>,
    /// The one of `warnings` that says `.env.telegram` was not read: everything that follows works without
    /// it.
    pub not_read: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The option; empty when a whole source is at fault.
    pub key: String,
    /// Where it came from; empty when it is missing.
    pub origin: String,
    /// The value, masked, where showing it helps.
    pub shown: Option<String>,
    /// What would be right.
    pub problem: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigErrors(
    /// At least one.
    pub Vec<ConfigError>,
);

impl Default for Config {
    fn default() -> Self {
        let mut config = Self::blank();
        for key in keys::all().filter(|key| !key.default.is_empty()) {
            // A test proves that every default passes its own check.
            let _ = checks::apply(key, &mut config, key.default, Path::new(""));
        }
        config
    }
}

impl Config {
    /// Reports every fault, not only the first.
    pub fn load(inputs: Inputs) -> Result<Loaded, ConfigErrors> {
        let (loaded, errors) = Self::inspect(inputs);
        if errors.is_empty() { Ok(loaded) } else { Err(ConfigErrors(errors)) }
    }

    /// As [`Self::load`], but an option at fault gets its default. For showing the configuration, never for
    /// running on it.
    pub fn inspect(inputs: Inputs) -> (Loaded, Vec<ConfigError>) {
        let Gathered { values, tables, mut errors, mut warnings, not_read } = sources::gather(&inputs);
        let mut config = Self::default();
        let mut origins = Vec::new();
        for key in keys::all() {
            match resolve(key, &values, &inputs, &mut config) {
                Ok(setting) => origins.push(setting),
                Err(error) => errors.push(error),
            }
        }
        let (providers, settings, faults) = providers::read(&tables, &inputs.working_dir);
        config.ai.providers = providers;
        origins.extend(settings);
        errors.extend(faults);
        let token_at_fault = errors.iter().any(|error| error.key.starts_with("TELEGRAM_BOT_TOKEN"));
        let token_missing = config.telegram_bot_token.is_none() && !token_at_fault;
        if inputs.require_token && config.telegram_bot_enabled && token_missing {
            errors.push(ConfigError {
                key: "TELEGRAM_BOT_TOKEN".to_owned(),
                origin: String::new(),
                shown: None,
                problem:
                    "is missing: ask @BotFather for a token and set it, or name a file that holds it in \
                          TELEGRAM_BOT_TOKEN_FILE"
                        .to_owned(),
            });
        }
        errors.extend(advice::public_metrics(&config, &origins));
        errors.extend(speech::missing(&config, &errors));
        errors.extend(shared_store::missing(&config, &origins, &errors));
        warnings.extend(advice::advice(&config));
        warnings.extend(speech::idle(&config, &origins));
        warnings.extend(shared_store::advice(&config, &origins));
        (Loaded { config, origins, warnings, not_read }, errors)
    }

    pub fn learner_rate(&self) -> Option<PerMinute> {
        self.bot_rate_limit.then_some(PerMinute(self.bot_rate_limit_mpm))
    }

    pub fn global_rate(&self) -> Option<PerMinute> {
        (self.global_rate_limit_mpm > 0).then_some(PerMinute(self.global_rate_limit_mpm))
    }

    /// Largest recording accepted, bytes.
    pub fn max_audio_bytes(&self) -> usize {
        usize::try_from(self.max_audio_size_mb).unwrap_or(usize::MAX).saturating_mul(1 << 20)
    }

    pub(crate) fn log_json(&self) -> bool {
        self.log_format == LogFormat::Json
    }

    /// Where the daemon listens for the admin's commands.
    pub fn admin_socket(&self) -> PathBuf {
        self.admin_socket.clone().unwrap_or_else(|| self.session_storage_path.join("admin.sock"))
    }

    /// This daemon's name among those that share the store: `STORE_NODE`, else the host's name.
    pub fn node(&self) -> String {
        self.store_node.clone().unwrap_or_else(shared_store::host_name)
    }

    fn blank() -> Self {
        Self {
            telegram_bot_token: None,
            telegram_bot_enabled: true,
            telegram_api_url: String::new(),
            telegram_proxy: None,
            bot_polling_timeout: Duration::ZERO,
            bot_polling_interval: Duration::ZERO,
            bot_timeout: Duration::ZERO,
            backend_urls: Vec::new(),
            backend_timeout: Duration::ZERO,
            backend_concurrency: 1,
            backend_api_key: None,
            backend_ca_file: None,
            bot_private_key: None,
            backend_retry_max_age: Duration::ZERO,
            tutor: TutorKind::default(),
            speech: Speech::default(),
            ai: Ai::default(),
            bot_rate_limit: true,
            bot_rate_limit_mpm: 1,
            global_rate_limit_mpm: 0,
            telegram_messages_per_second: 30,
            session_timeout: Duration::ZERO,
            session_retention: Duration::ZERO,
            session_storage_path: PathBuf::new(),
            store_on_corruption: OnCorruption::Restore,
            max_audio_size_mb: 1,
            max_audio_seconds: 1,
            allowed_users: Vec::new(),
            admin_users: Vec::new(),
            required_channel: None,
            telegram_api_local: false,
            telegram_api_local_path: PathBuf::new(),
            store_key: None,
            store_url: None,
            store_ca_file: None,
            store_deleted_kept: false,
            store_node: None,
            store_peer_addr: None,
            store_peer_allow_public: false,
            admin_socket: None,
            metrics_addr: None,
            metrics_allow_public: false,
            log_level: String::new(),
            log_format: LogFormat::Text,
            bot_log_file: None,
            default_language: None,
        }
    }
}

impl ConfigError {
    fn of_source(origin: &str, problem: String) -> Self {
        Self { key: String::new(), origin: origin.to_owned(), shown: None, problem }
    }

    /// The value is not shown: it may be a secret under a mistyped name.
    fn unknown(name: &str, origin: &str, near: Option<String>) -> Self {
        let hint = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
        let problem = format!("is no option of this program{hint}");
        // A secret alone on a line must not be shown as the name of an option.
        let key = name.chars().take(60).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        Self { key, origin: origin.to_owned(), shown: None, problem }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() {
            return write!(f, "{}: {}", self.origin, self.problem);
        }
        f.write_str(&self.key)?;
        if let Some(shown) = &self.shown {
            write!(f, " = {shown}")?;
        }
        if !self.origin.is_empty() {
            write!(f, " ({})", self.origin)?;
        }
        write!(f, " {}", self.problem)
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => f.write_str("the configuration has a fault:")?,
            count => write!(f, "the configuration has {count} faults:")?,
        }
        self.0.iter().try_for_each(|error| write!(f, "\n  {error}"))
    }
}
