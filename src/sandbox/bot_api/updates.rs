//! `getUpdates`: the queue, its confirmation, long polling and the conflict of two pollers. Must not know
//! what the updates contain.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use tokio::time::Instant;

use super::{Shared, error::ApiError, known, params::Params, send::Done, state::State};

/// Longest poll the server allows.
const LONGEST_POLL: Duration = Duration::from_secs(50);

impl State {
    /// Applies an offset as the server does: lower ids are confirmed and forgotten; a negative one keeps that
    /// many from the end; one beyond the end is ignored.
    fn confirm(&mut self, offset: i64) {
        let forget = match offset {
            ..0 => {
                let keep = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
                self.queue.len().saturating_sub(keep)
            }
            0 => 0,
            _ if offset > self.next_update_id => 0,
            _ => self.queue.iter().take_while(|(id, _)| *id < offset).count(),
        };
        let forgotten = self.queue.drain(..forget).map(|(id, _)| id);
        self.confirmed.extend(forgotten);
    }

    fn batch(&self, limit: usize) -> Vec<Value> {
        self.queue.iter().take(limit).map(|(_, update)| update.clone()).collect()
    }
}

/// Counts an open poller for as long as it lives.
struct Place(Arc<Shared>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.with(|state| state.pollers = state.pollers.saturating_sub(1));
    }
}

/// Serves one poll. Dropping the future ends it.
pub(crate) async fn get_updates(shared: &Arc<Shared>, params: &Params) -> Done {
    let limit = params.int("limit").unwrap_or(100);
    let limit = usize::try_from(limit).ok().filter(|limit| (1..=100).contains(limit));
    let limit = limit.ok_or_else(|| ApiError::bad("limit must be 1 to 100 (double)"))?;
    let timeout = u64::try_from(params.int("timeout").unwrap_or(0));
    let timeout = timeout.map_err(|_| ApiError::bad("timeout must not be negative (double)"))?;
    let kinds = known::allowed_updates(params)?;
    let deadline = Instant::now() + Duration::from_secs(timeout).min(LONGEST_POLL);
    let mine = shared.with(|state| {
        if state.webhook.is_some() {
            return Err(ApiError::conflict(
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
            ));
        }
        if kinds.is_some() {
            state.allowed = kinds;
        }
        state.confirm(params.int("offset").unwrap_or(0));
        state.poll += 1;
        state.pollers += 1;
        state.poll_ended_by_webhook = false;
        Ok(state.poll)
    })?;
    let _place = Place(shared.clone());
    loop {
        let mut changed = shared.changes();
        let look = shared.read(|state| (state.poll == mine).then(|| state.batch(limit)));
        match look {
            None => return Err(ended(shared).await),
            Some(batch) if !batch.is_empty() || Instant::now() >= deadline => {
                return Ok((Value::Array(batch), None));
            }
            Some(_) => {
                let _ = tokio::time::timeout_at(deadline, changed.changed()).await;
            }
        }
    }
}

async fn ended(shared: &Arc<Shared>) -> ApiError {
    let delay = shared.read(|state| state.options.conflict_delay);
    tokio::time::sleep(delay).await;
    // Lets the disconnect of a client that has just gone be noticed, which is no conflict.
    tokio::task::yield_now().await;
    let by_webhook = shared.with(|state| {
        state.conflicts += 1;
        state.poll_ended_by_webhook
    });
    if by_webhook {
        return ApiError::conflict("terminated by setWebhook request");
    }
    ApiError::conflict(
        "terminated by other getUpdates request; make sure that only one bot instance is running",
    )
}
