//! `compose.yaml`: what it keeps in, and that docker compose takes it where there is one.

use super::{is_command, is_option, read, root, words};
use crate::skip::{self, Lacks};
use phonicflow_bot::config::{Config, Inputs, keys};
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use yaml_rust2::{Yaml, YamlLoader};

fn merged(yaml: &Yaml) -> Yaml {
    let Some(fields) = yaml.as_hash() else { return yaml.clone() };
    // Of several the first wins.
    let bases = match &yaml["<<"] {
        Yaml::Array(bases) => bases.iter().rev().map(merged).collect(),
        base => vec![merged(base)],
    };
    let mut all = yaml_rust2::yaml::Hash::new();
    all.extend(bases.into_iter().filter_map(Yaml::into_hash).flatten());
    for (name, value) in fields.iter().filter(|(name, _)| name.as_str() != Some("<<")) {
        all.insert(name.clone(), merged(value));
    }
    Yaml::Hash(all)
}

#[test]
fn the_compose_file_keeps_everything_in() {
    let compose = &merged(&YamlLoader::load_from_str(&read("compose.yaml")).unwrap()[0]);
    let services = compose["services"].as_hash().unwrap();
    for (name, service) in services {
        let name = name.as_str().unwrap();
        assert!(
            service["ports"].is_badvalue() && service["network_mode"].is_badvalue(),
            "{name} is published"
        );
        assert!(service["privileged"].is_badvalue() && service["cap_add"].is_badvalue(), "{name}");
        assert_eq!(words(&service["cap_drop"]), ["ALL"], "{name}");
        assert_eq!(words(&service["security_opt"]), ["no-new-privileges:true"], "{name}");
        assert!(service["mem_limit"].as_str().is_some(), "{name}");
        assert!(
            service["logging"]["options"]["max-file"].as_str().is_some(),
            "{name} keeps its log for ever"
        );
        let profiles = words(&service["profiles"]);
        let known = |profile: &&str| ["builtin", "phonicflow", "two-bots", "setup"].contains(profile);
        assert!(!profiles.is_empty() && profiles.iter().all(known), "{name}: {profiles:?}");
        let checked = service["healthcheck"]["test"].as_vec().is_some();
        assert!(checked || words(&service["profiles"]) == ["setup"], "{name}");
        for volume in words(&service["volumes"]) {
            let volume = volume.split(':').next().unwrap();
            assert!(!compose["volumes"][volume].is_badvalue(), "{name} uses {volume}, which is not declared");
        }
        for network in words(&service["networks"]) {
            assert!(
                !compose["networks"][network].is_badvalue(),
                "{name} is in {network}, which is not declared"
            );
        }
        for secret in words(&service["secrets"]) {
            assert!(compose["secrets"][secret]["file"].as_str().is_some(), "{name} uses {secret}");
        }
    }
    assert_eq!(compose["networks"]["private"]["internal"].as_bool(), Some(true));
    for service in ["speaches", "ollama", "postgres"] {
        assert_eq!(words(&compose["services"][service]["networks"]), ["private"], "{service}");
    }
    let one = [("builtin", "bot"), ("phonicflow", "bot-of-phonicflow")];
    let two = [("two-bots", "bot-1"), ("two-bots", "bot-2")];
    for (profile, name) in one.into_iter().chain(two) {
        let bot = &compose["services"][name];
        assert_eq!(words(&bot["profiles"]), [profile]);
        assert_eq!(bot["read_only"].as_bool(), Some(true));
        assert_eq!(words(&bot["networks"]), ["private", "outside"]);
        let health = words(&bot["healthcheck"]["test"]);
        assert_eq!(health[..2], ["CMD", "/usr/bin/phonicflow-bot"]);
        assert!(is_command(&health[2..]), "{health:?}");
        assert!(root().join(bot["build"]["dockerfile"].as_str().unwrap()).exists());
        // The bot itself takes what it is given there, and has nothing to remark.
        let mut env = BTreeMap::new();
        for (key, value) in bot["environment"].as_hash().unwrap() {
            let (key, value) = (key.as_str().unwrap(), value.as_str().unwrap());
            assert!(is_option(key), "{key} is no option");
            let secret = keys::all().any(|option| option.is_secret() && option.name == key);
            assert!(!secret, "{key} belongs into a file: {value:?}");
            let value = value
                .strip_prefix("${")
                .map_or(value, |v| v.trim_end_matches('}').split(":-").nth(1).unwrap());
            if let Some(("http://", host)) = value.split_at_checked(7) {
                let service = host.split(':').next().unwrap();
                let started = words(&compose["services"][service]["profiles"]);
                assert!(started.contains(&profile), "{key}: {service} is not started with {profile}");
            }
            env.insert(key.to_owned(), value.to_owned());
        }
        // Each secret is one that the service is handed.
        let folder = tempfile::tempdir().unwrap();
        let mut handed = words(&bot["secrets"]);
        for value in env.values_mut() {
            let Some(secret) = value.strip_prefix("/run/secrets/").map(str::to_owned) else { continue };
            let content = match secret.as_str() {
                "telegram-bot-token" => "1:a",
                "store-url" => "postgres://bot:0a1b@postgres/bot?sslmode=disable",
                _ => "0123456789abcdef0123456789abcdef",
            };
            *value = folder.path().join(&secret).display().to_string();
            fs::write(&value, content).unwrap();
            let given = handed.iter().position(|name| *name == secret);
            handed.remove(given.unwrap_or_else(|| panic!("{name} is not handed {secret}")));
        }
        assert_eq!(handed, Vec::<&str>::new(), "{name} does not use");
        let loaded = Config::load(Inputs { env, require_token: true, ..Inputs::default() }).unwrap();
        assert_eq!(loaded.warnings, Vec::<String>::new(), "{name}");
        assert_eq!(loaded.config.store_url.is_some(), profile == "two-bots", "{name}");
    }
}

/// Two bots that took each other's notes, or had one name, would not be two.
#[test]
fn two_bots_share_the_database_and_nothing_else() {
    let compose = &merged(&YamlLoader::load_from_str(&read("compose.yaml")).unwrap()[0]);
    let [one, two] = ["bot-1", "bot-2"].map(|name| &compose["services"][name]);
    for (name, bot) in [("bot-1", one), ("bot-2", two)] {
        assert_eq!(bot["hostname"].as_str(), Some(name));
        assert_eq!(words(&bot["volumes"]), [format!("{name}:/var/lib/phonicflow-bot")]);
    }
    assert_eq!(one["environment"], two["environment"]);
    let database = &compose["services"]["postgres"];
    assert_eq!(words(&database["profiles"]), words(&one["profiles"]));
    // What is written is on a disk, and by a user of its own.
    assert_eq!(words(&database["volumes"]), ["postgres:/var/lib/postgresql/data"]);
    assert_eq!((database["user"].as_str(), database["read_only"].as_bool()), (Some("999:999"), Some(true)));
}

/// Where docker compose is installed it checks the file; no running engine is needed for that.
#[test]
fn docker_compose_takes_the_file() {
    let docker = |arguments: &[&str]| Command::new("docker").args(arguments).current_dir(root()).output();
    if !docker(&["compose", "version"]).is_ok_and(|done| done.status.success()) {
        let test = "packages::compose::docker_compose_takes_the_file";
        return skip::skip(test, Lacks::Leave, "no docker compose");
    }
    let profiles =
        ["--profile", "builtin", "--profile", "phonicflow", "--profile", "two-bots", "--profile", "setup"];
    let check = [&["compose", "-f", "compose.yaml"][..], &profiles, &["config", "--quiet"]].concat();
    let done = docker(&check).unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}
