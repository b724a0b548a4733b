//! The first calls to Telegram: who the bot is, and that no webhook is set.
//!
//! Must not know what comes after them.

use super::{DaemonContext, StartupError, poller};
use crate::domain::backoff::backoff_ms;
use crate::logging::Event;
use crate::telegram::{Me, Retry, Telegram, TelegramError};
use anyhow::Result;
use std::time::Duration;

/// Pause before a token that Telegram refused is tried again.
const ASK_AGAIN: Duration = Duration::from_secs(3);

/// Asks Telegram who the bot is and removes a webhook, waiting for a Telegram that cannot be reached. A
/// refused token ends the daemon until somebody changes it, so Telegram is asked twice.
pub async fn greet(daemon: &DaemonContext) -> Result<Me> {
    let telegram: &Telegram = &daemon.app.telegram;
    let mut failures = 0_u32;
    let mut refused = false;
    let me = loop {
        daemon.greeting.tried(daemon.clock.now());
        let answer = telegram.me().await;
        daemon.greeting.tried(daemon.clock.now());
        match answer {
            Ok(me) => {
                daemon.telemetry.polling.well();
                break me;
            }
            Err(TelegramError::Unauthorized) if refused => return Err(StartupError::Token.into()),
            Err(TelegramError::Unauthorized) => {
                refused = true;
                tracing::error!(
                    event = %Event::TokenDoubted,
                    "Telegram refuses the bot token: asking once more, to be sure"
                );
                tokio::time::sleep(ASK_AGAIN).await;
            }
            Err(TelegramError::Setup(what)) => return Err(StartupError::Telegram(what).into()),
            Err(error) => {
                let pause = match error.retry() {
                    Retry::After(secs) => secs.saturating_mul(1000),
                    _ => u64::try_from(backoff_ms(failures, fastrand::f64())).unwrap_or(1_000),
                };
                poller::note(daemon, &error);
                match &error {
                    TelegramError::Server { .. } => {
                        tracing::error!(
                            event = %Event::ConnectRefused,
                            pause_ms = pause,
                            "the bot cannot begin yet, trying again: {error}"
                        );
                    }
                    TelegramError::RetryAfter { secs } => {
                        tracing::warn!(
                            event = %Event::ConnectHeld,
                            secs,
                            "Telegram asked us to wait before the bot can begin"
                        );
                    }
                    _ => {
                        tracing::warn!(
                            event = %Event::ConnectFailed,
                            %error,
                            pause_ms = pause,
                            "Telegram does not answer yet, trying again"
                        )
                    }
                }
                failures = failures.saturating_add(1);
                // The pause is intended, so the watchdog must not count it.
                daemon.greeting.tried(daemon.clock.now().plus_ms(i64::try_from(pause).unwrap_or(i64::MAX)));
                telegram.fresh_connection();
                tokio::time::sleep(Duration::from_millis(pause)).await;
            }
        }
    };
    match telegram.remove_webhook().await {
        Ok(Some(host)) => tracing::warn!(
            event = %Event::WebhookRemoved,
            host,
            "a webhook was set on this bot and is now removed"
        ),
        Ok(None) => {}
        // If a webhook is set, the poller will be told and try again.
        Err(error) => tracing::warn!(%error, "could not check for a webhook"),
    }
    Ok(me)
}
