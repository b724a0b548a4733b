//! The one table of options: name, default, kind with its bounds, meaning. Parsing, checking, the example file,
//! `config`, `--help` and the README table all come from it.
//!
//! Must not know where values come from (see `sources`) or how a text is checked (see `checks`).

use super::{Config, LogFormat, OnCorruption};
use crate::domain::{Language, UserId};
use crate::secret::Secret;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

/// One option.
pub struct Key {
    /// Name in the environment and in `.env.telegram`; in lower case the name in TOML.
    pub name: &'static str,
    /// As a person would write it; empty for "not set".
    pub default: &'static str,
    /// Its type, its bounds, and the field it fills.
    pub kind: Kind,
    /// What it means, in a sentence or two.
    pub doc: &'static str,
}

/// A unit of time as people write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Hours.
    Hours,
    /// Days.
    Days,
}

/// Type, bounds (both included) and field of an option. The functions say where the checked value goes.
pub enum Kind {
    /// Yes or no.
    Switch(fn(&mut Config) -> &mut bool),
    /// A span of time; fractions are fine.
    Time {
        /// How it is written.
        unit: Unit,
        /// Least.
        min: f64,
        /// Most.
        max: f64,
        /// Where it goes.
        field: fn(&mut Config) -> &mut Duration,
    },
    /// A whole number.
    Whole {
        /// Least.
        min: u32,
        /// Most.
        max: u32,
        /// Where it goes.
        field: fn(&mut Config) -> &mut u32,
    },
    /// The same, for what counts things in memory.
    Count {
        /// Least.
        min: u32,
        /// Most.
        max: u32,
        /// Where it goes.
        field: fn(&mut Config) -> &mut usize,
    },
    /// http or https, no query.
    BaseUrl(fn(&mut Config) -> &mut String),
    /// A proxy's URL, perhaps with a password.
    Proxy(fn(&mut Config) -> &mut Option<Secret>),
    /// A bot token. Has a `_FILE` twin.
    Token(fn(&mut Config) -> &mut Option<Secret>),
    /// A key. Has a `_FILE` twin.
    Secret(fn(&mut Config) -> &mut Option<Secret>),
    /// A file of PEM certificates.
    CaFile(fn(&mut Config) -> &mut Option<PathBuf>),
    /// A folder.
    Folder(fn(&mut Config) -> &mut PathBuf),
    /// A file to write.
    File(fn(&mut Config) -> &mut Option<PathBuf>),
    /// Telegram user ids.
    Users(fn(&mut Config) -> &mut Vec<UserId>),
    /// A log level or filter directives.
    LogFilter(fn(&mut Config) -> &mut String),
    /// One of a few words.
    Choice(&'static [&'static str], fn(&mut Config, &str)),
}

/// The public Bot API server.
pub const TELEGRAM_PUBLIC_API: &str = "https://api.telegram.org";

/// Keys of later versions: told when set, never an error.
pub const LATER: &[&str] =
    &["ADMIN_USERS", "REQUIRED_CHANNEL", "METRICS_ADDR", "TELEGRAM_API_LOCAL", "STORE_KEY_FILE"];

use Kind::{
    BaseUrl, CaFile, Choice, Count, File, Folder, LogFilter, Proxy, Switch, Time, Token, Users, Whole,
};
use Unit::{Days, Hours, Seconds};

/// Every option by topic, in the order people read them.
pub const TOPICS: &[(&str, &[Key])] = &[
    ("Telegram", TELEGRAM),
    ("The tutor", TUTOR),
    ("Limits", LIMITS),
    ("Sessions", SESSIONS),
    ("Log and language", LOG),
];

const TELEGRAM: &[Key] = &[
    Key {
        name: "TELEGRAM_BOT_TOKEN",
        default: "",
        kind: Token(|c| &mut c.telegram_bot_token),
        doc: "The token that @BotFather gave you. Required.",
    },
    Key {
        name: "TELEGRAM_BOT_ENABLED",
        default: "true",
        kind: Switch(|c| &mut c.telegram_bot_enabled),
        doc: "When false the daemon starts, says so and idles.",
    },
    Key {
        name: "TELEGRAM_API_URL",
        default: TELEGRAM_PUBLIC_API,
        kind: BaseUrl(|c| &mut c.telegram_api_url),
        doc: "Base URL of the Bot API, for a server of your own.",
    },
    Key {
        name: "TELEGRAM_PROXY",
        default: "",
        kind: Proxy(|c| &mut c.telegram_proxy),
        doc: "Proxy for Telegram alone; the tutor is always reached directly.",
    },
    Key {
        name: "BOT_POLLING_TIMEOUT",
        default: "30",
        kind: Time { unit: Seconds, min: 1.0, max: 50.0, field: |c| &mut c.bot_polling_timeout },
        doc: "How long Telegram may hold a request for updates open.",
    },
    Key {
        name: "BOT_POLLING_INTERVAL",
        default: "0",
        kind: Time { unit: Seconds, min: 0.0, max: 3_600.0, field: |c| &mut c.bot_polling_interval },
        doc: "Pause after an empty poll.",
    },
    Key {
        name: "BOT_TIMEOUT",
        default: "30",
        kind: Time { unit: Seconds, min: 0.1, max: 600.0, field: |c| &mut c.bot_timeout },
        doc: "Deadline of any other request to Telegram.",
    },
];

