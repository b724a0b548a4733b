//! A store that several daemons share: is its database reached, what does it keep, who owns it, who stands by. Must not
//! know how a database is spoken to.

use super::{Cause, Finding, Patient, span};
use crate::app::shared::server_of;
use crate::config::{Config, StoreUrl};
use crate::store::StoreError;
use crate::store::server::{self, Looked, Seen, Survives};
use std::time::Duration;
use tokio::net::TcpStream;

const STORE: &str = "store";
const KEPT: &str = "what it keeps";
const OWNER: &str = "owner";
const STANDBY: &str = "standby";
const PEERS: &str = "peers";
const DELETED: &str = "deleted";

/// A candidate shows itself every second; one that was not seen for so long is not there.
const GONE_MS: i64 = 10_000;
/// For a connection to a peer.
const PEER_ANSWERS: Duration = Duration::from_secs(3);

pub(crate) async fn check(patient: &Patient, url: &StoreUrl) -> Vec<Finding> {
    let config = patient.config().clone();
    let of = url.clone();
    let looking = tokio::task::spawn_blocking(move || {
        let server = server_of(&config, &of)?;
        let looked = server::look(server.as_ref(), &config.session_storage_path, config.store_key.as_ref())?;
        Ok((looked, server.caution()))
    });
    match looking.await.unwrap_or(Err(StoreError::Closed)) {
        Ok((looked, caution)) => {
            let mut findings = vec![store(url, &looked)];
            findings.extend(key(&looked));
            findings.extend(kept(&looked, caution));
            findings.push(owner(patient.config(), &looked));
            findings.push(standby(&looked));
            findings.extend(peers(patient.config(), &looked).await);
            findings.push(deleted(patient.config()));
            findings
        }
        Err(error) => vec![unusable(&error)],
    }
}

fn unusable(error: &StoreError) -> Finding {
    let found = error.to_string();
    match error {
        StoreError::Unavailable { .. } => Finding::problem(
            STORE,
            Cause::Unreachable,
            found,
            "does the database run, and may this machine reach it (firewall, pg_hba.conf, STORE_CA_FILE)? Messages wait at\n\
             Telegram for 24 hours; the bot goes on by itself once the database answers",
        ),
        _ => {
            let advice = "STORE_URL, or the database's settings and rights: see docs/two-machines.md";
            Finding::problem(STORE, Cause::Configuration, found, advice)
        }
    }
}

fn store(url: &StoreUrl, looked: &Looked) -> Finding {
    let standing = &looked.standing;
    let found = format!(
        "{} at {url} answers in {} ms; {} commits so far, the owner has changed {} times",
        looked.version,
        looked.answers_in.as_millis(),
        standing.height,
        standing.epoch.saturating_sub(1)
    );
    if let Some(to) = &standing.moved {
        let found = format!("{found}, and then its records were moved to {to}");
        return Finding::problem(STORE, Cause::Configuration, found, "name that in STORE_URL");
    }
    if let Some(why) = &looked.objection {
        return Finding::problem(
            STORE,
            Cause::Here,
            format!("the database at {url} {why}. A daemon of this machine refuses it"),
            "put the last backup back: sudo phonicflow-bot restore FILE; or go on with what is there, its open messages set\n\
             aside for a look: sudo phonicflow-bot store accept. See docs/two-machines.md",
        );
    }
    Finding::fine(STORE, found)
}

fn key(looked: &Looked) -> Option<Finding> {
    let why = looked.key?;
    let advice = "nothing is lost: configure the right key (docs/encryption.md)";
    Some(Finding::problem(STORE, Cause::Configuration, why.to_string(), advice))
}

/// What an acknowledged message survives, and what the kind of database cannot promise.
fn kept(looked: &Looked, caution: Option<&'static str>) -> Vec<Finding> {
    let survives = match &looked.survives {
        Ok(Survives::TwoMachines) => Finding::fine(
            KEPT,
            "what was acknowledged survives the loss of a machine of the database: a synchronous standby has it, too",
        ),
        Ok(Survives::Machine) => Finding::fine(
            KEPT,
            "what was acknowledged survives a power cut of the database's machine, not its loss (that takes a synchronous \
             standby: docs/two-machines.md)",
        ),
        Err(why) => Finding::problem(
            KEPT,
            Cause::Configuration,
            format!("no daemon works with this database: {why}"),
            "the database's settings have to be changed; until then the bot does not start",
        ),
    };
    let caution =
        caution.map(|words| Finding::warning(KEPT, words, "docs/two-machines.md says when that matters"));
    std::iter::once(survives).chain(caution).collect()
}

