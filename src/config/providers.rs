//! `[providers.NAME]` of config.toml: more servers of chat models. Tables have no other source.
//!
//! Must not know how a model is asked.

use super::checks;
use super::nearest::nearest;
use super::sources::Table;
use super::{ConfigError, Setting};
use crate::domain::{ServerKind, Vision, printable};
use crate::secret::Secret;
use figment::value::Value;
use std::path::Path;

/// A server.
#[derive(Debug, Clone)]
pub struct Provider {
    /// NAME: its models are known to learners as `NAME/model`.
    pub name: String,
    /// Without a trailing slash.
    pub url: String,
    /// The wire it speaks.
    pub kind: ServerKind,
    /// `key`, or what is in `key_file`.
    pub key: Option<Secret>,
    /// What it offers, by its own names; empty: what it lists.
    pub models: Vec<String>,
    /// Which of its models take pictures.
    pub vision: Vision,
    /// Tokens of context its models have; `None`: `AI_CONTEXT_TOKENS`.
    pub context: Option<u32>,
}

/// Fields of a table.
const FIELDS: &[&str] = &["url", "kind", "key", "key_file", "models", "vision", "context"];
/// Most tables.
const MOST: usize = 32;
/// The name of the server of `AI_API_URL` in logs and numbers.
const TAKEN: &str = "ai";

/// Checks the tables: what is right, what of it may be shown, and everything that is wrong.
pub fn read(tables: &[Table], folder: &Path) -> (Vec<Provider>, Vec<Setting>, Vec<ConfigError>) {
    let mut read = Reading { folder, settings: Vec::new(), faults: Vec::new() };
    let providers = tables.iter().take(MOST).filter_map(|table| read.provider(table)).collect();
    if let Some(table) = tables.get(MOST) {
        read.fault::<()>(table, "", None, format!("is one too many: {MOST} are the most"));
    }
    (providers, read.settings, read.faults)
}

struct Reading<'a> {
    folder: &'a Path,
    settings: Vec<Setting>,
    faults: Vec<ConfigError>,
}

