//! The state of a stand-in, and waiting for it to change. Must not know what the state is of.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

pub(super) struct Watched<S> {
    state: Mutex<S>,
    changed: watch::Sender<u64>,
}

impl<S> Watched<S> {
    pub(super) fn new(state: S) -> Self {
        Self { state: Mutex::new(state), changed: watch::channel(0).0 }
    }

    fn lock(&self) -> MutexGuard<'_, S> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn read<T>(&self, look: impl FnOnce(&S) -> T) -> T {
        look(&self.lock())
    }

    /// Changes the state and wakes everyone who waits for a change.
    pub(super) fn with<T>(&self, change: impl FnOnce(&mut S) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed.send_modify(|generation| *generation = generation.wrapping_add(1));
        result
    }

    /// Told of each change from now on.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Waits until `found` returns something, calling it after each change; `None` after `within`. The state must not be
    /// used inside `found` in another way.
    pub(super) async fn wait_until<T>(
        &self,
        within: Duration,
        mut found: impl FnMut(&S) -> Option<T>,
    ) -> Option<T> {
        let mut changed = self.changes();
        let search = async {
            loop {
                if let Some(result) = self.read(&mut found) {
                    return result;
                }
                if changed.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        };
        tokio::time::timeout(within, search).await.ok()
    }
}
