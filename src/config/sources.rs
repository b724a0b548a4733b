//! Where values come from: defaults, TOML file, `.env.telegram`, environment, command line; the later wins
//! (figment).
//!
//! Results in one text and one origin for each option that is set. Must not know what a value means.

use super::dotenv;
use super::keys;
use super::nearest::nearest;
use super::{ConfigError, Inputs};
use crate::secure_fs;
use figment::providers::{Format, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// Read if it exists and `--config` names no other file.
const SYSTEM_FILE: &str = "/etc/phonicflow-bot/config.toml";
/// Read in the working folder if it exists.
pub(crate) const DOTENV: &str = ".env.telegram";
/// The table of tables in config.toml.
const PROVIDERS: &str = "providers";
/// Prefixes of environment variables that are surely meant for us.
const OURS: &[&str] = &["BOT_", "BACKEND_", "TELEGRAM_"];
/// Prefixes that other programs use too: an unknown name is reported only if it resembles one of our options.
const SHARED: &[&str] = &[
    "SESSION_",
    "MAX_AUDIO_",
    "GLOBAL_RATE_",
    "ALLOWED_",
    "ADMIN_",
    "REQUIRED_",
    "STORE_",
    "METRICS_",
    "LOG_",
    "DEFAULT_",
    "AI_",
    "FALLBACK_",
    "MAX_CONVERSATION_",
    "STT_",
    "TTS_",
];

#[derive(Debug, Clone)]
pub(crate) struct Given {
    pub text: String,
    /// In words: "environment", ".env.telegram line 3".
    pub origin: String,
}

/// A `[providers.NAME]` of config.toml.
#[derive(Debug, Clone)]
pub struct Table {
    pub name: String,
    pub fields: Dict,
    pub origin: String,
}

#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// By option, `_FILE` twins included; without empty values.
    pub values: BTreeMap<String, Given>,
    pub tables: Vec<Table>,
    /// Faults of the sources themselves.
    pub errors: Vec<ConfigError>,
    pub warnings: Vec<String>,
    /// The one of `warnings` that says `.env.telegram` was not read.
    pub not_read: Option<String>,
}

/// One source in the form that figment takes.
struct Layer {
    name: String,
    values: BTreeMap<String, String>,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let dict: Dict =
            self.values.iter().map(|(key, text)| (key.clone(), Value::from(text.clone()))).collect();
        Ok(Profile::Default.collect(dict))
    }
}

pub(crate) fn gather(inputs: &Inputs) -> Gathered {
    let mut gathered = Gathered::default();
    let mut lines = BTreeMap::new();
    let mut layers = defaults(&inputs.env);
    layers.extend(toml_file(inputs, &mut gathered));
    layers.extend(dotenv_file(&inputs.working_dir, &mut lines, &mut gathered));
    layers.push(environment(&inputs.env, &mut gathered));
    layers.push(flags(&inputs.flags, &mut gathered));

    let figment = layers.into_iter().fold(Figment::new(), |figment, mut layer| {
        // An empty value means "not set here": the value of an earlier source shows through.
        layer.values.retain(|_, text| !text.trim().is_empty());
        figment.merge(layer)
    });
    for name in names() {
        let Some(text) = figment.find_value(&name).ok().and_then(Value::into_string) else { continue };
        let mut origin =
            figment.find_metadata(&name).map_or_else(String::new, |metadata| metadata.name.to_string());
        if let Some(line) = lines.get(&name).filter(|_| origin == DOTENV) {
            origin = format!("{DOTENV} line {line}");
        }
        gathered.values.insert(name, Given { text, origin });
    }
    gathered
}

/// Every name that may be set.
fn names() -> Vec<String> {
    let twins = keys::all().filter(|key| key.is_secret()).map(keys::Key::file_name);
    keys::all().map(|key| key.name.to_owned()).chain(twins).collect()
}