/// A command shows itself, too, so that the owner lets it in; it does not take over. Its name is none that `STORE_NODE` could be.
fn is_daemon(seen: &Seen) -> bool {
    !seen.candidate.node.contains('/')
}

fn is_there(seen: &Seen) -> bool {
    seen.ago_ms <= GONE_MS
}

fn secs(ms: i64) -> String {
    span(ms.max(0) / 1_000)
}

fn owner(config: &Config, looked: &Looked) -> Finding {
    let standing = &looked.standing;
    let node = &standing.owner.node;
    let here = if *node == config.node() { " (this machine)" } else { "" };
    if standing.lease_ms > 0 {
        Finding::fine(OWNER, format!("{node}{here}, its lease runs for {} more", secs(standing.lease_ms)))
    } else if standing.epoch == 0 {
        Finding::fine(OWNER, "there was none yet: the first daemon to start becomes it")
    } else {
        Finding::warning(
            OWNER,
            format!("nobody; the last was {node}{here}, until {} ago", secs(-standing.lease_ms)),
            "a daemon that stands by takes over within seconds: is there one? systemctl start phonicflow-bot",
        )
    }
}

/// Whether somebody would take over.
fn standby(looked: &Looked) -> Finding {
    let standing = &looked.standing;
    let owned = standing.lease_ms > 0;
    let others: Vec<&Seen> = looked
        .candidates
        .iter()
        .filter(|seen| is_daemon(seen) && (!owned || seen.candidate.node != standing.owner.node))
        .collect();
    let there: Vec<&str> =
        others.iter().filter(|seen| is_there(seen)).map(|seen| seen.candidate.node.as_str()).collect();
    if !there.is_empty() {
        return Finding::fine(STANDBY, there.join(", "));
    }
    let last = others.first().map_or_else(String::new, |seen| {
        format!("; {} was seen {} ago", seen.candidate.node, secs(seen.ago_ms))
    });
    Finding::warning(
        STANDBY,
        format!("nobody stands by{last}"),
        "start the bot on another machine, with the same STORE_URL and a STORE_NODE of its own",
    )
}

/// Whether admins' commands pass from one daemon to another.
async fn peers(config: &Config, looked: &Looked) -> Vec<Finding> {
    let own = config.node();
    let there =
        looked.candidates.iter().filter(|seen| is_daemon(seen) && is_there(seen)).map(|seen| &seen.candidate);
    let others = there.filter(|candidate| candidate.node != own).collect::<Vec<_>>();
    let mut findings = Vec::new();
    if config.store_peer_addr.is_none() {
        findings.push(Finding::fine(
            PEERS,
            "STORE_PEER_ADDR is not set: the admin's commands work on the owner's machine, and on another say who that is",
        ));
    }
    for candidate in others {
        let (node, addr) = (&candidate.node, &candidate.addr);
        if addr.is_empty() {
            if config.store_peer_addr.is_some() {
                let found = format!(
                    "{node} has no STORE_PEER_ADDR: while it is the owner, commands work there alone"
                );
                findings.push(Finding::warning(PEERS, found, "set it on both machines, or on neither"));
            }
            continue;
        }
        let problem = match tokio::time::timeout(PEER_ANSWERS, TcpStream::connect(addr)).await {
            Ok(Ok(_)) => {
                findings.push(Finding::fine(PEERS, format!("{node} is reached at {addr}")));
                continue;
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {} s", PEER_ANSWERS.as_secs()),
        };
        findings.push(Finding::warning(
            PEERS,
            format!("{node} is not reached at {addr}: {problem}"),
            "taking over needs no peer, the admin's commands do: is its STORE_PEER_ADDR right, and does a firewall let\n\
             this machine through?",
        ));
    }
    findings
}

fn deleted(config: &Config) -> Finding {
    Finding::fine(
        DELETED,
        match config.store_key {
            Some(_) => {
                "what learners delete stays in the database's log and backups for a while, readable with the store's key alone"
            }
            None => {
                "what learners delete stays readable in the database's log and backups for a while (STORE_DELETED=kept)"
            }
        },
    )
}
