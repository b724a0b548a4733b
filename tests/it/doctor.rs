//! `doctor`: the real binary, its output, its exit code, and that it disturbs nothing.

mod before_it_runs;
mod models;
mod shared_store;
mod speech;

use crate::world::World;
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::faults::{Act, On};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Output;

struct Visit {
    code: i32,
    findings: Vec<(String, String, String, String)>,
    said: String,
}

impl Visit {
    /// State of the first finding of a check.
    fn state(&self, check: &str) -> &str {
        self.findings.iter().find(|finding| finding.0 == check).map_or("none", |finding| finding.1.as_str())
    }

    /// What was found and advised, all of a check together.
    fn words(&self, check: &str) -> String {
        let of = self.findings.iter().filter(|finding| finding.0 == check);
        of.map(|finding| format!("{} {}\n", finding.2, finding.3)).collect()
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

async fn visit(world: &World, arguments: &[&str]) -> Visit {
    let mut command = world.command(&[&["doctor", "--json"], arguments].concat());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = said(&output);
    let report: serde_json::Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no JSON: {said}"));
    let field =
        |finding: &serde_json::Value, name: &str| finding[name].as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    let findings = findings
        .map(|f| (field(f, "check"), field(f, "state"), field(f, "found"), field(f, "advice")))
        .collect();
    assert!(!said.contains(&world.telegram.token()), "the token shows: {said}");
    Visit { code: output.status.code().unwrap(), findings, said }
}

fn store(world: &World) -> PathBuf {
    world.folder.path().join("store")
}

/// A world whose daemon has made its store and an export, and is stopped.
async fn rested() -> World {
    let mut world = World::started().await;
    world.logged(Event::StoreExported).await;
    assert!(world.stop().await.success());
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn all_is_well_beside_a_running_daemon_which_is_not_disturbed() {
    let mut world = World::started().await;
    world.settled().await;
    let polls = world.telegram.calls("getUpdates").len();
    let found = visit(&world, &[]).await;
    assert_eq!(found.code, 0, "{}", found.said);
    for check in [
        "configuration",
        "token",
        "webhook",
        "tutor",
        "tutor health",
        "daemon",
        "store",
        "clock",
        "permissions",
    ] {
        assert_eq!(found.state(check), "ok", "{check}: {}", found.said);
    }
    assert!(found.words("store").contains("held by a running daemon"), "{}", found.said);
    assert!(found.words("token").contains("@phonicflow_bot"));
    // Its own polls go on; the visitor made none, which would have ended one of them with a 409.
    assert!(world.log().times(Event::PollConflict) == 0, "{}", world.log());
    assert!(world.telegram.calls("getUpdates").len() >= polls);
    assert!(world.telegram.calls("deleteWebhook").is_empty());
    assert!(world.stop().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn people_read_it_as_lines_with_advice() {
    let world = World::new().await;
    world.tutor.stop().await;
    let mut command = world.command(&["doctor"]);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = said(&output);
    assert_eq!(output.status.code(), Some(3), "{text}");
    for words in [
        "ok       token ",
        "problem  tutor ",
        "-> is the tutor running",
        "skipped  tutor health",
        "1 problem",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_daemon_is_told_and_its_store_is_opened() {
    let world = rested().await;
    let before = fs::read_dir(store(&world)).unwrap().count();
    let found = visit(&world, &[]).await;
    assert_eq!(found.code, 0, "{}", found.said);
    assert_eq!(found.state("daemon"), "warning");
    assert!(!found.said.contains("phonicflow-bot: "), "said twice: {}", found.said);
    assert!(found.words("store").contains("opens: 0 messages wait"), "{}", found.said);
    assert!(found.words("exports").contains("checked"), "{}", found.said);
    assert_eq!(fs::read_dir(store(&world)).unwrap().count(), before, "doctor has made something");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_store_none_is_made() {
    let world = World::new().await;
    let found = visit(&world, &[]).await;
    assert_eq!((found.code, found.state("store")), (0, "ok"), "{}", found.said);
    assert!(!store(&world).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_or_refused_token_is_a_matter_of_configuration() {
    let mut world = World::new().await;
    world.telegram.set_token_valid(false);
    let found = visit(&world, &[]).await;
    assert_eq!((found.code, found.state("token"), found.state("webhook")), (2, "problem", "skipped"));
    assert!(found.words("token").contains("@BotFather"), "{}", found.said);
    world.set("TELEGRAM_BOT_TOKEN", "");
    let found = visit(&world, &[]).await;
    assert_eq!(
        (found.code, found.state("token"), found.state("tutor")),
        (2, "problem", "ok"),
        "{}",
        found.said
    );
    assert!(found.words("token").contains("no bot token is set"));
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_the_configuration_are_all_told_and_the_rest_is_still_looked_at() {
    let mut world = World::new().await;
    world.set("BACKEND_TIMEOUT", "soon").set("BOT_TIMEOUT", "-1");
    let found = visit(&world, &[]).await;
    assert_eq!(found.code, 2);
    let words = found.words("configuration");
    assert!(words.contains("BACKEND_TIMEOUT = soon") && words.contains("BOT_TIMEOUT = -1"), "{words}");
    assert_eq!(
        (found.state("tutor"), found.state("token"), found.state("store")),
        ("skipped", "skipped", "ok")
    );
    let unknown = visit(&World::new().await, &["--config", "/nonexistent/config.toml"]).await;
    assert_eq!((unknown.code, unknown.state("token"), unknown.state("store")), (2, "skipped", "skipped"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_told_and_left_alone() {
    let world = World::new().await;
    world.telegram.set_webhook("https://elsewhere.example/secret-path");
    let found = visit(&world, &[]).await;
    assert_eq!((found.code, found.state("webhook")), (0, "warning"), "{}", found.said);
    assert!(found.words("webhook").contains("elsewhere.example"));
    assert!(!found.said.contains("secret-path"), "{}", found.said);
    assert!(world.telegram.calls("deleteWebhook").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_required_channel_that_hides_its_members_is_told() {
    const CHANNEL: i64 = -1_000_000_000_010;
    let mut world = World::new().await;
    assert_eq!(visit(&world, &[]).await.state("channel"), "none");
    world.telegram.channel(CHANNEL, "school");
    world.set("REQUIRED_CHANNEL", "@school");
    let found = visit(&world, &[]).await;
    assert_eq!((found.code, found.state("channel")), (0, "ok"), "{}", found.said);
    for status in ["left", "kicked"] {
        world.telegram.set_own_status(CHANNEL, status);
        let found = visit(&world, &[]).await;
        assert_eq!((found.code, found.state("channel")), (2, "problem"), "{status}: {}", found.said);
        assert!(found.words("channel").contains("administrator"), "{}", found.said);
    }
    world.set("REQUIRED_CHANNEL", "@nowhere_at_all");
    let found = visit(&world, &[]).await;
    assert_eq!((found.code, found.state("channel")), (2, "problem"), "{}", found.said);
    assert!(found.words("channel").contains("REQUIRED_CHANNEL"), "{}", found.said);
}

#[tokio::test(flavor = "multi_thread")]
async fn telegram_out_of_reach_and_a_dead_proxy() {
    let mut world = World::new().await;
    world.telegram.pause_listening().await;
    let found = visit(&world, &[]).await;
    assert_eq!(
        (found.code, found.state("token"), found.state("clock")),
        (3, "problem", "ok"),
        "{}",
        found.said
    );
    // Port 9 of loopback: nobody listens there.
    world.set("TELEGRAM_PROXY", "socks5://user:hush-hush@127.0.0.1:9");
    let found = visit(&world, &[]).await;
    assert_eq!((found.code, found.state("proxy")), (3, "problem"), "{}", found.said);
    assert!(
        found.words("proxy").contains("127.0.0.1:9") && !found.said.contains("hush-hush"),
        "{}",
        found.said
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tutor_that_is_down_unwell_or_locked() {
    let mut world = World::new().await;
    world.tutor.faults().add(On::call("GET /health").always(), Act::detail(500, "the model does not answer"));
    let found = visit(&world, &[]).await;
    assert_eq!(
        (found.code, found.state("tutor"), found.state("tutor health")),
        (1, "ok", "problem"),
        "{}",
        found.said
    );
    assert!(found.words("tutor health").contains("Ollama"));
    world.tutor.configure(|options| options.api_key = Some("right".into()));
    world.set("BACKEND_API_KEY", "wrong-key");
    let found = visit(&world, &[]).await;
    assert_eq!((found.code, found.state("tutor")), (2, "problem"), "{}", found.said);
    assert!(found.words("tutor").contains("BACKEND_API_KEY") && !found.said.contains("wrong-key"));
    world.tutor.stop().await;
    let found = visit(&world, &[]).await;
    assert_eq!((found.code, found.state("tutor"), found.state("tutor health")), (3, "problem", "skipped"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_store_is_told_and_not_touched() {
    let world = rested().await;
    let database = world.store_folder().join("db");
    let length = fs::metadata(&database).unwrap().len();
    fs::File::options().write(true).open(&database).unwrap().set_len(length / 2).unwrap();
    let found = visit(&world, &[]).await;
    assert_eq!(
        (found.code, found.state("store"), found.state("exports")),
        (1, "problem", "ok"),
        "{}",
        found.said
    );
    assert!(found.words("store").contains("STORE_ON_CORRUPTION=restore"), "{}", found.said);
    let moved = fs::read_dir(store(&world))
        .unwrap()
        .flatten()
        .any(|entry| entry.file_name().to_string_lossy().starts_with("damaged-"));
    assert!(!moved, "doctor moved it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_and_bad_exports_are_told() {
    let mut world = rested().await;
    fs::remove_dir_all(world.store_folder()).unwrap();
    world.start();
    world.settled().await;
    assert!(world.stop().await.success());
    let found = visit(&world, &[]).await;
    assert_eq!((found.code, found.state("restore")), (0, "warning"), "{}", found.said);
    for export in fs::read_dir(store(&world).join("exports")).unwrap().flatten() {
        fs::write(export.path(), "rubbish").unwrap();
    }
    let found = visit(&world, &[]).await;
    assert_eq!((found.code, found.state("exports")), (1, "problem"), "{}", found.said);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_can_read_is_told() {
    let mut world = rested().await;
    let token = world.folder.path().join("token");
    fs::write(&token, world.telegram.token()).unwrap();
    fs::set_permissions(&token, Permissions::from_mode(0o644)).unwrap();
    world.set("TELEGRAM_BOT_TOKEN", "").set("TELEGRAM_BOT_TOKEN_FILE", &token.display().to_string());
    fs::set_permissions(store(&world), Permissions::from_mode(0o755)).unwrap();
    let found = visit(&world, &[]).await;
    assert_eq!((found.code, found.state("permissions")), (1, "problem"), "{}", found.said);
    let words = found.words("permissions");
    assert!(words.contains("chmod 600") && words.contains("chmod 700"), "{words}");
    let mode = fs::metadata(store(&world)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o755, "doctor has changed it");
    fs::set_permissions(&token, Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(store(&world), Permissions::from_mode(0o700)).unwrap();
    assert_eq!(visit(&world, &[]).await.state("permissions"), "ok");
    // A secret in a configuration file is found, too.
    let config = world.folder.path().join("config.toml");
    fs::write(&config, "backend_api_key = \"hush-hush\"\n").unwrap();
    fs::set_permissions(&config, Permissions::from_mode(0o644)).unwrap();
    let found = visit(&world, &["--config", &config.display().to_string()]).await;
    assert!(found.words("permissions").contains("config.toml"), "{}", found.said);
    assert!(!found.said.contains("hush-hush"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_off_is_told() {
    let world = World::new().await;
    world.telegram.faults().add(On::call("getMe"), Act::ClockAhead(300));
    world.tutor.faults().add(On::call("GET /"), Act::ClockAhead(-300));
    let found = visit(&world, &[]).await;
    assert_eq!((found.code, found.state("clock")), (1, "problem"), "{}", found.said);
    let words = found.words("clock");
    assert!(words.contains("behind Telegram's") && words.contains("ahead of the tutor's"), "{words}");
    assert_eq!(visit(&world, &[]).await.state("clock"), "ok");
}
