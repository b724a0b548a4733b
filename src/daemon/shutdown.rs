//! The word to stop: raised once, heard by every loop.

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

/// Waits for SIGTERM or SIGINT.
///
/// # Errors
/// When the handlers cannot be installed.
pub async fn terminated() -> std::io::Result<&'static str> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    })
}
