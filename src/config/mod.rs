//! Configuration: one typed [`Config`], every option declared once (see [`keys`]), everything checked at start and
//! all faults told in one go.
//!
//! Pure with respect to the process: environment and folder are arguments. Must not know what the options do.

mod advice;
mod checks;
mod dotenv;
pub mod keys;
mod nearest;
mod render;
mod resolve;
mod secret_files;
mod sources;
mod table;

pub(crate) use checks::key_file;
pub use keys::{Flag, flags};
pub use render::{env_example, markdown_table, render};

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

/// How log lines look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// What to do when the store is damaged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnCorruption {
    /// Move it aside, restore the newest good export, work on.
    #[default]
    Restore,
    /// Stop and say what can be done.
    Fail,
}

/// What is in force. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct Config {
    /// `TELEGRAM_BOT_TOKEN`; present where [`Inputs::require_token`] asked for it and the bot is enabled.
    pub telegram_bot_token: Option<Secret>,
    /// `TELEGRAM_BOT_ENABLED`.
    pub telegram_bot_enabled: bool,
    /// `TELEGRAM_API_URL`, without a trailing slash.
    pub telegram_api_url: String,
    /// `TELEGRAM_PROXY`; may hold a password.
    pub telegram_proxy: Option<Secret>,
    /// `BOT_POLLING_TIMEOUT`.
    pub bot_polling_timeout: Duration,
    /// `BOT_POLLING_INTERVAL`.
    pub bot_polling_interval: Duration,
    /// `BOT_TIMEOUT`.
    pub bot_timeout: Duration,
    /// `BACKEND_URL`, without a trailing slash.
    pub backend_url: String,
    /// `BACKEND_TIMEOUT`.
    pub backend_timeout: Duration,
    /// `BACKEND_CONCURRENCY`.
    pub backend_concurrency: usize,
    /// `BACKEND_API_KEY`.
    pub backend_api_key: Option<Secret>,
    /// `BACKEND_CA_FILE`, from the working folder; was readable when it was checked.
    pub backend_ca_file: Option<PathBuf>,
    /// `BOT_PRIVATE_KEY`.
    pub bot_private_key: Option<Secret>,
    /// `BACKEND_RETRY_MAX_AGE`.
    pub backend_retry_max_age: Duration,
    /// `BOT_RATE_LIMIT`.
    pub bot_rate_limit: bool,
    /// `BOT_RATE_LIMIT_MPM`; see [`Config::learner_rate`].
    pub bot_rate_limit_mpm: u32,
    /// `GLOBAL_RATE_LIMIT_MPM`; see [`Config::global_rate`].
    pub global_rate_limit_mpm: u32,
    /// `TELEGRAM_MESSAGES_PER_SECOND`
    pub telegram_messages_per_second: u32,
    /// `SESSION_TIMEOUT_HOURS`.
    pub session_timeout: Duration,
    /// `SESSION_RETENTION_DAYS`.
    pub session_retention: Duration,
    /// `SESSION_STORAGE_PATH`, from the working folder.
    pub session_storage_path: PathBuf,
    /// `STORE_ON_CORRUPTION`.
    pub store_on_corruption: OnCorruption,
    /// `MAX_AUDIO_SIZE_MB`; see [`Config::max_audio_bytes`].
    pub max_audio_size_mb: u32,
    /// `MAX_AUDIO_SECONDS`.
    pub max_audio_seconds: u32,
    /// `ALLOWED_USERS`; empty for all.
    pub allowed_users: Vec<UserId>,
    /// `ADMIN_USERS`.
    pub admin_users: Vec<UserId>,
    /// `REQUIRED_CHANNEL`.
    pub required_channel: Option<ChannelName>,
    /// `TELEGRAM_API_LOCAL`.
    pub telegram_api_local: bool,
    /// `TELEGRAM_API_LOCAL_PATH`.
    pub telegram_api_local_path: PathBuf,
    /// `STORE_KEY_FILE`, read; or the systemd credential `store-key`.
    pub store_key: Option<KeyMaterial>,
    /// `ADMIN_SOCKET`; see [`Config::admin_socket`].
    pub admin_socket: Option<PathBuf>,
    /// `METRICS_ADDR`.
    pub metrics_addr: Option<SocketAddr>,
    /// `METRICS_ALLOW_PUBLIC`.
    pub metrics_allow_public: bool,
    /// `LOG_LEVEL`: a level or filter directives.
    pub log_level: String,
    /// `LOG_FORMAT`.
    pub log_format: LogFormat,
    /// `BOT_LOG_FILE`, from the working folder.
    pub bot_log_file: Option<PathBuf>,
    /// `DEFAULT_LANGUAGE`; `None` for the Telegram client's.
    pub default_language: Option<Language>,
}

