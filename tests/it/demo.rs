//! `demo`: what it shows, what can be typed into it, and that nothing of it is left.

use crate::world::{BINARY, PATIENCE, voice};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

fn start(folder: &Path, arguments: &[&str]) -> Child {
    fs::create_dir_all(folder.join("tmp")).unwrap();
    Command::new(BINARY)
        .arg("demo")
        .args(arguments)
        .env_clear()
        .env("HOME", folder)
        .env("TMPDIR", folder.join("tmp"))
        .env("COLUMNS", "60")
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What it says to these lines.
fn typed(folder: &Path, lines: &str) -> String {
    let mut child = start(folder, &["--interactive"]);
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// Every part, each after the one before it.
fn in_order(said: &str, parts: &[&str]) {
    let mut from = 0;
    for part in parts {
        let found = said[from..].find(part);
        from += found.unwrap_or_else(|| panic!("no {part:?} in its place in\n{said}")) + part.len();
    }
}

fn left_in(folder: &Path) -> usize {
    fs::read_dir(folder.join("tmp")).unwrap().count()
}

#[test]
fn it_shows_the_main_job_says_what_is_real_and_fits_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let child = start(folder.path(), &[]);
    let output: Output = child.wait_with_output().unwrap();
    let said = text(&output.stdout);
    assert!(output.status.success(), "{said}{}", text(&output.stderr));
    in_order(
        &said,
        &[
            "stand-ins",
            "Ana ▸ /start",
            "You said",
            "Coaching",
            "voice note",
            "/status",
            "presses [ ✏️ Corrections ]",
            "• The weather is more better today",
            "🗂 Keep “The weather is better…”",
            "presses [ 🗂 Keep “The weather is better…” ]",
            "( Kept as a card",
            "presses [ 🐢 Slower ]",
            "0:04   voice note",
            "presses [ On tap ]",
            "[ ✓ On tap ]",
            "03-travel.ogg",
            "For a finished time say",
            "[ 🌐 Translate ]",
            "presses [ 🌐 Translate ]",
            "Para um tempo terminado",
            "/intonation",
            "🖼 picture",
            "/progress",
            "🖼 picture",
            "/practice",
            "The weather is more better today",
            "👂 I heard “batter” for “better”",
            "Ana ▸ /card",
            "🗂 2 cards",
            "/remind",
            "Ana ▸ /new",
            "(messages: 3)",
            "Whats the diference",
            "Tell needs a person",
            "Ana ▸ /history",
            "1.",
            "Whats the diference",
            "presses [ ⏮",
            "answers: 3",
            "I have visited London",
            "Ana ▸ /coach",
            "You said",
            "voice note",
            "Ana ▸ /export",
            ".md,",
            ".json,",
            ".csv,",
            "/hlep",
        ],
    );
    let (_, on_tap) = said.split_once("03-travel.ogg").unwrap();
    let (answer, _) = on_tap.split_once("presses").unwrap();
    assert!(
        !answer.contains("finished time: ") && !answer.contains("Para um tempo"),
        "only on tap: {answer}"
    );
    // Nothing in the conversation is wide but the microphones and hand signs, which some terminals show wider than others.
    let widest = said.lines().map(|line| line.chars().count()).max().unwrap();
    assert!((50..=60).contains(&widest), "{widest}: {said}");
    assert_eq!(left_in(folder.path()), 0, "nothing is left behind");
}

#[test]
fn what_is_typed_is_answered_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine.ogg"), voice()).unwrap();
    let lines = "#1\n/help\nmine.ogg\nno-such-file.ogg\n~/mine.ogg\n~/nowhere.ogg\n/delete\n#3\n#2\n/status\n/history\n#1\n";
    let said = typed(folder.path(), lines);
    in_order(
        &said,
        &[
            "no message with buttons",
            "Ana ▸ /help",
            "/history –",
            "🎙 mine.ogg",
            "You said",
            "voice note",
            "no-such-file.ogg: no such file",
            "🎙 mine.ogg",
            "You said",
            "voice note",
            "nowhere.ogg: no such file",
            "Ana ▸ /delete",
            "Delete everything I hold",
            "#1 Delete everything",
            "#2 Keep it",
            "presses button 3",
            "#1 to #2",
            "presses button 2",
            "(edited)",
            "Nothing was deleted.",
            "Ana ▸ /status",
            "Your practice",
            "Ana ▸ /history",
            "page 1 of 1",
            "presses button 1",
            "voice note",
        ],
    );
    assert_eq!(said.matches("Nothing was deleted.").count(), 1, "an edit is shown once: {said}");
    assert_eq!(left_in(folder.path()), 0);
}

#[test]
fn a_signal_ends_it_and_nothing_is_left() {
    for (arguments, signal, code) in [
        (&["--interactive"][..], "INT", 130),
        (&["--interactive"], "TERM", 143),
        (&[], "INT", 130),
        (&[], "HUP", 129),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut child = start(folder.path(), arguments);
        // It has begun, and has its folder.
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("This is the real daemon")));
        assert_eq!(left_in(folder.path()), 1, "the folder of its store");
        let killed = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status();
        assert!(killed.unwrap().success());
        let began = std::time::Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            assert!(began.elapsed() < PATIENCE, "{arguments:?} goes on after SIG{signal}");
            std::thread::sleep(std::time::Duration::from_millis(20));
        };
        assert_eq!((status.code(), left_in(folder.path())), (Some(code), 0), "{arguments:?} SIG{signal}");
    }
}
