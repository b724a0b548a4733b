//! What a Redis server is, and whether its settings keep what they acknowledge.
//!
//! Must not know what is stored there.

use super::trouble::trouble;
use crate::store::server::RemoteError;
use redis::{Connection, cmd};
use std::collections::BTreeMap;

/// The first that has `ZRANGE … BYLEX`.
const OLDEST: (u32, u32) = (6, 2);

type Settings = BTreeMap<String, String>;

/// Refuses a server that is a replica or part of a cluster, is too old, or may lose what it has acknowledged by the end of its
/// process or machine, or by making room.
pub fn acceptable(connection: &mut Connection) -> Result<(), RemoteError> {
    let info = info(connection)?;
    let mut settings = Settings::new();
    for pattern in ["*append*", "maxmemory-policy"] {
        let found: Settings = cmd("CONFIG").arg("GET").arg(pattern).query(connection).map_err(rights)?;
        settings.extend(found);
    }
    judge(&info, &settings).map_err(RemoteError::Refused)
}

/// Name and version.
pub fn version(connection: &mut Connection) -> Result<String, RemoteError> {
    let info = info(connection)?;
    let of = |field: &str| info.get(field).map(String::as_str);
    Ok(match of("valkey_version") {
        Some(version) => format!("Valkey {version}"),
        None => format!("Redis {}", of("redis_version").unwrap_or("of an unknown version")),
    })
}

/// `INFO`'s lines `name:value`.
fn info(connection: &mut Connection) -> Result<Settings, RemoteError> {
    let text: String = cmd("INFO").query(connection).map_err(rights)?;
    let fields = text.lines().filter_map(|line| line.trim().split_once(':'));
    Ok(fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

fn rights(error: redis::RedisError) -> RemoteError {
    match trouble(&error) {
        RemoteError::Refused(why) => RemoteError::Refused(format!(
            "{why}. Its settings have to be checked, which takes the commands INFO and CONFIG GET; an ACL gives them by +info \
             +config|get"
        )),
        lost => lost,
    }
}

fn judge(info: &Settings, settings: &Settings) -> Result<(), String> {
    let is = |name: &str| info.get(name).map_or("", String::as_str);
    let mut parts = is("redis_version").split('.').map_while(|part| part.parse::<u32>().ok());
    let version = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if version < OLDEST {
        let found = is("redis_version");
        return Err(format!("Redis {}.{} or later is needed, and this is {found:?}", OLDEST.0, OLDEST.1));
    }
    if is("role") != "master" {
        let of = format!("{}:{}", is("master_host"), is("master_port"));
        return Err(format!(
            "this server is a replica of {of}: STORE_URL has to name the one that takes writes"
        ));
    }
    if is("cluster_enabled") == "1" {
        return Err("this server is part of a Redis Cluster; the store needs a single server".to_owned());
    }
    for (name, wanted, otherwise) in [
        ("appendonly", "yes", "what it acknowledged is lost when it ends"),
        ("appendfsync", "always", "what it acknowledged is lost when its machine ends"),
        (
            "no-appendfsync-on-rewrite",
            "no",
            "what it acknowledges while it tidies its file is lost when its machine ends",
        ),
        ("maxmemory-policy", "noeviction", "it removes records to make room"),
    ] {
        let found = settings.get(name).map_or("", String::as_str);
        if found != wanted {
            return Err(format!(
                "Redis is set to {name} {found:?}, so that {otherwise}; set \"{name} {wanted}\" in its configuration"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(pairs: &[(&str, &str)]) -> Settings {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn only_a_single_server_that_keeps_what_it_acknowledges_will_do() {
        let info = [("redis_version", "7.0.15"), ("role", "master"), ("cluster_enabled", "0")];
        let settings = [
            ("appendonly", "yes"),
            ("appendfsync", "always"),
            ("no-appendfsync-on-rewrite", "no"),
            ("maxmemory-policy", "noeviction"),
        ];
        assert_eq!(judge(&made(&info), &made(&settings)), Ok(()));
        for (name, value, word) in [
            ("redis_version", "6.0.16", "6.2"),
            ("redis_version", "", "6.2"),
            ("role", "slave", "replica"),
            ("cluster_enabled", "1", "Cluster"),
        ] {
            let mut info = made(&info);
            info.insert(name.to_owned(), value.to_owned());
            let why = judge(&info, &made(&settings)).unwrap_err();
            assert!(why.contains(word), "{name} {value}: {why}");
        }
        for (name, value) in [
            ("appendonly", "no"),
            ("appendfsync", "everysec"),
            ("appendfsync", "no"),
            ("no-appendfsync-on-rewrite", "yes"),
            ("maxmemory-policy", "allkeys-lru"),
            ("maxmemory-policy", "volatile-ttl"),
        ] {
            let mut settings = made(&settings);
            settings.insert(name.to_owned(), value.to_owned());
            let why = judge(&made(&info), &settings).unwrap_err();
            assert!(why.contains(name) && why.contains(value), "{name} {value}: {why}");
            settings.remove(name);
            assert!(judge(&made(&info), &settings).is_err(), "{name} unknown");
        }
    }
}
