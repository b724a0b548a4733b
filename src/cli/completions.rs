//! Completions for a shell, made of the commands as they are shown.

use clap::Command;
use clap_complete::Shell;

/// The script.
pub(crate) fn script(shell: Shell, command: &mut Command) -> Vec<u8> {
    let mut text = Vec::new();
    clap_complete::generate(shell, command, "phonicflow-bot", &mut text);
    match shell {
        Shell::Bash => mended(&text),
        _ => text,
    }
}

/// clap_complete 4.6 takes the hyphen of the program's name for the border of a command in half of the places where it makes
/// a label of it, so that no command below the first is found. Where it is mended this changes nothing.
fn mended(text: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(text).replace("phonicflow__subcmd__bot", "phonicflow__bot").into_bytes()
}
