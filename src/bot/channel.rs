//! The required channel: asks Telegram who is in it, no more often than Telegram allows.
//!
//! Remembers (in memory) when Telegram failed, so that others need not wait for the same failure, and whether
//! Telegram shows the members, so that a change is logged once. Must not know what a learner is told.

use crate::domain::{ChannelName, Timestamp, UserId};
use crate::logging::Event;
use crate::telegram::{ChannelCard, Retry, Telegram, TelegramError};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// Longest time a worker waits for the answer; after that the last known one counts.
const LONGEST: Duration = Duration::from_secs(5);
/// Pause after a failure, ms.
const REST_MS: i64 = 5_000;
/// Longest pause, ms, even if Telegram asks for more.
const LONGEST_REST_MS: i64 = 600_000;
/// How long the channel's title and link are cached, ms.
const CARD_SERVES_MS: i64 = 600_000;

/// Telegram's answer about a learner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChannelAnswer {
    /// Whether they are in the channel.
    Member(bool),
    /// No answer now; ask again after this many ms.
    Later(i64),
    /// No answer until a person corrects something.
    Hidden,
}

/// Whether Telegram shows the channel's members, as far as it was asked since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Not asked yet, or no answer.
    #[default]
    Unknown,
    Shown,
    /// It does not, since then.
    Hidden(Timestamp),
}

pub struct Channel {
    pub name: ChannelName,
    telegram: Arc<Telegram>,
    /// For one request.
    deadline: Duration,
    /// Notified when the members turn out to be hidden, or visible again.
    news: Arc<Notify>,
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    /// Nobody is asked about before this.
    rest_until: Timestamp,
    sight: Sight,
    card: Option<(ChannelCard, Timestamp)>,
}

impl Channel {
    /// `news` is notified when there is something to tell the admins.
    pub(crate) fn new(
        name: ChannelName,
        telegram: Arc<Telegram>,
        timeout: Duration,
        news: Arc<Notify>,
    ) -> Self {
        Self { name, telegram, deadline: timeout.min(LONGEST), news, book: Mutex::default() }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn sight(&self) -> Sight {
        self.book().sight
    }

    pub(crate) fn is_hidden(&self) -> bool {
        matches!(self.sight(), Sight::Hidden(_))
    }

    pub async fn ask(&self, user: UserId, now: Timestamp) -> ChannelAnswer {
        {
            let book = self.book();
            // A pause that ends far in the future was computed before the clock was set back.
            let left = book.rest_until.since_ms(now).min(LONGEST_REST_MS);
            if left > 0 {
                let hidden = matches!(book.sight, Sight::Hidden(_));
                return if hidden { ChannelAnswer::Hidden } else { ChannelAnswer::Later(left) };
            }
        }
        match self.in_time(self.telegram.is_member(&self.name, user)).await {
            Ok(member) => {
                let before = std::mem::replace(&mut self.book().sight, Sight::Shown);
                if matches!(before, Sight::Hidden(_)) {
                    tracing::info!(
                        event = %Event::ChannelVisible,
                        "Telegram tells again who is in REQUIRED_CHANNEL"
                    );
                }
                if before != Sight::Shown {
                    self.news.notify_one();
                }
                ChannelAnswer::Member(member)
            }
            Err(error) if error.hides_members() => {
                let first = {
                    let mut book = self.book();
                    book.rest_until = now.plus_ms(REST_MS);
                    let first = !matches!(book.sight, Sight::Hidden(_));
                    if first {
                        book.sight = Sight::Hidden(now);
                    }
                    first
                };
                if first {
                    tracing::error!(
                        event = %Event::ChannelHidden,
                        %error,
                        "Telegram does not tell who is in REQUIRED_CHANNEL: check its name, and make the bot an administrator \
                         of it. Until then only those may practise who are known to be members"
                    );
                    self.news.notify_one();
                }
                ChannelAnswer::Hidden
            }
            Err(error) => {
                let rest_ms = match error.retry() {
                    Retry::After(secs) => i64::try_from(secs).unwrap_or(60).saturating_mul(1000),
                    _ => REST_MS,
                };
                let rest_ms = rest_ms.min(LONGEST_REST_MS);
                self.book().rest_until = now.plus_ms(rest_ms);
                tracing::warn!(%error, rest_ms, "Telegram did not tell whether a learner is in REQUIRED_CHANNEL");
                ChannelAnswer::Later(rest_ms)
            }
        }
    }

    /// Title and link for people who are not in it; empty where Telegram does not tell.
    pub(crate) async fn card(&self, now: Timestamp) -> ChannelCard {
        if let ChannelName::Public(name) = &self.name {
            return ChannelCard {
                title: Some(format!("@{name}")),
                invite: Some(format!("https://t.me/{name}")),
            };
        }
        if let Some((card, at)) = &self.book().card
            && *at <= now
            && now.since_ms(*at) < CARD_SERVES_MS
        {
            return card.clone();
        }
        if self.book().rest_until > now {
            return ChannelCard::default();
        }
        match self.in_time(self.telegram.channel_card(&self.name)).await {
            Ok(card) => {
                self.book().card = Some((card.clone(), now));
                card
            }
            Err(error) => {
                tracing::warn!(%error, "Telegram did not tell how REQUIRED_CHANNEL is joined");
                ChannelCard::default()
            }
        }
    }

    async fn in_time<T>(
        &self,
        asking: impl Future<Output = Result<T, TelegramError>>,
    ) -> Result<T, TelegramError> {
        let late = || TelegramError::Transient { what: "no answer in time".into() };
        tokio::time::timeout(self.deadline, asking).await.unwrap_or_else(|_| Err(late()))
    }
}
