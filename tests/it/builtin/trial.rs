//! `tutor try`: one voice through the configured tutor, on the shell.

use super::*;
use phonicflow_bot::sandbox::faults::{Act, On};
use phonicflow_bot::sandbox::speech_api::Heard;
use std::process::Output;

/// The exit code, and the object printed.
fn tried(world: &World, arguments: &[&str]) -> (Option<i32>, Value, Output) {
    std::fs::write(world.folder.path().join("voice.ogg"), voice()).unwrap();
    let arguments = [&["tutor", "try", "voice.ogg", "--json"], arguments].concat();
    let output = world.command(&arguments).output().unwrap();
    let said = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    (output.status.code(), said, output)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_built_in_tutor_is_tried_without_telegram() {
    let (mut world, servers) = unstarted().await;
    world.set("TELEGRAM_BOT_TOKEN", "");
    let (code, said, output) = tried(&world, &["--save", "reply.ogg"]);
    assert_eq!((code, said["outcome"].as_str()), (Some(0), Some("answered")), "{output:?}");
    assert_eq!((said["transcript"].as_str(), said["reply"].as_str()), (Some(HEARD), Some(REPLY)));
    assert_eq!(said["corrections"][0]["better"], "I went");
    assert!(said["spoken_seconds"].as_u64().is_some_and(|secs| secs > 0), "{said}");
    for part in ["decode", "hear", "judge", "speech", "encode"] {
        assert!(said["times_ms"][part].is_number(), "{part} in {said}");
    }
    let saved = std::fs::read(world.folder.path().join("reply.ogg")).unwrap();
    assert!(phonicflow_bot::audio::is_voice_note(&saved));
    assert_eq!(asked(&servers), (1, 1, 1));
    assert!(!world.folder.path().join("store").exists(), "nothing is stored");

    servers.speech.push_heard(Heard::nothing());
    let (code, said, _) = tried(&world, &[]);
    assert_eq!((code, said["outcome"].as_str()), (Some(0), Some("no_speech")));
    servers.speech.faults().add(On::call("POST /audio/speech"), Act::html(500));
    let (code, said, _) = tried(&world, &[]);
    assert!(
        code == Some(0) && said["not_spoken"].as_str().is_some_and(|why| why.contains("TTS_URL")),
        "{said}"
    );
    servers.chat.stop().await;
    let (code, said, output) = tried(&world, &[]);
    assert_eq!((code, said["outcome"].as_str()), (Some(3), Some("waits")), "{output:?}");
    assert_eq!(std::fs::read(world.folder.path().join("reply.ogg")).unwrap(), saved);
    assert_eq!(
        world.command(&["tutor", "try", "voice.ogg", "--save", "reply.ogg"]).output().unwrap().status.code(),
        Some(1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn phonicflow_is_tried_and_forgets_it() {
    let mut world = World::new().await;
    world.set("TELEGRAM_BOT_TOKEN", "");
    let (code, said, output) = tried(&world, &[]);
    assert_eq!((code, said["outcome"].as_str()), (Some(0), Some("answered")), "{output:?}");
    assert!(said["times_ms"]["tutor"].is_number() && said["spoken_seconds"].is_number(), "{said}");
    let session = world.tutor.turns()[0].session.clone();
    assert!(world.tutor.read(|state| state.forgotten().contains(&session)));
    world.tutor.stop().await;
    assert_eq!(tried(&world, &[]).0, Some(3));
}
