//! Conversations that are begun at the tutor for one row alone, to have its voice written down: recorded before, and forgotten
//! by the tutor with the row's end.
//!
//! Must not know what the words are for.

use super::person::add_purge;
use crate::domain::{Job, Timestamp};
use crate::store::state::State;
use crate::store::tx::Tx;
use crate::store::{Lease, Store, StoreError, keys};
use uuid::Uuid;

impl Store {
    /// Records that the row's voice is about to be handed over in this conversation; the row as it is now.
    pub async fn begin_in_passing(&self, lease: Lease, session: Uuid) -> Result<Job, StoreError> {
        self.change(move |state| {
            let mut job = state.leased(lease)?;
            job.in_passing.push(session);
            let mut tx = Tx::default();
            tx.put(keys::inbox(job.seq), &job)?;
            state.apply(tx)?;
            Ok(job)
        })
        .await
    }
}

/// Nobody looks for words in the row's conversations any more: the tutor is to forget them.
pub(crate) fn forget_passing(
    state: &State,
    tx: &mut Tx,
    job: &mut Job,
    now: Timestamp,
) -> Result<(), StoreError> {
    for session in std::mem::take(&mut job.in_passing) {
        add_purge(state, tx, session, now)?;
    }
    Ok(())
}
