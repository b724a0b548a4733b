//! What an option is: name, default, kind with its bounds, meaning. Parsing, checking, the example file,
//! `config`, `--help` and the table of docs/configuration.md are all generated from the one
//! [table](super::table).
//!
//! Must not know where values come from (see `sources`) or how a text is checked (see `checks`).

use super::Config;
use super::store_url::StoreUrl;
pub(crate) use super::table::TOPICS;
use crate::domain::{ChannelName, Personas, UserId};
use crate::secret::{KeyMaterial, Secret};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

pub struct Key {
    /// Name in the environment and in `.env.telegram`; in lower case the name in TOML.
    pub name: &'static str,
    /// As a person would write it; empty for "not set".
    pub default: &'static str,
    pub kind: Kind,
    pub doc: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Seconds,
    Hours,
    Days,
}

/// Type, bounds (both inclusive) and destination field of an option.
pub enum Kind {
    Switch(fn(&mut Config) -> &mut bool),
    /// A duration; fractions are allowed.
    Time {
        unit: Unit,
        min: f64,
        max: f64,
        field: fn(&mut Config) -> &mut Duration,
    },
    Whole {
        min: u32,
        max: u32,
        field: fn(&mut Config) -> &mut u32,
    },
    /// A whole number that counts things in memory.
    Count {
        min: u32,
        max: u32,
        field: fn(&mut Config) -> &mut usize,
    },
    /// The same with a fraction.
    Number {
        /// Least.
        min: f64,
        /// Most.
        max: f64,
        /// Where it goes.
        field: fn(&mut Config) -> &mut f64,
    },
    /// http or https, no query.
    BaseUrl(fn(&mut Config) -> &mut String),
    /// One or more of them.
    BaseUrls(fn(&mut Config) -> &mut Vec<String>),
    /// The same; there may be none.
    OptionalUrl(fn(&mut Config) -> &mut Option<String>),
    /// A name without spaces.
    Word(fn(&mut Config) -> &mut String),
    /// A model's name.
    Name(fn(&mut Config) -> &mut Option<String>),
    /// Models' names.
    Names(fn(&mut Config) -> &mut Vec<String>),
    /// A proxy's URL, possibly with a password.
    Proxy(fn(&mut Config) -> &mut Option<Secret>),
    /// A bot token. Has a `_FILE` twin.
    Token(fn(&mut Config) -> &mut Option<Secret>),
    /// A secret other than the bot token. Has a `_FILE` twin.
    Secret(fn(&mut Config) -> &mut Option<Secret>),
    /// The URL of a shared store, with a password. Has a `_FILE` twin.
    Database(fn(&mut Config) -> &mut Option<StoreUrl>),
    /// A daemon's name among those that share a store.
    Node(fn(&mut Config) -> &mut Option<String>),
    /// A file of PEM certificates.
    CaFile(fn(&mut Config) -> &mut Option<PathBuf>),
    Folder(fn(&mut Config) -> &mut PathBuf),
    File(fn(&mut Config) -> &mut Option<PathBuf>),
    /// A file of random bytes, read when it is checked. A systemd credential takes precedence.
    KeyFile(fn(&mut Config) -> &mut Option<KeyMaterial>),
    /// Host and port to listen on; a port alone means loopback.
    Address(fn(&mut Config) -> &mut Option<SocketAddr>),
    /// A Telegram channel: `@name` or its numeric id.
    Channel(fn(&mut Config) -> &mut Option<ChannelName>),
    Users(fn(&mut Config) -> &mut Vec<UserId>),
    /// A log level or filter directives.
    LogFilter(fn(&mut Config) -> &mut String),
    /// A folder of persona files, read when it is checked.
    Personas(fn(&mut Config) -> &mut Personas),
    /// One of these words.
    Choice(&'static [&'static str], fn(&mut Config, &str)),
}

pub const TELEGRAM_PUBLIC_API: &str = "https://api.telegram.org";

use Kind::{
    Address, BaseUrl, BaseUrls, CaFile, Channel, Choice, Count, Database, File, Folder, KeyFile, LogFilter,
    Name, Names, Node, Number, OptionalUrl, Proxy, Switch, Time, Token, Users, Whole, Word,
};
use Unit::{Days, Hours, Seconds};

pub fn all() -> impl Iterator<Item = &'static Key> {
    TOPICS.iter().flat_map(|(_, keys)| keys.iter())
}

#[derive(Debug, Clone)]
pub struct Flag {
    /// The option it sets.
    pub key: &'static str,
    /// Without the leading dashes.
    pub long: &'static str,
    pub doc: String,
}

/// One flag per option. A secret itself has none, since the process list shows arguments; its file does.
pub fn flags() -> impl Iterator<Item = Flag> {
    static NAMES: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
        let dashed = |name: &str| name.to_ascii_lowercase().replace('_', "-");
        all()
            .map(|key| if key.is_secret() { key.file_name() } else { key.name.to_owned() })
            .map(|name| (dashed(&name), name))
            .collect()
    });
    NAMES.iter().zip(all()).map(|((long, name), key)| {
        let doc = if key.is_secret() { format!("In this file: {}", key.doc) } else { key.doc.to_owned() };
        Flag { key: name, long, doc }
    })
}

impl Key {
    /// Has a `_FILE` twin that names a file holding the value.
    pub fn is_secret(&self) -> bool {
        matches!(self.kind, Kind::Token(_) | Kind::Secret(_) | Kind::Database(_))
    }

    pub fn file_name(&self) -> String {
        format!("{}_FILE", self.name)
    }

    /// Name of the systemd credential that is used without being configured.
    pub(crate) fn credential(&self) -> String {
        self.name.trim_end_matches("_FILE").to_ascii_lowercase().replace('_', "-")
    }

    /// Describes a valid value.
    pub(crate) fn expects(&self) -> String {
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
            Number { min, max, .. } => format!("a number, {}", range(min, max)),
            Word(_) => "a name without spaces".to_owned(),
            Name(_) => "a model's name".to_owned(),
            Names(_) => "models' names, comma separated".to_owned(),
            BaseUrls(_) => "URLs with http:// or https://, without a query, comma separated".to_owned(),
            BaseUrl(_) | OptionalUrl(_) => "a URL with http:// or https://, without a query".to_owned(),
            Proxy(_) => "a URL with http://, https://, socks5:// or socks5h://".to_owned(),
            Token(_) => "digits, a colon, then letters, digits, _ and -, as @BotFather gave it".to_owned(),
            Database(_) => "a URL with postgres:// or rediss:// (redis:// is not encrypted)".to_owned(),
            Node(_) => "letters, digits, dots, - and _".to_owned(),
            Kind::Secret(_) => "printable ASCII characters".to_owned(),
            CaFile(_) => "a readable file of PEM certificates".to_owned(),
            Folder(_) => "a folder".to_owned(),
            Kind::Personas(_) => "a readable folder of persona files (*.md)".to_owned(),
            File(_) => "a file name".to_owned(),
            KeyFile(_) => format!("a readable file of at least {} random bytes", super::checks::KEY_LEAST),
            Address(_) => "an address with a port, or a port alone".to_owned(),
            Channel(_) => {
                "@name of a public channel, or the id of a private one, like -1001234567890".to_owned()
            }
            Users(_) => "numeric user ids, comma separated".to_owned(),
            LogFilter(_) => {
                "off, error, warn, info, debug, trace, or directives like target=level".to_owned()
            }
            Choice(words, _) => words.join(" or "),
        }
    }
}
