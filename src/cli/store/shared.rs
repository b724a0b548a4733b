//! What `store` does with a shared store, and how a command gets hold of one. Must not know how it is done.

use super::failure;
use crate::app::home_of;
use crate::app::shared::{server_of, shared_store};
use crate::cli::Failure;
use crate::cli::commands::print_line;
use crate::cli::owner::home_as_owner;
use crate::config::{Config, StoreEngine, StoreUrl};
use crate::daemon::clock::Clock;
use crate::domain::{Timestamp, printable};
use crate::secret::KeyMaterial;
use crate::store::home::{Acting, ReencryptStep};
use crate::store::reencrypted_copy::{Keyed, Progress};
use crate::store::server::{Candidate, SharedStore};
use crate::store::{Held, Home, StoreError, refill};
use std::io::Write;

/// The shared store behind `url`, and the folder of this machine that belongs to it. Until the returned [`Acting`] is dropped,
/// this thread acts as the folder's owner.
pub(in crate::cli) fn shared_as_owner(
    config: &Config,
    url: &StoreUrl,
) -> Result<(SharedStore, Home, Option<Acting>), Failure> {
    // Read with the rights of whoever typed the command.
    let server = server_of(config, url).map_err(failure)?;
    let (home, acting) = home_as_owner(config)?;
    // No candidate that others could reach.
    let me = Candidate { node: config.node(), ..Candidate::default() };
    let shared = shared_store(config, server, home.root(), me).map_err(failure)?;
    Ok((shared, home, acting))
}

/// `store encrypt|rekey|decrypt`.
pub(super) fn reencrypt(
    config: &Config,
    url: &StoreUrl,
    from: Option<&KeyMaterial>,
    to: Option<&KeyMaterial>,
    after: &str,
) -> Result<(), Failure> {
    let (shared, home, _acting) = shared_as_owner(config, url)?;
    let mut tell = |step: Progress| {
        drop(writeln!(std::io::stderr(), "{}", ReencryptStep::Working(step)));
    };
    let now = Clock::start().now();
    let records = shared.checked().and_then(|_| {
        let held = shared.hold()?;
        if !held.is_there()? {
            return Err(StoreError::Damaged(format!(
                "there is no store in the database at {} yet. A store that is made with a key is encrypted from the beginning",
                shared.place()
            )));
        }
        let records = refill::reencrypt(&held, from, to, &mut tell)?;
        if records.is_some() {
            let current = held.current();
            home.replace_exports(Keyed { records: current.as_ref(), key: to }, now)?;
        }
        Ok(records)
    });
    let Some(records) = records.map_err(failure)? else {
        return print_line(&format!("nothing to do: the store is {after}"));
    };
    print_line(&format!(
        "{records} records: the store is {after}\n\
         What the database itself keeps of the records as they were (its log, replicas, backups) is not touched: {}. Exports on \
         the other machines that share the store are under the old key as well: remove the folders exports/ there",
        clearing(url)
    ))
}

/// `store clean`.
pub(super) fn cannot_clean(url: &StoreUrl) -> String {
    format!(
        "nothing is cleared here: deleted records are gone from the store, and what the database at {url} still keeps of them is \
         its administrator's to clear: {}. Where that cannot be had, encrypt the store: then it keeps only what cannot be read \
         without the key",
        clearing(url)
    )
}

/// What an administrator of the database can do about removed bytes.
pub(in crate::cli) fn clearing(url: &StoreUrl) -> &'static str {
    match url.engine() {
        StoreEngine::Postgres => {
            "VACUUM FULL rewrites its tables, its write-ahead log and archives end with their retention, and backups are \
             removed by hand"
        }
        StoreEngine::Redis => {
            "BGREWRITEAOF rewrites its append-only file, and replicas' files and RDB snapshots are removed by hand"
        }
    }
}

/// `store accept`.
pub(super) fn accept(config: &Config) -> Result<(), Failure> {
    let now = Clock::start().now();
    let Some(url) = &config.store_url else { return accept_folder(config, now) };
    let (shared, _home, _acting) = shared_as_owner(config, url)?;
    let (standing, objection) = shared.looked_at().map_err(failure)?;
    if objection.is_none() && standing.moved.is_none() {
        return Err(Failure::Failed(format!(
            "the database at {} was neither set back nor moved away: there is nothing to accept, and nothing was changed",
            shared.place()
        )));
    }
    let held = match shared.hold() {
        // It works with what is there already, so only this machine has to follow.
        Err(StoreError::Owned { node, .. }) if standing.moved.is_none() => {
            shared.accept().map_err(failure)?;
            return print_line(&format!(
                "the daemon {node} works with what the database at {} holds, and this machine takes it as it is from now on",
                shared.place()
            ));
        }
        held => held.map_err(failure)?,
    };
    accepted(&held, config.store_key.as_ref(), now)
}

/// A folder's store is only ever refused because it was moved away: one that was set back is restored.
fn accept_folder(config: &Config, now: Timestamp) -> Result<(), Failure> {
    let place = printable::path(&config.session_storage_path);
    if home_of(config).moved().map_err(failure)?.is_none() {
        return Err(Failure::Failed(format!(
            "the store in {place} was not moved away: there is nothing to accept, and nothing was changed. One that does not \
             open is replaced by `restore FILE`"
        )));
    }
    let (home, _acting) = home_as_owner(config)?;
    let held = home.hold(place.to_string(), now).map_err(failure)?;
    accepted(&held, config.store_key.as_ref(), now)
}

fn accepted(held: &dyn Held, key: Option<&KeyMaterial>, now: Timestamp) -> Result<(), Failure> {
    let set_aside = refill::accept(held, key, now).map_err(failure)?;
    let mut text = format!("the store at {} is taken as it is", held.place());
    if set_aside > 0 {
        text.push_str(&format!(
            "\n{set_aside} message(s) that were open in it are dead letters now, since they may have been answered meanwhile:\n\
             \u{20} `queue list --dead` shows them, `queue retry N` answers one"
        ));
    }
    text.push_str("\nwhat happened later is missing; messages taken later and not answered are lost");
    print_line(&text)
}
