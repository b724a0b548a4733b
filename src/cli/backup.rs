//! `backup` and `restore`: writing the store into a file the person names, and back. Must not know how a
//! store is laid out.

use super::bar::{Bar, records, size};
use super::commands::{Setup, finish_output, may_write, runtime};
use super::owner::home_as_owner;
use super::{Failure, store, store_access};
use crate::admin::client::Receive;
use crate::admin::render;
use crate::admin::request::{Item, Request};
use crate::app::millis;
use crate::config::{Config, StoreUrl};
use crate::daemon::clock::Clock;
use crate::domain::{Timestamp, printable};
use crate::secure_fs::NewFile;
use crate::store::export::{self, Source};
use crate::store::home::{ByHand, Exchange};
use crate::store::refill::{self, Refilled};
use crate::store::{Exported, StoreError};
use anyhow::Context;
use clap::Args;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

/// `backup`.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The file to write.
    file: PathBuf,
    /// Overwrite an existing file.
    #[arg(long)]
    force: bool,
}

/// `restore`.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// A file made by `backup`, or a daily export.
    file: PathBuf,
    /// Replace a store that holds something; it is moved aside, not deleted.
    #[arg(long)]
    force: bool,
}

pub(crate) fn backup(setup: Setup, arguments: &Backup) -> Result<(), Failure> {
    let path = &arguments.file;
    may_write(path, arguments.force)?;
    let file = NewFile::create(path).with_context(|| format!("writing {}", printable::path(path)))?;
    let mut arriving = Arriving { file, expected: None, arrived: 0, bar: Bar::new(size) };
    let sent = runtime()?.block_on(async {
        let mut client = store_access::open(setup).await?;
        let asked = client.ask(Request::Backup, &mut arriving).await.map_err(store_access::failure);
        asked.and(client.close().await.map_err(store_access::failure))
    });
    arriving.bar.clear();
    sent?;
    let Arriving { mut file, expected, .. } = arriving;
    file.sync().with_context(|| format!("writing {}", printable::path(path)))?;
    // The transfer is checked already; this checks what really arrived on the disk.
    let found = export::verify(&file.partial()).map_err(|error| Failure::Failed(error.to_string()))?;
    if expected != Some(found) {
        return Err(Failure::Failed("the backup did not arrive as it was sent; try again".to_owned()));
    }
    file.place().with_context(|| format!("writing {}", printable::path(path)))?;
    finish_output(writeln!(
        io::stdout(),
        "{}: {} records of {}, {}, checked",
        printable::path(path),
        found.records,
        render::moment(found.taken_at),
        size(found.bytes)
    ))
}

/// A backup being written to its file.
struct Arriving {
    file: NewFile,
    expected: Option<Exported>,
    arrived: u64,
    bar: Bar,
}

impl Receive for Arriving {
    fn item(&mut self, item: Item) -> io::Result<()> {
        if let Item::Backup { taken_at, records, bytes } = item {
            self.expected = Some(Exported { taken_at, records, bytes });
        }
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.arrived += bytes.len() as u64;
        let whole = self.expected.map_or(0, |expected| expected.bytes);
        self.bar.show(self.arrived, whole);
        Ok(())
    }
}

pub(crate) fn restore(setup: Setup, arguments: &Restore) -> Result<(), Failure> {
    let config = setup.load(false)?.config;
    let from = &arguments.file;
    // The file is opened as the person who restores; everything after that runs as the daemon's user.
    let source =
        Source::open(from).map_err(|error| Failure::Failed(format!("{}: {error}", printable::path(from))))?;
    let now = Clock::start().now();
    let place = match &config.store_url {
        Some(url) => format!("the database at {url}"),
        None => config.session_storage_path.display().to_string(),
    };
    let mut bar = Bar::new(records);
    let done = match &config.store_url {
        Some(url) => restore_shared(&config, url, &source, arguments.force, now, &mut bar),
        None => restore_folder(&config, &source, arguments.force, now, &mut bar),
    };
    bar.clear();
    let restored = match done? {
        Ok(Some(restored)) => restored,
        Ok(None) => {
            return Err(Failure::Failed(format!(
                "the store in {place} holds something; --force moves it aside and restores the backup in its place"
            )));
        }
        Err(StoreError::Locked { folder }) => {
            return Err(Failure::Unreachable(format!(
                "the store in {folder} is in use. Stop the daemon first: systemctl stop phonicflow-bot"
            )));
        }
        Err(
            error @ (StoreError::Owned { .. } | StoreError::Unavailable { .. } | StoreError::Moved { .. }),
        ) => {
            return Err(store::failure(error));
        }
        Err(error @ (StoreError::Key(_) | StoreError::Newer { .. })) => {
            return Err(Failure::Config(format!("{}: {error}", printable::path(from))));
        }
        Err(error) => return Err(Failure::Failed(format!("{}: {error}", printable::path(from)))),
    };
    tell(&restored, &place, now)
}