fn defaults(env: &BTreeMap<String, String>) -> Vec<Layer> {
    let values = keys::all().map(|key| (key.name.to_owned(), key.default.to_owned())).collect();
    // systemd passes a colon-separated list where StateDirectory= names more than one folder.
    let state =
        env.get("STATE_DIRECTORY").and_then(|list| list.split(':').next()).unwrap_or_default().to_owned();
    let runtime = env.get("RUNTIME_DIRECTORY").and_then(|list| list.split(':').next()).unwrap_or_default();
    let socket = if runtime.is_empty() { String::new() } else { format!("{runtime}/admin.sock") };
    let layer = |name: &str, key: &str, value: String| Layer {
        name: name.to_owned(),
        values: BTreeMap::from([(key.to_owned(), value)]),
    };
    vec![
        Layer { name: "default".to_owned(), values },
        layer("STATE_DIRECTORY", "SESSION_STORAGE_PATH", state),
        layer("RUNTIME_DIRECTORY", "ADMIN_SOCKET", socket),
    ]
}

fn toml_file(inputs: &Inputs, gathered: &mut Gathered) -> Option<Layer> {
    let path = match &inputs.config_path {
        Some(path) => inputs.working_dir.join(path),
        None => Some(Path::new(SYSTEM_FILE)).filter(|path| path.exists())?.to_owned(),
    };
    let origin = format!("file {}", path.display());
    let text = match read_text(&path) {
        Ok(text) => text,
        Err(why) => {
            gathered.errors.push(ConfigError::of_source(&origin, why));
            return None;
        }
    };
    let data = match Toml::string(text.trim_start_matches('\u{feff}')).data() {
        Ok(data) => data,
        Err(error) => {
            gathered.errors.push(ConfigError::of_source(&origin, toml_fault(&error.to_string())));
            return None;
        }
    };
    let mut values = BTreeMap::new();
    for (name, value) in data.into_values().flatten() {
        let upper = name.to_ascii_uppercase();
        if name == PROVIDERS {
            providers(value, &origin, gathered);
        } else if name != name.to_ascii_lowercase() || !names().contains(&upper) {
            let known = names().into_iter().chain([PROVIDERS.to_ascii_uppercase()]);
            let near = nearest(&upper, known).map(|near| near.to_ascii_lowercase());
            gathered.errors.push(ConfigError::unknown(&name, &origin, near));
        } else if let Some(text) = as_text(&value) {
            values.insert(upper, text);
        } else {
            let problem = "must be a text, a number, true or false, or a list of these".to_owned();
            gathered.errors.push(ConfigError { key: name, origin: origin.clone(), shown: None, problem });
        }
    }
    Some(Layer { name: origin, values })
}

/// Each table of `[providers]`; what they hold is checked elsewhere.
fn providers(value: Value, origin: &str, gathered: &mut Gathered) {
    let fault = |key: String| {
        let problem = "must be a table, as in [providers.NAME]".to_owned();
        ConfigError { key, origin: origin.to_owned(), shown: None, problem }
    };
    let Some(tables) = value.into_dict() else {
        return gathered.errors.push(fault(PROVIDERS.to_owned()));
    };
    for (name, table) in tables {
        match table.into_dict() {
            Some(fields) => gathered.tables.push(Table { name, fields, origin: origin.to_owned() }),
            None => gathered.errors.push(fault(format!("{PROVIDERS}.{name}"))),
        }
    }
}

