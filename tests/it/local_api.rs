//! A self-hosted Bot API server in `--local` mode: recordings come from its folder on this machine.

use crate::world::{World, voice};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::faults::{Act, On};
use phonicflow_bot::sandbox::http::Reply;
use serde_json::json;
use std::fs;
use std::path::PathBuf;

/// A world whose server keeps its files in this folder.
async fn local() -> (World, PathBuf) {
    let mut world = World::new().await;
    let folder = world.folder.path().join("bot-api");
    fs::create_dir(&folder).unwrap();
    world.telegram.set_local(Some(folder.clone()));
    world.set("TELEGRAM_API_LOCAL", "true").set("TELEGRAM_API_LOCAL_PATH", folder.to_str().unwrap());
    (world, folder)
}

fn names(path: &str) -> Act {
    let file = json!({"ok": true, "result": {"file_id": "f", "file_unique_id": "u", "file_path": path}});
    Act::Answer(Reply::json(200, &file))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_is_read_from_the_disk() {
    let (mut world, _) = local().await;
    world.start();
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
    assert!(world.telegram.calls("file").is_empty(), "nothing is fetched by HTTP");
    // A server that keeps some files elsewhere still hands out relative paths.
    world.telegram.set_local(None);
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 2).await;
    assert_eq!(world.telegram.calls("file").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cap_rules_here_too() {
    use phonicflow_bot::sandbox::bot_api::Post;
    let (mut world, _) = local().await;
    world.set("MAX_AUDIO_SIZE_MB", "1").start();
    let ana = world.learner(11);
    // It claims nothing; the disk tells.
    ana.post(Post::voice(vec![0_u8; (1 << 20) + 1], 4).claims_size(None));
    world.answer_with(ana.chat(), "too large").await;
    assert!(world.tutor.turns().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_outside_of_the_folder_is_opened() {
    let (mut world, folder) = local().await;
    world.start();
    let outside = world.folder.path().join("outside.ogg");
    fs::write(&outside, voice()).unwrap();
    std::os::unix::fs::symlink(&outside, folder.join("link.ogg")).unwrap();
    let fifo = folder.join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let shown = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    for (n, path) in [
        shown(&outside),
        shown(&folder.join("link.ogg")),
        format!("{}/../outside.ogg", folder.display()),
        shown(&fifo),
        "/etc/passwd".to_owned(),
    ]
    .into_iter()
    .enumerate()
    {
        let learner = world.learner(100 + n as i64);
        world.telegram.faults().add(On::call("getFile").times(1), names(&path));
        learner.voice(voice(), 4);
        world.answer_with(learner.chat(), "something is set up wrong here").await;
        world.settled().await;
    }
    assert!(world.tutor.turns().is_empty());
    let log = world.log();
    assert!(log.times(Event::RecordingNotFetched) > 0 && log.holds("TELEGRAM_API_LOCAL_PATH"), "{log}");
    for secret in ["outside.ogg", "/etc/passwd", "link.ogg"] {
        assert!(!log.holds(secret), "{secret} in the log:\n{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn switched_off_an_absolute_path_is_refused_with_the_name_of_the_switch() {
    let (mut world, _) = local().await;
    world.set("TELEGRAM_API_LOCAL", "false").start();
    let (ana, rui) = (world.learner(11), world.brazilian(12));
    ana.voice(voice(), 4);
    world.answer_with(ana.chat(), "something is set up wrong here").await;
    rui.voice(voice(), 4);
    world.answer_with(rui.chat(), "mal configurado").await;
    world.logged(Event::RecordingNotFetched).await;
    assert!(world.log().holds("TELEGRAM_API_LOCAL=true"), "{}", world.log());
    assert!(world.tutor.turns().is_empty());
    assert!(!world.log().holds("bot-api/"), "no path in the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_cannot_be_read_is_said_at_the_start() {
    let (mut world, folder) = local().await;
    fs::remove_dir_all(&folder).unwrap();
    let output = world.command(&["config"]).output().unwrap();
    let shown =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(shown.contains("TELEGRAM_API_LOCAL_PATH cannot be read"), "{shown}");
    world.start();
    world.logged(Event::ConfigWarning).await;
    assert!(world.log().holds("TELEGRAM_API_LOCAL_PATH"), "{}", world.log());
}
