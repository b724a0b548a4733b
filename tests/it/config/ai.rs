//! The options of the chat models: the variables, and the tables of config.toml.

use super::*;
use phonicflow_bot::config::ConfigError;
use phonicflow_bot::domain::{ServerKind, Vision};

#[test]
fn no_chat_model_unless_one_is_named() {
    let ai = Scene::new().loaded().config.ai;
    assert!(!ai.is_configured());
    assert_eq!((ai.kind, ai.timeout, ai.concurrency), (ServerKind::OpenAi, Duration::from_secs(120), 4));
    assert_eq!((ai.max_tokens, ai.temperature), (512, 0.7));
    assert_eq!((ai.conversation_length, ai.context_tokens, ai.tokens_per_day), (50, 4_096, 0));
    assert_eq!((ai.url, ai.default_model, ai.models, ai.fallback_model), (None, None, Vec::new(), None));
}

#[test]
fn everything_may_come_from_the_environment() {
    let ai = Scene::new()
        .file("key", "sk-secret\n")
        .env("AI_API_URL", "http://localhost:11434/v1/")
        .env("AI_API_KEY_FILE", "key")
        .env("AI_API_KIND", "Anthropic")
        .env("DEFAULT_MODEL", "llama3.2:3b")
        .env("MODELS", "llama3.2:3b, org/big ,llama3.2:3b")
        .env("FALLBACK_MODEL", "cloud/small")
        .env("AI_TIMEOUT", "2.5")
        .env("AI_CONCURRENCY", "2")
        .env("AI_MAX_TOKENS", "100")
        .env("AI_TEMPERATURE", "0")
        .env("MAX_CONVERSATION_LENGTH", "10")
        .env("AI_CONTEXT_TOKENS", "1000")
        .env("AI_TOKENS_PER_DAY", "5000")
        .loaded()
        .config
        .ai;
    assert!(ai.is_configured());
    assert_eq!((ai.url.as_deref(), ai.kind), (Some("http://localhost:11434/v1"), ServerKind::Anthropic));
    assert_eq!(ai.key.as_ref().unwrap().expose(), "sk-secret");
    assert_eq!(ai.models, ["llama3.2:3b", "org/big"]);
    assert_eq!(
        (ai.default_model.as_deref(), ai.fallback_model.as_deref()),
        (Some("llama3.2:3b"), Some("cloud/small"))
    );
    assert_eq!((ai.timeout, ai.concurrency, ai.max_tokens), (Duration::from_millis(2_500), 2, 100));
    assert_eq!(
        (ai.temperature, ai.conversation_length, ai.context_tokens, ai.tokens_per_day),
        (0.0, 10, 1_000, 5_000)
    );
}

const TABLES: &str = r#"
[providers.cloud]
kind = "anthropic"
key_file = "key"
models = ["claude-a", "claude-b"]
vision = ["claude-b"]
context = 100000

[providers.lan-2]
url = "http://192.168.1.9:8080/v1/"
key = "plain-secret"
vision = true
"#;

#[test]
fn more_servers_stand_in_tables() {
    let scene = Scene::new().file("key", "file-secret\n").file("config.toml", TABLES);
    let loaded = scene.loaded();
    assert_eq!(loaded.warnings, Vec::<String>::new());
    let [cloud, lan] = &loaded.config.ai.providers[..] else { panic!("{:?}", loaded.config.ai.providers) };
    assert_eq!((cloud.name.as_str(), cloud.url.as_str()), ("cloud", "https://api.anthropic.com/v1"));
    assert_eq!((cloud.kind, cloud.context), (ServerKind::Anthropic, Some(100_000)));
    assert_eq!(cloud.key.as_ref().unwrap().expose(), "file-secret");
    assert_eq!(cloud.models, ["claude-a", "claude-b"]);
    assert_eq!(cloud.vision, Vision::Of(vec!["claude-b".to_owned()]));
    assert_eq!((lan.name.as_str(), lan.url.as_str()), ("lan-2", "http://192.168.1.9:8080/v1"));
    assert_eq!((lan.kind, lan.context, &lan.vision), (ServerKind::OpenAi, None, &Vision::All(true)));
    for json in [false, true] {
        let shown = config::render(&loaded, json);
        for part in [
            "providers.cloud.key_file",
            "providers.lan-2.url",
            "http://192.168.1.9:8080/v1",
            "claude-a,claude-b",
        ] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
        assert!(!format!("{shown}{loaded:?}").contains("-secret"), "{shown}");
    }
}

