//! Daily reminders: waits for the next one that falls due and has it sent.
//!
//! A time of day is the wall clock's, so that is what is looked at, again and again: it may be put right meanwhile. What is
//! due, whether it is sent, and that it is sent once, is the store's and `domain::reminder`'s. Must not know the words.

use super::DaemonContext;
use super::shutdown::Stop;
use crate::bot::reminder;
use crate::domain::local_day::local_day;
use crate::domain::{Due, Timestamp};
use crate::store::StoreError;
use std::time::Duration;

/// Reminders handled between two looks.
const AT_ONCE: usize = 100;
/// Longest time without a look: one may have been set meanwhile, or the clock put right.
const LOOK_EVERY: Duration = Duration::from_secs(20);
/// Time between two looks whether Telegram answers.
const UNHEARD: Duration = Duration::from_secs(1);
/// By so much a poll may be late.
const SLACK: Duration = Duration::from_secs(15);

/// Runs until the shutdown signal. `wall` tells the time.
pub(crate) async fn run(
    daemon: &DaemonContext,
    wall: impl Fn() -> Timestamp,
    mut stop: Stop,
) -> Result<(), StoreError> {
    loop {
        let mut wait = UNHEARD;
        if hears_telegram(daemon) {
            let next = tokio::select! {
                next = round(daemon, &wall) => next?,
                () = stop.raised() => return Ok(()),
            };
            let until = |next: Timestamp| u64::try_from(next.0.saturating_sub(wall().0)).unwrap_or(0);
            wait = next.map_or(LOOK_EVERY, |next| Duration::from_millis(until(next)).min(LOOK_EVERY));
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stop.raised() => return Ok(()),
        }
    }
}

/// Whether Telegram has answered a poll lately. What is sent while it does not would come hours late: until it answers again
/// reminders stay due, and those for which it is too late by then are left out.
fn hears_telegram(daemon: &DaemonContext) -> bool {
    let bounds = daemon.bounds();
    let lately = crate::app::millis(bounds.poll_timeout + bounds.poll_pause + SLACK);
    daemon.telemetry.last_poll().is_some_and(|last| daemon.clock.now().since_ms(last) <= lately)
}

/// Sends what is due; when the next one is.
async fn round(
    daemon: &DaemonContext,
    wall: &impl Fn() -> Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let store = &daemon.app.store;
    loop {
        let now = wall();
        let (due, next) = store.reminders(now, AT_ONCE).await?;
        if due.is_empty() {
            return Ok(next);
        }
        for found in due {
            let today = local_day(now, found.learner.zone.as_deref());
            let cards = store.card_counts(found.learner.user, today).await?;
            let phrases = daemon.app.context.phrases(&found.learner);
            let replies = reminder::compose(&found.learner, phrases, cards.due + cards.new);
            let became = store.remind(found.learner.user, found.due, replies, now).await?;
            if became == Due::Sent {
                tracing::debug!("a reminder goes out");
            }
        }
    }
}

#[cfg(test)]
mod tests;
