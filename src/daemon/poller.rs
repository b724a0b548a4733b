//! getUpdates -> accept -> confirm. An offset is sent only after the updates below it are flushed to disk.
//!
//! Must not know what a message means beyond whether it is for this bot.

mod full;

use super::DaemonContext;
use super::identity::Identity;
use super::shutdown::Stop;
use crate::bot::placement;
use crate::domain::backoff::backoff_ms;
use crate::domain::stats::Count;
use crate::domain::stats::Poll;
use crate::domain::{Incoming, WorkKind};
use crate::logging::{Event, UserTag};
use crate::store::StoreError;
use crate::telegram::{Action, Me, RawUpdate, TelegramError, from_api};
use std::time::Duration;

/// Updates requested at once (Bot API "getUpdates": at most 100).
const BATCH: usize = 100;
/// Rows that the inbox holds before polling pauses; Telegram keeps the rest for 24 h.
pub(crate) const INBOX_CAPACITY: usize = 5_000;
/// Free rows at which the log reports the end of the pause. Updates are taken as soon as there is room for
/// one, so that a command among them is answered at once, however many voices wait before it.
const ROOM_AGAIN: usize = 500;

/// How long after a take-over Telegram may still hold a poll of the former owner, and answer 409, ms.
const FORMER_POLL_MS: i64 = 60_000;
/// Pause after such an answer.
const AFTER_FORMER_POLL: Duration = Duration::from_secs(1);

/// Shortest interval of polls for a server that answers empty polls at once, whatever the timeout.
const SLOWLY: Duration = Duration::from_secs(1);

/// Polls until the shutdown signal. An error of the store ends the daemon, because nothing may be confirmed
/// that is not stored.
pub(crate) async fn run(daemon: &DaemonContext, me: Me, mut stop: Stop) -> Result<(), StoreError> {
    // No offset is stored: after a week without updates, ids start again at a random number (Bot API
    // "Update"). The store recognises repeats by their ids.
    let mut offset: Option<i64> = None;
    let mut failures = 0_u32;
    let mut paused = false;
    let mut identity = Identity::new(me);
    let mut next_look = tokio::time::Instant::now();
    while !stop.is_raised() {
        let inbox = daemon.app.store.counts().await?.inbox;
        let room = INBOX_CAPACITY.saturating_sub(inbox);
        if room == 0 {
            if !paused {
                tracing::warn!(
                    event = %Event::InboxFull,
                    capacity = INBOX_CAPACITY,
                    "inbox full: polling pauses, Telegram keeps what comes"
                );
            }
            paused = true;
            // Pausing is intended, so it counts as completed.
            daemon.telemetry.polling.completed(daemon.clock.now());
            if inbox < INBOX_CAPACITY + full::KEPT_FOR_COMMANDS && next_look <= tokio::time::Instant::now() {
                next_look = tokio::time::Instant::now() + full::LOOK_EVERY;
                offset = full::take_commands(daemon, &mut identity, offset, &mut stop).await?;
            }
            stop.sleep(Duration::from_millis(250)).await;
            continue;
        }
        if paused && room >= ROOM_AGAIN {
            paused = false;
            tracing::info!(event = %Event::InboxHasRoom, "inbox has room again: polling goes on");
        }
        let limit = u32::try_from(room.min(BATCH)).unwrap_or(1);
        let asked = tokio::time::Instant::now();
        let polled = tokio::select! {
            polled = daemon.telegram.poll(offset, limit) => polled,
            () = stop.raised() => return Ok(()),
        };
        match polled {
            Ok(batch) => {
                if failures > 0 {
                    tracing::info!(event = %Event::PollRecovered, failures, "polling works again");
                }
                failures = 0;
                daemon.telemetry.polling.completed(daemon.clock.now());
                daemon.telemetry.poll(Poll::Completed);
                let at_once = SLOWLY.saturating_sub(asked.elapsed());
                if batch.is_empty() {
                    stop.sleep(daemon.app.config.bot_polling_interval.max(at_once)).await;
                    continue;
                }
                let me = identity.for_batch(daemon, &batch).await;
                accept(daemon, me, &batch).await?;
                // From this batch only: ids may have started again below an older offset.
                let next = batch.iter().map(|update| update.id).max().map(|id| id.saturating_add(1));
                if next == offset {
                    // A server that keeps returning confirmed updates would otherwise be asked as fast as it
                    // answers.
                    stop.sleep(at_once).await;
                }
                offset = next.or(offset);
            }
            Err(TelegramError::Conflict { webhook: false }) if daemon.took_over_within(FORMER_POLL_MS) => {
                tracing::info!("Telegram still holds a poll of the former owner: polling again");
                daemon.telegram.fresh_connection();
                stop.sleep(AFTER_FORMER_POLL).await;
            }
            Err(error) => {
                failures = failures.saturating_add(1);
                daemon.telemetry.poll(kind_of(&error));
                note(daemon, &error);
                daemon.telegram.fresh_connection();
                let pause = after_failure(daemon, &error, failures).await;
                stop.sleep(pause).await;
            }
        }
    }
    Ok(())
}