const TUTOR: &[Key] = &[
    Key {
        name: "BACKEND_URL",
        default: "http://localhost:8000",
        kind: BaseUrl(|c| &mut c.backend_url),
        doc: "Where the PhonicFlow tutor listens.",
    },
    Key {
        name: "BACKEND_TIMEOUT",
        default: "60",
        kind: Time { unit: Seconds, min: 0.05, max: 3_600.0, field: |c| &mut c.backend_timeout },
        doc: "Deadline of one turn at the tutor. A turn given up too early is a turn done twice.",
    },
    Key {
        name: "BACKEND_CONCURRENCY",
        default: "2",
        kind: Count { min: 1, max: 64, field: |c| &mut c.backend_concurrency },
        doc: "Turns at the tutor at the same time.",
    },
    Key {
        name: "BACKEND_API_KEY",
        default: "",
        kind: Kind::Secret(|c| &mut c.backend_api_key),
        doc: "Sent to the tutor as \"Authorization: Bearer\".",
    },
    Key {
        name: "BACKEND_CA_FILE",
        default: "",
        kind: CaFile(|c| &mut c.backend_ca_file),
        doc: "PEM file of a private certificate authority that the tutor's https may use.",
    },
    Key {
        name: "BOT_PRIVATE_KEY",
        default: "",
        kind: Kind::Secret(|c| &mut c.bot_private_key),
        doc: "Signs every request to the tutor (X-Bot-Timestamp and X-Bot-Signature, HMAC-SHA256).",
    },
    Key {
        name: "BACKEND_RETRY_MAX_AGE",
        default: "3600",
        kind: Time { unit: Seconds, min: 0.0, max: 604_800.0, field: |c| &mut c.backend_retry_max_age },
        doc: "How long a message may wait for a tutor that is down before the learner is told that it failed.",
    },
];

const LIMITS: &[Key] = &[
    Key {
        name: "BOT_RATE_LIMIT",
        default: "true",
        kind: Switch(|c| &mut c.bot_rate_limit),
        doc: "Whether each learner's messages per minute are limited.",
    },
    Key {
        name: "BOT_RATE_LIMIT_MPM",
        default: "30",
        kind: Whole { min: 1, max: 10_000, field: |c| &mut c.bot_rate_limit_mpm },
        doc: "Messages per minute for each learner.",
    },
    Key {
        name: "GLOBAL_RATE_LIMIT_MPM",
        default: "0",
        kind: Whole { min: 0, max: 1_000_000, field: |c| &mut c.global_rate_limit_mpm },
        doc: "Messages per minute of all learners together; beyond it messages wait. 0 is off.",
    },
    Key {
        name: "MAX_AUDIO_SIZE_MB",
        default: "20",
        kind: Whole { min: 1, max: 20, field: |c| &mut c.max_audio_size_mb },
        doc: "Largest recording taken, in MB. Telegram hands out no more than 20.",
    },
    Key {
        name: "MAX_AUDIO_SECONDS",
        default: "300",
        kind: Whole { min: 1, max: 3_600, field: |c| &mut c.max_audio_seconds },
        doc: "Longest recording taken, seconds.",
    },
    Key {
        name: "ALLOWED_USERS",
        default: "",
        kind: Users(|c| &mut c.allowed_users),
        doc: "Only these Telegram user ids may practise; empty lets everyone in.",
    },
];

