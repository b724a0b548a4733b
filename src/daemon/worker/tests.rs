//! Tests of the dispatcher, on a paused clock against a scripted Telegram.

use crate::daemon::testkit::{Bench, Send};
use crate::domain::WorkKind;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn no_wake_up_is_lost_however_the_rows_come() {
    let bench = Bench::new().await;
    let _local = bench.work(WorkKind::Local, 4);
    let _delivery = bench.deliver();
    // One at a time into an idle dispatcher, then many at once.
    for chat in 11..31 {
        bench.accept(chat).await;
        assert_eq!(bench.at_rest().await, 0);
    }
    for chat in 100..200 {
        bench.accept(chat).await;
    }
    assert_eq!(bench.at_rest().await, 0);
    let sent = bench.telegram.sent();
    assert_eq!(sent.len(), 120);
    // Nothing but a wake-up brings a dispatcher to look: no clock does it later. So nobody waited for anything but pacing.
    assert!(bench.telegram.now_ms() < 20_000, "{}", bench.telegram.now_ms());
}

#[tokio::test(start_paused = true)]
async fn rows_of_one_lane_are_worked_on_one_after_the_other_and_other_chats_go_on() {
    let bench = Bench::new().await;
    bench.telegram.will_send(11, [Send::Hangs]);
    let _local = bench.work(WorkKind::Local, 4);
    let _delivery = bench.deliver();
    bench.accept(11).await;
    bench.telegram.begun(11).await;
    bench.accept(11).await;
    bench.accept(12).await;
    bench.telegram.sends(1).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(bench.telegram.texts(12).len(), 1);
    assert!(bench.telegram.sent_to(11).is_empty(), "the first one still hangs");
    let counts = bench.daemon.app.store.counts().await.unwrap();
    assert_eq!((counts.inbox, counts.leased), (2, 1), "one lease for the lane");
}

#[tokio::test(start_paused = true)]
async fn a_fault_costs_its_message_an_attempt_and_the_daemon_nothing() {
    let bench = Bench::new().await;
    bench.telegram.will_send(11, [Send::Panics, Send::Panics]);
    let _local = bench.work(WorkKind::Local, 4);
    let delivery = bench.deliver();
    bench.accept(11).await;
    bench.accept(12).await;
    assert_eq!(bench.at_rest().await, 0);
    assert_eq!((bench.telegram.texts(11).len(), bench.telegram.texts(12).len()), (1, 1));
    assert!(!delivery.is_finished());
}

#[tokio::test(start_paused = true)]
async fn a_message_that_brings_its_handler_down_again_and_again_is_given_up_with_its_notice_and_no_more() {
    let bench = Bench::new().await;
    bench.telegram.will_send(11, vec![Send::Panics; 50]);
    let _local = bench.work(WorkKind::Local, 4);
    let _delivery = bench.deliver();
    bench.accept(11).await;
    bench.accept(12).await;
    tokio::time::sleep(Duration::from_secs(3600)).await;
    let counts = bench.daemon.app.store.counts().await.unwrap();
    // The answer and the notice in its place; a notice of the notice, and so on, would have no end.
    assert_eq!((counts.dead, counts.inbox), (2, 0), "{counts:?}");
    assert_eq!(bench.telegram.texts(12).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn told_to_stop_it_claims_nothing_more_and_finishes_what_it_has() {
    let bench = Bench::new().await;
    for chat in 11..16 {
        bench.accept(chat).await;
    }
    let local = bench.work(WorkKind::Local, 1);
    let delivery = bench.deliver();
    bench.telegram.begun(11).await;
    bench.raise_stop();
    local.await.unwrap().unwrap();
    delivery.await.unwrap().unwrap();
    assert_eq!(bench.telegram.sent_to(11).len(), 1, "what was on its way is struck off");
    let counts = bench.daemon.app.store.counts().await.unwrap();
    assert_eq!((counts.leased, counts.inbox), (0, 5 - bench.telegram.sent().len()));
}
