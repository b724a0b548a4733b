//! What the service manager is told: ready, status, stopping, and the watchdog ping, which has to be earned.
//!
//! Alone knows sd-notify. The ping does not merely say that the process runs: a poll must have completed
//! lately, no worker may be stuck, and the store must answer. Without a service manager nothing is sent. Must
//! not know what is worked on.

use super::DaemonContext;
use super::role::{Role, Roles};
use super::shutdown::Stop;
use crate::domain::{Timestamp, WorkKind};
use crate::logging::Event;
use sd_notify::NotifyState;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Longest pause between two polls, see `poller`.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// What a poll may take beyond its own timeout, see `telegram`.
const POLL_MARGIN: Duration = Duration::from_secs(10);
/// What a message may take beside its calls of the tutor: downloading, decoding, waiting to be sent.
const WORK_MARGIN: Duration = Duration::from_secs(15 * 60);
/// A store that does not answer within this is stuck.
const STORE_ANSWERS: Duration = Duration::from_secs(20);

pub fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

pub fn status(status: &str) {
    tell(&[NotifyState::Status(status)]);
}

pub fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("stopping")]);
}

fn tell(states: &[NotifyState<'_>]) {
    // There is no service manager, or it does not listen.
    let _ = sd_notify::notify(states);
}

/// What liveness is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Signs {
    pub now: Timestamp,
    /// When the daemon began to poll.
    pub started: Timestamp,
    /// Latest moment at which polling was certainly alive: a poll was answered (or skipped because the inbox
    /// is full), or a pause that Telegram asked for ended.
    pub last_poll: Option<Timestamp>,
    /// Age of the oldest work in progress.
    pub longest_work: Duration,
}

/// What still counts as alive.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// `BOT_POLLING_TIMEOUT`.
    pub poll_timeout: Duration,
    /// `BOT_POLLING_INTERVAL`.
    pub poll_pause: Duration,
    /// The longest turn of the tutor, or two answers of a chat model.
    pub tutor_timeout: Duration,
}

impl Bounds {
    /// How long no poll may complete. Two may fail, with a pause between them, without a problem.
    pub fn longest_silence(self) -> Duration {
        (self.poll_timeout + POLL_MARGIN) * 2 + LONGEST_PAUSE + self.poll_pause
    }
}

/// The error says what is stuck.
pub fn judge(signs: Signs, bounds: Bounds) -> Result<(), &'static str> {
    judge_polling(signs, bounds)?;
    judge_work(signs, bounds)
}

/// The error says why polling is stale.
pub fn judge_polling(signs: Signs, bounds: Bounds) -> Result<(), &'static str> {
    let silence = signs.now.since_ms(signs.last_poll.unwrap_or(signs.started));
    if silence > crate::app::millis(bounds.longest_silence()) {
        return Err("no poll has completed for too long");
    }
    Ok(())
}

/// The error says why work is stuck.
pub fn judge_work(signs: Signs, bounds: Bounds) -> Result<(), &'static str> {
    if signs.longest_work > bounds.tutor_timeout * 2 + WORK_MARGIN {
        return Err("a worker is stuck");
    }
    Ok(())
}

/// Pings as often as the service manager asks, while it is earned.
pub async fn run(roles: Roles, mut stop: Stop) {
    let Some(period) = sd_notify::watchdog_enabled() else { return };
    let mut silent = false;
    loop {
        let role = roles.borrow().clone();
        let alive = match role {
            Role::Owner(daemon) => alive(&daemon).await,
            Role::Standby(standby) => standby.alive(),
        };
        match alive {
            Ok(()) => tell(&[NotifyState::Watchdog]),
            Err(why) if !silent => {
                tracing::error!(
                    event = %Event::WatchdogSilent,
                    why,
                    "no sign of life to the watchdog: it will restart the daemon"
                )
            }
            Err(_) => {}
        }
        silent = alive.is_err();
        if !stop.sleep(period / 4).await {
            return;
        }
    }
}

/// Whether the sign of life is earned.
async fn alive(daemon: &DaemonContext) -> Result<(), &'static str> {
    let mut signs = daemon.signs(daemon.began);
    // Before the first poll, trying to reach Telegram counts as alive.
    signs.last_poll = signs.last_poll.max(daemon.greeting.last());
    judge(signs, daemon.bounds())?;
    // A restart mends no database that is gone; whoever loses it steps down.
    if daemon.ownership.is_some() {
        return Ok(());
    }
    store_answers(daemon).await
}

async fn store_answers(daemon: &DaemonContext) -> Result<(), &'static str> {
    match tokio::time::timeout(STORE_ANSWERS, daemon.app.store.counts()).await {
        Ok(Ok(_)) => Ok(()),
        _ => Err("the store does not answer"),
    }
}

/// Attempts to reach Telegram at the start: they show life, but are no polls, so that /health keeps reporting
/// the problem.
#[derive(Debug, Default)]
pub struct Greeting(AtomicI64);

impl Greeting {
    /// An attempt begins or has ended, or is postponed until then.
    pub fn tried(&self, at: Timestamp) {
        self.0.store(at.0, Ordering::Relaxed);
    }

