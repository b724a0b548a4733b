//! The commands around the daemon: `convert`, `config`, `sessions`, `demo`, `--help`.

use crate::world::{BINARY, PATIENCE, World, asset, voice};
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(BINARY)
        .args(arguments)
        .env_clear()
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn convert_goes_both_ways_and_leaves_no_half_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("voice.ogg"), voice()).unwrap();
    let done = run(folder.path(), &["convert", "voice.ogg"]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    assert!(text(&done.stdout).contains("16 kHz mono"), "{}", text(&done.stdout));
    let wav = hound::WavReader::open(path("voice.wav")).unwrap();
    assert_eq!((wav.spec().sample_rate, wav.spec().channels, wav.spec().bits_per_sample), (16_000, 1, 16));

    let again = run(folder.path(), &["convert", "voice.ogg"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("--force"));

    fs::write(path("reply.wav"), asset("voice/tutor-reply.wav")).unwrap();
    assert!(run(folder.path(), &["convert", "reply.wav", "reply.ogg"]).status.success());
    assert!(phonicflow_bot::audio::is_voice_note(&fs::read(path("reply.ogg")).unwrap()));

    fs::write(path("noise.ogg"), b"not audio").unwrap();
    let bad = run(folder.path(), &["convert", "noise.ogg"]);
    assert_eq!(bad.status.code(), Some(1));
    assert!(text(&bad.stderr).contains("noise.ogg"), "{}", text(&bad.stderr));
    assert!(!path("noise.wav").exists() && !path("noise.partial").exists());
    assert_eq!(run(folder.path(), &["convert", "missing.ogg"]).status.code(), Some(1));
}

#[test]
fn usage_errors_exit_with_2_and_help_with_0() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(folder.path(), &["frobnicate"]).status.code(), Some(2));
    assert_eq!(run(folder.path(), &["run", "--no-such-flag"]).status.code(), Some(2));
    for arguments in [&["--help"][..], &["run", "--help"], &["sessions", "show", "--help"], &["--version"]] {
        assert!(run(folder.path(), arguments).status.success(), "{arguments:?}");
    }
    for (arguments, words) in [
        (&["man"][..], ".TH"),
        (&["completions", "bash"], "complete"),
        (&["completions", "fish"], "complete"),
    ] {
        let printed = run(folder.path(), arguments);
        assert!(printed.status.success() && text(&printed.stdout).contains(words), "{arguments:?}");
    }
    let config = run(folder.path(), &["config", "--backend-url", "http://tutor.lan:8000"]);
    assert!(config.status.success(), "{}", text(&config.stderr));
    assert!(text(&config.stdout).contains("http://tutor.lan:8000"));
    assert_eq!(run(folder.path(), &["sessions", "show", "not-an-id"]).status.code(), Some(2));
    assert_eq!(run(folder.path(), &["sessions", "list"]).status.code(), Some(1), "there is no store yet");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_and_shown_once_the_daemon_rests() {
    let mut world = World::started().await;
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
    let session = world.tutor.turns()[0].session.clone();
    world.stop().await;

    let table = world.command(&["sessions", "list"]).output().unwrap();
    let table = text(&table.stdout);
    assert!(table.lines().count() == 2 && table.contains(&session) && table.contains("active"), "{table}");
    let line = text(&world.command(&["sessions", "list", "--json"]).output().unwrap().stdout);
    let value: serde_json::Value = serde_json::from_str(line.trim()).unwrap();
    assert_eq!((value["user"].as_i64(), value["turns"].as_i64()), (Some(11), Some(1)));
    for id in ["11", session.as_str()] {
        let shown = text(&world.command(&["sessions", "show", id]).output().unwrap().stdout);
        assert!(shown.contains("turn 1") && shown.contains(&session), "{shown}");
        assert!(!shown.contains("Yesterday"), "words are the learner's own");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_sees_retries_and_drops_what_was_given_up() {
    let mut world = World::new().await;
    world.set("BACKEND_RETRY_MAX_AGE", "1").start();
    let ana = world.learner(11);
    world.tutor.stop().await;
    for n in 1..=2 {
        ana.voice(voice(), 4);
        let given_up = world.telegram.wait_until(PATIENCE, |state| {
            let told =
                state.from_bot(11).filter(|said| said.text.contains("stays without an answer")).count();
            (told == n).then_some(())
        });
        assert!(given_up.await.is_some(), "{}", world.log());
    }
    world.stop().await;

    let queue = |arguments: &[&str]| {
        let output = world.command(&[&["queue"], arguments].concat()).output().unwrap();
        (output.status.code(), text(&output.stdout))
    };
    let (code, listed) = queue(&["list", "--json"]);
    let rows: Vec<serde_json::Value> =
        listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((code, rows.len()), (Some(0), 2), "{listed}");
    assert!(rows.iter().all(|row| row["given_up"] == true && row["kind"] == "voice"), "{listed}");
    let (first, second) = (rows[0]["number"].to_string(), rows[1]["number"].to_string());
    let (code, shown) = queue(&["show", &first]);
    assert!(code == Some(0) && shown.contains("tutor not answering"), "{shown}");
    assert!(queue(&["list"]).1.contains("given up"));
    assert_eq!(queue(&["drop", &second]).0, Some(0));
    assert_eq!(queue(&["drop", &second]).0, Some(1));
    assert_eq!(queue(&["retry", &first]).0, Some(0));
    assert!(!queue(&["list"]).1.contains("given up"));

    world.tutor.resume().await.unwrap();
    world.start();
    world.voice_notes(ana.chat(), 1).await;
    assert_eq!(world.tutor.turns().len(), 1);
}

#[test]
fn the_demo_shows_the_main_job_and_says_what_is_real() {
    let folder = tempfile::tempdir().unwrap();
    let demo = run(folder.path(), &["demo"]);
    let said = text(&demo.stdout);
    assert!(demo.status.success(), "{said}{}", text(&demo.stderr));
    for words in ["stand-in", "You said", "Coaching", "voice note", "/status"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(said.matches("You said").count() >= 3, "{said}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn the_interactive_demo_answers_what_is_typed() {
    use std::io::Write;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine.ogg"), voice()).unwrap();
    let mut child = Command::new(BINARY)
        .args(["demo", "--interactive"])
        .env_clear()
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"/help\nmine.ogg\nno-such-file.ogg\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let said = text(&output.stdout);
    assert!(output.status.success(), "{said}{}", text(&output.stderr));
    assert!(said.contains("/history") && said.contains("You said"), "{said}");
    assert!(said.contains("no-such-file.ogg"), "{said}");
}
