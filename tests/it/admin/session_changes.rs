//! `sessions export|delete|expire`, with the daemon running and stopped.

use crate::world::{PATIENCE, World, voice};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// An id whose bytes are found nowhere by chance.
const WANTED: i64 = 6_123_456_789;

#[tokio::test(flavor = "multi_thread")]
async fn an_export_holds_everything_in_two_private_files() {
    let mut world = World::started().await;
    let ana = world.learner(WANTED);
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
    let session = world.tutor.turns()[0].session.clone();
    let mut seen = Vec::new();
    for (running, id) in [(true, WANTED.to_string()), (false, session)] {
        if !running {
            world.stop().await;
        }
        let out = world.folder.path().join(if running { "running" } else { "stopped" });
        let folder = out.display().to_string();
        let said = world.ask(&["sessions", "export", &id, "--out", &folder]).await;
        assert!(said.contains("1 session(s) with 1 turn(s)"), "{said}");
        let json = out.join(format!("learner-{WANTED}.json"));
        let markdown = out.join(format!("learner-{WANTED}.md"));
        for path in [&json, &markdown] {
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let value: serde_json::Value = serde_json::from_slice(&fs::read(&json).unwrap()).unwrap();
        assert_eq!(value["learner"]["user"], WANTED);
        let turn = &value["sessions"][0]["turns"][0];
        assert!(turn["transcript"].as_str().unwrap().contains("Yesterday"), "{value}");
        assert!(fs::read_to_string(&markdown).unwrap().contains("> Yesterday"));
        let again = world.admin(&["sessions", "export", &id, "--out", &folder]).await;
        assert!(again.code == Some(1) && again.err.contains("--force"), "{again:?}");
        world.ask(&["sessions", "export", &id, "--out", &folder, "--force"]).await;
        seen.push(value["sessions"].clone());
    }
    assert_eq!(seen[0], seen[1]);
    let nobody = world.admin(&["sessions", "export", "404"]).await;
    assert!(nobody.code == Some(1) && nobody.err.contains("nothing is held"), "{nobody:?}");
}

/// Whether any file below holds these bytes.
fn found_in(folder: &Path, needle: &[u8]) -> Option<std::path::PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).find_map(|path| {
        if path.is_dir() {
            return found_in(&path, needle);
        }
        let bytes = fs::read(&path).unwrap_or_default();
        bytes.windows(needle.len()).any(|window| window == needle).then_some(path)
    })
}

