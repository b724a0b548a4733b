//! `store encrypt|rekey|decrypt|clean`: the store under another key, or without deleted bytes. The daemon must be stopped.

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
}

pub(crate) fn run(setup: Setup, command: StoreCommand) -> Result<(), Failure> {
    let config = setup.load(false)?.config;
    let root = &config.session_storage_path;
    if !Home::at(root).is_there() {
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
            let (home, _acting) = home_as_owner(&config)?;
            return clean(&home);
        }
    };
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

fn failure(error: StoreError) -> Failure {
    match error {
        StoreError::Locked { .. } => {
            Failure::Unreachable(format!("{error}. Stop it first: systemctl stop phonicflow-bot"))
        }
        StoreError::Key(_) | StoreError::Newer { .. } => Failure::Config(error.to_string()),
        other => Failure::Failed(other.to_string()),
    }
}
