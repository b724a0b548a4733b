//! A store that several daemons share: what it needs, what it refuses, what is never shown of it.

use super::*;

const URL: &str = "postgres://bot:hidden-word@db1:5432,db2:5432/bot?target_session_attrs=read-write";

fn shared() -> Scene {
    Scene::new().env("STORE_URL", URL).env("STORE_DELETED", "kept")
}

#[test]
fn its_url_comes_from_the_environment_a_file_or_a_credential_and_is_never_shown() {
    let credential = Scene::new().file("store-url", format!("{URL}\n")).env("STORE_DELETED", "kept");
    let folder = credential.folder.path().to_str().unwrap().to_owned();
    for scene in [
        shared(),
        Scene::new()
            .file("url", format!("{URL}\n"))
            .env("STORE_URL_FILE", "url")
            .env("STORE_DELETED", "kept"),
        credential.env("CREDENTIALS_DIRECTORY", &folder),
        Scene::new().file("config.toml", format!("store_url = \"{URL}\"\nstore_deleted = \"kept\"\n")),
    ] {
        let loaded = scene.loaded();
        let url = loaded.config.store_url.clone().unwrap();
        assert_eq!((url.expose(), url.to_string().as_str()), (URL, "db1:5432,db2:5432/bot"));
        for text in [config::render(&loaded, false), config::render(&loaded, true), format!("{loaded:?}")] {
            assert!(!text.contains("hidden-word") && !text.contains("bot:"), "{text}");
        }
        assert_eq!(loaded.warnings, Vec::<String>::new());
    }
    for raw in ["postgres://bot:hidden@word@db/bot", "mysql://bot:hidden@db/bot", "postgres://bot:hidden@db"]
    {
        let faults = shared().env("STORE_URL", raw).faults();
        let safe = !faults[0].contains("hidden") && !faults[0].contains("bot:");
        assert!(
            faults.len() == 1 && faults[0].starts_with("STORE_URL = *** (environment)") && safe,
            "{faults:?}"
        );
    }
}

#[test]
fn what_stays_in_the_database_after_it_was_deleted_needs_a_key_or_a_word() {
    let bare = || Scene::new().env("STORE_URL", URL);
    let faults = bare().faults();
    let says =
        ["STORE_URL", "environment", "write-ahead log", "backups", "STORE_KEY_FILE", "STORE_DELETED=kept"];
    assert!(faults.len() == 1 && says.iter().all(|part| faults[0].contains(part)), "{faults:?}");
    let file = Scene::new().file("url", URL).env("STORE_URL_FILE", "url").faults();
    assert!(file.len() == 1 && file[0].starts_with("STORE_URL_FILE ="), "{file:?}");

    assert!(bare().env("STORE_DELETED", "kept").loaded().config.store_deleted_kept);
    let keyed = bare().file("key", "k".repeat(32)).env("STORE_KEY_FILE", "key");
    assert!(!keyed.loaded().config.store_deleted_kept);
    let both = keyed.env("STORE_DELETED", "kept").loaded();
    assert!(both.warnings.len() == 1 && both.warnings[0].contains("STORE_DELETED has no effect"));

    // What is wrong with either is said once.
    for scene in [bare().env("STORE_DELETED", "gone"), bare().env("STORE_KEY_FILE", "missing")] {
        assert_eq!(scene.faults().len(), 1, "{:?}", scene.faults());
    }
    assert!(!Scene::new().loaded().config.store_deleted_kept);
}

#[test]
fn a_node_has_the_hosts_name_unless_it_is_given_one() {
    assert_eq!(shared().env("STORE_NODE", "bot-1.lan").loaded().config.node(), "bot-1.lan");
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    assert_eq!(shared().loaded().config.node(), host.trim());
    for raw in ["two words", "a/b", "n\u{e9}", "x@y", &"n".repeat(65)] {
        let faults = shared().env("STORE_NODE", raw).faults();
        assert!(faults.len() == 1 && faults[0].contains("letters, digits"), "{faults:?}");
    }
}

#[test]
fn peers_are_listened_to_where_they_can_come_and_strangers_cannot() {
    for (address, part) in [
        ("10.0.0.5:9470", None),
        ("127.0.0.1:9470", None),
        ("[fd00::5]:9470", None),
        ("8.8.8.8:9470", Some("STORE_PEER_ALLOW_PUBLIC")),
        ("[2001:db8::1]:9470", Some("STORE_PEER_ALLOW_PUBLIC")),
        ("0.0.0.0:9470", Some("the one address that the other daemons use")),
        ("[::]:9470", Some("the one address that the other daemons use")),
        ("peer.lan", Some("must be an address")),
    ] {
        let scene = shared().env("STORE_PEER_ADDR", address);
        match part {
            None => assert_eq!(scene.loaded().config.store_peer_addr, address.parse().ok()),
            Some(part) => {
                let faults = scene.faults();
                assert!(faults.len() == 1 && faults[0].contains(part), "{faults:?}");
            }
        }
        let twice = shared().env("STORE_PEER_ADDR", address).env("STORE_PEER_ALLOW_PUBLIC", "true");
        let refused = part.is_some_and(|part| part != "STORE_PEER_ALLOW_PUBLIC");
        assert_eq!(twice.load().is_err(), refused, "{address}");
    }
}

#[test]
fn what_has_no_effect_is_said() {
    let warned = |scene: Scene| scene.loaded().warnings;
    let ca = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n";
    let idle = [("STORE_NODE", "n"), ("STORE_PEER_ADDR", "10.0.0.5:9470"), ("STORE_DELETED", "kept")];
    let idle = idle.into_iter().chain([("STORE_CA_FILE", "ca.pem"), ("STORE_PEER_ALLOW_PUBLIC", "yes")]);
    for (name, value) in idle {
        let warnings = warned(Scene::new().file("ca.pem", ca).env(name, value));
        let said = format!("{name} has no effect: there is no shared store without STORE_URL");
        assert_eq!(warnings, [said]);
        assert_eq!(warned(shared().file("ca.pem", ca).env(name, value)), Vec::<String>::new());
    }
    for (url, parts) in [
        ("redis://h.lan", &["STORE_CA_FILE has no effect"][..]),
        ("redis://:p@redis.example.org/0", &["STORE_CA_FILE has no effect", "can be read on the way"]),
        ("postgres://db.example.org/bot?sslmode=disable", &["STORE_CA_FILE has", "can be read on the way"]),
        ("postgres://db.example.org/bot", &[]),
    ] {
        let warnings =
            warned(shared().file("ca.pem", ca).env("STORE_URL", url).env("STORE_CA_FILE", "ca.pem"));
        let fits = warnings.len() == parts.len();
        assert!(
            fits && warnings.iter().zip(parts).all(|(said, part)| said.contains(part)),
            "{url}: {warnings:?}"
        );
    }
    // Somebody who mistyped the URL hears about the URL alone.
    let (loaded, errors) = Config::inspect(shared().env("STORE_URL", "nonsense").inputs);
    assert!(errors.len() == 1 && loaded.warnings.is_empty(), "{errors:?} {:?}", loaded.warnings);
}
