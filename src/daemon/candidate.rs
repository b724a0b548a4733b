//! Standing by: looks at a shared store about every second, and takes it over as soon as nobody owns it.
//!
//! A database that cannot be reached is waited for; one that refuses ends the daemon. Must not know what an owner does.

use super::role::{Database, Role, Standby};
use super::shutdown::Stop;
use crate::domain::{Timestamp, printable};
use crate::logging::Event;
use crate::store::server::{LEASE, Standing, Tenure};
use crate::store::{Store, StoreError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// Pause between two looks at the database.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long after the end of a lease the store is taken over, so that not all candidates ask at the same moment, ms.
const AFTER_THE_LEASE_MS: std::ops::Range<u64> = 10..60;
/// How long the daemon waits for a take-over that is under way when it is told to stop.
const TAKEN_WITHIN: Duration = Duration::from_secs(5);

/// The ownership of a shared store, as a candidate sees it. Everything blocks, and has a deadline.
pub trait Seat: Send + Sync {
    /// Shows that this candidate is there, and says how things stand.
    fn present(&self) -> Result<Standing, StoreError>;

    /// Becomes the owner and opens the store; `None`: somebody's lease still runs.
    fn take_over(&self, now: Timestamp) -> Result<Option<Taken>, StoreError>;

    /// The database, as far as it is known by now.
    fn database(&self) -> Database;
}

/// A store that was taken over.
pub struct Taken {
    pub store: Store,
    pub tenure: Arc<Tenure>,
    /// For how long at least the former owner has done nothing, ms; `None`: there was none.
    pub quiet_ms: Option<u64>,
    /// With this daemon as the owner.
    pub standing: Standing,
    /// Gives the ownership back; blocks. For after the store is closed.
    pub release: Box<dyn FnOnce() + Send>,
}

/// One daemon among those that share a store.
pub struct Candidate {
    seat: Arc<dyn Seat>,
    role: watch::Sender<Role>,
    standby: Standby,
    /// The former term ended in trouble, so the others go first until then.
    not_before: Instant,
}

/// An owner that a standby sees.
struct SeenOwner {
    epoch: u64,
    since: Instant,
    /// It has the same name as this daemon, and that was told.
    is_namesake: bool,
}

/// What became of standing by.
pub enum Stood {
    TakenOver(Taken),
    /// The daemon was told to stop.
    Stopped,
}

impl Candidate {
    pub fn new(seat: Arc<dyn Seat>, standby: Standby, role: watch::Sender<Role>) -> Self {
        Self { seat, role, standby, not_before: Instant::now() }
    }

    pub fn role(&self) -> &watch::Sender<Role> {
        &self.role
    }

    /// How the database is known now.
    pub fn database(&mut self) -> Database {
        let take_overs = self.standby.database.take_overs;
        self.standby.database = Database { take_overs, ..self.seat.database() };
        self.standby.database.clone()
    }

    /// Others may take over first: this one has just lost the database.
    pub fn step_back(&mut self) {
        self.not_before = Instant::now() + LOOK_EVERY * 2;
    }

    /// Looks until nobody owns the store, and takes it over, unless the shutdown signal comes first. The error is the
    /// database's refusal.
    pub async fn stand_by(&mut self, stop: &mut Stop) -> Result<Stood, StoreError> {
        let mut seen = None;
        loop {
            let seat = self.seat.clone();
            let looked = tokio::select! {
                looked = blocking(move || seat.present()) => looked,
                () = stop.raised() => return Ok(Stood::Stopped),
            };
            let mut pause = LOOK_EVERY;
            if let Some(standing) = self.note(looked)? {
                self.tell(&mut seen, &standing);
                let free_in = Duration::from_millis(u64::try_from(standing.lease_ms).unwrap_or(0));
                if self.standby.enabled && free_in.is_zero() && self.not_before <= Instant::now() {
                    match self.take_over(stop).await? {
                        Some(stood) => return Ok(stood),
                        None => pause = Duration::from_millis(fastrand::u64(AFTER_THE_LEASE_MS)),
                    }
                } else if free_in < LOOK_EVERY && !free_in.is_zero() {
                    pause = free_in + Duration::from_millis(fastrand::u64(AFTER_THE_LEASE_MS));
                }
            }
            if !stop.sleep(pause).await {
                return Ok(Stood::Stopped);
            }
        }
    }

    /// Tells who owns the store, once of each owner.
    fn tell(&self, seen: &mut Option<SeenOwner>, standing: &Standing) {
        if standing.lease_ms <= 0 {
            return;
        }
        let database = &self.standby.database;
        let Some(owner) = seen.as_mut().filter(|owner| owner.epoch == standing.epoch) else {
            *seen = Some(SeenOwner { epoch: standing.epoch, since: Instant::now(), is_namesake: false });
            tracing::info!(
                event = %Event::StandingBy,
                owner = %printable::line(&standing.owner.node),
                epoch = standing.epoch,
                database = %database.place,
                survives = database.survives.map(tracing::field::display),
                "standing by: another daemon owns the store"
            );
            return;
        };
        // A lease that this daemon held before its last start has run out by then.
        let is_anothers = owner.since.elapsed() > LEASE + LOOK_EVERY;
        if is_anothers && standing.owner.node == database.node && !owner.is_namesake {
            owner.is_namesake = true;
            tracing::warn!(
                event = %Event::NodeNameShared,
                node = %printable::line(&database.node),
                "the owner of the store has the same name as this daemon: give each of them a STORE_NODE of its own, or the admin \
                 cannot tell them apart"
            );
        }
    }

    /// `None`: somebody else was faster, or the database went away.
    async fn take_over(&mut self, stop: &mut Stop) -> Result<Option<Stood>, StoreError> {
        let (seat, now) = (self.seat.clone(), self.standby.clock.now());
        let mut taking = std::pin::pin!(blocking(move || seat.take_over(now)));
        let (taken, stopped) = tokio::select! {
            biased;
            // Whoever has asked for the ownership gives it back, or the others would wait for its lease to end.
            () = stop.raised() => match tokio::time::timeout(TAKEN_WITHIN, taking).await {
                Ok(taken) => (taken, true),
                Err(_) => return Ok(Some(Stood::Stopped)),
            },
            taken = taking.as_mut() => (taken, false),
        };
        match taken {
            Ok(Some(taken)) if stopped => {
                taken.give_back().await;
                Ok(Some(Stood::Stopped))
            }
            Ok(Some(taken)) => {
                self.standby.database.take_overs += 1;
                Ok(Some(Stood::TakenOver(taken)))
            }
            Ok(None) => Ok(None),
            Err(error) => self.note(Err(error)).map(|_| stopped.then_some(Stood::Stopped)),
        }
    }

    /// Publishes what was seen, and logs when the database goes and comes. The error is one that waiting does not mend.
    fn note(&mut self, looked: Result<Standing, StoreError>) -> Result<Option<Standing>, StoreError> {
        let (standing, trouble) = match looked {
            Ok(standing) => (Some(standing), None),
            Err(error) if passes(&error) => (None, Some(error.to_string())),
            Err(error) => return Err(error),
        };
        match (&self.standby.trouble, &trouble) {
            (None, Some(why)) => tracing::error!(
                event = %Event::DatabaseLost,
                why = %printable::line(why),
                "the database cannot be reached: standing by until it can"
            ),
            (Some(_), None) => {
                tracing::info!(event = %Event::DatabaseBack, "the database can be reached again")
            }
            _ => {}
        }
        self.database();
        self.standby.looked = self.standby.clock.now();
        self.standby.trouble = trouble;
        if standing.is_some() {
            self.standby.standing.clone_from(&standing);
        }
        self.publish();
        Ok(standing)
    }

    /// The process stands by from now on.
    pub fn publish(&self) {
        self.role.send_replace(Role::Standby(Arc::new(self.standby.clone())));
    }

    /// The term is over, and looking begins anew.
    pub fn stand_by_again(&mut self) {
        self.standby.looked = self.standby.clock.now();
        // What was seen before the term says nothing about now.
        (self.standby.standing, self.standby.trouble) = (None, None);
        self.publish();
    }
}

impl Taken {
    /// For a store that was opened and not used.
    async fn give_back(self) {
        let _ = self.store.close().await;
        let _ = tokio::task::spawn_blocking(self.release).await;
    }
}

/// Whether waiting mends it.
pub fn passes(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Unavailable { .. }
            | StoreError::Unknown { .. }
            | StoreError::Fenced
            | StoreError::Owned { .. }
    )
}

/// Off the async threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(StoreError::Closed))
}

#[cfg(test)]
mod tests;
