//! The shutdown signal: raised once, received by every loop. Must not know what the loops do.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// Raises the signal.
pub(crate) struct StopSignal(watch::Sender<bool>);

/// Receives the signal.
#[derive(Clone)]
pub(crate) struct Stop(watch::Receiver<bool>);

/// A connected pair.
pub fn channel() -> (StopSignal, Stop) {
    let (raise, hear) = watch::channel(false);
    (StopSignal(raise), Stop(hear))
}

impl StopSignal {
    /// Tells every loop to end.
    pub(crate) fn raise(&self) {
        self.0.send_replace(true);
    }
}

impl Stop {
    /// Returns once the signal was raised, or nobody is left to raise it.
    pub(crate) async fn raised(&mut self) {
        let _ = self.0.wait_for(|stop| *stop).await;
    }

    pub(crate) fn is_raised(&self) -> bool {
        *self.0.borrow()
    }

    /// Sleeps, but not beyond the signal. `true`: continue.
    pub(crate) async fn sleep(&mut self, duration: std::time::Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(duration) => true,
            () = self.raised() => false,
        }
    }
}

/// SIGTERM and SIGINT, caught from the moment this exists.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Must be called before anybody is told that the daemon is ready.
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Name of the next signal.
    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
