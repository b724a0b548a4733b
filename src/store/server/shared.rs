//! What a candidate can do with a shared store: show itself, look who owns it, and take it over.
//!
//! Must not know when any of this is due.

use super::commits::Commits;
use super::ownership::{Ownership, Taken};
use super::renewal::Renewal;
use super::{
    Asked, Candidate, LEASE, Mark, Remote, RemoteError, Seen, Server, Standing, Survives, Tenure, told,
};
use crate::domain::Timestamp;
use crate::secret::KeyMaterial;
use crate::store::home::make_private;
use crate::store::{Store, StoreError};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// A shared store, as one of its candidates. Everything blocks: up to a connection's deadline and two answers.
pub struct SharedStore {
    server: Arc<dyn Server>,
    key: Option<KeyMaterial>,
    me: Candidate,
    mark: Arc<Mutex<Mark>>,
    /// For everything that is not the owner's.
    remote: Mutex<Option<Box<dyn Remote>>>,
}

impl SharedStore {
    /// Connects to nothing yet. `root` is this machine's folder of the store, where the mark of what was seen is kept; it is
    /// created with mode 0700. `key`: that of an encrypted store, or of a new one that is to be encrypted.
    pub fn new(
        server: Arc<dyn Server>,
        root: &Path,
        key: Option<KeyMaterial>,
        me: Candidate,
    ) -> Result<Self, StoreError> {
        make_private(root).map_err(|source| StoreError::Io { action: "make its folder", source })?;
        let mark = Mark::open(root);
        let mark =
            mark.map_err(|source| StoreError::Io { action: "open its mark of the database", source })?;
        Ok(Self { server, key, me, mark: Arc::new(Mutex::new(mark)), remote: Mutex::default() })
    }

    /// Host, port and database, for people.
    pub fn place(&self) -> &str {
        self.server.place()
    }

    pub fn server(&self) -> &Arc<dyn Server> {
        &self.server
    }

    /// Notes in the database that this candidate is there, and says who owns the store. One round trip.
    ///
    /// [`StoreError::Damaged`] when this is not the database that was seen last, or has lost commits since.
    pub fn present(&self) -> Result<Standing, StoreError> {
        let standing = self.ask(|remote| remote.present(&self.me))?;
        self.check(&standing)?;
        // The owner sends a commit when the one before is certain, and the latest that is to be seen need not be.
        let certain = standing.height.saturating_sub(1);
        if certain > 0 {
            let raised = self.mark.lock().unwrap_or_else(PoisonError::into_inner).raise(standing.id, certain);
            raised.map_err(|source| StoreError::Io { action: "note the height of the database", source })?;
        }
        Ok(standing)
    }

    /// As [`Self::present`], without noting anything anywhere, and without an objection to what is found.
    pub fn standing(&self) -> Result<Standing, StoreError> {
        self.ask(|remote| remote.standing())
    }

    /// Candidates that have shown themselves within the last day, latest first.
    pub fn candidates(&self) -> Result<Vec<Seen>, StoreError> {
        self.ask(|remote| remote.candidates())
    }

    /// What acknowledged messages survive.
    ///
    /// [`StoreError::Damaged`] with settings of the server under which they do not survive anything, in words that say what to
    /// set.
    pub fn survives(&self) -> Result<Survives, StoreError> {
        self.ask(|remote| remote.survives())
    }

    /// Name and version of the server, for people.
    pub fn version(&self) -> Result<String, StoreError> {
        self.ask(|remote| remote.version())
    }

    /// Takes what the database holds as right, though it is not what was seen last; returns what it holds.
    pub fn accept(&self) -> Result<Standing, StoreError> {
        let standing = self.standing()?;
        let set = self.mark.lock().unwrap_or_else(PoisonError::into_inner).set(standing.id, standing.height);
        set.map_err(|source| StoreError::Io { action: "note the height of the database", source })?;
        Ok(standing)
    }

