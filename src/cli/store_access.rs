//! How a command reaches the store: through a running daemon, else by opening the store itself; and which
//! exit code each failure gets. Must not know what the command asks.

use super::Failure;
use super::commands::Setup;
use super::shared_store::{self, Owned, Reached, Unowned};
use crate::admin::client::{AdminClient, ClientError, Opened, StoreLocation};
use crate::admin::execute::{Context, Host};
use crate::admin::request::{Item, Request};
use crate::admin::shared::Shared;
use crate::app::shared::server_of;
use crate::app::{home_of, millis};
use crate::config::Config;
use crate::daemon::clock::Clock;
use crate::domain::Timestamp;
use crate::store::home::Acting;
use crate::store::{Home, MemoryDisk, OnDamage, Store, StoreError};
use std::io;
use std::sync::Arc;

/// What the admin protocol needs from its host when a command holds the store itself.
struct Alone {
    clock: Clock,
    /// Of a shared store; given back when the store is closed.
    owned: Option<Owned>,
    /// Keeps the folder's lock for as long as the store is open.
    _home: Home,
    /// Dropped after the store and on the thread that made it: acting as another user is a property of the
    /// thread.
    _owner: Option<Acting>,
}

impl Host for Alone {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn shared(&self) -> Option<Shared> {
        self.owned.as_ref().map(|owned| owned.shared.clone())
    }
}

/// What is done where there is no store.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Missing {
    Refuse,
    Make,
    /// An empty one in memory stands for it.
    Imagine,
    /// None is opened, even if there is one: a daemon has to answer.
    Leave,
}

impl Missing {
    fn unowned(self) -> Unowned {
        match self {
            Self::Make => Unowned::Make,
            Self::Leave => Unowned::Leave,
            Self::Refuse | Self::Imagine => Unowned::TakeOver,
        }
    }
}

/// As [`open_with`], for what a daemon alone can answer: here, or, of a shared store, elsewhere. [`StoreError::Closed`] where
/// there is none.
pub(crate) async fn open_daemon(config: &Config) -> Result<AdminClient, ClientError> {
    let at = StoreLocation { root: config.session_storage_path.clone(), socket: config.admin_socket() };
    AdminClient::open(&at, &|| match &config.store_url {
        // The store itself is never opened, so that a restarting daemon finds it free.
        None => Err(StoreError::Closed),
        Some(_) => open_store(config, Missing::Leave),
    })
    .await
}

/// The host of a dry run on an empty store in memory.
impl Host for Clock {
    fn now(&self) -> Timestamp {
        Clock::now(self)
    }
}

/// Finds the daemon, or opens the store.
pub(crate) async fn open(setup: Setup) -> Result<AdminClient, Failure> {
    open_with(&setup.load(false)?.config).await
}

/// As [`open`], with a configuration that is already loaded.
pub(crate) async fn open_with(config: &Config) -> Result<AdminClient, Failure> {
    through(config, Missing::Refuse).await
}

/// As [`open_with`], but makes a store where there is none.
pub(crate) async fn open_or_make(config: &Config) -> Result<AdminClient, Failure> {
    through(config, Missing::Make).await
}

/// As [`open_with`], but where there is no store it answers from an empty one in memory, and makes nothing.
pub(crate) async fn open_or_imagine(config: &Config) -> Result<AdminClient, Failure> {
    if config.store_url.is_some() || home_of(config).is_there() {
        return through(config, Missing::Imagine).await;
    }
    let imagined = imagine(config).map_err(|error| failure(ClientError::Store(error)))?;
    Ok(AdminClient::Store(Box::new(imagined)))
}

fn imagine(config: &Config) -> Result<Context, StoreError> {
    Ok(context(config, MemoryDisk::default().open()?, Arc::new(Clock::start())))
}

async fn through(config: &Config, missing: Missing) -> Result<AdminClient, Failure> {
    let at = StoreLocation { root: config.session_storage_path.clone(), socket: config.admin_socket() };
    AdminClient::open(&at, &|| open_store(config, missing)).await.map_err(failure)
}

/// Sends one request and closes the connection afterwards.
pub(crate) async fn ask(
    setup: Setup,
    request: Request,
    mut receive: impl FnMut(Item) -> io::Result<()> + Send,
) -> Result<(), Failure> {
    let mut client = open(setup).await?;
    let answered = client.ask(request, &mut receive).await.map_err(failure);
    let closed = client.close().await.map_err(failure);
    answered.and(closed)
}

/// Maps a failed connection to an exit code and a message.
pub(crate) fn failure(error: ClientError) -> Failure {
    match error {
        ClientError::Unreachable(text) => Failure::Unreachable(text),
        // A wrong key is a fault of the configuration, and so is the place that a store was moved away from.
        ClientError::Store(
            error @ (StoreError::Key(_) | StoreError::Newer { .. } | StoreError::Moved { .. }),
        ) => Failure::Config(error.to_string()),
        // A reader that has gone away (`| head`) is no failure.
        ClientError::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Failure::Quiet,
        other => Failure::Failed(other.to_string()),
    }
}

/// Opens the store of a daemon that is not running.
fn open_store(config: &Config, missing: Missing) -> Result<Opened, StoreError> {
    let home = home_of(config);
    // Its certificate authority is read with the rights of whoever typed the command.
    let server = config.store_url.as_ref().map(|url| server_of(config, url)).transpose()?;
    // No daemon answered, so files here that belong to root were left by an earlier command, not by a running
    // daemon.
    home.give_strays();
    let (home, owner) =
        home.as_owner().map_err(|source| StoreError::Io { action: "reach its folder", source })?;
    let clock = Clock::start();
    if let Some(server) = server {
        let place = server.place().to_owned();
        return match shared_store::reach(config, server, home.root(), missing.unowned(), clock.now())? {
            Reached::Owner(visitor) => Ok(Opened::Elsewhere(Arc::new(visitor))),
            Reached::Own(owned) => {
                let store = owned.store.clone();
                let host = Alone { clock, owned: Some(owned), _home: home.clone(), _owner: owner };
                let context =
                    Context { root: home.root().to_owned(), ..context(config, store, Arc::new(host)) };
                Ok(Opened::Store(Box::new(context)))
            }
            Reached::Nothing if missing == Missing::Leave => Err(StoreError::Closed),
            Reached::Nothing if missing == Missing::Imagine => Ok(Opened::Store(Box::new(imagine(config)?))),
            Reached::Nothing => Err(StoreError::Damaged(format!(
                "there is no store in the database at {place} yet; check STORE_URL, or start the daemon once"
            ))),
        };
    }
    if missing == Missing::Refuse && !home.is_there() {
        return Err(StoreError::Damaged(format!(
            "there is no store in {} yet; check SESSION_STORAGE_PATH, or start the daemon once",
            config.session_storage_path.display()
        )));
    }
    // Only the daemon restores a damaged store; a command refuses.
    let opened = home.open(OnDamage::Refuse, clock.now())?;
    let host = Arc::new(Alone { clock, owned: None, _home: home.clone(), _owner: owner });
    let context = Context { root: home.root().to_owned(), ..context(config, opened.store, host) };
    Ok(Opened::Store(Box::new(context)))
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
