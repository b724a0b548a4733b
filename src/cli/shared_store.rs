//! How a command reaches a shared store on a machine where no daemon answers: through the owner elsewhere, or, where there is
//! none, as the owner for as long as the command lasts.
//!
//! Must not know what the command asks.

use crate::admin::owner::Lookout;
use crate::admin::shared::{OwnerLook, Part, Shared};
use crate::app::shared::shared_store;
use crate::config::Config;
use crate::domain::Timestamp;
use crate::peer::Identity;
use crate::store::server::{Candidate, Server, SharedStore, Standing, Survives, Taken};
use crate::store::{Store, StoreError};
use async_trait::async_trait;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How often a command looks whether the owner it has asked still is the owner.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Where a command finds the records.
#[allow(clippy::large_enum_variant, reason = "there is one of it for each command")]
pub(super) enum Reached {
    /// With the daemon that owns the store.
    Owner(Visitor),
    /// Here: the command owns the store.
    Own(Owned),
    /// There are none yet, or nobody owns them and the command shall not.
    Nothing,
}

/// A command that asks the owner: a candidate that never takes over, in the database so that the owner lets it in.
pub(super) struct Visitor {
    store: Arc<SharedStore>,
    me: Identity,
    shared: Shared,
}

/// A shared store that was taken over for a command. Dropping it gives the lease back; the store must be closed then.
pub(super) struct Owned {
    pub store: Store,
    pub shared: Shared,
    /// Until it is given back.
    taken: Option<Taken>,
}

/// What is done where nobody owns the store.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unowned {
    /// The command owns it, if there is one.
    TakeOver,
    /// The command owns it, and makes one where there is none.
    Make,
    /// Nothing.
    Leave,
}

/// Finds the owner, or becomes it. Blocks.
pub(super) fn reach(
    config: &Config,
    server: Arc<dyn Server>,
    root: &Path,
    unowned: Unowned,
    now: Timestamp,
) -> Result<Reached, StoreError> {
    // The connections to a database may not be used on a thread that runs asynchronous code.
    apart(|| reach_blocking(config, server, root, unowned, now))
}

fn reach_blocking(
    config: &Config,
    server: Arc<dyn Server>,
    root: &Path,
    unowned: Unowned,
    now: Timestamp,
) -> Result<Reached, StoreError> {
    let failed = |error: String| StoreError::Damaged(error);
    let me = Identity::make().map_err(|error| failed(error.to_string()))?;
    // Beside the daemon of this machine, which may start meanwhile.
    let node = format!("{}/command-{}", config.node(), std::process::id());
    let candidate =
        Candidate { node: node.clone(), addr: String::new(), certificate: me.certificate().to_vec() };
    let store = shared_store(config, server, root, candidate)?;
    let shared = |owner: Option<&Candidate>, survives: Option<Survives>| Shared {
        role: Part::Command,
        node: config.node(),
        since: now,
        owner: owner.map(|owner| OwnerLook { node: owner.node.clone(), addr: owner.addr.clone() }),
        survives,
    };
    let mut standing = store.present()?;
    let is_left = match unowned {
        Unowned::Make => false,
        Unowned::TakeOver => standing.epoch == 0,
        Unowned::Leave => standing.lease_ms <= 0,
    };
    if is_left {
        return Ok(Reached::Nothing);
    }
    if standing.lease_ms <= 0 {
        if let Some(taken) = store.take_over(now)? {
            let (store, shared) = (taken.store.clone(), shared(None, Some(taken.survives)));
            return Ok(Reached::Own(Owned { store, shared, taken: Some(taken) }));
        }
        // Somebody else was quicker.
        standing = store.present()?;
    }
    let shared = shared(Some(&standing.owner), store.survives().ok());
    Ok(Reached::Owner(Visitor { store: Arc::new(store), me, shared }))
}

/// Runs blocking work on a thread of its own, which has this one's rights on files.
fn apart<T: Send>(work: impl FnOnce() -> Result<T, StoreError> + Send) -> Result<T, StoreError> {
    std::thread::scope(|scope| scope.spawn(work).join()).unwrap_or_else(|_| Err(unexpected()))
}

fn unexpected() -> StoreError {
    StoreError::Damaged("asking the database failed unexpectedly; please report it".to_owned())
}

impl Drop for Owned {
    fn drop(&mut self) {
        if let Some(taken) = self.taken.take() {
            // What fails here ends by itself: the lease runs out.
            let _ = apart(|| {
                taken.release();
                Ok(())
            });
        }
    }
}

#[async_trait]
impl Lookout for Visitor {
    async fn standing(&self) -> Result<Standing, StoreError> {
        let store = self.store.clone();
        tokio::task::spawn_blocking(move || store.present()).await.unwrap_or_else(|_| Err(unexpected()))
    }

    async fn over(&self, epoch: u64) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            // A database that does not answer says nothing about the owner.
            if self.standing().await.is_ok_and(|it| it.epoch != epoch || it.lease_ms <= 0) {
                return;
            }
        }
    }

    fn shared(&self) -> Option<Shared> {
        Some(self.shared.clone())
    }

    fn identity(&self) -> &Identity {
        &self.me
    }

    fn place(&self) -> String {
        self.store.place().to_owned()
    }
}
