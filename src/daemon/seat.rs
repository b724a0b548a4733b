//! The ownership of a shared store, for which this daemon is a candidate: its database, and what is known of it by now.
//!
//! Must not know when anything is asked.

use super::candidate::{Seat, Taken};
use super::role::Database;
use crate::domain::Timestamp;
use crate::store::StoreError;
use crate::store::server::{SharedStore, Standing, Survives};
use std::sync::{Arc, Mutex, PoisonError};

/// One daemon's place at a shared store.
pub struct StoreSeat {
    store: Arc<SharedStore>,
    node: String,
    engine: &'static str,
    survives: Mutex<Option<Survives>>,
}

impl StoreSeat {
    /// `engine`: as `/health` names it.
    pub fn new(store: Arc<SharedStore>, node: String, engine: &'static str) -> Arc<Self> {
        Arc::new(Self { store, node, engine, survives: Mutex::default() })
    }

    fn note(&self, survives: Survives) {
        *self.survives.lock().unwrap_or_else(PoisonError::into_inner) = Some(survives);
    }

    fn known(&self) -> Option<Survives> {
        *self.survives.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat for StoreSeat {
    fn present(&self) -> Result<Standing, StoreError> {
        let standing = self.store.present()?;
        // A server that keeps nothing is refused at the first look, and not by whoever has to take over.
        if self.known().is_none() {
            self.note(self.store.survives()?);
        }
        Ok(standing)
    }

    fn take_over(&self, now: Timestamp) -> Result<Option<Taken>, StoreError> {
        let Some(taken) = self.store.take_over(now)? else { return Ok(None) };
        self.note(taken.survives);
        Ok(Some(Taken {
            store: taken.store.clone(),
            tenure: taken.tenure.clone(),
            quiet_ms: taken.quiet_ms,
            standing: taken.standing.clone(),
            release: Box::new(move || taken.release()),
        }))
    }

    fn database(&self) -> Database {
        Database {
            node: self.node.clone(),
            engine: self.engine,
            place: self.store.place().to_owned(),
            survives: self.known(),
            caution: self.store.server().caution(),
            take_overs: 0,
        }
    }
}
