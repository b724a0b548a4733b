//! Renews the lease of ownership, on a thread and a connection of its own, until it is given back or lost.
//!
//! Must not know what the owner does meanwhile.

use super::{Asked, Ended, LEASE, RENEW_EVERY, Remote, RemoteError, Server, Tenure};
use crate::store::StoreError;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Between two attempts after a failure.
const PAUSE: Duration = Duration::from_millis(200);

/// Handle of the thread. Dropped, the lease is no longer renewed, and ends by itself.
pub struct Renewal {
    /// Taken to end it.
    stop: Option<Sender<Stop>>,
    thread: Option<JoinHandle<()>>,
    tenure: Arc<Tenure>,
}

/// The lease is to be given back at once.
struct Stop;

impl Renewal {
    pub fn start(server: Arc<dyn Server>, tenure: Arc<Tenure>, epoch: u64) -> Result<Self, StoreError> {
        let (stop, stopped) = channel();
        let lease = Lease { server, tenure: Arc::clone(&tenure), epoch, remote: None };
        let thread = std::thread::Builder::new()
            .name("store-lease".to_owned())
            .spawn(move || lease.keep(&stopped))
            .map_err(|source| StoreError::Io { action: "start its thread", source })?;
        Ok(Self { stop: Some(stop), thread: Some(thread), tenure })
    }

    /// Ends the tenure and gives the lease back, so that another candidate can take over at once. Blocks up to a few answers
    /// of the server; without one the lease ends by itself.
    pub fn release(mut self) {
        self.tenure.end(Ended::Released);
        if let Some(stop) = self.stop.take() {
            // The thread has ended if the lease is lost.
            let _ = stop.send(Stop);
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Renewal {
    fn drop(&mut self) {
        self.tenure.end(Ended::Released);
        self.stop = None;
    }
}

struct Lease {
    server: Arc<dyn Server>,
    tenure: Arc<Tenure>,
    epoch: u64,
    remote: Option<Box<dyn Remote>>,
}

impl Lease {
    fn keep(mut self, stopped: &Receiver<Stop>) {
        let mut pause = RENEW_EVERY;
        loop {
            match stopped.recv_timeout(pause) {
                Ok(Stop) => {
                    let epoch = self.epoch;
                    // An idle connection may be broken; without an answer the lease ends by itself.
                    if self.ask(|remote| remote.release(epoch)).is_err() {
                        let _ = self.ask(|remote| remote.release(epoch));
                    }
                    return;
                }
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {}
            }
            if self.tenure.left().is_zero() {
                return;
            }
            let (asked, began, epoch) = (Asked::now(), Instant::now(), self.epoch);
            pause = match self.ask(|remote| remote.renew(epoch, LEASE)) {
                Ok(true) => {
                    self.tenure.renewed(asked);
                    RENEW_EVERY.saturating_sub(began.elapsed())
                }
                Ok(false) => return self.tenure.end(Ended::Fenced),
                Err(error) => {
                    self.tenure.troubled(error.to_string());
                    PAUSE
                }
            };
        }
    }

    fn ask<T>(
        &mut self,
        question: impl FnOnce(&mut dyn Remote) -> Result<T, RemoteError>,
    ) -> Result<T, RemoteError> {
        let mut remote = match self.remote.take() {
            Some(remote) => remote,
            None => self.server.connect()?,
        };
        let answer = question(remote.as_mut());
        // A connection that was lost is dropped.
        if !matches!(answer, Err(RemoteError::Lost(_))) {
            self.remote = Some(remote);
        }
        answer
    }
}
