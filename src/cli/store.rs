//! `store encrypt|rekey|decrypt|clean|move|accept`: the store under another key, without deleted bytes, elsewhere, or taken as
//! it is. No daemon may have it open.

mod moving;
pub(super) mod shared;

use super::Failure;
use super::commands::Setup;
use super::owner::home_as_owner;
use crate::config;
use crate::daemon::clock::Clock;
use crate::domain::printable;
use crate::secret::KeyMaterial;
use crate::store::{Home, StoreError};
use clap::Subcommand;
use std::io::Write;
use std::path::PathBuf;

/// What `store` is asked.
#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Encrypt a store that is not, with the key of STORE_KEY_FILE or the systemd credential store-key. Older exports,
    /// which are not encrypted, are removed.
    Encrypt,
    /// Encrypt an encrypted store with another key; configure that one afterwards. Older exports are removed.
    Rekey {
        /// The file of the new key; make one with: openssl rand -hex 32.
        #[arg(long, value_name = "FILE")]
        new_key_file: PathBuf,
    },
    /// Turn an encrypted store back into a plain one; take the key out of the configuration afterwards.
    Decrypt,
    /// Clear the bytes of deleted learners from the database's files. The daemon does it when it stops or starts,
    /// unless that takes too long.
    Clean,
    /// Move all records from the configured store to a database, or back to the folder; every record is read back before the
    /// old store is marked as moved. Run it again after an interruption.
    Move(moving::Arguments),
    /// Take a database that was set back to an older state, or a store that was moved away, as it is: messages that are open in
    /// it become dead letters, since they may have been answered. For when nothing later can be had.
    Accept,
}

pub(crate) fn run(setup: Setup, command: StoreCommand) -> Result<(), Failure> {
    let config = setup.load(false)?.config;
    match command {
        StoreCommand::Move(arguments) => return moving::run(&config, &arguments),
        StoreCommand::Accept => return shared::accept(&config),
        _ => {}
    }
    let root = &config.session_storage_path;
    if config.store_url.is_none() && !Home::at(root).is_there() {
        return Err(Failure::Failed(format!(
            "there is no store in {} yet; check SESSION_STORAGE_PATH. A store that is made with a key is encrypted from \
             the beginning",
            root.display()
        )));
    }
    let configured = || {
        config.store_key.clone().ok_or_else(|| {
            Failure::Config(
                "no key is configured: make one (openssl rand -hex 32 > FILE, mode 0600) and name it by STORE_KEY_FILE, \
                 or hand it over as the systemd credential store-key"
                    .to_owned(),
            )
        })
    };
    let (from, to, after) = match command {
        StoreCommand::Encrypt => (None, Some(configured()?), "encrypted"),
        StoreCommand::Rekey { new_key_file } => {
            let new = config::key_file(&new_key_file).map_err(|error| {
                Failure::Config(format!("--new-key-file {}: {error}", printable::path(&new_key_file)))
            })?;
            (Some(configured()?), Some(new), "encrypted with the new key: configure that one now")
        }
        StoreCommand::Decrypt => {
            (Some(configured()?), None, "no longer encrypted: take the key out of the configuration now")
        }
        StoreCommand::Clean => {
            if let Some(url) = &config.store_url {
                return super::commands::print_line(&shared::cannot_clean(url));
            }
            let (home, _acting) = home_as_owner(&config)?;
            return clean(&home);
        }
        StoreCommand::Move(_) | StoreCommand::Accept => return Ok(()),
    };
    if let Some(url) = &config.store_url {
        return shared::reencrypt(&config, url, from.as_ref(), to.as_ref(), after);
    }
    // The keys were read with the rights of whoever typed the command; from here on we act as the owner.
    let (home, _acting) = home_as_owner(&config)?;
    reencrypt(&home.keyed(from), to.as_ref(), after)
}

fn reencrypt(home: &Home, to: Option<&KeyMaterial>, after: &str) -> Result<(), Failure> {
    // On standard error, apart from the result; nobody may be reading either.
    let mut tell = |step| drop(writeln!(std::io::stderr(), "{step}"));
    let reencrypted = home.reencrypt(to, Clock::start().now(), &mut tell).map_err(failure)?;
    let mut text = match reencrypted.records {
        Some(records) => format!("{records} records: the store is {after}"),
        None => format!("nothing to do: the store is {after}"),
    };
    for left in reencrypted.left {
        text.push_str(&format!(
            "\n{} holds a database that was moved aside, as it was: remove it yourself when it is no longer \
             needed",
            left.display()
        ));
    }
    super::commands::print_line(&text)
}

fn clean(home: &Home) -> Result<(), Failure> {
    super::commands::print_line(match home.clean(&mut |_| ()).map_err(failure)? {
        true => "the bytes of deleted learners are gone from the database's files",
        false => "nothing to clear: no learner was deleted since the database's files were last rewritten",
    })
}

/// Exit code and words of a store that could not be had as a whole.
pub(in crate::cli) fn failure(error: StoreError) -> Failure {
    match error {
        StoreError::Locked { .. } => {
            Failure::Unreachable(format!("{error}. Stop it first: systemctl stop phonicflow-bot"))
        }
        StoreError::Owned { .. } => Failure::Unreachable(format!(
            "{error}. Stop it first, and all that stand by: systemctl stop phonicflow-bot on each machine"
        )),
        StoreError::Unavailable { .. } => Failure::Unreachable(error.to_string()),
        StoreError::Key(_) | StoreError::Newer { .. } | StoreError::Moved { .. } => {
            Failure::Config(error.to_string())
        }
        other => Failure::Failed(other.to_string()),
    }
}
