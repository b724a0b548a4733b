//! Rules of the source code, checked by reading it: imports run downward, each outside crate has one owner,
//! every file says what it owns, and the documents agree with the code.

mod documents;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<(String, String)> {
    rust_files(&root().join("src"))
}

/// The Rust files below a folder, by their paths in it, with their text.
fn rust_files(folder: &Path) -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut paths = Vec::new();
    walk(folder, &mut paths);
    paths.sort();
    let name = |path: &PathBuf| path.strip_prefix(folder).unwrap().display().to_string();
    paths.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

/// The code of a file: no comments, and without its unit tests (which stand at its end).
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect()
}

/// The top-level module a file belongs to.
fn room(file: &str) -> &str {
    file.split(['/', '.']).next().unwrap()
}

fn is_test_file(file: &str) -> bool {
    file.ends_with("tests.rs")
        || file.ends_with("testkit.rs")
        || file.contains("/tests/")
        || file.ends_with("golden.rs")
}

#[test]
fn imports_run_downward() {
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("main", &["cli"][..]),
        ("lib", &[]),
        (
            "cli",
            &[
                "app",
                "daemon",
                "admin",
                "top",
                "sandbox",
                "config",
                "logging",
                "audio",
                "audio_worker",
                "store",
                "secret",
                "doctor",
                "domain",
                "telemetry",
                "tutor",
                "secure_fs",
                "peer",
            ],
        ),
        ("top", &["admin", "domain"]),
        (
            "daemon",
            &[
                "app",
                "bot",
                "store",
                "model",
                "telegram",
                "tutor",
                "domain",
                "audio",
                "logging",
                "telemetry",
                "admin",
                "pictures",
                "audio_worker",
                "peer",
                "waiting",
            ],
        ),
        (
            "bot",
            &[
                "practice",
                "model",
                "tutor",
                "audio",
                "audio_worker",
                "model",
                "document",
                "telegram",
                "store",
                "domain",
                "telemetry",
                "logging",
            ],
        ),
        ("admin", &["store", "peer", "domain", "secure_fs", "logging"]),
        (
            "doctor",
            &["app", "admin", "config", "model", "speech", "telegram", "tutor", "store", "http", "domain"],
        ),
        (
            "app",
            &[
                "config",
                "bot",
                "audio_worker",
                "model",
                "speech",
                "store",
                "telegram",
                "tutor",
                "domain",
                "secret",
                "telemetry",
                "logging",
            ],
        ),
        ("telegram", &["http", "waiting", "domain", "secret"]),
        (
            "tutor",
            &[
                "model",
                "speech",
                "http",
                "waiting",
                "tolerant_json",
                "store",
                "telemetry",
                "logging",
                "domain",
                "secret",
            ],
        ),
        ("speech", &["http", "waiting", "tolerant_json", "domain", "secret"]),
        ("model", &["http", "waiting", "domain", "secret"]),
        ("http", &["waiting", "secret", "domain"]),
        ("store", &["domain", "waiting", "secret", "secure_fs"]),
        ("peer", &["logging"]),
        ("telemetry", &["domain"]),
        ("audio", &["domain"]),
        ("pictures", &["domain"]),
        ("audio_worker", &["audio", "document", "waiting", "domain"]),
        ("practice", &["domain"]),
        ("document", &[]),
        ("config", &["domain", "secret", "logging", "secure_fs"]),
        ("logging", &["domain"]),
        ("domain", &[]),
        ("tolerant_json", &[]),
        ("waiting", &[]),
        ("secret", &[]),
        ("secure_fs", &[]),
        ("sandbox", &[]),
    ]);
    for (file, text) in sources() {
        if is_test_file(&file) || file == "sandbox/demo.rs" || file.starts_with("sandbox/demo/") {
            continue;
        }
        let room = room(&file);
        let may = allowed.get(room).unwrap_or_else(|| panic!("{file}: a room nobody placed on a floor"));
        for (at, _) in code(&text).match_indices("crate::") {
            let code = code(&text);
            let rest = &code[at + "crate::".len()..];
            let target: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            assert!(
                target == room || target.is_empty() || may.contains(&target.as_str()),
                "{file} ({room}) reaches into {target}"
            );
        }
    }
}

