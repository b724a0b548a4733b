//! Every option, declared once: name, default, kind with its bounds, meaning.
//!
//! Must not know how a text is checked or where it came from.

use super::keys::Kind::{
    self, Address, BaseUrl, BaseUrls, CaFile, Channel, Choice, Count, File, Folder, KeyFile, LogFilter,
    Proxy, Switch, Time, Token, Users, Whole,
};
use super::keys::Unit::{Days, Hours, Seconds};
use super::keys::{Key, TELEGRAM_PUBLIC_API};
use super::{LogFormat, OnCorruption, TutorKind};
use crate::domain::Language;

/// Every option by topic, in the order people read them.
pub(crate) const TOPICS: &[(&str, &[Key])] = &[
    ("Telegram", TELEGRAM),
    ("The tutor", TUTOR),
    ("Speech servers", super::speech::OPTIONS),
    ("Chat models", super::ai::OPTIONS),
    ("Limits", LIMITS),
    ("Who may use it", PEOPLE),
    ("Sessions and the store", SESSIONS),
    ("A store that several daemons share", super::shared_store::OPTIONS),
    ("Watching it", WATCHING),
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
        name: "TELEGRAM_API_LOCAL",
        default: "false",
        kind: Switch(|c| &mut c.telegram_api_local),
        doc: "TELEGRAM_API_URL is a server of your own in --local mode: recordings are read from its folder on this machine.",
    },
    Key {
        name: "TELEGRAM_API_LOCAL_PATH",
        default: "/var/lib/telegram-bot-api",
        kind: Folder(|c| &mut c.telegram_api_local_path),
        doc: "That folder. Nothing outside of it is ever opened.",
    },
    Key {
        name: "TELEGRAM_MESSAGES_PER_SECOND",
        default: "30",
        kind: Whole { min: 1, max: 1_000, field: |c| &mut c.telegram_messages_per_second },
        doc: "What Telegram lets the whole bot send; more than 30 with paid broadcasts or a server of your own. The bot stays a little under it.",
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
        name: "TUTOR",
        default: "phonicflow",
        kind: Choice(&["phonicflow", "builtin"], |c, word| {
            c.tutor = if word == "builtin" { TutorKind::Builtin } else { TutorKind::PhonicFlow };
        }),
        doc: "phonicflow: the PhonicFlow backend at BACKEND_URL. builtin: a tutor made of a speech recogniser (STT_URL), the chat model (AI_API_URL) and a speech synthesiser (TTS_URL).",
    },
    Key {
        name: "BACKEND_URL",
        default: "http://localhost:8000",
        kind: BaseUrls(|c| &mut c.backend_urls),
        doc: "Where the PhonicFlow tutor listens. Several share the learners: a conversation stays with its tutor, a new one goes to the least busy that is up.",
    },
    Key {
        name: "BACKEND_TIMEOUT",
        default: "60",
        kind: Time { unit: Seconds, min: 0.05, max: 3_600.0, field: |c| &mut c.backend_timeout },
        doc: "Deadline of one turn at the tutor, or of one call of a speech server. A turn given up too early is a turn done twice.",
    },
    Key {
        name: "BACKEND_CONCURRENCY",
        default: "1",
        kind: Count { min: 1, max: 64, field: |c| &mut c.backend_concurrency },
        doc: "Turns at the tutor at the same time. It works on one request at a time: more only make its spoken answers late.",
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
        doc: "PEM file of a private certificate authority that the https of the tutor and of the speech servers may use.",
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
];

const PEOPLE: &[Key] = &[
    Key {
        name: "ALLOWED_USERS",
        default: "",
        kind: Users(|c| &mut c.allowed_users),
        doc: "Only these Telegram user ids may practise; empty lets everyone in.",
    },
    Key {
        name: "ADMIN_USERS",
        default: "",
        kind: Users(|c| &mut c.admin_users),
        doc: "These Telegram user ids may practise always, may use /admin, and are told when something breaks.",
    },
    Key {
        name: "REQUIRED_CHANNEL",
        default: "",
        kind: Channel(|c| &mut c.required_channel),
        doc: "Only members of this channel may practise. The bot must be an administrator of it, or Telegram does not tell.",
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
        doc: "The store's folder, with its exports; with STORE_URL, what this daemon keeps for itself. As a systemd service with StateDirectory= that one is the default.",
    },
    Key {
        name: "STORE_ON_CORRUPTION",
        default: "restore",
        kind: Choice(&["restore", "fail"], |c, word| {
            c.store_on_corruption = if word == "fail" { OnCorruption::Fail } else { OnCorruption::Restore };
        }),
        doc: "When the store is damaged: move it aside, restore the newest good export and work on; or stop and say what to do.",
    },
    Key {
        name: "STORE_KEY_FILE",
        default: "",
        kind: KeyFile(|c| &mut c.store_key),
        doc: "Encrypts the store with this key; see \"store encrypt\". The systemd credential store-key is found by itself.",
    },
    Key {
        name: "ADMIN_SOCKET",
        default: "",
        kind: File(|c| &mut c.admin_socket),
        doc: "Where the daemon listens for the admin's commands. By default admin.sock in systemd's RuntimeDirectory=, else in the store's folder.",
    },
];

const WATCHING: &[Key] = &[
    Key {
        name: "METRICS_ADDR",
        default: "",
        kind: Address(|c| &mut c.metrics_addr),
        doc: "Serves /metrics (Prometheus), /health, /live and /ready here, for instance on 127.0.0.1:9464; a port alone means loopback.",
    },
    Key {
        name: "METRICS_ALLOW_PUBLIC",
        default: "false",
        kind: Switch(|c| &mut c.metrics_allow_public),
        doc: "METRICS_ADDR may be an address that is neither loopback nor private; without it such a one is refused.",
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
        kind: Choice(Language::CHOICES, |c, word| c.default_language = Language::from_tag(word)),
        doc: "Language of the bot's own sentences; auto takes the Telegram client's.",
    },
];
