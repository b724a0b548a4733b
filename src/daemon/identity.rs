//! The bot's own name, by which groups address it: looked up again when an update shows another one,
//! otherwise once a day.
//!
//! Must not know what is done with the updates.

use super::DaemonContext;
use crate::logging::Event;
use crate::telegram::{Me, RawUpdate, own_name};
use std::time::Duration;
use tokio::time::Instant;

/// How long a name is trusted.
const TRUSTED: Duration = Duration::from_secs(24 * 3600);
/// Shortest time between two lookups for the same kind of hint: a name that somebody mentions may be another
/// bot's.
const GUESSES: Duration = Duration::from_secs(60);
/// Longest time that updates wait for the lookup.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who the bot is, as far as known.
pub(crate) struct Identity {
    me: Me,
    asked: Instant,
    /// When an update last showed another name, and when somebody last mentioned one, that led to a lookup.
    told: Option<Instant>,
    guessed: Option<Instant>,
}

impl Identity {
    /// From `getMe`.
    pub(crate) fn new(me: Me) -> Self {
        Self { me, asked: Instant::now(), told: None, guessed: None }
    }

    /// Who the bot is, for reading this batch: messages in it that use a new name are already addressed to
    /// us.
    pub(crate) async fn for_batch(&mut self, daemon: &DaemonContext, batch: &[RawUpdate]) -> &Me {
        let may = |last: Option<Instant>| last.is_none_or(|at| at.elapsed() >= GUESSES);
        let any = |sign: fn(&RawUpdate, &Me) -> bool| batch.iter().any(|update| sign(update, &self.me));
        let told = may(self.told) && any(own_name::shown_otherwise);
        let called = !told && may(self.guessed) && any(own_name::calls_another);
        if told {
            self.told = Some(Instant::now());
        }
        if called {
            self.guessed = Some(Instant::now());
        }
        if told || called || self.asked.elapsed() >= TRUSTED {
            self.ask(daemon).await;
        }
        &self.me
    }

    async fn ask(&mut self, daemon: &DaemonContext) {
        match tokio::time::timeout(PATIENCE, daemon.telegram.me()).await {
            Ok(Ok(me)) => {
                if me.username != self.me.username {
                    tracing::info!(
                        event = %Event::BotRenamed,
                        was = %self.me.username,
                        is = %me.username,
                        "the bot has a new name"
                    );
                }
                self.me.username = me.username;
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "the bot's name could not be looked up: the last one serves")
            }
            Err(_) => tracing::warn!("the bot's name could not be looked up in time: the last one serves"),
        }
        // Also after a failure: it is not worth a call for each batch.
        self.asked = Instant::now();
    }
}
