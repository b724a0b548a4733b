//! Periodic work beside the messages: conversations forgotten at the tutor, old archives removed, the store
//! exported. Must not know how any of it is done.

use super::DaemonContext;
use super::backup::Backup;
use super::shutdown::Stop;
use crate::app::millis;
use crate::domain::Timestamp;
use crate::domain::backoff::backoff_ms;
use crate::store::StoreError;
use std::time::Duration;

/// Pause between rounds when nothing calls for one.
const EVERY: Duration = Duration::from_secs(60);
/// Items per round.
const AT_ONCE: usize = 50;
/// How often all learners are checked for abandoned sessions, ms.
const LOOK_AGAIN_MS: i64 = 6 * 3_600_000;
/// If the tutor cannot delete a conversation for about two days, the request is dropped.
const PURGE_ATTEMPTS: u32 = 3_000;

/// Runs until the shutdown signal.
pub(crate) async fn run(daemon: &DaemonContext, mut stop: Stop) -> Result<(), StoreError> {
    let config = &daemon.app.config;
    let elsewhere = config.store_url.as_ref().map(ToString::to_string);
    let mut backup = Backup::new(&config.session_storage_path, elsewhere);
    let mut abandoned = Abandoned::default();
    loop {
        let woken = daemon.purge.notified();
        let soon = tokio::select! {
            round = async {
                backup.round(&daemon.app.store, daemon.clock.now()).await;
                let more = abandoned.round(daemon).await?;
                Ok::<bool, StoreError>(round(daemon).await? || more)
            } => round?,
            () = stop.raised() => return Ok(()),
        };
        let pause = if soon { Duration::from_secs(2) } else { EVERY };
        tokio::select! {
            () = woken => {}
            () = tokio::time::sleep(pause) => {}
            () = stop.raised() => return Ok(()),
        }
    }
}

/// Sessions that nobody came back to: no message ends them, so they would be kept for ever.
#[derive(Default)]
struct Abandoned {
    next: Timestamp,
    cursor: Option<Vec<u8>>,
}

impl Abandoned {
    /// Ends those whose retention is over, some learners at a time; `true` when there are more to check.
    async fn round(&mut self, daemon: &DaemonContext) -> Result<bool, StoreError> {
        let now = daemon.clock.now();
        if self.cursor.is_none() && now < self.next {
            return Ok(false);
        }
        let config = &daemon.app.config;
        let idle_ms = millis(config.session_timeout);
        let before = now.plus_ms(-idle_ms.saturating_add(millis(config.session_retention)));
        let step = daemon.app.store.archive_idle(before, idle_ms, self.cursor.take(), now).await?;
        if step.sessions > 0 {
            tracing::info!(sessions = step.sessions, "sessions that nobody came back to are ended");
        }
        self.cursor = step.next;
        self.next = now.plus_ms(LOOK_AGAIN_MS);
        Ok(self.cursor.is_some())
    }
}

impl DaemonContext {
    /// The tutor is to be asked to forget something that is queued for it, should `any` be.
    pub(super) fn forget_soon(&self, any: bool) {
        if any {
            self.purge.notify_one();
        }
    }
}

/// One round; `true` when there is more to do soon.
async fn round(daemon: &DaemonContext) -> Result<bool, StoreError> {
    let store = &daemon.app.store;
    let now = daemon.clock.now();
    let before = now.plus_ms(-millis(daemon.app.config.session_retention));
    let expired = store.expire_archived(before, AT_ONCE, now).await?;
    if expired > 0 {
        tracing::info!(sessions = expired, "archived sessions past their retention removed");
    }
    let due = store.purges(now, AT_ONCE).await?;
    let full = due.len() == AT_ONCE;
    let mut failed = false;
    for purge in due {
        match daemon.app.tutor.forget(purge.session).await {
            Ok(()) => store.purged(purge.session, None).await?,
            Err(error) if purge.attempts >= PURGE_ATTEMPTS => {
                tracing::error!(%error, "the tutor could not be made to forget a conversation: given up");
                store.purged(purge.session, None).await?;
            }
            Err(error) => {
                failed = true;
                tracing::warn!(%error, attempts = purge.attempts + 1, "the tutor could not forget a conversation yet");
                let pause = backoff_ms(purge.attempts, fastrand::f64());
                store.purged(purge.session, Some(daemon.clock.now().plus_ms(pause))).await?;
            }
        }
    }
    Ok(full || failed || expired == AT_ONCE)
}
