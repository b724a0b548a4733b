//! Tests of the reminders, on a paused clock against a scripted Telegram.

use super::run;
use crate::daemon::testkit::{Bench, Poll, transient};
use crate::domain::{CardChange, Change, Outcome, Timestamp, UserId, WorkKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

/// A daemon that sends reminders, and a wall clock that can be put back or forward.
struct Reminding {
    bench: Bench,
    put_by_ms: Arc<AtomicI64>,
}

impl Reminding {
    async fn new() -> Self {
        Self { bench: Bench::new().await, put_by_ms: Arc::default() }
    }

    fn start(&self) {
        drop((self.bench.poll(), self.bench.deliver()));
        let (daemon, put, stop) = (self.bench.daemon.clone(), self.put_by_ms.clone(), self.bench.stop());
        tokio::spawn(async move {
            let clock = daemon.clock;
            run(&daemon, move || clock.now().plus_ms(put.load(Ordering::SeqCst)), stop).await
        });
    }

    fn wall(&self) -> Timestamp {
        self.bench.daemon.clock.now().plus_ms(self.put_by_ms.load(Ordering::SeqCst))
    }

    fn put_clock(&self, hours: i64) {
        self.put_by_ms.fetch_add(hours * 3_600_000, Ordering::SeqCst);
    }

    async fn commit(&self, user: i64, changes: Vec<Change>, cards: Vec<CardChange>) {
        self.bench.accept(user).await;
        let store = &self.bench.daemon.app.store;
        let claim = store.claim(WorkKind::Local, self.wall()).await.unwrap().row().unwrap();
        store
            .commit(claim.lease, Outcome { changes, cards, ..Outcome::default() }, self.wall())
            .await
            .unwrap();
    }

    /// Reminded daily from some minutes from now on.
    async fn remind(&self, user: i64, minutes: i64) {
        let at = (self.wall().0 / 60_000 + minutes).rem_euclid(1_440);
        self.commit(user, vec![Change::Reminder(Some(u16::try_from(at).unwrap()))], Vec::new()).await;
    }

    fn sent(&self, user: i64) -> usize {
        self.bench.telegram.texts(user).len()
    }
}

async fn hours(hours: u64) {
    tokio::time::sleep(Duration::from_secs(hours * HOUR)).await;
}

#[tokio::test(start_paused = true)]
async fn one_comes_each_day_however_the_clock_is_put() {
    let reminding = Reminding::new().await;
    reminding.remind(11, 5).await;
    reminding.remind(12, 600).await;
    reminding.start();
    let due =
        reminding.bench.daemon.app.store.learner(UserId(11)).await.unwrap().unwrap().reminder.unwrap().due;
    hours(1).await;
    assert_eq!((reminding.sent(11), reminding.sent(12)), (1, 0));
    let sent = &reminding.bench.telegram.sent_to(11)[0];
    let wanted = u64::try_from(due.unwrap().0 - reminding.bench.daemon.began.0).unwrap();
    assert!(sent.began_ms.abs_diff(wanted) < 1_000, "{} instead of {wanted}", sent.began_ms);
    reminding.put_clock(-1);
    hours(3).await;
    assert_eq!(reminding.sent(11), 1, "the same hour of the same date once more");
    reminding.put_clock(1);
    hours(24).await;
    assert_eq!((reminding.sent(11), reminding.sent(12)), (2, 1));
    // Years ahead and back: nobody is left without.
    reminding.put_clock(24 * 1_000);
    hours(1).await;
    reminding.put_clock(-24 * 1_000);
    let before = (reminding.sent(11), reminding.sent(12));
    hours(48).await;
    assert!(reminding.sent(11) > before.0 && reminding.sent(12) > before.1);
    assert!(reminding.sent(11) <= before.0 + 2 && reminding.sent(12) <= before.1 + 2);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_set_while_it_waits_comes_in_time() {
    let reminding = Reminding::new().await;
    reminding.start();
    hours(7).await;
    reminding.remind(11, 2).await;
    tokio::time::sleep(Duration::from_secs(150)).await;
    assert_eq!(reminding.sent(11), 1);
}

#[tokio::test(start_paused = true)]
async fn who_has_met_the_goal_or_blocked_the_bot_hears_nothing_and_others_do() {
    let reminding = Reminding::new().await;
    for user in [11, 12, 13] {
        reminding.remind(user, 10).await;
    }
    reminding.commit(11, vec![Change::DailyGoal(1)], vec![CardChange::Drilled(60_000)]).await;
    reminding.commit(12, vec![Change::Blocked(true)], Vec::new()).await;
    reminding.start();
    hours(1).await;
    assert_eq!([11, 12, 13].map(|user| reminding.sent(user)), [0, 0, 1]);
    hours(DAY / HOUR).await;
    assert_eq!([11, 12, 13].map(|user| reminding.sent(user)), [1, 0, 2], "the goal is met for a day");
}

#[tokio::test(start_paused = true)]
async fn while_telegram_is_away_one_waits_and_is_left_out_after_two_hours() {
    for (away_hours, sent) in [(1, 1), (4, 0)] {
        let reminding = Reminding::new().await;
        reminding.remind(11, 30).await;
        let polls = (0..away_hours * 60 * 20).map(|_| Poll::Fails(transient()));
        reminding.bench.telegram.will_poll(polls);
        reminding.start();
        hours(away_hours).await;
        assert_eq!(reminding.sent(11), 0);
        reminding.bench.telegram.will_poll_well();
        hours(3).await;
        assert_eq!(reminding.sent(11), sent, "away for {away_hours} h");
    }
}