async fn accept(daemon: &DaemonContext, me: &Me, batch: &[RawUpdate]) -> Result<(), StoreError> {
    let now = daemon.clock.now();
    let mut messages: Vec<Incoming> = Vec::with_capacity(batch.len());
    for raw in batch {
        match from_api::incoming(raw, me, now) {
            Ok(Some(message)) => messages.push(message),
            Ok(None) => tracing::debug!(update_id = raw.id, "update is not for us"),
            Err(error) => {
                daemon.telemetry.count(Count::Undecodable);
                tracing::warn!(
                    event = %Event::UpdateSkipped,
                    update_id = error.update_id,
                    why = %error.why,
                    "update skipped: it does not decode"
                );
            }
        }
    }
    if messages.is_empty() {
        return Ok(());
    }
    // What chat actions need, copied because the messages move into the store.
    let voices: Vec<_> = messages
        .iter()
        .filter(|message| placement(message).work == WorkKind::Tutor)
        .map(|message| (message.update_id, message.user, message.chat, message.message))
        .collect();
    let senders: Vec<_> = messages.iter().map(|message| (message.update_id, message.user)).collect();
    let accepted = daemon.app.store.accept(messages, daemon.app.policy, now).await?;
    daemon.telemetry.add(Count::Taken, accepted.taken.len());
    daemon.telemetry.add(Count::Repeated, accepted.repeats.len());
    daemon.telemetry.add(Count::RateLimited, accepted.limited.len() + accepted.crowded.len());
    let user = |update_id: &i64| {
        senders.iter().find(|sender| sender.0 == *update_id).map(|sender| UserTag(sender.1))
    };
    for (update_id, seq) in &accepted.taken {
        tracing::info!(
            event = %Event::MessageTaken,
            update_id,
            seq,
            user = user(update_id).map(tracing::field::display),
            "message taken"
        );
        if let Some((_, user, chat, message)) = voices.iter().find(|voice| voice.0 == *update_id) {
            daemon.chat_actions.begin(*seq, *user, chat.id, chat.thread, *message, Action::Typing);
            daemon.progress.begin(*seq, *user, *chat, *message, now);
        }
    }
    for update_id in &accepted.crowded {
        tracing::info!(
            event = %Event::SenderFull,
            update_id,
            user = user(update_id).map(tracing::field::display),
            "message not taken: too many of the sender's wait already"
        );
    }
    for update_id in &accepted.limited {
        tracing::info!(
            event = %Event::RateLimited,
            update_id,
            user = user(update_id).map(tracing::field::display),
            "message over the sender's rate limit"
        );
    }
    Ok(())
}

/// Keeps, for the watchdog and `/health`, what a failed poll or first call says beyond "no answer".
pub(crate) fn note(daemon: &DaemonContext, error: &TelegramError) {
    let (polling, now) = (&daemon.telemetry.polling, daemon.clock.now());
    match error {
        // Refused, but answered.
        TelegramError::Unauthorized | TelegramError::Server { .. } | TelegramError::Conflict { .. } => {
            polling.refused(now, error.to_string());
        }
        // Telegram asked for the silence, so the watchdog must not end it.
        TelegramError::RetryAfter { secs } => {
            polling.held(now.plus_ms(i64::try_from(*secs).unwrap_or(0).saturating_mul(1000)));
        }
        _ => {}
    }
}

/// Logs a failed poll and returns how long to wait.
async fn after_failure(daemon: &DaemonContext, error: &TelegramError, failures: u32) -> Duration {
    match error {
        TelegramError::Conflict { webhook: true } => {
            tracing::error!(
                event = %Event::WebhookFound,
                "a webhook is set on this bot, which stops polling: removing it"
            );
            match daemon.telegram.remove_webhook().await {
                Ok(host) => tracing::warn!(
                    event = %Event::WebhookRemoved,
                    host = host.as_deref().unwrap_or("none"),
                    "webhook removed"
                ),
                Err(error) => tracing::error!(%error, "the webhook could not be removed"),
            }
            Duration::from_secs(1)
        }
        TelegramError::Conflict { webhook: false } => {
            tracing::error!(
                event = %Event::PollConflict,
                "another program polls with this bot's token, and Telegram serves only one: stop the other one, or make \
                 a new token with @BotFather (/revoke). Trying again slowly"
            );
            Duration::from_secs(if failures < 3 { 10 } else { 30 })
        }
        TelegramError::Unauthorized => {
            tracing::error!(
                event = %Event::TokenRevoked,
                "Telegram no longer accepts the token: was it revoked? Set the new one and restart"
            );
            // Growing, because a proxy's 401 may pass and a revoked token's does not.
            growing_pause(failures)
        }
        TelegramError::Server { .. } => {
            let pause = growing_pause(failures);
            tracing::error!(
                event = %Event::PollRefused,
                failures,
                pause_ms = crate::app::millis(pause),
                "polling is refused, trying again: {error}"
            );
            pause
        }
        TelegramError::RetryAfter { secs, .. } => {
            daemon.telemetry.count(Count::PollThrottled);
            tracing::warn!(event = %Event::PollHeld, secs, "Telegram asked the poller to wait");
            Duration::from_secs(*secs)
        }
        error => {
            let pause = growing_pause(failures);
            tracing::warn!(
                event = %Event::PollFailed,
                %error,
                failures,
                pause_ms = crate::app::millis(pause),
                "polling failed, trying again"
            );
            pause
        }
    }
}

fn kind_of(error: &TelegramError) -> Poll {
    match error {
        TelegramError::Conflict { webhook: false } => Poll::Conflict,
        TelegramError::Conflict { webhook: true } => Poll::Webhook,
        TelegramError::Unauthorized => Poll::Unauthorized,
        TelegramError::RetryAfter { .. } => Poll::Throttled,
        TelegramError::Transient { .. }
        | TelegramError::Unknown { .. }
        | TelegramError::Undecodable { .. } => Poll::Unavailable,
        _ => Poll::Other,
    }
}

fn growing_pause(failures: u32) -> Duration {
    let pause = backoff_ms(failures.saturating_sub(1), fastrand::f64());
    Duration::from_millis(u64::try_from(pause).unwrap_or(1_000))
}

#[cfg(test)]
mod tests;
