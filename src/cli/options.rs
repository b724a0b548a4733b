//! The configuration options as flags: shown under `config` and `run`, accepted by every command.
//!
//! Must not know what an option means: all of it comes from the one table.

use crate::config::keys::{self, Key, Kind};
use clap::{Arg, ArgMatches, Command, ValueHint};
use std::collections::BTreeMap;

/// Commands whose help shows the options.
pub(crate) const SHOWN_BY: [&str; 2] = ["run", "config"];

pub(crate) fn shown(command: Command) -> Command {
    let options = keys::TOPICS.iter().flat_map(|(topic, of_topic)| {
        of_topic.iter().filter_map(move |key| {
            let flag = keys::flags().find(|flag| flag.key == key.name || flag.key == key.file_name())?;
            Some(
                Arg::new(flag.key)
                    .long(flag.long)
                    .value_name(value_name(key))
                    .value_hint(hint(key))
                    .help(flag.doc.clone())
                    .long_help(long_help(key, flag.key, &flag.doc))
                    .hide_short_help(true)
                    .help_heading(*topic),
            )
        })
    });
    command.args(options).after_help(
        "The options of the configuration stand in `--help`, each also a variable and a key of config.toml.",
    )
}

/// The same flags for every other command, hidden from its help.
pub(crate) fn hidden() -> impl Iterator<Item = Arg> {
    keys::flags().map(|flag| Arg::new(flag.key).long(flag.long).global(true).value_name("VALUE").hide(true))
}

/// Flags given, by option name.
pub(crate) fn given(matches: &ArgMatches) -> BTreeMap<String, String> {
    let mut deepest = matches;
    while let Some((_, inner)) = deepest.subcommand() {
        deepest = inner;
    }
    keys::flags()
        .filter_map(|flag| Some((flag.key.to_owned(), deepest.get_one::<String>(flag.key)?.clone())))
        .collect()
}

fn long_help(key: &Key, flag_key: &str, doc: &str) -> String {
    let default = if key.default.is_empty() { "none" } else { key.default };
    // A secret's flag names a file that holds it.
    let expects = if key.is_secret() { "a readable file".to_owned() } else { key.expects() };
    format!("{doc}\n{flag_key}, default {default}: {expects}")
}

fn value_name(key: &Key) -> &'static str {
    match &key.kind {
        _ if key.is_secret() => "FILE",
        Kind::CaFile(_) | Kind::File(_) | Kind::KeyFile(_) => "FILE",
        Kind::Folder(_) | Kind::Personas(_) => "FOLDER",
        Kind::Time { unit, .. } => match unit {
            keys::Unit::Seconds => "SECONDS",
            keys::Unit::Hours => "HOURS",
            keys::Unit::Days => "DAYS",
        },
        Kind::Whole { .. } | Kind::Count { .. } | Kind::Number { .. } => "N",
        Kind::BaseUrls(_) => "URLS",
        Kind::BaseUrl(_) | Kind::OptionalUrl(_) | Kind::Proxy(_) => "URL",
        Kind::Name(_) => "MODEL",
        Kind::Word(_) | Kind::Node(_) => "NAME",
        Kind::Names(_) => "MODELS",
        Kind::Address(_) => "ADDRESS",
        Kind::Users(_) => "IDS",
        Kind::Channel(_) => "CHANNEL",
        Kind::Switch(_) => "BOOL",
        Kind::Choice(..) => "WORD",
        Kind::LogFilter(_) => "FILTER",
        Kind::Token(_) | Kind::Secret(_) | Kind::Database(_) => "VALUE",
    }
}

/// What the shell completes for it.
fn hint(key: &Key) -> ValueHint {
    match value_name(key) {
        "FILE" => ValueHint::FilePath,
        "FOLDER" => ValueHint::DirPath,
        _ => ValueHint::Other,
    }
}
