//! Gathers the signs that [`domain::health`](crate::domain::health) judges.

use super::{Crew, watchdog};
use crate::domain::health::{Health, Signs, judge};
use crate::domain::{Timestamp, WorkKind};
use crate::store::Counts;
use crate::tutor::Reach;
use crate::vitals::polling::Trouble;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

/// A store that does not answer within this fails the check. An export of a large store takes some seconds.
const STORE_ANSWERS: Duration = Duration::from_secs(8);
/// A tutor that was out of reach is knocked at when somebody asks, at most so often, milliseconds: nobody else may have
/// called since it came back.
const KNOCK_EVERY_MS: i64 = 30_000;

/// What there is to remember between two questions.
#[derive(Debug, Default)]
pub struct Knocked(AtomicI64);

/// The numbers of the moment, when the store tells them in time.
pub async fn counts(crew: &Crew) -> Option<Counts> {
    let counts = tokio::time::timeout(STORE_ANSWERS, crew.app.store.counts()).await;
    counts.ok().and_then(Result::ok)
}

/// How the daemon is.
pub async fn health(crew: &Crew) -> Health {
    let counts = counts(crew).await;
    knock(crew);
    of(crew, counts)
}

/// How the daemon is, given what the store told.
pub fn of(crew: &Crew, counts: Option<Counts>) -> Health {
    let now = crew.clock.now();
    let signs = crew.signs(crew.began);
    let since = |at: Timestamp| u64::try_from(now.since_ms(at) / 1000).unwrap_or(0);
    let (tutor_reachable, tutor_unreachable_seconds, tutor_failing_seconds) = match crew.app.tutor.reachable()
    {
        Reach::Unknown => (None, 0, None),
        Reach::Yes { .. } => (Some(true), 0, None),
        Reach::Failing { since: at, .. } => (Some(true), 0, Some(since(at))),
        Reach::No { since: at, .. } => (Some(false), since(at), None),
    };
    let (polling_refused, polling_wait_ms) = match crew.vitals.polling.trouble() {
        Some(Trouble::Refused(why)) => (Some(why), 0),
        Some(Trouble::Wait(until)) => (None, u64::try_from(until.since_ms(now)).unwrap_or(0)),
        None => (None, 0),
    };
    let busy = crew.busy.count([WorkKind::Tutor, WorkKind::Local, WorkKind::Delivery]);
    let (all_held_ms, longest_hold_ms) = crew.sending.holds_ms();
    let signs = Signs {
        uptime_seconds: since(crew.began),
        enabled: crew.app.config.telegram_bot_enabled,
        seconds_since_poll: crew.vitals.last_poll().map(since),
        polling_refused,
        polling_wait_seconds: polling_wait_ms.div_ceil(1000),
        sending_wait_seconds: all_held_ms.div_ceil(1000),
        chat_wait_seconds: longest_hold_ms.div_ceil(1000),
        polling_problem: watchdog::judge_polling(signs, crew.bounds()).err(),
        work_problem: watchdog::judge_work(signs, crew.bounds()).err(),
        busy: busy.into_iter().sum::<usize>() as u64,
        store: counts.map(|counts| (counts.inbox as u64, counts.dead as u64)),
        restored_at: crew.vitals.restored_at().map(Timestamp::secs),
        tutor_reachable,
        tutor_unreachable_seconds,
        tutor_failing_seconds,
    };
    judge(signs, env!("CARGO_PKG_VERSION"))
}

/// Tells the log at the start how the tutor is: nobody else calls it before the first voice.
pub async fn announce_tutor(crew: Arc<Crew>) {
    let asked = Instant::now();
    match crew.app.tutor.root().await {
        Ok(_) => {
            let took_ms = u64::try_from(asked.elapsed().as_millis()).unwrap_or(u64::MAX);
            tracing::info!(took_ms, "the tutor answers");
        }
        Err(error) => tracing::warn!(%error, "the tutor does not answer yet: voices wait until it does"),
    }
}

/// Knocks at a tutor that was out of reach when last called; the next answer here knows what came of it.
pub fn knock(crew: &Crew) {
    let now = crew.clock.now();
    let last = Timestamp(crew.knocked.0.load(Ordering::Relaxed));
    let away = matches!(crew.app.tutor.reachable(), Reach::No { .. });
    if !away || now.since_ms(last) < KNOCK_EVERY_MS {
        return;
    }
    crew.knocked.0.store(now.0, Ordering::Relaxed);
    let tutor = crew.app.tutor.clone();
    tokio::spawn(async move {
        // What it found is kept by the tutor's client.
        let _ = tutor.root().await;
    });
}
