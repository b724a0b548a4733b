//! Shell completions, made of the commands as `--help` shows them. Must not know any single command.

use clap::Command;
use clap_complete::Shell;

pub(crate) fn script(shell: Shell, command: &mut Command) -> Vec<u8> {
    let mut text = Vec::new();
    clap_complete::generate(shell, command, "phonicflow-bot", &mut text);
    match shell {
        Shell::Bash => mended(&text),
        _ => text,
    }
}

/// Works around clap_complete 4.6, which in half of the places mistakes the hyphen in the program's name for
/// the separator between commands, so that no subcommand below the first level completes. Changes nothing
/// once that is fixed.
fn mended(text: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(text).replace("phonicflow__subcmd__bot", "phonicflow__bot").into_bytes()
}