fn dotenv_file(folder: &Path, lines: &mut BTreeMap<String, usize>, gathered: &mut Gathered) -> Option<Layer> {
    let path = folder.join(DOTENV);
    let opened = secure_fs::open(&path);
    let meta = match &opened {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Ok(file) => file.metadata(),
        Err(_) => path.metadata(),
    };
    // Whoever may write this file would choose the tutor, the proxy and where the token goes.
    if let Some(why) = meta.ok().and_then(|meta| secure_fs::distrust(&meta)) {
        gathered.warnings.push(format!(
            "{} is not read: {why}. It must belong to the user who runs this program, or to root, and nobody else may write to it \
             (chown, chmod 600)",
            path.display()
        ));
        gathered.not_read = gathered.warnings.last().cloned();
        return None;
    }
    let read = opened.map_err(|error| format!("the file cannot be read ({error})"));
    let text = match read.and_then(super::checks::read_capped).and_then(as_utf8) {
        Ok(text) => text,
        Err(why) => {
            gathered.errors.push(ConfigError::of_source(DOTENV, why));
            return None;
        }
    };
    let parsed = dotenv::parse(&text);
    for (line, why) in parsed.bad {
        gathered.errors.push(ConfigError::of_source(&format!("{DOTENV} line {line}"), why.to_owned()));
    }
    for (key, line) in parsed.repeated {
        gathered.warnings.push(format!("{DOTENV} line {line} sets {key} again; the last one counts"));
    }
    let known = names();
    let mut values = BTreeMap::new();
    for (key, assignment) in parsed.values {
        if known.contains(&key) {
            lines.insert(key.clone(), assignment.line);
            values.insert(key, assignment.value);
        } else {
            let near = nearest(&key, names());
            gathered.errors.push(ConfigError::unknown(
                &key,
                &format!("{DOTENV} line {}", assignment.line),
                near,
            ));
        }
    }
    Some(Layer { name: DOTENV.to_owned(), values })
}

/// The environment is shared with other programs, so an unknown name there is at most a warning.
fn environment(env: &BTreeMap<String, String>, gathered: &mut Gathered) -> Layer {
    let known = names();
    let mut values = BTreeMap::new();
    for (name, text) in env {
        if known.contains(name) {
            values.insert(name.clone(), text.clone());
        } else if let Some(warning) = suspicious(name) {
            gathered.warnings.push(warning);
        }
    }
    Layer { name: "environment".to_owned(), values }
}

fn suspicious(name: &str) -> Option<String> {
    let near = nearest(name, names());
    let ours = OURS.iter().any(|prefix| name.starts_with(prefix));
    let shared = SHARED.iter().any(|prefix| name.starts_with(prefix));
    let typo = name.len() >= 8 && near.as_deref().is_some_and(|near| strsim::osa_distance(name, near) <= 2);
    match near {
        Some(near) if ours || shared || typo => {
            Some(format!("{name} (environment) is no option of this program; did you mean {near}?"))
        }
        None if ours => Some(format!("{name} (environment) is no option of this program")),
        _ => None,
    }
}

/// Flags may be named as on the command line (`--backend-url`) or like the option.
fn flags(flags: &BTreeMap<String, String>, gathered: &mut Gathered) -> Layer {
    let known = names();
    let mut values = BTreeMap::new();
    for (flag, text) in flags {
        let name = flag.trim_start_matches('-').replace('-', "_").to_ascii_uppercase();
        if known.contains(&name) {
            values.insert(name, text.clone());
        } else {
            let near = nearest(&name, names());
            gathered.errors.push(ConfigError::unknown(flag, "command line", near));
        }
    }
    Layer { name: "command line".to_owned(), values }
}

fn read_text(path: &Path) -> Result<String, String> {
    as_utf8(super::checks::read_small(path)?)
}

fn as_utf8(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|_| "the file is not UTF-8 text".to_owned())
}

/// The parser's message without the quoted source line, which may hold a secret.
fn toml_fault(message: &str) -> String {
    let kept: Vec<&str> =
        message.lines().map(str::trim).filter(|line| !line.is_empty() && !line.contains('|')).collect();
    kept.join(": ")
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(_, text) => Some(text.clone()),
        Value::Char(_, c) => Some(c.to_string()),
        Value::Bool(_, on) => Some(on.to_string()),
        Value::Num(_, number) => number
            .to_i128()
            .map(|number| number.to_string())
            .or_else(|| number.to_u128().map(|number| number.to_string()))
            .or_else(|| number.to_f64().map(|number| number.to_string())),
        Value::Empty(..) => Some(String::new()),
        Value::Array(_, items) => {
            let words: Option<Vec<String>> = items
                .iter()
                .map(|item| if item.as_array().is_some() { None } else { as_text(item) })
                .collect();
            words.map(|words| words.join(","))
        }
        Value::Dict(..) => None,
    }
}
