//! What is shipped around the program: container files and the Debian package, and that they agree with the
//! program.

use crate::skip;
use crate::world::{BINARY, PATIENCE, World, voice};
use phonicflow_bot::config::{Config, Inputs, keys};
use phonicflow_bot::sandbox::bot_api::{BotApi, BotApiOptions, EntryKind, LearnerProfile};
use phonicflow_bot::sandbox::tutor_api::{TutorApi, TutorOptions};
use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;
use yaml_rust2::Yaml;

#[path = "packages/compose.rs"]
mod compose;
#[path = "packages/kubernetes.rs"]
mod kubernetes;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

fn is_option(name: &str) -> bool {
    keys::all().any(|key| key.name == name || key.is_secret() && key.file_name() == name)
}

fn words(list: &Yaml) -> Vec<&str> {
    list.as_vec().map(|list| list.iter().filter_map(Yaml::as_str).collect()).unwrap_or_default()
}

/// The program knows this command.
fn is_command(arguments: &[&str]) -> bool {
    Command::new(BINARY).args(arguments).arg("--help").output().unwrap().status.success()
}

/// With `<<` filled in; what stands beside it wins.
#[test]
fn the_image_is_small_not_root_and_checks_itself() {
    let text = read("Dockerfile.bot");
    let joined = text.replace("\\\n", " ");
    let lines: Vec<&str> =
        joined.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()).collect();
    let last_stage = lines.iter().rposition(|line| line.starts_with("FROM ")).unwrap();
    let (build, image) = lines.split_at(last_stage);
    let of = |name: &str| image.iter().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let user = of("USER").unwrap();
    assert!(user.chars().all(|c| c.is_ascii_digit() || c == ':') && !user.starts_with("0"), "{user}");
    assert!(!image.iter().any(|line| line.starts_with("RUN")), "the last stage has no shell");
    assert_eq!(of("STOPSIGNAL"), Some("SIGTERM"));
    let list =
        |line: &str| -> Vec<String> { serde_json::from_str(&line[line.find('[').unwrap()..]).unwrap() };
    let entry = list(of("ENTRYPOINT").unwrap());
    assert!(build.iter().any(|line| line.contains(&format!("/image{}", entry[0]))), "{entry:?}");
    assert!(is_command(&["run"]) && list(of("CMD").unwrap()) == ["run"]);
    let health = list(of("HEALTHCHECK").unwrap());
    assert_eq!(health[0], entry[0]);
    assert!(is_command(&[&health[1]]), "{health:?}");
    // What is copied is there, and let through.
    let ignored = read(".dockerignore");
    for line in build.iter().filter_map(|line| line.strip_prefix("COPY ")) {
        for source in line.split_whitespace().rev().skip(1) {
            assert!(root().join(source).exists(), "{source}");
            assert!(
                ignored.lines().any(|line| line == format!("!{source}")),
                ".dockerignore keeps {source} out"
            );
        }
    }
    let manifest = read("Cargo.toml");
    for path in manifest.lines().filter_map(|line| line.strip_prefix("path = \"")) {
        let top = path.split(['/', '"']).next().unwrap();
        assert!(build.iter().any(|line| line.starts_with(&format!("COPY {top} "))), "{top} is not copied");
    }
}

#[test]
fn the_package_brings_what_the_unit_needs() {
    let manifest = read("Cargo.toml");
    let (_, package) = manifest.split_once("[package.metadata.deb]").unwrap();
    let build = read(".ci/deb");
    let mut targets = Vec::new();
    for line in package.lines().filter(|line| line.starts_with("    [\"")) {
        let parts: Vec<&str> = line.split('"').collect();
        let (source, target) = (parts[1], parts[3]);
        match source.strip_prefix("target/package/") {
            Some(made) => assert!(build.contains(&format!("$made/{made}")), ".ci/deb does not make {made}"),
            None => {
                // Of a pattern, its folder.
                let place = root().join(source.split('*').next().unwrap());
                assert!(source == "target/release/phonicflow-bot" || place.exists(), "{source}")
            }
        }
        targets.push(target);
    }
    let unit = read("systemd/phonicflow-bot.service");
    assert!(targets.contains(&"usr/bin/") && unit.contains("\nExecStart=/usr/bin/phonicflow-bot run\n"));
    assert!(unit.contains("AssertPathExists=/etc/phonicflow-bot/token"));
    for script in ["postinst", "postrm"] {
        let path = root().join("assets/debian").join(script);
        assert!(fs::read_to_string(&path).unwrap().contains("\n#DEBHELPER#\n"), "{script}");
        assert!(Command::new("sh").arg("-n").arg(&path).status().unwrap().success(), "{script}");
    }
}

