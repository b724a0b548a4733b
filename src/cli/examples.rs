//! One example per command, for `--help` and the manual page. Must not know what the commands do.

use clap::Command;

/// Command (with its parents) and example.
const EXAMPLES: &[(&str, &str)] = &[
    ("run", "phonicflow-bot run --config /etc/phonicflow-bot/config.toml"),
    #[cfg(feature = "demo")]
    ("demo", "phonicflow-bot demo --interactive"),
    ("convert", "phonicflow-bot convert voice.ogg - | aplay"),
    ("doctor", "sudo phonicflow-bot doctor"),
    ("health", "phonicflow-bot health --ready"),
    ("config", "phonicflow-bot config --json"),
    ("sessions list", "sudo phonicflow-bot sessions list --since 7d --sort activity --reverse"),
    ("sessions show", "sudo phonicflow-bot sessions show 123456789"),
    ("sessions export", "sudo phonicflow-bot sessions export 123456789 --out /srv/requests"),
    ("sessions delete", "sudo phonicflow-bot sessions delete 123456789"),
    ("sessions expire", "sudo phonicflow-bot sessions expire --older-than 30d"),
    ("sessions import", "sudo phonicflow-bot sessions import telegram_sessions.json --dry-run"),
    ("queue list", "sudo phonicflow-bot queue list --dead"),
    ("queue show", "sudo phonicflow-bot queue show 12"),
    ("queue retry", "sudo phonicflow-bot queue retry 12"),
    ("queue drop", "sudo phonicflow-bot queue drop 12 --yes"),
    ("stats", "sudo phonicflow-bot stats"),
    ("store encrypt", "sudo phonicflow-bot store encrypt"),
    ("store rekey", "sudo phonicflow-bot store rekey --new-key-file /etc/credstore/phonicflow-bot.new-key"),
    ("store decrypt", "sudo phonicflow-bot store decrypt"),
    ("store clean", "sudo phonicflow-bot store clean"),
    ("store move", "sudo phonicflow-bot store move --to-file /etc/credstore/phonicflow-bot.store-url"),
    ("store accept", "sudo phonicflow-bot store accept"),
    ("top", "sudo phonicflow-bot top --every 2"),
    ("tutor try", "phonicflow-bot tutor try voice.ogg --save reply.ogg"),
    ("backup", "sudo phonicflow-bot backup /srv/backup/phonicflow-bot.backup"),
    ("restore", "sudo phonicflow-bot restore /srv/backup/phonicflow-bot.backup --force"),
    (
        "completions",
        "phonicflow-bot completions bash > ~/.local/share/bash-completion/completions/phonicflow-bot",
    ),
    ("man", "phonicflow-bot man | man -l -"),
];

pub(crate) fn of(name: &str) -> Option<&'static str> {
    EXAMPLES.iter().find(|(command, _)| *command == name).map(|(_, example)| *example)
}

pub(crate) fn added(command: Command) -> Command {
    below(command, "")
}

fn below(command: Command, before: &str) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|inner| inner.get_name().to_owned()).collect();
    names.into_iter().fold(command, |command, name| {
        let path = format!("{before}{name}");
        command.mut_subcommand(name, |inner| {
            let inner = below(inner, &format!("{path} "));
            let Some(example) = of(&path) else { return inner };
            let more = inner.get_after_help().map(|text| format!("\n\n{text}")).unwrap_or_default();
            inner.after_help(format!("Example:\n  {example}{more}"))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_an_example_that_it_takes() {
        fn leaves(command: &Command, before: &str, found: &mut Vec<String>) {
            for inner in command.get_subcommands() {
                let path = format!("{before}{}", inner.get_name());
                if inner.has_subcommands() {
                    leaves(inner, &format!("{path} "), found);
                } else {
                    found.push(path);
                }
            }
        }
        let mut commands = Vec::new();
        leaves(&super::super::command(), "", &mut commands);
        assert!(commands.len() > 20);
        for name in &commands {
            let example = of(name).unwrap_or_else(|| panic!("{name} has no example"));
            let typed = example
                .split([' '])
                .skip_while(|word| *word == "sudo")
                .take_while(|word| !"|>".contains(word));
            let parsed = super::super::command().try_get_matches_from(typed);
            assert!(parsed.is_ok(), "{example}: {}", parsed.unwrap_err());
            assert!(example.contains(&format!("phonicflow-bot {name}")), "{example}");
        }
        assert_eq!(commands.len(), EXAMPLES.len(), "no example without its command");
    }
}
