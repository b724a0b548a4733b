//! The way from a command to the store: which daemon to look for, how the store is opened where there is none, and what
//! its failures mean for the exit code.

use super::Failure;
use super::commands::Setup;
use crate::admin::client::{AdminClient, ClientError, Whereabouts};
use crate::admin::execute::{Context, Host};
use crate::admin::request::{Item, Request};
use crate::app::{home_of, millis};
use crate::config::Config;
use crate::daemon::clock::Clock;
use crate::domain::Timestamp;
use crate::store::home::Acting;
use crate::store::{Home, MemoryDisk, OnDamage, Store, StoreError};
use std::io;
use std::sync::Arc;

/// A command that holds the store itself.
struct Alone {
    clock: Clock,
    /// The way to the store leads through it.
    _home: Home,
    /// Dropped after the store, and where it was begun: a command has one thread that waits for its end.
    _owner: Option<Acting>,
}

impl Host for Alone {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// A command whose store is only imagined.
impl Host for Clock {
    fn now(&self) -> Timestamp {
        Clock::now(self)
    }
}

/// Finds the daemon, or opens the store.
pub async fn open(setup: Setup) -> Result<AdminClient, Failure> {
    open_with(&setup.load(false)?.config).await
}

/// As [`open`], by a configuration that is loaded already.
pub async fn open_with(config: &Config) -> Result<AdminClient, Failure> {
    through(config, false).await
}

/// As [`open_with`], but where there is no store yet, it makes one.
pub async fn open_or_make(config: &Config) -> Result<AdminClient, Failure> {
    through(config, true).await
}

/// As [`open_with`], but where there is no store yet, the answers are those of an empty one, and nothing is made.
pub async fn open_or_imagine(config: &Config) -> Result<AdminClient, Failure> {
    if home_of(config).is_there() {
        return open_with(config).await;
    }
    let store = MemoryDisk::default().open().map_err(|error| failure(ClientError::Store(error)))?;
    Ok(AdminClient::Store(Box::new(context(config, store, Arc::new(Clock::start())))))
}

async fn through(config: &Config, make: bool) -> Result<AdminClient, Failure> {
    let at = Whereabouts { root: config.session_storage_path.clone(), socket: config.admin_socket() };
    AdminClient::open(&at, &|| open_store(config, make)).await.map_err(failure)
}

/// Asks one thing and closes the connection behind.
pub async fn ask(
    setup: Setup,
    request: Request,
    mut receive: impl FnMut(Item) -> io::Result<()> + Send,
) -> Result<(), Failure> {
    let mut client = open(setup).await?;
    let answered = client.ask(request, &mut receive).await.map_err(failure);
    let closed = client.close().await.map_err(failure);
    answered.and(closed)
}

/// What a failure of the connection means for the person.
pub fn failure(error: ClientError) -> Failure {
    match error {
        ClientError::Unreachable(text) => Failure::Unreachable(text),
        // Which key it is, is a matter of configuration.
        ClientError::Store(error @ (StoreError::Key(_) | StoreError::Newer { .. })) => {
            Failure::Config(error.to_string())
        }
        // A reader that went away (`| head`) is no failure.
        ClientError::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Failure::Quiet,
        other => Failure::Failed(other.to_string()),
    }
}

/// Opens the store of a daemon that is not running.
fn open_store(config: &Config, make: bool) -> Result<Context, StoreError> {
    let home = home_of(config);
    // No daemon answered: what root has left is not a daemon's that runs.
    home.give_strays();
    let (home, owner) =
        home.as_owner().map_err(|source| StoreError::Io { action: "reach its folder", source })?;
    if !make && !home.is_there() {
        return Err(StoreError::Damaged(format!(
            "there is no store in {} yet; check SESSION_STORAGE_PATH, or start the daemon once",
            config.session_storage_path.display()
        )));
    }
    let clock = Clock::start();
    // To restore a damaged store is the daemon's business: here it is only looked at.
    let opened = home.open(OnDamage::Refuse, clock.now())?;
    let host = Arc::new(Alone { clock, _home: home.clone(), _owner: owner });
    Ok(Context { root: home.root().to_owned(), ..context(config, opened.store, host) })
}

fn context(config: &Config, store: Store, host: Arc<dyn Host>) -> Context {
    Context {
        store,
        root: config.session_storage_path.clone(),
        session_timeout_ms: millis(config.session_timeout),
        session_retention_ms: millis(config.session_retention),
        default_language: config.default_language,
        host,
    }
}