#[test]
fn all_faults_of_the_tables_are_told_at_once() {
    let scene = Scene::new()
        .file(
            "config.toml",
            "ai_temperature = 3\n[providers]\nloose = 1\n\
             [providers.one]\nurl = \"localhost\"\nkind = \"opnai\"\nmodel = [\"a\"]\ncontext = 5\n\
             [providers.two]\nvision = 1\nkey = \"a-secret\"\nkey_file = \"b\"\nmodels = [1]\n\
             [providers.ai]\nurl = \"http://h/v1\"\n\
             [providers.three]\nurl = \"http://user:pass-secret@h?x\"\nkey_file = \"missing\"\n\
             [provider.four]\nurl = \"http://h/v1\"\n",
        )
        .env("AI_API_URL", "ollama:11434")
        .env("MODELS", "a b");
    let faults = scene.faults();
    for parts in [
        &["AI_TEMPERATURE", "3", "config.toml", "0 to 2"][..],
        &["providers.loose", "[providers.NAME]"],
        &["providers.one.url", "localhost", "http://"],
        &["providers.one.kind", "opnai", "openai or anthropic or gemini or core"],
        &["providers.one.model ", "models?"],
        &["providers.one.context", "64 to 2000000"],
        &["providers.two.url", "missing"],
        &["providers.two.vision", "true, false or a list"],
        &["providers.two.key", "key_file"],
        &["providers.two.models", "list of models"],
        &["providers.ai", "other than"],
        &["providers.three.url", "http://"],
        &["providers.three.key_file", "cannot be read"],
        &["provider ", "providers?"],
        &["AI_API_URL", "ollama:11434", "environment"],
        &["MODELS", "a b", "comma separated"],
    ] {
        let found = faults.iter().any(|fault| parts.iter().all(|part| fault.contains(part)));
        assert!(found, "{parts:?} in {faults:#?}");
    }
    assert_eq!(faults.len(), 16, "{faults:#?}");
    assert!(!faults.concat().contains("-secret"), "{faults:#?}");
}

#[test]
fn what_has_no_effect_or_goes_in_the_clear_is_said() {
    let warned = |scene: Scene| scene.loaded().warnings;
    let alone = warned(Scene::new().env("FALLBACK_MODEL", "x").env("MODELS", "y"));
    assert!(alone.len() == 2 && alone.iter().all(|line| line.contains("AI_API_URL")), "{alone:?}");
    let open = |url: &str| Scene::new().env("AI_API_URL", url).env("AI_API_KEY", "k");
    assert_eq!(warned(open("http://10.0.0.7/v1")), Vec::<String>::new());
    assert!(warned(open("http://api.example.com/v1")).concat().contains("AI_API_URL is http://"));
    let typo = warned(Scene::new().env("AI_API_ULR", "x"));
    assert!(typo.concat().contains("AI_API_URL?"), "{typo:?}");
}

#[test]
fn a_fault_of_a_table_is_printed_with_its_place() {
    let scene = Scene::new().file("config.toml", "[providers.x]\nurl = 5\n");
    let [ConfigError { key, origin, .. }] = &scene.load().unwrap_err().0[..] else { panic!("one fault") };
    assert!(key == "providers.x.url" && origin.starts_with("file "), "{key} {origin}");
}

#[test]
fn personas_come_along_and_a_folder_replaces_and_adds() {
    let names = |scene: Scene| -> Vec<String> {
        let ai = scene.loaded().config.ai;
        ai.personas.iter().map(|persona| persona.name(Language::En).to_owned()).collect()
    };
    let alone = names(Scene::new());
    assert_eq!(alone, ["Friend", "Strict examiner", "Job interviewer", "Travel partner", "Story teller"]);
    let scene = Scene::new().env("PERSONAS_PATH", "mine");
    std::fs::create_dir(scene.folder.path().join("mine")).unwrap();
    let scene = scene
        .file("mine/examiner.md", "name: Kind examiner\n\nx")
        .file("mine/pirate.md", "name: Pirate\n\nx");
    let mine = names(scene.file("mine/README.txt", "no persona"));
    assert_eq!(mine[1], "Kind examiner");
    assert_eq!((mine.len(), mine[5].as_str()), (6, "Pirate"));
}

#[test]
fn every_fault_of_every_persona_file_is_told_at_once() {
    let scene = Scene::new().env("PERSONAS_PATH", "mine").env("AI_MAX_TOKENS", "0");
    std::fs::create_dir(scene.folder.path().join("mine")).unwrap();
    let scene = scene
        .file("mine/a.md", "no head at all")
        .file("mine/b.md", "name: B\n\nYour level is {niveau}.")
        .file("mine/c.md", [b'n', 0xff])
        .file("mine/good.md", "name: Good\n\nx");
    let told = scene.load().unwrap_err().to_string();
    for part in [
        "AI_MAX_TOKENS",
        "PERSONAS_PATH",
        "a.md: line 1",
        "b.md: line 3: knows no {niveau}",
        "c.md: is not UTF-8",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let told = Scene::new().env("PERSONAS_PATH", "nowhere").load().unwrap_err().to_string();
    assert!(told.contains("PERSONAS_PATH") && told.contains("cannot be read"), "{told}");
}
