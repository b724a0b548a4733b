//! The commands around the daemon: `convert`, `config`, `sessions`, `queue`.

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
    assert!(
        rows.iter()
            .all(|row| row["given_up"] == true && row["reason"] == "tutor_down" && row["kind"] == "voice"),
        "{listed}"
    );
    let (first, second) = (rows[0]["number"].to_string(), rows[1]["number"].to_string());
    let (code, shown) = queue(&["show", &first]);
    assert!(code == Some(0) && shown.contains("the tutor did not answer ("), "{shown}");
    assert!(queue(&["list"]).1.contains("given up"));
    assert_eq!(queue(&["drop", &second]).0, Some(2), "it asks, and nobody is there to answer");
    assert_eq!(queue(&["drop", "--yes", &second]).0, Some(0));
    assert_eq!(queue(&["drop", "--yes", &second]).0, Some(1));
    assert_eq!(queue(&["retry", &first]).0, Some(0));
    assert!(!queue(&["list"]).1.contains("given up"));

    world.tutor.resume().await.unwrap();
    world.start();
    world.voice_notes(ana.chat(), 1).await;
    assert_eq!(world.tutor.turns().len(), 1);
}

fn piped(folder: &Path, arguments: &[&str], input: &[u8]) -> Output {
    use std::io::Write;
    let mut child = Command::new(BINARY)
        .args(arguments)
        .env_clear()
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_vec());
    let writing = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    let _ = writing.join();
    output
}

#[test]
fn convert_reads_standard_input_and_writes_standard_output() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("voice.ogg"), voice()).unwrap();
    fs::write(folder.path().join("reply.wav"), asset("voice/tutor-reply.wav")).unwrap();
    let is_note = |output: &Output| phonicflow_bot::audio::is_voice_note(&output.stdout);
    let is_wav =
        |output: &Output| hound::WavReader::new(&output.stdout[..]).is_ok_and(|wav| wav.len() > 16_000);

    let wav = piped(folder.path(), &["convert", "voice.ogg", "-"], b"");
    assert!(wav.status.success() && is_wav(&wav), "{}", text(&wav.stderr));
    assert!(text(&wav.stderr).contains("16 kHz mono"), "what is said goes beside what is made");
    assert!(is_note(&piped(folder.path(), &["convert", "reply.wav", "-"], b"")));
    assert!(is_wav(&piped(folder.path(), &["convert", "-"], &voice())));
    assert!(is_note(&piped(folder.path(), &["convert", "-", "-"], &asset("voice/tutor-reply.wav"))));
    assert!(!folder.path().join("-").exists());

    let to_file = piped(folder.path(), &["convert", "-", "out.ogg"], &asset("voice/tutor-reply.wav"));
    assert!(to_file.status.success(), "{}", text(&to_file.stderr));
    assert!(phonicflow_bot::audio::is_voice_note(&fs::read(folder.path().join("out.ogg")).unwrap()));
    let bad = piped(folder.path(), &["convert", "-"], b"not audio");
    assert!(bad.status.code() == Some(1) && bad.stdout.is_empty(), "{}", text(&bad.stderr));
}
