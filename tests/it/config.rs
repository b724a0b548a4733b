//! Configuration as a person meets it: layers, faults, secrets, and the files made from the table of options.

mod ai;
mod secrets;
mod shared_store;

use phonicflow_bot::config::{self, Config, ConfigErrors, Inputs, Loaded, LogFormat, TutorKind, keys};
use phonicflow_bot::domain::rate::PerMinute;
use phonicflow_bot::domain::{Language, UserId};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// A working folder and what is given around it.
struct Scene {
    folder: TempDir,
    inputs: Inputs,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Named, so that a system-wide file of this machine plays no part.
        let config_path = folder.path().join("config.toml");
        std::fs::write(&config_path, "").unwrap();
        let inputs = Inputs {
            config_path: Some(config_path),
            working_dir: folder.path().to_owned(),
            require_token: true,
            ..Inputs::default()
        };
        Self { folder, inputs }.env("TELEGRAM_BOT_TOKEN", "123456:TEST-token")
    }

    fn env(mut self, key: &str, value: &str) -> Self {
        self.inputs.env.insert(key.to_owned(), value.to_owned());
        self
    }

    fn flag(mut self, key: &str, value: &str) -> Self {
        self.inputs.flags.insert(key.to_owned(), value.to_owned());
        self
    }

    fn file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.folder.path().join(name), text).unwrap();
        self
    }

    fn without_token(mut self) -> Self {
        self.inputs.env.remove("TELEGRAM_BOT_TOKEN");
        self
    }

    fn load(&self) -> Result<Loaded, ConfigErrors> {
        Config::load(self.inputs.clone())
    }

    fn loaded(&self) -> Loaded {
        self.load().unwrap_or_else(|errors| panic!("{errors}"))
    }

    /// The lines of the complaint.
    fn faults(&self) -> Vec<String> {
        self.load().unwrap_err().0.iter().map(ToString::to_string).collect()
    }
}

fn origin<'a>(loaded: &'a Loaded, key: &str) -> &'a str {
    &loaded.origins.iter().find(|setting| setting.name == key).unwrap().origin
}

#[test]
fn the_defaults() {
    let scene = Scene::new();
    let Loaded { config, origins, warnings, not_read: _ } = scene.loaded();
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(origins.len(), keys::all().count());
    assert!(config.telegram_bot_enabled);
    assert_eq!(config.telegram_api_url, keys::TELEGRAM_PUBLIC_API);
    assert_eq!(config.bot_polling_timeout, Duration::from_secs(30));
    assert_eq!(config.bot_polling_interval, Duration::ZERO);
    assert_eq!(config.bot_timeout, Duration::from_secs(30));
    assert_eq!(config.backend_urls, ["http://localhost:8000"]);
    assert_eq!(config.backend_timeout, Duration::from_secs(60));
    assert_eq!(config.backend_concurrency, 1);
    assert_eq!(config.backend_retry_max_age, Duration::from_secs(3_600));
    assert_eq!(config.learner_rate(), Some(PerMinute(30)));
    assert_eq!(config.global_rate(), None);
    assert_eq!(config.session_timeout, Duration::from_secs(24 * 3_600));
    assert_eq!(config.session_retention, Duration::from_secs(30 * 86_400));
    assert_eq!(config.session_storage_path, scene.folder.path().join("data"));
    assert_eq!(config.max_audio_bytes(), 20 << 20);
    assert_eq!(config.max_audio_seconds, 300);
    assert!(config.allowed_users.is_empty() && config.admin_users.is_empty());
    assert_eq!((config.log_level.as_str(), config.log_format), ("info", LogFormat::Text));
    assert_eq!((config.bot_log_file, config.default_language), (None, None));
}

#[test]
fn every_default_passes_its_own_check() {
    for key in keys::all().filter(|key| !key.default.is_empty()) {
        let scene = Scene::new().env(key.name, key.default);
        assert!(scene.load().is_ok(), "{}", key.name);
    }
}

