//! What the owner of a shared store has in hand: the lease, and the right to write.
//!
//! Must not know what is written, or how the store was opened.

use super::commits::Commits;
use super::engine::{Reads, ServerEngine};
use super::renewal::Renewal;
use super::{Candidate, Server, Standing, Survives, Tenure};
use crate::store::{Store, StoreError};
use std::sync::{Arc, Mutex, PoisonError};

/// A store that was taken over. Dropped without [`Self::release`], the tenure ends and the lease runs out by itself.
pub struct Taken {
    pub store: Store,
    pub tenure: Arc<Tenure>,
    /// How long the former owner has certainly sent nothing, by the server's clock; `None`: there was none.
    pub quiet_ms: Option<u64>,
    /// The last owner before; its node is empty where there was none.
    pub former: Candidate,
    /// How things stood right after the take-over.
    pub standing: Standing,
    pub survives: Survives,
    pub(super) ownership: Ownership,
}

impl Taken {
    /// Gives the lease back, so that another candidate can take over at once. The store must be closed. Blocks up to a few
    /// answers of the server.
    pub fn release(self) {
        self.ownership.release();
    }
}

/// The right to write to a shared store, as long as its tenure lasts; nothing is open.
pub struct Ownership {
    server: Arc<dyn Server>,
    tenure: Arc<Tenure>,
    commits: Arc<Mutex<Commits>>,
    renewal: Renewal,
    former: Standing,
    standing: Standing,
    pub survives: Survives,
}

impl Ownership {
    /// `former`: how things stood before the take-over.
    pub(super) fn new(
        server: Arc<dyn Server>,
        commits: Commits,
        renewal: Renewal,
        former: Standing,
        standing: Standing,
        survives: Survives,
    ) -> Self {
        let tenure = Arc::clone(commits.tenure());
        Self { server, tenure, commits: Arc::new(Mutex::new(commits)), renewal, former, standing, survives }
    }

    pub fn tenure(&self) -> &Arc<Tenure> {
        &self.tenure
    }

    /// How things stood right after the take-over.
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// The last owner before; its node is empty where there was none.
    pub fn former(&self) -> &Candidate {
        &self.former.owner
    }

    /// See [`Taken::quiet_ms`]. What is known is when its lease ended: it stopped by then, or had given it back.
    pub fn quiet_ms(&self) -> Option<u64> {
        let was_between = self.standing.epoch != self.former.epoch + 1;
        let ago_ms = u64::try_from(-self.former.lease_ms).unwrap_or(0);
        (self.standing.epoch > 1).then_some(if was_between { 0 } else { ago_ms })
    }

    /// The current records, for one user at a time. Blocks while it reads what makes up the queue.
    pub fn engine(&self) -> Result<ServerEngine, StoreError> {
        ServerEngine::open(self.reads(), Arc::clone(&self.commits))
    }

    /// A connection of its own, to fill [`Area::Next`](super::Area::Next) and read it back. It does not last longer than the
    /// tenure.
    pub(super) fn reads(&self) -> Reads {
        Reads::new(Arc::clone(&self.server), Arc::clone(&self.tenure))
    }

    /// [`Remote::exchange`](super::Remote::exchange) under our epoch; an engine that was opened before must not be used any more.
    pub fn exchange(&self, keep: bool) -> Result<(), StoreError> {
        let mut commits = self.commits.lock().unwrap_or_else(PoisonError::into_inner);
        commits.step(&mut |remote, epoch, height| remote.exchange(epoch, height, keep))
    }

    /// [`Remote::set_moved`](super::Remote::set_moved) under our epoch.
    pub fn set_moved(&self, to: &str) -> Result<(), StoreError> {
        let mut commits = self.commits.lock().unwrap_or_else(PoisonError::into_inner);
        commits.step(&mut |remote, epoch, height| remote.set_moved(epoch, height, to))
    }

    /// See [`Taken::release`].
    pub fn release(self) {
        self.renewal.release();
    }
}