#[test]
fn each_outside_crate_has_one_owner() {
    for (name, owners) in [
        ("frankenstein::", &["telegram/"][..]),
        ("libc::", &["telegram/local_file.rs"]),
        ("reqwest::", &["http.rs", "telegram/", "tutor/", "model/", "speech/"]),
        ("base64::", &["model/", "sandbox/chat_api/"]),
        ("reqwest::Client::builder", &["http.rs"]),
        // A request that sends itself passes no gate: `http::Client::send` does it.
        (".send().await", &[]),
        ("sled::open", &["store/sled"]),
        ("sled::Config", &["store/sled"]),
        ("redis::", &["store/server/"]),
        ("tokio_postgres::", &["store/server/postgres"]),
        ("bincode::", &["store/codec.rs"]),
        ("chacha20poly1305::", &["store/seal/"]),
        ("getrandom::", &["store/seal/"]),
        ("symphonia::", &["audio/"]),
        ("rubato::", &["audio/"]),
        ("hound::", &["audio/"]),
        ("ropus::", &["audio/"]),
        ("realfft::", &["audio/"]),
        ("tiny_skia::", &["pictures/"]),
        ("skrifa::", &["pictures/"]),
        ("png::", &["pictures/", "sandbox/bot_api/picture.rs"]),
        ("figment::", &["config/"]),
        ("clap::", &["cli.rs", "cli/"]),
        ("ratatui::", &["top/"]),
        ("tracing_appender::", &["logging.rs"]),
        ("hyper::", &["sandbox/", "daemon/watch/"]),
        (
            "rustix::",
            &[
                "config/shared_store.rs",
                "doctor/",
                "secure_fs.rs",
                "store/home/owner.rs",
                "store/server/tenure.rs",
                "sandbox/demo/screen.rs",
                "audio_worker/",
                "peer/",
            ],
        ),
        ("rcgen::", &["peer/"]),
        ("tokio_postgres_rustls::", &["store/server/postgres"]),
        // What a TLS connection trusts is settled in these places, nowhere else.
        ("rustls::crypto", &["http.rs", "store/server/tls.rs", "peer/"]),
        ("RootCertStore", &["store/server/tls.rs"]),
        ("tokio_rustls::", &["peer/"]),
        ("unicode_width::", &["sandbox/demo/wrap.rs", "domain/markdown/"]),
        ("unicode_segmentation::", &["domain/rich/"]),
        ("pulldown_cmark::", &["domain/markdown/"]),
        ("fluent_bundle::", &["domain/phrases/catalog.rs"]),
        ("encoding_rs::", &["document/plain.rs"]),
        ("zip::", &["document/docx.rs"]),
        ("quick_xml::", &["document/docx.rs"]),
        ("lopdf::", &["document/pdf.rs"]),
        ("fsrs::", &["practice/schedule.rs"]),
        ("tokio::process", &["audio_worker/process.rs"]),
        ("anyhow::", &["cli", "app.rs", "app/", "daemon/", "admin/", "main.rs", "sandbox/demo"]),
    ] {
        for (file, text) in sources() {
            let owned = owners.iter().any(|owner| file.starts_with(owner));
            let used = code(&text)
                .lines()
                .any(|line| line.contains(name) && !line.contains(&format!("crate::{name}")));
            assert!(owned || is_test_file(&file) || !used, "{file} uses {name}, which belongs to {owners:?}");
        }
    }
}

#[test]
fn the_domain_never_awaits_and_never_reads_the_clock() {
    let domain = |file: &str| file.starts_with("domain/") && !is_test_file(file);
    for (file, text) in sources().into_iter().filter(|(file, _)| domain(file)) {
        for word in
            [".await", "async ", "SystemTime", "Instant::now", "tokio", "std::fs", "std::net", "fastrand"]
        {
            assert!(!code(&text).contains(word), "{file}: {word}");
        }
    }
}

#[test]
fn handlers_neither_send_nor_save() {
    for (file, text) in sources().into_iter().filter(|(file, _)| file.starts_with("bot/")) {
        // Of the store they have a reader.
        let code = code(&text);
        let mut names = code.split(|c: char| !c.is_alphanumeric() && c != '_');
        assert!(!names.any(|name| name == "Store"), "{file}: Store");
        for word in [".deliver(", ".chat_action(", ".react(", ".commit(", ".submit(", ".defer("] {
            assert!(!code.contains(word), "{file}: {word}");
        }
    }
}

#[test]
fn foreign_audio_is_read_by_workers_alone() {
    for (file, text) in sources() {
        if file.starts_with("audio/") || file == "audio_worker/serve.rs" {
            continue;
        }
        for word in [
            "audio::to_wav",
            "audio::to_voice_note",
            "audio::to_slower",
            "audio::to_contour",
            "audio::convert_to",
            "document::text_of",
        ] {
            assert!(!code(&text).contains(word), "{file}: {word}");
        }
    }
}

#[test]
fn every_file_says_what_it_owns_and_stays_readable() {
    for (file, text) in sources() {
        assert!(text.starts_with("//! "), "{file} does not open with //!");
        let lines = text.lines().count();
        assert!(lines <= 400, "{file} has {lines} lines: split it by noun");
    }
}

#[test]
fn nothing_is_left_for_later_and_no_machine_shows_through() {
    let later = [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["todo", "!("].concat()];
    let mut files = sources();
    for name in [
        "README.md",
        "docs/configuration.md",
        "docs/development.md",
        "docs/installing.md",
        "docs/operating.md",
        "Cargo.toml",
        "Dockerfile.bot",
        ".env.telegram.example",
        "systemd/phonicflow-bot.service",
        "assets/debian/config.toml",
        ".ci/deb",
    ] {
        files.push((name.to_owned(), fs::read_to_string(root().join(name)).unwrap()));
    }
    for (file, text) in files {
        for word in &later {
            assert!(!text.contains(word.as_str()), "{file}: {word}");
        }
        for path in ["/work/", "/root/", "/home/"] {
            assert!(!text.contains(path), "{file} names a path of one machine: {path}");
        }
    }
}