#[test]
fn later_sources_win_and_are_named() {
    let scene = Scene::new()
        .file(
            "config.toml",
            "bot_timeout = 1\nbackend_timeout = 1.5\nbackend_concurrency = 1\nlog_format = \"json\"\n",
        )
        .file(".env.telegram", "# mine\nBOT_TIMEOUT=2\nBACKEND_TIMEOUT=2\nBACKEND_CONCURRENCY=2\n")
        .env("BACKEND_TIMEOUT", "3")
        .env("BACKEND_CONCURRENCY", "3")
        .env("LOG_FORMAT", "")
        .flag("BACKEND_CONCURRENCY", "4");
    let loaded = scene.loaded();
    assert_eq!(loaded.config.bot_timeout, Duration::from_secs(2));
    assert_eq!(loaded.config.backend_timeout, Duration::from_secs(3));
    assert_eq!(loaded.config.backend_concurrency, 4);
    assert_eq!(loaded.config.log_format, LogFormat::Json, "an empty value means not set");
    assert_eq!(origin(&loaded, "BOT_TIMEOUT"), ".env.telegram line 2");
    assert_eq!(origin(&loaded, "BACKEND_TIMEOUT"), "environment");
    assert_eq!(origin(&loaded, "BACKEND_CONCURRENCY"), "command line");
    assert_eq!(origin(&loaded, "BOT_POLLING_TIMEOUT"), "default");
    assert!(origin(&loaded, "LOG_FORMAT").starts_with("file "));
}

#[test]
fn toml_values_of_every_type() {
    let scene = Scene::new().file(
        "config.toml",
        "allowed_users = [7, 8]\nbot_rate_limit = false\nsession_timeout_hours = 0.5\nbot_rate_limit_mpm = 12\n\
         default_language = \"pt\"\n",
    );
    let config = scene.loaded().config;
    assert_eq!(config.allowed_users, vec![UserId(7), UserId(8)]);
    assert_eq!(config.learner_rate(), None);
    assert_eq!(config.session_timeout, Duration::from_secs(1_800));
    assert_eq!(config.default_language, Some(Language::Pt));
}

#[test]
fn all_faults_in_one_go_with_key_source_value_and_remedy() {
    let scene = Scene::new()
        .without_token()
        .file("config.toml", "max_audio_size_mb = 99\nmax_audio_secnds = 3\n")
        .file(".env.telegram", "BOT_TIMEOUT=soon\nBOT_RATE_LIMT=on\nrubbish\n")
        .env("BACKEND_URL", "localhost:8000")
        .flag("BOT_POLLING_TIMEOUT", "60");
    let faults = scene.faults();
    for parts in [
        &["MAX_AUDIO_SIZE_MB", "99", "config.toml", "1 to 20"][..],
        &["max_audio_secnds", "config.toml", "max_audio_seconds"],
        &["BOT_TIMEOUT", "soon", ".env.telegram line 1", "0.1 to 600"],
        &["BOT_RATE_LIMT", ".env.telegram line 2", "BOT_RATE_LIMIT?"],
        &[".env.telegram line 3", "KEY=VALUE"],
        &["BACKEND_URL", "localhost:8000", "environment", "http://"],
        &["BOT_POLLING_TIMEOUT", "60", "command line", "1 to 50"],
        &["TELEGRAM_BOT_TOKEN", "missing", "@BotFather"],
    ] {
        let found = faults.iter().any(|fault| parts.iter().all(|part| fault.contains(part)));
        assert!(found, "{parts:?} in {faults:#?}");
    }
    assert_eq!(faults.len(), 8, "{faults:#?}");
    assert!(scene.load().unwrap_err().to_string().starts_with("the configuration has 8 faults:\n  "));
}

#[test]
fn a_typo_in_the_environment_is_a_warning_that_names_what_was_meant() {
    let scene = Scene::new()
        .env("BOT_RATE_LIMT", "1")
        .env("BACKEND_FOO_BAR_BAZ", "1")
        .env("ALOWED_USERS", "1")
        .env("SESSION_MANAGER", "local")
        .env("PATH", "/bin");
    let warnings = scene.loaded().warnings;
    assert_eq!(warnings.len(), 3, "{warnings:#?}");
    assert!(
        warnings
            .iter()
            .any(|warning| warning.contains("BOT_RATE_LIMT") && warning.contains("BOT_RATE_LIMIT?"))
    );
    assert!(
        warnings.iter().any(|warning| warning.contains("ALOWED_USERS") && warning.contains("ALLOWED_USERS?"))
    );
}

