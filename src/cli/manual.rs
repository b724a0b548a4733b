//! The manual page: commands and options as roff.
//!
//! One page for all commands, generated from what `--help` and the table of options say, so that nothing is
//! written twice.

use super::examples;
use crate::config::keys;
use clap::{Arg, Command};
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};

/// What no other place says: exit codes, files, signals.
const FACTS: &[(&str, &[(&str, &str)])] = &[
    (
        "EXIT STATUS",
        &[
            ("0", "It worked."),
            ("1", "It did not work."),
            (
                "2",
                "The arguments or the configuration are wrong, or Telegram refuses the token; no restart helps.",
            ),
            (
                "3",
                "The daemon, the tutor or Telegram cannot be reached, or a running daemon holds the store.",
            ),
        ],
    ),
    (
        "FILES",
        &[
            (
                "/etc/phonicflow-bot/config.toml",
                "Options, names in lower case; read where no --config is given.",
            ),
            ("/etc/phonicflow-bot/token", "The bot token, for the systemd unit; owner root, mode 0600."),
            (".env.telegram", "Options in the working folder, KEY=value."),
            (
                "/var/lib/phonicflow-bot",
                "The store of the systemd service: store/, exports/, damaged-*/, restored.json.",
            ),
        ],
    ),
    (
        "SIGNALS",
        &[(
            "SIGTERM, SIGINT",
            "run finishes or parks what is in flight within 10 s; a second one ends it at once.",
        )],
    ),
];

pub(crate) fn page(command: &Command) -> std::io::Result<Vec<u8>> {
    let mut roff = Roff::new();
    let version = format!("phonicflow-bot {}", command.get_version().unwrap_or_default());
    // The quoted empty string holds the place of the date; without it the next field would take it.
    roff.control("TH", ["PHONICFLOW-BOT", "1", "\"\"", &version, "User Commands"]);
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    section(&mut roff, "NAME", [roman("phonicflow-bot - the PhonicFlow English tutor in Telegram")]);
    section(
        &mut roff,
        "SYNOPSIS",
        [bold("phonicflow-bot"), roman(" "), italic("COMMAND"), roman(" [ARGUMENT...] [--OPTION VALUE...]")],
    );
    section(&mut roff, "DESCRIPTION", [roman(about)]);
    roff.control("SH", ["COMMANDS"]);
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        commands(&mut roff, inner, "");
    }
    roff.control("SH", ["OPTIONS"]);
    for argument in command.get_arguments() {
        entry(&mut roff, vec![bold(usage(argument))], &help(argument));
    }
    roff.control("SH", ["CONFIGURATION"]);
    roff.text([roman(
        "Each option is a key in the TOML file (in lower case), a line of .env.telegram, an environment variable or a flag of \
         every command; the later wins. Secrets have no flag: the flag names a file that holds the secret, and so does the key \
         with _FILE at its end.",
    )]);
    for (topic, of_topic) in keys::TOPICS {
        roff.control("SS", [*topic]);
        for key in *of_topic {
            let flag = keys::flags()
                .find(|flag| flag.key.trim_end_matches("_FILE") == key.name.trim_end_matches("_FILE"));
            let flag = flag.map_or_else(String::new, |flag| format!("--{}", flag.long));
            let default = if key.default.is_empty() { "none".to_owned() } else { key.default.to_owned() };
            let words = format!("{} Expected: {}. Default: {default}.", key.doc, key.expects());
            entry(&mut roff, vec![bold(key.name), roman(", "), bold(flag)], &words);
        }
    }
    for (name, entries) in FACTS {
        roff.control("SH", [*name]);
        for (what, words) in *entries {
            entry(&mut roff, vec![bold(*what)], words);
        }
    }
    section(&mut roff, "SEE ALSO", [bold("journalctl"), roman("(1), "), bold("systemctl"), roman("(1)")]);
    let mut page = Vec::new();
    roff.to_writer(&mut page)?;
    Ok(page)
}

fn section(roff: &mut Roff, name: &str, words: impl Into<Vec<Inline>>) {
    roff.control("SH", [name]);
    roff.text(words.into());
}

fn entry(roff: &mut Roff, title: Vec<Inline>, words: &str) {
    roff.control("TP", []);
    roff.text(title);
    roff.text([roman(words.trim())]);
}

fn commands(roff: &mut Roff, command: &Command, before: &str) {
    let name = format!("{before}{}", command.get_name());
    if command.has_subcommands() {
        for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
            commands(roff, inner, &format!("{name} "));
        }
        return;
    }
    let own: Vec<&Arg> = command.get_arguments().filter(|argument| is_own(argument)).collect();
    let mut title = vec![bold(name.as_str())];
    for argument in own.iter().filter(|argument| argument.is_positional()) {
        let shown = argument.get_id().as_str().to_uppercase();
        title.push(roman(" "));
        title.push(italic(if argument.is_required_set() { shown } else { format!("[{shown}]") }));
    }
    let about = command.get_long_about().or_else(|| command.get_about());
    entry(roff, title, &about.map(ToString::to_string).unwrap_or_default().replace("\n\n", " "));
    roff.control("RS", []);
    if let Some(example) = examples::of(&name) {
        roff.control("PP", []);
        roff.text([roman("Example: "), bold(example)]);
    }
    for argument in own {
        entry(roff, vec![bold(usage(argument))], &help(argument));
    }
    roff.control("RE", []);
}

/// Whether the argument belongs to this command rather than to all.
fn is_own(argument: &Arg) -> bool {
    !argument.is_global_set()
        && !is_key(argument)
        && !matches!(argument.get_id().as_str(), "help" | "version")
        && !argument.is_hide_set()
}

/// Whether the flag stands for a configuration option.
fn is_key(argument: &Arg) -> bool {
    keys::flags().any(|flag| flag.key == argument.get_id().as_str())
}

fn usage(argument: &Arg) -> String {
    let Some(long) = argument.get_long() else { return argument.get_id().as_str().to_uppercase() };
    let short = argument.get_short().map_or_else(String::new, |short| format!("-{short}, "));
    let values = if argument.get_action().takes_values() {
        let names = argument.get_value_names().unwrap_or_default().iter().map(ToString::to_string);
        names.map(|name| format!(" {name}")).collect()
    } else {
        String::new()
    };
    format!("{short}--{long}{values}")
}

fn help(argument: &Arg) -> String {
    let help = argument.get_long_help().or_else(|| argument.get_help()).map(ToString::to_string);
    help.unwrap_or_default().replace("\n\n", " ")
}