    /// Makes this candidate the owner and opens the store; `None`: somebody's lease still runs. Blocks for some seconds when
    /// the store is large.
    ///
    /// [`StoreError::Damaged`] as [`Self::present`] and [`Self::survives`]; [`StoreError::Moved`]; [`StoreError::Key`] and [`StoreError::Corrupt`] as for an embedded store. The lease is given back then.
    pub fn take_over(&self, now: Timestamp) -> Result<Option<Taken>, StoreError> {
        let before = self.standing()?;
        self.check(&before)?;
        self.has_not_moved(&before)?;
        let Some(owned) = self.own()? else { return Ok(None) };
        let survives = owned.survives;
        // A command may have moved it in between, or a server with less may have taken over.
        let opened = self.check(owned.standing()).and_then(|()| self.has_not_moved(owned.standing()));
        let opened = opened.and_then(|()| owned.engine());
        let opened = opened.and_then(|engine| Store::start(Box::new(engine), self.key.as_ref(), now));
        match opened {
            Ok(store) => Ok(Some(Taken {
                store,
                tenure: Arc::clone(owned.tenure()),
                quiet_ms: owned.quiet_ms(),
                former: owned.former().clone(),
                standing: owned.standing().clone(),
                survives,
                ownership: owned,
            })),
            Err(error) => {
                owned.release();
                Err(error)
            }
        }
    }

    /// Makes this candidate the owner, whatever the records are, and opens nothing; `None`: somebody's lease still runs.
    ///
    /// [`StoreError::Damaged`] as [`Self::survives`].
    pub fn own(&self) -> Result<Option<Ownership>, StoreError> {
        let former = self.standing()?;
        if former.lease_ms > 0 {
            return Ok(None);
        }
        let survives = self.survives()?;
        let (asked, (is_mine, standing)) = self.ask(|remote| {
            let asked = Asked::now();
            Ok((asked, remote.take_over(&self.me, LEASE)?))
        })?;
        if !is_mine {
            return Ok(None);
        }
        let tenure = Arc::new(Tenure::begin(asked));
        let server = || Arc::clone(&self.server);
        let renewal = Renewal::start(server(), Arc::clone(&tenure), standing.epoch)?;
        let at = (standing.id, standing.epoch, standing.height);
        let commits = Commits::new(server(), tenure, Arc::clone(&self.mark), at);
        Ok(Some(Ownership::new(server(), commits, renewal, former, standing, survives)))
    }

    /// As [`Self::standing`], and why the database is not what was seen last.
    pub fn looked_at(&self) -> Result<(Standing, Option<String>), StoreError> {
        let standing = self.standing()?;
        let mark = self.mark.lock().unwrap_or_else(PoisonError::into_inner);
        let objection = mark.objection(&standing);
        Ok((standing, objection))
    }

    /// As [`Self::standing`]; refuses a database that is not what was seen last.
    pub fn checked(&self) -> Result<Standing, StoreError> {
        let standing = self.standing()?;
        self.check(&standing)?;
        Ok(standing)
    }

    fn has_not_moved(&self, standing: &Standing) -> Result<(), StoreError> {
        let place = self.place().to_owned();
        standing.moved.clone().map_or(Ok(()), |to| Err(StoreError::Moved { place, to }))
    }

    /// Refuses a database that is not what was seen last.
    fn check(&self, standing: &Standing) -> Result<(), StoreError> {
        let mark = self.mark.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(objection) = mark.objection(standing) else { return Ok(()) };
        Err(StoreError::Damaged(format!(
            "the database at {} {objection}. Nothing was changed. To put the last backup back: `phonicflow-bot restore FILE`. \
             To go on with what is there, its open messages set aside for a look: `phonicflow-bot store accept`",
            self.place()
        )))
    }

    fn ask<T>(
        &self,
        mut question: impl FnMut(&mut dyn Remote) -> Result<T, RemoteError>,
    ) -> Result<T, StoreError> {
        let told = |error| told(self.place(), error);
        let mut slot = self.remote.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(remote) = slot.as_mut() {
            match question(remote.as_mut()) {
                // It may have been broken while nobody asked.
                Err(RemoteError::Lost(_)) => *slot = None,
                answer => return answer.map_err(told),
            }
        }
        let mut remote = self.server.connect().map_err(told)?;
        let answer = question(remote.as_mut());
        if !matches!(answer, Err(RemoteError::Lost(_))) {
            *slot = Some(remote);
        }
        answer.map_err(told)
    }
}
