//! What is configured of a store that several daemons share, and what of it needs saying twice.
//!
//! Must not know how a database is spoken to, or who of the daemons owns it.

use super::advice::{is_open, is_public, is_set};
use super::keys::{Key, Kind};
use super::{Config, ConfigError, Setting};

/// What a name of a node may be, bytes: Linux lets a host's name be no longer.
pub(crate) const NODE_CAP: usize = 64;

pub const OPTIONS: &[Key] = &[
    Key {
        name: "STORE_URL",
        default: "",
        kind: Kind::Database(|c| &mut c.store_url),
        doc: "Keeps the store in this database, which several daemons may share: one of them works, the others stand by. For instance postgres://bot:PASSWORD@db1:5432,db2:5432/bot. Without it the store lies in SESSION_STORAGE_PATH and belongs to one daemon.",
    },
    Key {
        name: "STORE_CA_FILE",
        default: "",
        kind: Kind::CaFile(|c| &mut c.store_ca_file),
        doc: "PEM file of the certificate authority that the database's certificate is checked against, instead of the system's.",
    },
    Key {
        name: "STORE_DELETED",
        default: "",
        kind: Kind::Choice(&["kept"], |c, _| c.store_deleted_kept = true),
        doc: "kept: accepts that what learners delete stays readable in the log and the backups of the database. Without this word a shared store needs STORE_KEY_FILE.",
    },
    Key {
        name: "STORE_NODE",
        default: "",
        kind: Kind::Node(|c| &mut c.store_node),
        doc: "This daemon's name among those that share the store; by default the host's name. No two may have the same.",
    },
    Key {
        name: "STORE_PEER_ADDR",
        default: "",
        kind: Kind::Address(|c| &mut c.store_peer_addr),
        doc: "Where the other daemons of the shared store reach this one, for instance 10.0.0.5:9470, so that the admin's commands work on each of them. Without it they work on the owner alone.",
    },
    Key {
        name: "STORE_PEER_ALLOW_PUBLIC",
        default: "false",
        kind: Kind::Switch(|c| &mut c.store_peer_allow_public),
        doc: "STORE_PEER_ADDR may be an address that is neither loopback nor private; without it such a one is refused.",
    },
];

/// What a shared store cannot do without, and what needs a second option that says so.
pub(super) fn missing(config: &Config, origins: &[Setting], faults: &[ConfigError]) -> Vec<ConfigError> {
    let fault = |name: &str, shown: &dyn ToString, problem: &str| {
        let setting = origins.iter().find(|setting| setting.name.trim_end_matches("_FILE") == name);
        let key = setting.map_or(name, |setting| &setting.name).to_owned();
        let origin = setting.map(|setting| setting.origin.clone()).unwrap_or_default();
        ConfigError { key, origin, shown: Some(shown.to_string()), problem: problem.to_owned() }
    };
    let mut found = Vec::new();
    if config.store_url.is_none() {
        return found;
    }
    let key_at_fault =
        faults.iter().any(|fault| fault.key == "STORE_KEY_FILE" || fault.key == "STORE_DELETED");
    if config.store_key.is_none() && !config.store_deleted_kept && !key_at_fault {
        found.push(fault(
            "STORE_URL",
            &"***",
            "needs a word about what learners delete: it stays readable in the database's write-ahead log and backups, \
             where this program cannot clear it. Either encrypt the store (openssl rand -hex 32 > FILE, and name it by \
             STORE_KEY_FILE), or accept it with STORE_DELETED=kept",
        ));
    }
    if let Some(address) = config.store_peer_addr {
        if address.ip().is_unspecified() {
            found.push(fault(
                "STORE_PEER_ADDR",
                &address,
                "is no address that another machine can reach: name the one address that the other daemons use, such as \
                 10.0.0.5:9470",
            ));
        } else if is_open(address.ip()) && !config.store_peer_allow_public {
            found.push(fault(
                "STORE_PEER_ADDR",
                &address,
                "can be reached from outside the private network: use a private address, or set \
                 STORE_PEER_ALLOW_PUBLIC=true, too",
            ));
        }
    }
    found
}

/// Options that are set and change nothing, and a way that others can listen to.
pub(super) fn advice(config: &Config, origins: &[Setting]) -> Vec<String> {
    let set = |name: &str| is_set(name, origins);
    let mut lines = Vec::new();
    let Some(url) = &config.store_url else {
        // A URL that is at fault is no setting in force.
        if !origins.iter().any(|setting| setting.name == "STORE_URL") {
            return lines;
        }
        let names = OPTIONS.iter().map(|key| key.name).filter(|name| *name != "STORE_URL" && set(name));
        return names
            .map(|name| format!("{name} has no effect: there is no shared store without STORE_URL"))
            .collect();
    };
    if set("STORE_CA_FILE") && !url.encrypted() {
        lines.push(
            "STORE_CA_FILE has no effect: STORE_URL is not encrypted; use sslmode=verify-full, or rediss://"
                .to_owned(),
        );
    }
    if !url.encrypted() && url.hosts().any(is_public) {
        lines.push(
            "STORE_URL is not encrypted and not on a private network: the password and all that learners say can be \
             read on the way; leave sslmode=disable out, or use rediss://"
                .to_owned(),
        );
    }
    if set("STORE_DELETED") && config.store_key.is_some() {
        lines.push("STORE_DELETED has no effect: the store is encrypted".to_owned());
    }
    lines
}

/// The host's name, as far as a node may be called so.
pub(super) fn host_name() -> String {
    let uname = rustix::system::uname();
    let name: String = uname
        .nodename()
        .to_string_lossy()
        .chars()
        .map(|c| if is_of_node(c) { c } else { '-' })
        .take(NODE_CAP)
        .collect();
    if name.is_empty() { "node".to_owned() } else { name }
}

/// Whether the other daemons, logs and certificates can carry this name.
pub(super) fn is_node(name: &str) -> bool {
    !name.is_empty() && name.len() <= NODE_CAP && name.chars().all(is_of_node)
}

fn is_of_node(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')
}
