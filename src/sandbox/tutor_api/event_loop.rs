//! Simulates the real tutor's event loop: it stands still while a turn runs, and requests that came in
//! meanwhile are served in any order. Must not know what is asked.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

#[derive(Default)]
struct Inner {
    free: usize,
    waiting: Vec<oneshot::Sender<Seat>>,
}

/// Limits how many requests are worked on at once. Clones are the same event loop.
#[derive(Clone)]
pub(super) struct EventLoop(Arc<Mutex<Inner>>);

/// The right to be worked on, for one request.
pub(super) struct Seat(EventLoop);

impl EventLoop {
    pub(super) fn new(seats: usize) -> Self {
        Self(Arc::new(Mutex::new(Inner { free: seats, waiting: Vec::new() })))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a free seat; the order of arrival does not count.
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
            // Each sender in the list ends with a seat, and the list lives as long as the event loop, so this
            // never happens.
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
                // If the receiver has just gone, the seat in the error is passed on when it is dropped.
                drop(next.send(Seat(self.0.clone())));
                return;
            }
        }
        inner.free += 1;
    }
}
