//! The shutdown signal: raised once, received by every loop.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// Raises the word.
pub struct StopSignal(watch::Sender<bool>);

/// Hears the word.
#[derive(Clone)]
pub struct Stop(watch::Receiver<bool>);

/// A pair of both.
pub fn channel() -> (StopSignal, Stop) {
    let (raise, hear) = watch::channel(false);
    (StopSignal(raise), Stop(hear))
}

impl StopSignal {
    /// Tells every loop to come to an end.
    pub fn raise(&self) {
        self.0.send_replace(true);
    }
}

impl Stop {
    /// Returns once the word was raised (or nobody is left who could).
    pub async fn raised(&mut self) {
        let _ = self.0.wait_for(|stop| *stop).await;
    }

    /// Whether it was raised already.
    pub fn is_raised(&self) -> bool {
        *self.0.borrow()
    }

    /// Sleeps, but not beyond the word. True: go on.
    pub async fn sleep(&mut self, duration: std::time::Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(duration) => true,
            () = self.raised() => false,
        }
    }
}

/// SIGTERM and SIGINT, caught from the moment this exists.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Catches them from now on: before anybody is told that the daemon is ready.
    ///
    /// # Errors
    /// When the handlers cannot be installed.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// The name of the next one.
    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
