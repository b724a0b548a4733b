//! `compose.yaml`: what it keeps in, and that docker compose takes it where there is one.

use super::{is_command, is_option, read, root, words};
use crate::skip::{self, Lacks};
use phonicflow_bot::config::{Config, Inputs, keys};
use std::collections::BTreeMap;
use std::process::Command;
use yaml_rust2::{Yaml, YamlLoader};

fn merged(yaml: &Yaml) -> Yaml {
    let Some(fields) = yaml.as_hash() else { return yaml.clone() };
    let mut all =
        yaml["<<"].as_hash().map(|_| merged(&yaml["<<"])).and_then(Yaml::into_hash).unwrap_or_default();
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
        let known = |profile: &&str| ["builtin", "phonicflow", "setup"].contains(profile);
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
    for service in ["speaches", "ollama"] {
        assert_eq!(words(&compose["services"][service]["networks"]), ["private"], "{service}");
    }
    for (profile, name) in [("builtin", "bot"), ("phonicflow", "bot-of-phonicflow")] {
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
        env.remove("TELEGRAM_BOT_TOKEN_FILE").unwrap();
        env.insert("TELEGRAM_BOT_TOKEN".to_owned(), "1:a".to_owned());
        let loaded = Config::load(Inputs { env, require_token: true, ..Inputs::default() }).unwrap();
        assert_eq!(loaded.warnings, Vec::<String>::new(), "{name}");
    }
}

/// Where docker compose is installed it checks the file; no running engine is needed for that.
#[test]
fn docker_compose_takes_the_file() {
    let docker = |arguments: &[&str]| Command::new("docker").args(arguments).current_dir(root()).output();
    if !docker(&["compose", "version"]).is_ok_and(|done| done.status.success()) {
        let test = "packages::compose::docker_compose_takes_the_file";
        return skip::skip(test, Lacks::Leave, "no docker compose");
    }
    let profiles = ["--profile", "builtin", "--profile", "phonicflow", "--profile", "setup"];
    let check = [&["compose", "-f", "compose.yaml"][..], &profiles, &["config", "--quiet"]].concat();
    let done = docker(&check).unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}
