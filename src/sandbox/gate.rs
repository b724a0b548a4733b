//! A gate that holds requests until the test lets them through. Must not know what the requests are.

use std::sync::Arc;

use tokio::sync::{Semaphore, watch};

/// Whether the gate is before or after the request's effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Before,
    After,
}

struct GateInner {
    place: Place,
    arrived: watch::Sender<usize>,
    passes: Semaphore,
    waiting: watch::Sender<usize>,
}

/// Holds matching requests until the test lets them through. Clones share it.
#[derive(Clone)]
pub struct Gate(Arc<GateInner>);

impl Gate {
    pub(super) fn new(place: Place) -> Self {
        Self(Arc::new(GateInner {
            place,
            arrived: watch::channel(0).0,
            passes: Semaphore::new(0),
            waiting: watch::channel(0).0,
        }))
    }

    pub(super) fn place(&self) -> Place {
        self.0.place
    }

    /// Waits until `n` requests in total have arrived at the gate.
    pub async fn reached(&self, n: usize) {
        let mut arrived = self.0.arrived.subscribe();
        let _ = arrived.wait_for(|count| *count >= n).await;
    }

    /// Requests held at the moment.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        *self.0.waiting.borrow()
    }

    /// Waits until every held request is gone because its client is. The kernel closes the connections of a
    /// killed process at once, but the double notices a little later; a gate opened in between would let the
    /// dead client's request through.
    pub async fn left(&self) {
        let mut waiting = self.0.waiting.subscribe();
        let _ = waiting.wait_for(|count| *count == 0).await;
    }

    /// Lets `n` requests through, present or future ones.
    pub fn release(&self, n: usize) {
        self.0.passes.add_permits(n);
    }

    /// Lets everything through from now on.
    pub fn open(&self) {
        self.0.passes.close();
    }

    pub(super) fn is_open(&self) -> bool {
        self.0.passes.is_closed()
    }

    pub(super) async fn pass(&self) {
        struct Standing<'a>(&'a watch::Sender<usize>);
        impl Drop for Standing<'_> {
            fn drop(&mut self) {
                self.0.send_modify(|count| *count = count.saturating_sub(1));
            }
        }
        self.0.waiting.send_modify(|count| *count += 1);
        let _standing = Standing(&self.0.waiting);
        self.0.arrived.send_modify(|count| *count += 1);
        if let Ok(permit) = self.0.passes.acquire().await {
            permit.forget();
        }
    }
}