/// A first `cargo run --release` is quick to build; what is handed out is optimised as a whole.
#[test]
fn what_is_packaged_is_optimised_as_a_whole() {
    let manifest = read("Cargo.toml");
    let profile = |name: &str| {
        let (_, rest) = manifest.split_once(&format!("[profile.{name}]\n")).unwrap();
        rest.split("\n[").next().unwrap().to_owned()
    };
    for whole in ["dist", "bench"] {
        assert!(profile(whole).contains("lto = \"fat\"\ncodegen-units = 1"), "{whole}");
    }
    assert!(!profile("release").contains("fat") && !profile("release").contains("codegen-units = 1"));
    for file in [".ci/deb", "Dockerfile.bot"] {
        let text = read(file);
        assert!(text.contains("cargo build --profile dist --locked"), "{file}");
        assert!(text.contains("target/dist/phonicflow-bot") && !text.contains("target/release"), "{file}");
    }
    assert!(read(".ci/deb").contains("cargo deb --no-build --locked --profile dist"));
    assert!(
        read("docs/installing.md")
            .contains("cargo build --profile dist\nsudo install target/dist/phonicflow-bot")
    );
}

/// The script that runs when the package goes, on a tree of its own.
#[test]
fn purging_says_what_is_left_and_removes_nothing_of_it() {
    let kept = ["var/lib/private/phonicflow-bot", "var/log/private/phonicflow-bot"];
    for (action, present, said) in [
        ("purge", &kept[..], &["conversations", "log files"][..]),
        ("purge", &kept[1..], &["log files"]),
        ("purge", &[], &[]),
        ("remove", &kept[..], &[]),
    ] {
        let tree = tempfile::tempdir().unwrap();
        let at = |name: &str| tree.path().join(name);
        for folder in present.iter().chain([&"etc/phonicflow-bot"]) {
            fs::create_dir_all(at(folder)).unwrap();
        }
        fs::write(at("etc/phonicflow-bot/token"), "1:x").unwrap();
        let script = read("assets/debian/postrm");
        let script = ["/var/", "/etc/"].iter().fold(script, |script, top| {
            script.replace(&format!(" {top}"), &format!(" {}{top}", tree.path().display()))
        });
        let done = Command::new("sh").args(["-c", &script, "postrm", action]).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let out = String::from_utf8(done.stdout).unwrap();
        assert_eq!(out.matches("are kept in").count(), said.len(), "{action}: {out}");
        assert_eq!(out.matches("rm -r").count(), said.len(), "{out}");
        for words in said {
            assert!(out.contains(words), "{action}: {out}");
        }
        assert!(
            present.iter().all(|folder| at(folder).is_dir() && (said.is_empty() || out.contains(folder))),
            "{out}"
        );
        assert_eq!(at("etc/phonicflow-bot/token").exists(), action == "remove");
    }
}

#[test]
fn the_example_configuration_holds_options_alone() {
    let example = read("assets/debian/config.toml");
    let key = |line: &str| line.trim_start_matches('#').split_once(" = ").map(|(key, _)| key.to_owned());
    let all: String = example
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if key(line).is_some_and(|key| is_option(&key.to_ascii_uppercase())) => {
                format!("{rest}\n")
            }
            Some(_) => String::new(),
            None => format!("{line}\n"),
        })
        .collect();
    assert!(all.lines().count() > example.lines().filter(|line| !line.starts_with('#')).count());
    for (text, faults) in
        [(&example, &["TELEGRAM_BOT_TOKEN_FILE"][..]), (&all, &["TELEGRAM_BOT_TOKEN_FILE", "STORE_KEY_FILE"])]
    {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        fs::write(&path, text).unwrap();
        let inputs = Inputs {
            config_path: Some(path),
            flags: BTreeMap::new(),
            env: BTreeMap::new(),
            working_dir: folder.path().to_owned(),
            require_token: true,
        };
        let (_, found) = Config::inspect(inputs);
        let found: Vec<&str> = found.iter().map(|fault| fault.key.as_str()).collect();
        // Files of a machine with the package; nothing else may be wrong.
        assert!(found.iter().all(|key| faults.contains(key)), "{found:?}");
    }
}

#[test]
fn the_manual_page_names_every_command_and_every_option() {
    let printed = Command::new(BINARY).arg("man").output().unwrap();
    let page = String::from_utf8(printed.stdout).unwrap().replace('\\', "");
    for key in keys::all() {
        assert!(page.contains(key.name), "{}", key.name);
    }
    for words in ["queue drop", "sessions show", "doctor", "EXIT STATUS", "/etc/phonicflow-bot/token"] {
        assert!(page.contains(words), "{words}");
    }
}