const SESSIONS: &[Key] = &[
    Key {
        name: "SESSION_TIMEOUT_HOURS",
        default: "24",
        kind: Time { unit: Hours, min: 0.0, max: 87_600.0, field: |c| &mut c.session_timeout },
        doc: "Idle time after which the next message begins a new conversation; 0 begins one with every message.",
    },
    Key {
        name: "SESSION_RETENTION_DAYS",
        default: "30",
        kind: Time { unit: Days, min: 0.0, max: 36_500.0, field: |c| &mut c.session_retention },
        doc: "Ended conversations older than this are removed, at the tutor too.",
    },
    Key {
        name: "SESSION_STORAGE_PATH",
        default: "./data",
        kind: Folder(|c| &mut c.session_storage_path),
        doc: "The store's folder, with its exports. As a systemd service with StateDirectory= that one is the default.",
    },
    Key {
        name: "STORE_ON_CORRUPTION",
        default: "restore",
        kind: Choice(&["restore", "fail"], |c, word| {
            c.store_on_corruption = if word == "fail" { OnCorruption::Fail } else { OnCorruption::Restore };
        }),
        doc: "When the store is damaged: move it aside, restore the newest good export and work on; or stop and say what to do.",
    },
];

const LOG: &[Key] = &[
    Key {
        name: "LOG_LEVEL",
        default: "info",
        kind: LogFilter(|c| &mut c.log_level),
        doc: "Log level, or filter directives such as \"info,phonicflow_bot::tutor=debug\". User ids are readable at debug only.",
    },
    Key {
        name: "LOG_FORMAT",
        default: "text",
        kind: Choice(&["text", "json"], |c, word| {
            c.log_format = if word == "json" { LogFormat::Json } else { LogFormat::Text };
        }),
        doc: "How log lines look.",
    },
    Key {
        name: "BOT_LOG_FILE",
        default: "",
        kind: File(|c| &mut c.bot_log_file),
        doc: "Also log into this file; a new one begins every day (the date is added to the name), 7 are kept.",
    },
    Key {
        name: "DEFAULT_LANGUAGE",
        default: "auto",
        kind: Choice(&["auto", "en", "pt"], |c, word| c.default_language = Language::from_tag(word)),
        doc: "Language of the bot's own sentences; auto takes the Telegram client's.",
    },
];

/// Every option.
pub fn all() -> impl Iterator<Item = &'static Key> {
    TOPICS.iter().flat_map(|(_, keys)| keys.iter())
}

/// A command-line flag.
#[derive(Debug, Clone, Copy)]
pub struct Flag {
    /// The key it sets.
    pub key: &'static str,
    /// Its name without the leading dashes.
    pub long: &'static str,
    /// What it means.
    pub doc: &'static str,
}

/// A flag for every option. A secret has none, since the process list shows arguments: its file has.
pub fn flags() -> impl Iterator<Item = Flag> {
    static NAMES: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
        let dashed = |name: &str| name.to_ascii_lowercase().replace('_', "-");
        all()
            .map(|key| if key.is_secret() { key.file_name() } else { key.name.to_owned() })
            .map(|name| (dashed(&name), name))
            .collect()
    });
    NAMES.iter().zip(all()).map(|((long, name), key)| {
        let doc = if key.is_secret() { "A file that holds this secret." } else { key.doc };
        Flag { key: name, long, doc }
    })
}

impl Key {
    /// Has a `_FILE` twin that names a file holding the value.
    pub fn is_secret(&self) -> bool {
        matches!(self.kind, Kind::Token(_) | Kind::Secret(_))
    }

    /// Name of the twin.
    pub fn file_name(&self) -> String {
        format!("{}_FILE", self.name)
    }

    /// Name of the systemd credential that is found by itself.
    pub fn credential(&self) -> String {
        self.name.to_ascii_lowercase().replace('_', "-")
    }

    /// What a right value looks like.
    pub fn expects(&self) -> String {
        let range = |min: &dyn std::fmt::Display, max: &dyn std::fmt::Display| format!("{min} to {max}");
        match &self.kind {
            Switch(_) => "true or false".to_owned(),
            Time { unit, min, max, .. } => {
                let unit = match unit {
                    Seconds => "seconds",
                    Hours => "hours",
                    Days => "days",
                };
                format!("{unit}, {}", range(min, max))
            }
            Whole { min, max, .. } | Count { min, max, .. } => format!("a whole number, {}", range(min, max)),
            BaseUrl(_) => "a URL with http:// or https://, without a query".to_owned(),
            Proxy(_) => "a URL with http://, https://, socks5:// or socks5h://".to_owned(),
            Token(_) => "digits, a colon, then letters, digits, _ and -, as @BotFather gave it".to_owned(),
            Kind::Secret(_) => "printable ASCII characters".to_owned(),
            CaFile(_) => "a readable file of PEM certificates".to_owned(),
            Folder(_) => "a folder".to_owned(),
            File(_) => "a file name".to_owned(),
            Users(_) => "numeric user ids, comma separated".to_owned(),
            LogFilter(_) => {
                "off, error, warn, info, debug, trace, or directives like target=level".to_owned()
            }
            Choice(words, _) => words.join(" or "),
        }
    }
}