#[test]
fn numbers_are_shown_to_the_world_only_when_that_is_said_twice() {
    for (address, open) in [
        ("127.0.0.1:9464", false),
        ("9464", false),
        ("192.168.1.5:9464", false),
        ("[fd00::1]:9464", false),
        ("0.0.0.0:9464", true),
        ("[::]:9464", true),
        ("8.8.8.8:9464", true),
    ] {
        let once = Scene::new().env("METRICS_ADDR", address);
        assert_eq!(once.load().is_err(), open, "{address}");
        if open {
            let faults = once.faults();
            let named = ["METRICS_ADDR", "environment", "METRICS_ALLOW_PUBLIC"];
            assert!(faults.len() == 1 && named.iter().all(|part| faults[0].contains(part)), "{faults:?}");
        }
        let twice = once.env("METRICS_ALLOW_PUBLIC", "true").loaded().config;
        assert_eq!(twice.metrics_addr.map(|address| address.port()), Some(9464));
    }
}

#[test]
fn what_systemd_hands_over_goes_before_a_file_that_may_be_roots() {
    let scene = Scene::new()
        .without_token()
        .file("telegram-bot-token", "1:credential")
        .file("store-key", "k".repeat(32));
    let folder = scene.folder.path().to_str().unwrap().to_owned();
    let scene = scene
        .file(
            "config.toml",
            "telegram_bot_token_file = \"/nowhere/token\"\nstore_key_file = \"/nowhere/key\"\n",
        )
        .env("CREDENTIALS_DIRECTORY", &folder);
    let loaded = scene.loaded();
    assert_eq!(loaded.config.telegram_bot_token.as_ref().unwrap().expose(), "1:credential");
    assert_eq!(loaded.config.store_key.as_ref().unwrap().expose(), "k".repeat(32).as_bytes());
    assert_eq!(origin(&loaded, "STORE_KEY_FILE"), "systemd credential store-key");
    let scene = scene.env("CREDENTIALS_DIRECTORY", "");
    assert_eq!(scene.faults().len(), 2);
}

#[test]
fn a_key_for_the_store_is_long_and_never_shown() {
    let hidden = "0123456789abcdef0123456789abcdef";
    let scene = Scene::new().file("key", format!("{hidden}\n")).env("STORE_KEY_FILE", "key");
    let loaded = scene.loaded();
    assert_eq!(loaded.config.store_key.as_ref().unwrap().expose(), hidden.as_bytes());
    assert!(!format!("{loaded:?}{}", config::render(&loaded, true)).contains(hidden));
    for (content, part) in [(Some("short"), "fewer than 24"), (None, "cannot be read")] {
        let mut scene = Scene::new().env("STORE_KEY_FILE", "key");
        if let Some(content) = content {
            scene = scene.file("key", content);
        }
        let faults = scene.faults();
        assert!(faults.len() == 1 && faults[0].contains(part) && !faults[0].contains("short"), "{faults:?}");
    }
}

#[test]
fn the_admins_socket_lies_where_systemd_says_else_beside_the_store() {
    let socket = |scene: &Scene| scene.loaded().config.admin_socket();
    let scene = Scene::new();
    assert_eq!(socket(&scene), scene.folder.path().join("data/admin.sock"));
    let scene = scene.env("RUNTIME_DIRECTORY", "/run/one:/run/two");
    assert_eq!(socket(&scene), Path::new("/run/one/admin.sock"));
    assert_eq!(socket(&scene.env("ADMIN_SOCKET", "/run/mine")), Path::new("/run/mine"));
}

#[test]
fn what_is_in_force_with_its_origin() {
    let loaded = Scene::new().env("BOT_TIMEOUT", "7").loaded();
    let table = config::render(&loaded, false);
    let line = table.lines().find(|line| line.starts_with("BOT_TIMEOUT ")).unwrap();
    assert_eq!(line.split_whitespace().collect::<Vec<_>>(), ["BOT_TIMEOUT", "7", "environment"]);
    let json: BTreeMap<String, serde_json::Value> =
        serde_json::from_str(&config::render(&loaded, true)).unwrap();
    assert_eq!(json["BOT_TIMEOUT"], serde_json::json!({ "value": "7", "origin": "environment" }));
    assert_eq!(json["TELEGRAM_BOT_TOKEN"]["value"], "***");
    assert!(json["BOT_LOG_FILE"]["value"].is_null());
}

#[test]
fn the_store_lies_where_systemd_says_unless_told_otherwise() {
    let path = |scene: &Scene| -> PathBuf { scene.loaded().config.session_storage_path };
    let scene = Scene::new().env("STATE_DIRECTORY", "/var/lib/one:/var/lib/two");
    assert_eq!(path(&scene), Path::new("/var/lib/one"));
    assert_eq!(origin(&scene.loaded(), "SESSION_STORAGE_PATH"), "STATE_DIRECTORY");
    let scene = scene.file("config.toml", "session_storage_path = \"/srv/store\"\n");
    assert_eq!(path(&scene), Path::new("/srv/store"));
}