/// What [`Config::load`] reads.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// `--config`.
    pub config_path: Option<PathBuf>,
    /// Command-line values by key name or flag name.
    pub flags: BTreeMap<String, String>,
    /// The environment.
    pub env: BTreeMap<String, String>,
    /// Where `.env.telegram` is looked for and relative paths start.
    pub working_dir: PathBuf,
    /// A missing token is an error (while the bot is enabled).
    pub require_token: bool,
}

/// One option as it is in force.
#[derive(Debug, Clone)]
pub struct Setting {
    /// Its name; the `_FILE` twin's where that one is set.
    pub name: String,
    /// The value, masked; `None` when not set.
    pub value: Option<String>,
    /// Where it came from.
    pub origin: String,
}

/// A configuration without faults.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What is in force.
    pub config: Config,
    /// Each option with its origin, in the order of the table.
    pub origins: Vec<Setting>,
    /// What a person should know, one line each.
    pub warnings: Vec<String>,
    /// That of the warnings which says that `.env.telegram` was not read: whatever is done next is done without it.
    pub not_read: Option<String>,
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The option; empty when a whole source is at fault.
    pub key: String,
    /// Where it came from; empty for what is missing.
    pub origin: String,
    /// The value, masked, where showing it helps.
    pub shown: Option<String>,
    /// What would be right.
    pub problem: String,
}

/// Everything that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigErrors(
    /// At least one.
    pub Vec<ConfigError>,
);

impl Default for Config {
    /// The built-in defaults.
    fn default() -> Self {
        let mut config = Self::blank();
        for key in keys::all().filter(|key| !key.default.is_empty()) {
            // That every default passes its own check is proved by a test.
            let _ = checks::apply(key, &mut config, key.default, Path::new(""));
        }
        config
    }
}

impl Config {
    /// Reads and checks everything.
    ///
    /// # Errors
    /// Every fault found, never only the first.
    pub fn load(inputs: Inputs) -> Result<Loaded, ConfigErrors> {
        let (loaded, errors) = Self::inspect(inputs);
        if errors.is_empty() { Ok(loaded) } else { Err(ConfigErrors(errors)) }
    }

    /// Reads and checks everything; an option at fault has its default. For looking at, never for work.
    pub fn inspect(inputs: Inputs) -> (Loaded, Vec<ConfigError>) {
        let Gathered { values, mut errors, mut warnings, not_read } = sources::gather(&inputs);
        let mut config = Self::default();
        let mut origins = Vec::new();
        for key in keys::all() {
            match resolve(key, &values, &inputs, &mut config) {
                Ok(setting) => origins.push(setting),
                Err(error) => errors.push(error),
            }
        }
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
        warnings.extend(advice::advice(&config));
        (Loaded { config, origins, warnings, not_read }, errors)
    }

    /// The limit for each learner, where there is one.
    pub fn learner_rate(&self) -> Option<PerMinute> {
        self.bot_rate_limit.then_some(PerMinute(self.bot_rate_limit_mpm))
    }

    /// The limit for all learners together, where there is one.
    pub fn global_rate(&self) -> Option<PerMinute> {
        (self.global_rate_limit_mpm > 0).then_some(PerMinute(self.global_rate_limit_mpm))
    }

    /// Largest recording taken, bytes.
    pub fn max_audio_bytes(&self) -> usize {
        usize::try_from(self.max_audio_size_mb).unwrap_or(usize::MAX).saturating_mul(1 << 20)
    }

    /// Log lines are JSON.
    pub(crate) fn log_json(&self) -> bool {
        self.log_format == LogFormat::Json
    }

    /// Whether this learner may practise.
    pub fn allows(&self, user: UserId) -> bool {
        self.allowed_users.is_empty()
            || self.allowed_users.contains(&user)
            || self.admin_users.contains(&user)
    }

    /// Where the daemon listens for the admin's commands.
    pub fn admin_socket(&self) -> PathBuf {
        self.admin_socket.clone().unwrap_or_else(|| self.session_storage_path.join("admin.sock"))
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
            backend_url: String::new(),
            backend_timeout: Duration::ZERO,
            backend_concurrency: 1,
            backend_api_key: None,
            backend_ca_file: None,
            bot_private_key: None,
            backend_retry_max_age: Duration::ZERO,
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
        // A bare secret on a line of its own must not become an option's name in a message.
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
