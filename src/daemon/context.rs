//! What the daemon's loops share: the parts, Telegram as they see it, the clock, and what is under way.
//!
//! Must not know what a loop does with it.

use super::chat_actions::ChatActions;
use super::clock::Clock;
use super::health::Knocked;
use super::last_minute::LastMinute;
use super::prefetch::PrefetchedAudio;
use super::preview::Edited;
use super::progress::Progress;
use super::quarantine::Quarantine;
use super::role::Ownership;
use super::sending::Sending;
use super::stats_keeper::StatsKeeper;
use super::turn_span::TurnSpans;
use super::unconfirmed::Unconfirmed;
use super::watchdog::{self, Busy, Greeting};
use crate::app::App;
use crate::domain::Timestamp;
use crate::domain::stats::Count;
use crate::store::StoreError;
use crate::telegram::Edge;
use crate::telemetry::Telemetry;
use std::sync::Arc;
use tokio::sync::{Notify, Semaphore};

/// Rows in delivery at once: as many as one second of sending may take, so that the sending plan always has a
/// choice, within what memory allows.
const DELIVERIES_AT_ONCE: std::ops::RangeInclusive<usize> = 48..=512;

pub struct DaemonContext {
    pub app: Arc<App>,
    /// Telegram, as the loops see it.
    pub telegram: Arc<dyn Edge>,
    pub clock: Clock,
    pub telemetry: Arc<Telemetry>,
    pub(super) chat_actions: ChatActions,
    /// What learners who wait long are told.
    pub(super) progress: Progress,
    /// Where a growing answer was shown a moment ago.
    pub(super) edited: Edited,
    /// Who may send now.
    pub(super) sending: Arc<Sending>,
    /// Messages that may or may not have arrived.
    pub(super) unconfirmed: Unconfirmed,
    /// Wakes the housekeeping.
    pub(super) purge: Notify,
    /// Which rows may have crashed earlier daemons, and which are in work now.
    pub(super) quarantine: Quarantine,
    /// What is being worked on.
    pub(super) busy: Busy,
    /// Attempts to reach Telegram at the start.
    pub(super) greeting: Greeting,
    /// Turns that are not finished, to be measured.
    pub(super) turn_spans: TurnSpans,
    /// One permit: pictures are drawn one at a time.
    pub(super) drawing: Semaphore,
    /// Spoken answers fetched in advance.
    pub(super) spoken: PrefetchedAudio,
    /// Counts since the start and of today.
    pub(super) stats_keeper: StatsKeeper,
    /// Counts of the last minute.
    pub(super) minute: LastMinute,
    /// When the tutor was last called because somebody asked for the health.
    pub(super) knocked: Knocked,
    /// When this began: the daemon's start, or its take-over of a shared store.
    pub(super) began: Timestamp,
    /// Of a shared store.
    pub(super) ownership: Option<Ownership>,
}

impl DaemonContext {
    /// The clock starts with it.
    pub(super) async fn open(app: Arc<App>, telegram: Arc<dyn Edge>) -> Result<Arc<Self>, StoreError> {
        Self::begin(app, telegram, None).await
    }

    /// On a shared store that was taken over.
    pub(super) async fn open_shared(app: Arc<App>, ownership: Ownership) -> Result<Arc<Self>, StoreError> {
        let telegram = app.telegram.clone();
        Self::begin(app, telegram, Some(ownership)).await
    }

    async fn begin(
        app: Arc<App>,
        telegram: Arc<dyn Edge>,
        ownership: Option<Ownership>,
    ) -> Result<Arc<Self>, StoreError> {
        let clock = Clock::start();
        let began = clock.now();
        let rate = usize::try_from(app.config.telegram_messages_per_second).unwrap_or(1);
        let root = app.config.session_storage_path.clone();
        let quarantine = Quarantine::open(root, &app.store, began).await?;
        // What this machine's notes say of the daemon before says nothing about another machine's.
        let quiet_ms = ownership.as_ref().map_or(quarantine.quiet_ms(), |it| it.quiet_ms);
        let sending = Sending::new(rate, quiet_ms);
        Ok(Arc::new(Self {
            telegram,
            clock,
            telemetry: app.telemetry.clone(),
            chat_actions: ChatActions::new(sending.signs_per_second()),
            progress: Progress::default(),
            edited: Edited::default(),
            sending,
            unconfirmed: Unconfirmed::default(),
            purge: Notify::new(),
            quarantine,
            busy: Busy::default(),
            greeting: Greeting::default(),
            turn_spans: TurnSpans::default(),
            drawing: Semaphore::new(1),
            spoken: PrefetchedAudio::default(),
            stats_keeper: StatsKeeper::open(&app.store, app.telemetry.tally(), began).await,
            minute: LastMinute::default(),
            knocked: Knocked::default(),
            began,
            ownership,
            app,
        }))
    }

    /// Nothing of this row is on its way any more.
    pub(super) fn row_ended(&self, seq: u64) {
        self.chat_actions.end(seq);
        self.spoken.forget(seq);
        self.unconfirmed.end(seq);
        self.turn_spans.ended(seq);
    }

    /// A message was given up: counts it, and lets the admins know.
    pub(super) fn dead_letter(&self) {
        self.telemetry.count(Count::DeadLetters);
        self.app.news.notify_one();
    }

    pub(super) fn deliveries_at_once(&self) -> usize {
        let rate = usize::try_from(self.app.config.telegram_messages_per_second).unwrap_or(usize::MAX);
        rate.clamp(*DELIVERIES_AT_ONCE.start(), *DELIVERIES_AT_ONCE.end())
    }

    /// When the process began.
    pub(super) fn process_began(&self) -> Timestamp {
        self.ownership.as_ref().map_or(self.began, |it| it.process_began)
    }

    /// Whether the store was taken over from another daemon less than so long ago, ms.
    pub(super) fn took_over_within(&self, ms: i64) -> bool {
        self.ownership.is_some() && self.clock.now().since_ms(self.began) < ms
    }

    /// What liveness is judged by, as of now.
    pub(super) fn signs(&self, started: Timestamp) -> watchdog::Signs {
        watchdog::Signs {
            now: self.clock.now(),
            started,
            last_poll: self.telemetry.polling.last_sign(),
            longest_work: self.busy.longest(),
        }
    }

    pub(super) fn bounds(&self) -> watchdog::Bounds {
        let config = &self.app.config;
        watchdog::Bounds {
            poll_timeout: config.bot_polling_timeout,
            poll_pause: config.bot_polling_interval,
            // One text may be asked four times in a row: its model and one that stands in, each with less context as well.
            tutor_timeout: self.app.tutor.longest_turn().max(config.ai.timeout * 2),
        }
    }
}
