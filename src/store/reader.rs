//! What handlers may see of the store: reads alone. That handlers never save is a matter of types.

use super::{Counts, Place, Store, StoreError};
use crate::domain::rate::RateState;
use crate::domain::{Chat, DeadLetter, Job, Membership, Turn, UserId};
use std::sync::Arc;
use uuid::Uuid;

/// A read-only view of the store.
#[derive(Clone)]
pub struct Reader(Arc<dyn Store>);

impl Reader {
    /// A view of `store`.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self(store)
    }

    /// See [`Store::turns`].
    ///
    /// # Errors
    /// As the store's.
    pub async fn turns(
        &self,
        user: UserId,
        session: Uuid,
        skip: usize,
        limit: usize,
    ) -> Result<(Vec<Turn>, usize), StoreError> {
        self.0.turns(user, session, skip, limit).await
    }

    /// See [`Store::last_voice_turn`].
    ///
    /// # Errors
    /// As the store's.
    pub async fn last_voice_turn(&self, user: UserId, session: Uuid) -> Result<Option<Turn>, StoreError> {
        self.0.last_voice_turn(user, session).await
    }

    /// See [`Store::turns_in`].
    pub async fn turns_in(
        &self,
        user: UserId,
        session: Uuid,
        chat: Chat,
        limit: usize,
    ) -> Result<Vec<Turn>, StoreError> {
        self.0.turns_in(user, session, chat, limit).await
    }

    /// See [`Store::rate`].
    ///
    /// # Errors
    /// As the store's.
    pub async fn rate(&self, user: UserId) -> Result<RateState, StoreError> {
        self.0.rate(user).await
    }

    /// See [`Store::place`].
    ///
    /// # Errors
    /// As the store's.
    pub async fn place(&self, user: UserId) -> Result<Place, StoreError> {
        self.0.place(user).await
    }

    /// See [`Store::membership`].
    ///
    /// # Errors
    /// As the store's.
    pub async fn membership(&self, user: UserId) -> Result<Option<Membership>, StoreError> {
        self.0.membership(user).await
    }

    /// See [`Store::counts`].
    ///
    /// # Errors
    /// As the store's.
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        self.0.counts().await
    }

    /// See [`Store::jobs`].
    ///
    /// # Errors
    /// As the store's.
    pub async fn jobs(&self, after: Option<u64>, limit: usize) -> Result<Vec<Job>, StoreError> {
        self.0.jobs(after, limit).await
    }

    /// See [`Store::dead_letters`].
    ///
    /// # Errors
    /// As the store's.
    pub async fn dead_letters(
        &self,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        self.0.dead_letters(after, limit).await
    }
}
