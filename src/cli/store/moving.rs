//! `store move`: from the configured store to another. Must not know how records are moved.

use super::failure;
use super::shared::shared_as_owner;
use crate::cli::Failure;
use crate::cli::bar::{Bar, records};
use crate::cli::commands::print_line;
use crate::cli::owner::home_as_owner;
use crate::config::{Config, StoreUrl};
use crate::daemon::clock::Clock;
use crate::domain::{Timestamp, printable};
use crate::store::moving::{Moved, Moving, move_records};
use crate::store::reencrypted_copy::Progress;
use crate::store::{Held, StoreError};
use clap::Args;
use std::path::{Path, PathBuf};

/// Where to.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// postgres://…, redis://… or rediss://…, as in STORE_URL; or `embedded`: the store in SESSION_STORAGE_PATH. A password in
    /// it shows in the process list: better name a file by --to-file.
    #[arg(long, value_name = "URL", required_unless_present = "to_file", conflicts_with = "to_file")]
    to: Option<String>,
    /// A file that holds that URL, as STORE_URL_FILE.
    #[arg(long, value_name = "FILE")]
    to_file: Option<PathBuf>,
    /// Replace a store at the destination that holds something; it is kept aside, not deleted.
    #[arg(long)]
    force: bool,
}

/// A store, not yet held.
#[derive(Clone, PartialEq, Eq)]
enum End {
    Folder,
    Database(StoreUrl),
}

pub(super) fn run(config: &Config, arguments: &Arguments) -> Result<(), Failure> {
    let to = destination(arguments)?;
    let from = config.store_url.clone().map_or(End::Folder, End::Database);
    if from == to {
        return Err(Failure::Failed("that is the configured store already; nothing was changed".to_owned()));
    }
    if matches!(to, End::Database(_)) && config.store_key.is_none() && !config.store_deleted_kept {
        return Err(Failure::Config(
            "what learners delete stays readable in a database's own log and backups, where this program cannot clear it. \
             Either encrypt the store first (configure STORE_KEY_FILE, then `store encrypt`), or accept it with \
             STORE_DELETED=kept"
                .to_owned(),
        ));
    }
    let now = Clock::start().now();
    with_held(config, &from, now, true, &mut |source| {
        with_held(config, &to, now, false, &mut |target| {
            moved(config, source, target, &to, arguments.force, now)
        })
    })
}

fn destination(arguments: &Arguments) -> Result<End, Failure> {
    let raw = match (&arguments.to, &arguments.to_file) {
        (Some(to), _) => to.trim().to_owned(),
        (None, Some(file)) => {
            let read = crate::config::secret_file(file, Path::new("."));
            read.map_err(|error| Failure::Config(format!("--to-file {}: {error}", printable::path(file))))?
        }
        (None, None) => String::new(),
    };
    if raw == "embedded" {
        return Ok(End::Folder);
    }
    StoreUrl::parse(&raw)
        .map(End::Database)
        .map_err(|problem| Failure::Config(format!("--to {problem}, or embedded")))
}

/// Holds the store of one end while something is done with it.
fn with_held(
    config: &Config,
    end: &End,
    now: Timestamp,
    is_source: bool,
    work: &mut dyn FnMut(&dyn Held) -> Result<(), Failure>,
) -> Result<(), Failure> {
    match end {
        End::Folder => {
            let (home, _acting) = home_as_owner(config)?;
            let place = format!("{} on {}", printable::path(&config.session_storage_path), config.node());
            work(&home.hold(place, now).map_err(failure)?)
        }
        End::Database(url) => {
            let (shared, _home, _acting) = shared_as_owner(config, url)?;
            if is_source {
                shared.checked().map_err(failure)?;
            }
            work(&shared.hold().map_err(failure)?)
        }
    }
}

fn moved(
    config: &Config,
    from: &dyn Held,
    to: &dyn Held,
    end: &End,
    force: bool,
    now: Timestamp,
) -> Result<(), Failure> {
    let (mut bar, mut whole) = (Bar::new(records), 0);
    let mut tell = |step| match step {
        Moving::Working(Progress::Found(found)) => whole = 2 * found,
        Moving::Working(Progress::Copied(done)) => bar.show(done, whole),
        Moving::Working(Progress::Checked(done)) => bar.show(whole / 2 + done, whole),
        _ => bar.clear(),
    };
    let done = move_records(from, to, config.store_key.as_ref(), force, now, &mut tell);
    bar.clear();
    let (records, aside) = match done.map_err(failed)? {
        Moved::Done { records, aside } => (records, aside),
        Moved::NotEmpty => {
            return Err(Failure::Failed(format!(
                "the store at {} holds something; --force keeps it aside and moves the records in its place",
                to.place()
            )));
        }
        Moved::Nothing => {
            return Err(Failure::Failed(format!(
                "there is no store at {} to be moved; check SESSION_STORAGE_PATH and STORE_URL",
                from.place()
            )));
        }
    };
    let mut text = match records {
        Some(records) => {
            format!("moved {records} records from {} to {}, each read back\n", from.place(), to.place())
        }
        None => format!(
            "the move from {} to {} was done already, and is finished now\n",
            from.place(),
            to.place()
        ),
    };
    if let Some(aside) = aside {
        text.push_str(&format!("the store that was there lies in {aside}\n"));
    }
    text.push_str(&match end {
        End::Folder => "now take STORE_URL (or STORE_URL_FILE) out of the configuration, and start one daemon\n".to_owned(),
        End::Database(url) => format!(
            "now set STORE_URL (or STORE_URL_FILE) to the URL of {url} on every machine that is to share it, with the same \
             STORE_KEY_FILE or STORE_DELETED as here and a STORE_NODE of its own, and start the daemons\n"
        ),
    });
    text.push_str(&format!(
        "the records still lie in {} as well, where no daemon opens them any more: remove them when they are no longer needed, \
         as what learners delete from now on stays in them",
        from.place()
    ));
    print_line(&text)
}

fn failed(error: StoreError) -> Failure {
    match error {
        // One that runs has it open.
        StoreError::Fenced => Failure::Unreachable(
            "another daemon has taken the store over meanwhile: nothing was moved. Stop all daemons first"
                .to_owned(),
        ),
        other => failure(other),
    }
}