/// What `restore` reports.
struct Report {
    records: u64,
    taken_at: Timestamp,
    /// Where the store that was there is kept.
    aside: Option<String>,
    /// Rows that became dead letters.
    set_aside: u64,
}

/// `None`: the store holds something.
type Done = Result<Result<Option<Report>, StoreError>, Failure>;

fn restore_folder(config: &Config, from: &Source, force: bool, now: Timestamp, bar: &mut Bar) -> Done {
    let (home, _acting) = home_as_owner(config)?;
    let mut tell = |step| match step {
        Exchange::Filled { done, whole } => bar.show(done, whole),
        _ => bar.clear(),
    };
    Ok(home.restore_by_hand(from, force, now, &mut tell).map(|done| match done {
        ByHand::NotEmpty => None,
        ByHand::Done(restored) => Some(Report {
            records: restored.records,
            taken_at: Timestamp(restored.taken_at_ms.unwrap_or_default()),
            aside: restored.moved_to.map(|path| path.display().to_string()),
            set_aside: restored.set_aside,
        }),
    }))
}

fn restore_shared(
    config: &Config,
    url: &StoreUrl,
    from: &Source,
    force: bool,
    now: Timestamp,
    bar: &mut Bar,
) -> Done {
    let (shared, _home, _acting) = store::shared::shared_as_owner(config, url)?;
    let key = config.store_key.as_ref();
    let mut tell = |done, whole| bar.show(done, whole);
    let mut restored = || {
        let held = shared.hold()?;
        Ok(match refill::restore(&held, from, key, force, now, &mut tell)? {
            Refilled::NotEmpty => None,
            Refilled::Done { rebuilt, aside } => Some(Report {
                records: rebuilt.exported.records,
                taken_at: rebuilt.exported.taken_at,
                aside,
                set_aside: rebuilt.set_aside,
            }),
        })
    };
    Ok(restored())
}

fn tell(restored: &Report, place: &str, now: Timestamp) -> Result<(), Failure> {
    let mut out = io::stdout();
    let age = Duration::from_millis(u64::try_from(now.since_ms(restored.taken_at)).unwrap_or(0));
    let mut text = format!(
        "restored {} records of {} ({} ago) into {place}\n",
        restored.records,
        render::moment(restored.taken_at),
        span(millis(age)),
    );
    if let Some(aside) = &restored.aside {
        text.push_str(&format!("the store that was there lies in {aside}\n"));
    }
    if restored.set_aside > 0 {
        text.push_str(&format!(
            "{} message(s) that were open then are dead letters now, since they may have been answered meanwhile:\n\
             \u{20} `queue list --dead` shows them, `queue retry N` answers one\n",
            restored.set_aside
        ));
    }
    text.push_str("what happened since is missing; messages taken since and not answered are lost\n");
    finish_output(out.write_all(text.as_bytes()))
}

/// Formats a time span (ms) for people.
fn span(ms: i64) -> String {
    match ms / 60_000 {
        0 => "less than a minute".to_owned(),
        minutes @ 1..=119 => format!("{minutes} minutes"),
        minutes @ 120..=2_879 => format!("{} hours", minutes / 60),
        minutes => format!("{} days", minutes / 1_440),
    }
}
