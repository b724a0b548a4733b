//! What happens beside the messages: conversations forgotten at the tutor, archives past their time removed, the store
//! exported.

use super::Crew;
use super::backup::Backup;
use super::shutdown::Stop;
use crate::app::millis;
use crate::domain::backoff::backoff_ms;
use crate::store::StoreError;
use std::time::Duration;

/// Rounds without a call.
const EVERY: Duration = Duration::from_secs(60);
/// Work of one round.
const AT_ONCE: usize = 50;
/// A tutor that cannot forget a conversation is asked for about two days, then the request is dropped.
const PURGE_ATTEMPTS: u32 = 3_000;

/// Works until the word to stop.
///
/// # Errors
/// The store's.
pub async fn run(crew: &Crew, mut stop: Stop) -> Result<(), StoreError> {
    let mut backup = Backup::new(&crew.app.config.session_storage_path);
    loop {
        let woken = crew.purge.notified();
        let soon = tokio::select! {
            round = async {
                backup.round(crew.app.store.as_ref(), crew.clock.now()).await;
                round(crew).await
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

/// One round; true when there is more to do soon.
async fn round(crew: &Crew) -> Result<bool, StoreError> {
    let store = &crew.app.store;
    let now = crew.clock.now();
    let before = now.plus_ms(-millis(crew.app.config.session_retention));
    let expired = store.expire_archived(before, AT_ONCE, now).await?;
    if expired > 0 {
        tracing::info!(sessions = expired, "archived sessions past their retention removed");
    }
    let due = store.purges(now, AT_ONCE).await?;
    let full = due.len() == AT_ONCE;
    let mut failed = false;
    for purge in due {
        match crew.app.tutor.forget(purge.session).await {
            Ok(()) => store.purged(purge.session, None).await?,
            Err(error) if purge.attempts >= PURGE_ATTEMPTS => {
                tracing::error!(%error, "the tutor could not be made to forget a conversation: given up");
                store.purged(purge.session, None).await?;
            }
            Err(error) => {
                failed = true;
                tracing::warn!(%error, attempts = purge.attempts + 1, "the tutor could not forget a conversation yet");
                let pause = backoff_ms(purge.attempts, fastrand::f64());
                store.purged(purge.session, Some(crew.clock.now().plus_ms(pause))).await?;
            }
        }
    }
    Ok(full || failed || expired == AT_ONCE)
}
