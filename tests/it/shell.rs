//! The command line itself: `--help`, the manual page, completions.

use crate::world::BINARY;
use std::fs;
use std::process::{Command, Output, Stdio};

fn run(arguments: &[&str]) -> Output {
    Command::new(BINARY).args(arguments).env_clear().stdin(Stdio::null()).output().unwrap()
}

fn said(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_options_stand_where_they_are_looked_for() {
    for command in ["run", "config"] {
        let help = said(&[command, "--help"]);
        for key in phonicflow_bot::config::keys::all() {
            let flag = phonicflow_bot::config::flags()
                .find(|flag| flag.key == key.name || flag.key == key.file_name())
                .unwrap();
            let default = if key.default.is_empty() { "none" } else { key.default };
            let told = format!("{}, default {default}: ", flag.key);
            assert!(help.contains(&format!("--{}", flag.long)) && help.contains(&told), "{told}{help}");
        }
        assert!(help.contains("seconds, 1 to 50") && help.contains("Example:"), "{help}");
        assert!(said(&[command, "-h"]).lines().count() < 30);
    }
    for command in [&["demo"][..], &["sessions", "list"], &["queue", "drop"], &["top"], &["health"], &[]] {
        let help = said(&[command, &["--help"]].concat());
        assert!(!help.contains("backend-url") && help.lines().count() < 60, "{help}");
        assert!(command.is_empty() || help.contains("Example:"), "{help}");
    }
}

#[test]
fn an_option_is_taken_by_every_command_wherever_it_stands() {
    for arguments in [
        &["config", "--backend-url", "http://tutor.lan:8000"][..],
        &["--backend-url", "http://tutor.lan:8000", "config"],
    ] {
        assert!(said(arguments).contains("http://tutor.lan:8000"), "{arguments:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("elsewhere").display().to_string();
    let listed = run(&["sessions", "list", "--session-storage-path", &store]);
    assert!(String::from_utf8_lossy(&listed.stderr).contains(&store));
}

#[test]
fn the_manual_page_tells_of_each_command_once() {
    let page = said(&["man"]);
    assert!(page.contains(".TH") && !page.contains("\\fBhelp\\fR"), "{page}");
    for command in ["run", "config", "queue drop", "sessions list", "convert", "store rekey"] {
        assert_eq!(page.matches(&format!("\n\\fB{command}\\fR")).count(), 1, "{command}");
    }
    assert!(page.contains("Example: \\fBsudo phonicflow\\-bot queue drop 12 \\-\\-yes\\fR"), "{page}");
    assert_eq!(page.matches("BACKEND_TIMEOUT\\fR").count(), 1);
}

/// What bash offers for these words, the last one being completed.
fn completed(script: &str, words: &[&str]) -> Vec<String> {
    let ask = r#"source "$1"; shift
        function=$(complete -p phonicflow-bot | sed 's/.*-F \([^ ]*\).*/\1/')
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
        "$function" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\n' "${COMPREPLY[@]}""#;
    let output = Command::new("bash")
        .args(["--norc", "-c", ask, "ask", script, "phonicflow-bot"])
        .args(words)
        .output()
        .unwrap();
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_beyond_the_first_word() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("phonicflow-bot.bash");
    fs::write(&script, said(&["completions", "bash"])).unwrap();
    let script = script.to_str().unwrap();
    for (words, offered) in [
        (&["que"][..], &["queue"][..]),
        (&["queue", ""], &["list", "show", "retry", "drop"]),
        (&["queue", "dr"], &["drop"]),
        (&["queue", "list", "--d"], &["--dead"]),
        (&["sessions", "export", "--"], &["--out", "--force"]),
        (&["run", "--backend-u"], &["--backend-url"]),
        (&["completions", "z"], &["zsh"]),
        (&["sessions", "list", "--state", ""], &["active", "idle", "archived"]),
    ] {
        let found = completed(script, words);
        assert!(offered.iter().all(|word| found.iter().any(|one| one == word)), "{words:?}: {found:?}");
    }
    assert!(
        completed(script, &["sessions", "list", "--backend-u"])
            .iter()
            .all(|word| !word.starts_with("--back"))
    );
}
