//! The way from a command to the store: which daemon to look for, how the store is opened where there is none, and what
//! its failures mean for the exit code.

use super::Failure;
use super::commands::Setup;
use super::owner::KeptOwner;
use crate::admin::door::{Door, DoorError, Whereabouts};
use crate::admin::execute::{Context, Host};
use crate::admin::request::{Item, Request};
use crate::app::{home_of, millis};
use crate::config::Config;
use crate::daemon::clock::Clock;
use crate::domain::Timestamp;
use crate::store::{OnDamage, StoreError};
use std::io;
use std::sync::Arc;

/// A command that holds the store itself.
struct Alone {
    clock: Clock,
    /// The host is dropped after the store.
    _owner: KeptOwner,
}

impl Host for Alone {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// Finds the daemon, or opens the store.
pub async fn open(setup: Setup) -> Result<Door, Failure> {
    open_with(&setup.load(false)?.config).await
}

/// As [`open`], by a configuration that is loaded already.
pub async fn open_with(config: &Config) -> Result<Door, Failure> {
    through(config, false).await
}

/// As [`open_with`], but where there is no store yet, it makes one.
pub async fn open_or_make(config: &Config) -> Result<Door, Failure> {
    through(config, true).await
}

async fn through(config: &Config, make: bool) -> Result<Door, Failure> {
    let at = Whereabouts { root: config.session_storage_path.clone(), socket: config.admin_socket() };
    Door::open(&at, &|| open_store(config, make)).await.map_err(failure)
}

/// Asks one thing and closes the door behind.
pub async fn ask(
    setup: Setup,
    request: Request,
    mut receive: impl FnMut(Item) -> io::Result<()> + Send,
) -> Result<(), Failure> {
    let mut door = open(setup).await?;
    let answered = door.ask(request, &mut receive).await.map_err(failure);
    let closed = door.close().await.map_err(failure);
    answered.and(closed)
}

/// What a failure at the door means for the person.
pub fn failure(error: DoorError) -> Failure {
    match error {
        DoorError::Unreachable(text) => Failure::Unreachable(text),
        // Which key it is, is a matter of configuration.
        DoorError::Store(error @ (StoreError::Key(_) | StoreError::Newer { .. })) => {
            Failure::Config(error.to_string())
        }
        // A reader that went away (`| head`) is no failure.
        DoorError::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Failure::Quiet,
        other => Failure::Failed(other.to_string()),
    }
}

/// Opens the store of a daemon that is not running.
fn open_store(config: &Config, make: bool) -> Result<Context, StoreError> {
    let home = home_of(config);
    let folder = &config.session_storage_path;
    if !make && !home.is_there() {
        return Err(StoreError::Damaged(format!(
            "there is no store in {} yet; check SESSION_STORAGE_PATH, or start the daemon once",
            folder.display()
        )));
    }
    let clock = Clock::start();
    // Before anything is made: an opening that fails leaves files, too.
    let owner = KeptOwner::of(config);
    // To restore a damaged store is the daemon's business: here it is only looked at.
    let opened = home.open(OnDamage::Refuse, clock.now())?;
    owner.keep();
    Ok(Context {
        store: Arc::new(opened.store),
        root: folder.clone(),
        session_timeout_ms: millis(config.session_timeout),
        session_retention_ms: millis(config.session_retention),
        default_language: config.default_language,
        host: Arc::new(Alone { clock, _owner: owner }),
    })
}