impl Reading<'_> {
    /// `None` where it is at fault.
    fn provider(&mut self, table: &Table) -> Option<Provider> {
        let before = self.faults.len();
        let name = &table.name;
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
        if name.is_empty() || name.len() > 32 || !name.bytes().all(plain) || name == TAKEN {
            let problem = "must have a name of a to z, 0 to 9, - and _, other than \"ai\"";
            self.fault::<()>(table, "", None, problem.to_owned());
        }
        for field in table.fields.keys().filter(|field| !FIELDS.contains(&field.as_str())) {
            let near = nearest(field, FIELDS.iter().map(|known| known.to_ascii_uppercase()));
            let hint = near
                .map_or_else(String::new, |near| format!("; did you mean {}?", near.to_ascii_lowercase()));
            let known = FIELDS.join(", ");
            self.fault::<()>(
                table,
                field,
                None,
                format!("is no option of a provider{hint} There are {known}"),
            );
        }
        let kind = match self.text(table, "kind") {
            None => ServerKind::default(),
            Some(word) => match ServerKind::parse(&word.to_ascii_lowercase()) {
                Some(kind) => self.fine(table, "kind", &word, kind),
                None => {
                    let problem = format!("must be {}", ServerKind::NAMES.join(" or "));
                    self.fault(table, "kind", Some(&word), problem).unwrap_or_default()
                }
            },
        };
        let url = self.url(table, kind);
        let key = self.key(table);
        let models = self.names(table, "models").unwrap_or_default();
        let vision = match table.fields.get("vision") {
            Some(Value::Bool(_, sees)) => self.fine(table, "vision", &sees.to_string(), Vision::All(*sees)),
            Some(Value::Array(..)) => Vision::Of(self.names(table, "vision").unwrap_or_default()),
            Some(_) => self
                .fault(table, "vision", None, "must be true, false or a list of models".to_owned())
                .unwrap_or_default(),
            None => Vision::Unknown,
        };
        let context = table.fields.get("context").and_then(|value| {
            let tokens = value.to_i128().and_then(|tokens| u32::try_from(tokens).ok());
            match tokens.filter(|tokens| (64..=2_000_000).contains(tokens)) {
                Some(tokens) => Some(self.fine(table, "context", &tokens.to_string(), tokens)),
                None => self.fault(table, "context", None, "must be tokens, 64 to 2000000".to_owned()),
            }
        });
        if self.faults.len() > before {
            return None;
        }
        Some(Provider { name: name.clone(), url: url?, kind, key, models, vision, context })
    }

    fn url(&mut self, table: &Table, kind: ServerKind) -> Option<String> {
        let given = self.text(table, "url");
        let public = match kind {
            ServerKind::Anthropic => "https://api.anthropic.com/v1",
            ServerKind::Gemini => "https://generativelanguage.googleapis.com/v1beta",
            ServerKind::OpenAi | ServerKind::Core => "",
        };
        match given {
            // It has been told that it is no text.
            None if matches!(table.fields.get("url"), Some(value) if value.as_str().is_none()) => None,
            None if public.is_empty() => self.fault(
                table,
                "url",
                None,
                "is missing: the base URL of the server, /v1 included".to_owned(),
            ),
            None => Some(public.to_owned()),
            Some(url) => {
                let shown = checks::shown_url(&url);
                match checks::base_url(&url) {
                    Some(url) => Some(self.fine(table, "url", &shown, url)),
                    None => {
                        let problem = "must be a URL with http:// or https://, without a query".to_owned();
                        self.fault(table, "url", Some(&shown), problem)
                    }
                }
            }
        }
    }

    fn key(&mut self, table: &Table) -> Option<Secret> {
        match (self.text(table, "key"), self.text(table, "key_file")) {
            (Some(_), Some(_)) => self.fault(
                table,
                "key",
                Some("***"),
                "and key_file are both set: keep one of them".to_owned(),
            ),
            (Some(key), None) => self.sane_key(table, "key", "***", &key),
            (None, Some(file)) => match checks::secret_file(Path::new(file.trim()), self.folder) {
                Ok(key) => self.sane_key(table, "key_file", &file, &key),
                Err(problem) => self.fault(table, "key_file", Some(&file), problem),
            },
            (None, None) => None,
        }
    }

    fn sane_key(&mut self, table: &Table, field: &str, shown: &str, key: &str) -> Option<Secret> {
        if key.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
            return Some(self.fine(table, field, shown, Secret::new(key)));
        }
        self.fault(table, field, Some(shown), "must be printable ASCII characters".to_owned())
    }

    /// A text that is not empty; anything else than a text is a fault.
    fn text(&mut self, table: &Table, field: &str) -> Option<String> {
        match table.fields.get(field)? {
            Value::String(_, text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            _ => self.fault(table, field, None, "must be a text".to_owned()),
        }
    }

    fn names(&mut self, table: &Table, field: &str) -> Option<Vec<String>> {
        let names: Option<Vec<String>> = match table.fields.get(field)? {
            Value::Array(_, items) => {
                items.iter().map(|item| item.as_str().map(|name| name.trim().to_owned())).collect()
            }
            Value::String(_, list) => checks::names(list),
            _ => None,
        };
        match names.filter(|names| names.iter().all(|name| checks::is_model_name(name))) {
            Some(names) => Some(self.fine(table, field, &names.join(","), names.clone())),
            None => self.fault(table, field, None, "must be a list of models".to_owned()),
        }
    }

    fn fine<T>(&mut self, table: &Table, field: &str, shown: &str, value: T) -> T {
        let name = format!("providers.{}.{field}", table.name);
        let shown = Some(printable::line(shown).into_owned());
        self.settings.push(Setting { name, value: shown, origin: table.origin.clone() });
        value
    }

    fn fault<T>(&mut self, table: &Table, field: &str, shown: Option<&str>, problem: String) -> Option<T> {
        let name: String = table.name.chars().take(60).collect();
        let field: String = field.chars().take(60).collect();
        let key =
            if field.is_empty() { format!("providers.{name}") } else { format!("providers.{name}.{field}") };
        self.faults.push(ConfigError {
            key: printable::line(&key).into_owned(),
            origin: table.origin.clone(),
            shown: shown.map(|shown| printable::line(shown).into_owned()),
            problem,
        });
        None
    }
}