    /// `None` before the first.
    fn last(&self) -> Option<Timestamp> {
        Some(self.0.load(Ordering::Relaxed)).filter(|at| *at > 0).map(Timestamp)
    }
}

/// With the bot disabled there is nothing to earn: alive while the process runs.
pub async fn idle() {
    ready("idle: TELEGRAM_BOT_ENABLED is false");
    let Some(period) = sd_notify::watchdog_enabled() else { return std::future::pending().await };
    loop {
        tell(&[NotifyState::Watchdog]);
        tokio::time::sleep(period / 4).await;
    }
}

/// What is being worked on, to find what is stuck.
#[derive(Debug, Default)]
pub struct Busy(Mutex<BTreeMap<(Instant, u64), WorkKind>>);

/// One piece of work; it ends when this is dropped.
pub struct Working<'a>(&'a Busy, (Instant, u64));

impl Busy {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<(Instant, u64), WorkKind>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn begin(&self, kind: WorkKind, seq: u64) -> Working<'_> {
        let key = (Instant::now(), seq);
        self.lock().insert(key, kind);
        Working(self, key)
    }

    /// Age of the oldest piece of work.
    pub fn longest(&self) -> Duration {
        self.lock().first_key_value().map_or(Duration::ZERO, |((since, _), _)| since.elapsed())
    }

    /// Number of pieces of work of each kind.
    pub fn count<const N: usize>(&self, kinds: [WorkKind; N]) -> [usize; N] {
        let busy = self.lock();
        kinds.map(|kind| busy.values().filter(|of| **of == kind).count())
    }
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.lock().remove(&self.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::testkit::{Bench, Poll, transient};
    use crate::telegram::TelegramError;

    /// Whether the sign of life is earned, each quarter of a minute for so long.
    async fn watched(bench: &Bench, minutes: u64) -> Vec<bool> {
        let mut earned = Vec::new();
        for _ in 0..minutes * 4 {
            tokio::time::sleep(Duration::from_secs(15)).await;
            earned.push(alive(&bench.daemon).await.is_ok());
        }
        earned
    }

    #[tokio::test(start_paused = true)]
    async fn a_sign_of_life_is_earned_by_completed_polls_and_not_by_hanging_ones() {
        let bench = Bench::new().await;
        let _poller = bench.poll();
        assert!(watched(&bench, 10).await.iter().all(|earned| *earned), "an idle daemon is alive");
        bench.telegram.will_poll([Poll::Hangs]);
        let earned = watched(&bench, 10).await;
        let dead =
            earned.iter().position(|earned| !earned).expect("a poll hangs for ever, and nobody noticed");
        let silence = bench.daemon.bounds().longest_silence().as_secs() / 15;
        assert!((silence..=silence + 3).contains(&(dead as u64)), "noticed at {dead}: {earned:?}");
        assert!(earned[dead..].iter().all(|earned| !earned), "it does not come back by itself");
    }

    #[tokio::test(start_paused = true)]
    async fn failing_polls_earn_nothing_and_an_ordered_wait_is_no_silence() {
        let bench = Bench::new().await;
        let _poller = bench.poll();
        bench.telegram.will_poll([Poll::Fails(TelegramError::RetryAfter { secs: 600 })]);
        assert!(watched(&bench, 10).await.iter().all(|earned| *earned), "Telegram asked for ten minutes");
        bench.telegram.will_poll((0..100).map(|_| Poll::Fails(transient())));
        assert!(!watched(&bench, 10).await[39], "ten minutes without an answer");
    }

    #[test]
    fn alive_means_polls_complete_and_work_ends() {
        let bounds = Bounds {
            poll_timeout: Duration::from_secs(30),
            poll_pause: Duration::ZERO,
            tutor_timeout: Duration::from_secs(60),
        };
        let at = |secs: i64| Timestamp::from_secs(10_000 + secs);
        for (name, now, last_poll, work_secs, alive) in [
            ("just started", 0, None, 0, true),
            ("starting for too long", 200, None, 0, false),
            ("polled lately", 500, Some(400), 0, true),
            ("a hung poll, cut off twice", 500, Some(300), 0, false),
            ("told to wait", 900, Some(1_000), 0, true),
            ("a slow turn", 500, Some(499), 500, true),
            ("a stuck worker", 5_000, Some(4_999), 2_000, false),
        ] {
            let signs = Signs {
                now: at(now),
                started: at(0),
                last_poll: last_poll.map(at),
                longest_work: Duration::from_secs(work_secs),
            };
            assert_eq!(judge(signs, bounds).is_ok(), alive, "{name}");
            let slow = Bounds { poll_pause: Duration::from_secs(600), ..bounds };
            assert!(
                judge_polling(signs, slow).is_ok(),
                "{name}: that much is meant to lie between two polls"
            );
        }
    }

    #[test]
    fn work_is_noted_while_it_lasts() {
        let busy = Busy::default();
        {
            let _first = busy.begin(WorkKind::Tutor, 1);
            let _second = busy.begin(WorkKind::Local, 2);
            assert_eq!(busy.count([WorkKind::Tutor, WorkKind::Local, WorkKind::Delivery]), [1, 1, 0]);
        }
        assert_eq!(busy.longest(), Duration::ZERO);
    }
}