/// What would show that the learner was here: text, the id as keys have it and as records have it, the session.
fn traces(session: &str) -> Vec<Vec<u8>> {
    let key = (WANTED.cast_unsigned() ^ (1 << 63)).to_be_bytes().to_vec();
    let record = (WANTED.cast_unsigned() << 1).to_le_bytes().to_vec();
    vec![b"Yesterday".to_vec(), key, record, uuid::Uuid::parse_str(session).unwrap().as_bytes().to_vec()]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_learner_leaves_no_byte_behind() {
    for running in [true, false] {
        let mut world = World::started().await;
        let (ana, rui) = (world.learner(WANTED), world.brazilian(12));
        ana.voice(voice(), 4);
        world.voice_notes(ana.chat(), 1).await;
        rui.text("/start");
        world.answers(rui.chat(), 1).await;
        let session = world.tutor.turns()[0].session.clone();
        let user = WANTED.to_string();
        let asked = world.admin(&["sessions", "delete", &user]).await;
        assert!(asked.code == Some(2) && asked.err.contains("--yes"), "{asked:?}");
        if !running {
            world.stop().await;
            // The daily export of the start is of before; it is the documented remainder.
            assert!(found_in(&world.home().join("store"), b"Yesterday").is_some(), "nothing was planted");
        }
        let said = world.ask(&["sessions", "delete", &user, "--yes"]).await;
        assert!(said.contains("1 session(s) with 1 turn(s)"), "{said}");
        let nobody = world.admin(&["sessions", "delete", &user, "--yes"]).await;
        assert_eq!(nobody.code, Some(1), "{nobody:?}");
        if running {
            let backup = world.folder.path().join("after.backup");
            world.ask(&["backup", &backup.display().to_string()]).await;
            // The tutor's purge bears the session's id until it is carried out; nothing else remains.
            for trace in &traces(&session)[..3] {
                let bytes = fs::read(&backup).unwrap();
                assert!(!bytes.windows(trace.len()).any(|window| window == trace), "{trace:?}");
            }
            world.stop().await;
        }
        // The next start tells the tutor, and clears the files.
        world.start();
        let forgotten = world
            .tutor
            .wait_until(PATIENCE, |state| state.forgotten().contains(&session).then_some(()))
            .await;
        assert!(forgotten.is_some(), "{}", world.log());
        world.settled().await;
        world.stop().await;
        for trace in &traces(&session)[..3] {
            assert_eq!(found_in(&world.home().join("store"), trace), None, "{trace:?} after {running}");
        }
        let left = world.ask(&["sessions", "list", "--json"]).await;
        assert!(left.lines().count() == 1 && left.contains(r#""user":12"#), "{left}");
        assert!(!world.home().join("forgotten").exists() && !world.home().join("cleaned").exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_works_for_a_deleted_learner_is_told_and_the_tutor_forgets_that_too() {
    use phonicflow_bot::sandbox::faults::On;
    let world = World::started().await;
    let ana = world.learner(WANTED);
    let gate = world.tutor.faults().gate(On::call("POST /process").always());
    ana.voice(voice(), 4);
    gate.reached(1).await;
    let said = world.ask(&["sessions", "delete", &WANTED.to_string(), "--yes"]).await;
    assert!(said.contains("1 message(s) of the queue"), "{said}");
    gate.open();
    let session = world.tutor.wait_until(PATIENCE, |state| state.forgotten().last().cloned()).await;
    assert!(session.is_some(), "{}", world.log());
    world.settled().await;
    assert_eq!(world.telegram.read(|state| state.from_bot(ana.chat()).count()), 0);
    assert_eq!(world.ask(&["sessions", "list"]).await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_expire_by_command_and_those_in_use_stay() {
    let mut world = World::new().await;
    world.set("SESSION_TIMEOUT_HOURS", "0.0000001").start();
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
    world.settled().await;
    assert_eq!(world.ask(&["sessions", "list", "--state", "active"]).await, "");
    let idle = world.ask(&["sessions", "list", "--state", "idle", "--json"]).await;
    assert_eq!(idle.lines().count(), 1, "{idle}");
    let said = world.ask(&["sessions", "expire", "--older-than", "30d", "--yes"]).await;
    assert_eq!(said, "1 idle session(s) ended, 0 ended one(s) removed\n");
    let archived = world.ask(&["sessions", "list", "--state", "archived", "--json"]).await;
    assert_eq!(archived.lines().count(), 1, "{archived}");
    world.stop().await;
    let refused = world.admin(&["sessions", "expire", "--older-than", "0d"]).await;
    assert!(refused.code == Some(2) && refused.err.contains("1 ended one(s) removed"), "{refused:?}");
    let said = world.ask(&["sessions", "expire", "--older-than", "0d", "--yes"]).await;
    assert_eq!(said, "0 idle session(s) ended, 1 ended one(s) removed\n");
    assert_eq!(world.ask(&["sessions", "list"]).await, "");
    assert_eq!(world.ask(&["sessions", "expire"]).await, "nothing to expire\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_nobody_came_back_to_end_with_their_retention_at_the_tutor_too() {
    let mut world = World::started().await;
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
    let session = world.tutor.turns()[0].session.clone();
    world.stop().await;
    world.set("SESSION_TIMEOUT_HOURS", "0.0000001").set("SESSION_RETENTION_DAYS", "0").start();
    let forgotten =
        world.tutor.wait_until(PATIENCE, |state| state.forgotten().contains(&session).then_some(())).await;
    assert!(forgotten.is_some(), "{}", world.log());
    assert_eq!(world.ask(&["sessions", "list"]).await, "");
    let kept = world.ask(&["sessions", "export", "11", "--out", "kept"]).await;
    assert!(kept.starts_with("0 session(s) with 0 turn(s)"), "the settings stay: {kept}");
}