#[test]
fn a_named_file_must_be_there_and_readable() {
    let mut scene = Scene::new();
    scene.inputs.config_path = Some("missing.toml".into());
    let faults = scene.faults();
    assert!(faults.len() == 1 && faults[0].contains("missing.toml"), "{faults:?}");
    let scene = Scene::new().file("config.toml", "= nonsense").file(".env.telegram", b"\xff\xfe");
    let faults = scene.faults();
    assert!(faults.len() == 2 && faults[0].contains("line 1") && faults[1].contains("UTF-8"), "{faults:?}");
}

#[test]
fn flags_are_named_like_the_keys_and_none_takes_a_secret() {
    let scene = Scene::new().flag("backend-url", "http://a").flag("--bot-timeout", "3");
    let config = scene.loaded().config;
    assert_eq!(
        (config.backend_urls, config.bot_timeout),
        (vec!["http://a".to_owned()], Duration::from_secs(3))
    );
    assert_eq!(Scene::new().flag("--backend-ulr", "x").faults().len(), 1);
    let flags: Vec<&str> = config::flags().map(|flag| flag.long).collect();
    assert_eq!(flags.len(), keys::all().count());
    assert!(flags.contains(&"telegram-bot-token-file") && !flags.contains(&"telegram-bot-token"));
}

#[test]
fn the_example_file_is_the_one_rendered_from_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(".env.telegram.example");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, config::env_example()).unwrap();
    }
    let on_disk = std::fs::read_to_string(path).unwrap();
    assert!(
        on_disk == config::env_example(),
        "the table of options has changed: BLESS=1 cargo test writes the files made of it"
    );
}

#[test]
fn the_example_file_works_once_the_token_is_in() {
    let text = config::env_example().replace("TELEGRAM_BOT_TOKEN=\n", "TELEGRAM_BOT_TOKEN=123:abc\n");
    assert_eq!(
        Scene::new().without_token().file(".env.telegram", text).loaded().warnings,
        Vec::<String>::new()
    );
    // And with every default switched on.
    let text: String = config::env_example()
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(setting) if !setting.starts_with(' ') => format!("{setting}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    assert!(Scene::new().file(".env.telegram", text).load().is_ok());
}

#[test]
fn the_built_in_tutor_says_what_it_cannot_do_without() {
    let builtin = || Scene::new().env("TUTOR", "builtin");
    let faults = builtin().faults();
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults[0].starts_with("STT_URL is missing") && faults[0].contains("speaches"), "{faults:?}");
    assert!(faults[1].starts_with("AI_API_URL is missing") && faults[1].contains("Ollama"), "{faults:?}");
    let faults = builtin().env("STT_URL", "here").env("AI_API_URL", "http://m/v1").faults();
    assert!(faults.len() == 1 && faults[0].contains("http://"), "{faults:?}");
    assert!(Scene::new().env("TUTOR", "piper").faults()[0].contains("phonicflow or builtin"));

    let whole = builtin().env("STT_URL", "http://s/v1/").env("AI_API_URL", "http://m/v1");
    let Loaded { config, warnings, .. } = whole.loaded();
    assert_eq!((config.tutor, warnings), (TutorKind::Builtin, Vec::new()));
    let server = config.speech.recogniser;
    assert_eq!((server.url.as_deref(), server.model.as_str()), (Some("http://s/v1"), "whisper-1"));

    // What changes nothing is a hint.
    let warnings = builtin()
        .env("STT_URL", "http://s/v1")
        .env("AI_API_URL", "http://m/v1")
        .env("BACKEND_URL", "http://t")
        .env("TTS_VOICE", "bella")
        .loaded()
        .warnings;
    let expected = ["BACKEND_URL has no effect: TUTOR is builtin", "TTS_VOICE has no effect without TTS_URL"];
    assert_eq!(warnings, expected);
    let warnings = Scene::new().env("TTS_URL", "http://s/v1").env("TTS_API_KEY", "k").loaded().warnings;
    assert_eq!(warnings, ["TTS_URL has no effect: only TUTOR=builtin uses it"]);
    let open = builtin().env("STT_URL", "http://s.example.com/v1").env("STT_API_KEY", "k");
    let warnings = open.env("AI_API_URL", "http://m/v1").loaded().warnings;
    assert!(warnings.len() == 1 && warnings[0].starts_with("STT_URL is http://"), "{warnings:?}");
}
