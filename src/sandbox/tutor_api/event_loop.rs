//! The tutor's attention. Its event loop stands still while a turn runs, and what has come in meanwhile is served in any
//! order. It must not know what is asked.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

#[derive(Default)]
struct Inner {
    free: usize,
    waiting: Vec<oneshot::Sender<Seat>>,
}

/// So many requests can be worked on at once. Clones are the same event loop.
#[derive(Clone)]
pub(super) struct EventLoop(Arc<Mutex<Inner>>);

/// The tutor's attention for one request, while it lives.
pub(super) struct Seat(EventLoop);

impl EventLoop {
    pub(super) fn new(seats: usize) -> Self {
        Self(Arc::new(Mutex::new(Inner { free: seats, waiting: Vec::new() })))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a seat, not in the order of coming.
    pub(super) async fn seat(&self) -> Seat {
        let waiting = {
            let mut inner = self.inner();
            if inner.free > 0 {
                inner.free -= 1;
                return Seat(self.clone());
            }
            let (tell, told) = oneshot::channel();
            inner.waiting.push(tell);
            told
        };
        match waiting.await {
            Ok(seat) => seat,
            // The list lives as long as the event loop, and each sender in it ends with a seat.
            Err(_) => std::future::pending().await,
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut inner = self.0.inner();
        while !inner.waiting.is_empty() {
            let at = fastrand::usize(..inner.waiting.len());
            let next = inner.waiting.swap_remove(at);
            if !next.is_closed() {
                drop(inner);
                // Should the other side have gone just now, the seat in the error is given on as it is dropped.
                drop(next.send(Seat(self.0.clone())));
                return;
            }
        }
        inner.free += 1;
    }
}