/// For a person who tries the package for real: Telegram and a tutor on fixed ports of loopback, and a learner who speaks
/// to whatever bot comes. `telegram_api_url = "http://127.0.0.1:18081"`, `backend_url = "http://127.0.0.1:18000"`; the
/// token is printed. Goes on until the file named by `UNTIL_GONE` is removed.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "waits for a bot that a person installs and starts"]
async fn a_learner_is_answered_by_an_installed_bot() {
    let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let telegram = BotApi::start_on(at(18_081), BotApiOptions::default()).await.unwrap();
    let _tutor = TutorApi::start_on(at(18_000), TutorOptions::default()).await.unwrap();
    println!("token: {}", telegram.token());
    let until = std::env::var_os("UNTIL_GONE").map(PathBuf::from);
    let learner = telegram.learner(LearnerProfile::new(4_711, "Ana", "en"));
    learner.voice(voice(), 4);
    loop {
        let answered = telegram.wait_until(PATIENCE, |state| {
            let mut said = state.from_bot(learner.chat());
            said.any(|said| said.kind == EntryKind::Voice)
                .then(|| state.from_bot(learner.chat()).cloned().collect::<Vec<_>>())
        });
        if let Some(said) = answered.await {
            for entry in said {
                println!("{:?}: {}", entry.kind, entry.text);
            }
            break;
        }
    }
    while until.as_ref().is_some_and(|file| file.exists()) {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
}

/// The documented way to check a signature, run on a request of the real bot; where there is a Python.
#[tokio::test(flavor = "multi_thread")]
async fn the_documented_python_knows_the_bot_s_requests() {
    if !skip::has("the_documented_python_knows_the_bot_s_requests", "python3") {
        return;
    }
    let page = read("docs/configuration.md");
    let (_, code) = page.split_once("```python\n").unwrap();
    let (code, _) = code.split_once("```").unwrap();
    let mut world = World::with_tutor(TutorOptions { keep_bodies: true, ..TutorOptions::default() }).await;
    world.set("BOT_PRIVATE_KEY", "the key of the two").start();
    let learner = world.learner(5);
    learner.voice(voice(), 4);
    world.voice_notes(learner.chat(), 1).await;
    let calls = world.tutor.calls();
    let call = calls.iter().find(|call| call.name == "POST /process").unwrap();
    let body = world.folder.path().join("body");
    fs::write(&body, call.body.as_ref().unwrap()).unwrap();
    for (key, answer) in [("the key of the two", "True"), ("another key", "False")] {
        let asked = format!(
            "{code}\nbody = open({body:?}, 'rb').read()\nprint(is_from_the_bot({key:?}.encode(), {method:?}, {target:?}, {headers}, body))",
            method = call.method,
            target = call.target,
            headers = serde_json::to_string(&call.headers).unwrap(),
        );
        let done = Command::new("python3").args(["-c", &asked]).output().unwrap();
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        assert_eq!(said.trim(), answer, "{}", String::from_utf8_lossy(&done.stderr));
    }
    assert!(world.stop().await.success());
}

/// `cargo deny` reads deny.toml in `.ci/run`; here, what holds without it.
#[test]
fn every_advisory_that_is_passed_over_has_a_reason_and_a_crate_that_is_still_there() {
    let (deny, lock) = (read("deny.toml"), read("Cargo.lock"));
    let passed: Vec<&str> = deny.lines().filter(|line| line.trim_start().starts_with("{ id = ")).collect();
    assert!(!passed.is_empty());
    for line in passed {
        let (_, reason) = line.split_once("reason = \"").expect(line);
        let name = reason.split([',', ' ']).next().unwrap();
        assert!(lock.contains(&format!("name = \"{name}\"\n")), "{name} is gone: take it out of deny.toml");
        assert!(reason.len() > 40, "{line}");
    }
}

/// Base images are what they were when they were tried, and the notices of third parties go along.
#[test]
fn images_are_named_by_version_and_carry_the_notices() {
    let (image, compose) = (read("Dockerfile.bot"), read("compose.yaml"));
    let named = image
        .lines()
        .filter_map(|line| line.strip_prefix("FROM "))
        .map(|line| line.split(' ').next().unwrap());
    let used = compose.lines().filter_map(|line| line.trim().strip_prefix("image: "));
    let used = used.filter(|name| !name.starts_with('*')).filter_map(|name| name.split(' ').next_back());
    for name in named
        .chain(used)
        .filter(|name| !["scratch", "phonicflow-bot"].contains(name) && !name.starts_with("${"))
    {
        let version = name.split_once(':').map_or("", |(_, version)| version);
        // PostgreSQL's versions have two parts.
        let dots = if name.starts_with("postgres:") { 1 } else { 2 };
        assert!(version.matches('.').count() >= dots, "{name} is not named by its exact version");
    }
    assert!(image.contains(".ci/notices > /notices") && read(".ci/deb").contains(".ci/notices"));
    assert!(read("Cargo.toml").contains("usr/share/doc/phonicflow-bot/THIRD-PARTY-NOTICES"));
}
