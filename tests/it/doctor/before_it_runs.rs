//! `doctor` reports beforehand what `run` would fail on, and which server answers.

use super::{rested, said, store, visit};
use crate::world::World;
use phonicflow_bot::sandbox::faults::{Act, On};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

#[tokio::test(flavor = "multi_thread")]
async fn what_run_would_fail_on_is_told_before_it_runs() {
    for (key, check) in [("SESSION_STORAGE_PATH", "folder"), ("BOT_LOG_FILE", "log file")] {
        let mut world = World::new().await;
        let file = world.folder.path().join("file");
        fs::write(&file, "no folder").unwrap();
        let inside = file.join("inside").display().to_string();
        world.set(key, &inside);
        let found = visit(&world, &[]).await;
        assert_eq!((found.code, found.state(check)), (1, "problem"), "{}", found.said);
        assert!(found.words(check).contains(key) && found.words(check).contains(&inside), "{}", found.said);
        let mut run = world.command(&["run"]);
        let ended = tokio::task::spawn_blocking(move || run.output().unwrap()).await.unwrap();
        assert!(!ended.status.success(), "{key}: and it does fail");
    }
    let mut world = World::new().await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    world.set("METRICS_ADDR", &taken.local_addr().unwrap().to_string());
    world.set("BOT_LOG_FILE", &world.folder.path().join("logs/bot.log").display().to_string());
    let found = visit(&world, &[]).await;
    assert_eq!((found.code, found.state("log file")), (1, "ok"), "{}", found.said);
    assert!(!world.folder.path().join("logs").exists(), "doctor makes nothing");
    // Nobody holds a store that is not there: so it can be told.
    assert_eq!(found.state("metrics"), "problem", "{}", found.said);
}

/// As a user who may not write there: told once, with path and owner, and nothing is claimed of what cannot be read.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_somebody_else_is_told_once() {
    let root = std::os::unix::fs::MetadataExt::uid(&fs::metadata("/proc/self").unwrap()) == 0;
    let world = rested().await;
    let folder = store(&world);
    fs::set_permissions(world.folder.path(), Permissions::from_mode(0o755)).unwrap();
    // Root may everywhere, so it becomes somebody else; anybody else is kept out of a folder of his own.
    let mut command = if root {
        let binary = world.folder.path().join("phonicflow-bot");
        fs::copy(crate::world::BINARY, &binary).unwrap();
        let asked = world.command(&[]);
        let mut command = std::process::Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&binary);
        command.args(["doctor", "--json"]).env_clear().current_dir(world.folder.path());
        command.envs(asked.get_envs().filter_map(|(key, value)| Some((key, value?))));
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
    } else {
        fs::set_permissions(&folder, Permissions::from_mode(0o000)).unwrap();
        world.command(&["doctor", "--json"])
    };
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = said(&output);
    if !root {
        fs::set_permissions(&folder, Permissions::from_mode(0o700)).unwrap();
    }
    let report: serde_json::Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}"));
    let of = |check: &str| {
        let findings = report["findings"].as_array().unwrap();
        findings.iter().filter(|one| one["check"] == check).cloned().collect::<Vec<_>>()
    };
    assert_eq!(
        (output.status.code(), of("folder")[0]["state"].as_str()),
        (Some(1), Some("problem")),
        "{said}"
    );
    let words = of("folder")[0]["found"].to_string();
    assert!(words.contains(&folder.display().to_string()) && words.contains("belongs to uid"), "{said}");
    assert_eq!(said.matches(&folder.display().to_string()).count(), 1, "the path once: {said}");
    assert!(of("permissions").iter().all(|one| one["state"] != "ok"), "it could not be looked into: {said}");
    assert!(of("exports").iter().all(|one| one["state"] != "problem"), "nothing is known of them: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_server_is_not_the_tutor_and_a_locked_one_is() {
    use phonicflow_bot::sandbox::http::Reply;
    let answers = [
        Act::html(200),
        Act::html(404),
        Act::Answer(Reply::json(200, &serde_json::json!({ "hello": "world" }))),
        Act::Answer(Reply::json(200, &serde_json::json!(["hello"]))),
        Act::Answer(Reply::new(200, "text/plain", "Ollama is running")),
    ];
    for act in answers {
        let world = World::new().await;
        world.tutor.faults().add(On::any().always(), act.clone());
        let found = visit(&world, &[]).await;
        assert_eq!((found.code, found.state("tutor")), (2, "problem"), "{act:?}: {}", found.said);
        assert!(found.words("tutor").contains("this is not the PhonicFlow tutor"), "{act:?}: {}", found.said);
        assert_eq!(found.state("tutor health"), "skipped");
    }
    for act in [Act::html(401), Act::detail(403, "forbidden")] {
        let world = World::new().await;
        world.tutor.faults().add(On::any().always(), act);
        let found = visit(&world, &[]).await;
        let words = found.words("tutor");
        assert!(found.code == 2 && words.contains("gives no access"), "{}", found.said);
        assert!(!words.contains("not the PhonicFlow tutor"), "{words}");
    }
}
