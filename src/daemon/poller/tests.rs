//! Tests of polling, on a paused clock against a scripted Telegram.

use crate::daemon::testkit::{Bench, POLL_MS, Poll, raw, transient, update};
use crate::telegram::TelegramError;
use serde_json::json;

/// The pauses before each poll but the first, milliseconds.
async fn pauses(bench: &Bench, polls: usize) -> Vec<u64> {
    let polled = bench.telegram.polls(polls).await;
    polled.windows(2).map(|pair| pair[1].at_ms - pair[0].at_ms).collect()
}

fn failing(errors: impl IntoIterator<Item = TelegramError>) -> Vec<Poll> {
    errors.into_iter().map(Poll::Fails).collect()
}

#[tokio::test(start_paused = true)]
async fn no_offset_is_sent_before_what_it_confirms_would_survive_a_crash() {
    let bench = Bench::new().await;
    let batch = |ids: std::ops::Range<i64>| Poll::Batch(ids.map(|id| update(id, id, "/help")).collect());
    bench.telegram.will_poll([batch(10..13), batch(13..20), batch(20..120)]);
    let _poller = bench.poll();
    let polled = bench.telegram.polls(4).await;
    let offsets: Vec<_> = polled.iter().map(|poll| (poll.offset, poll.kept)).collect();
    assert_eq!(offsets, [(None, 0), (Some(13), 3), (Some(20), 10), (Some(120), 110)]);
}

#[tokio::test(start_paused = true)]
async fn pauses_after_failures_grow_to_a_minute_and_begin_anew_after_a_success() {
    let bench = Bench::new().await;
    bench.telegram.will_poll(failing(vec![transient(); 12]));
    bench.telegram.will_poll([Poll::Batch(vec![update(1, 11, "/help")])]);
    bench.telegram.will_poll(failing([transient()]));
    let _poller = bench.poll();
    let pauses = pauses(&bench, 15).await;
    for (n, pause) in pauses[..12].iter().enumerate() {
        let longest = (2_000_u64 << n.saturating_sub(1)).min(60_000);
        assert!((longest / 2..=longest).contains(pause), "failure {n}: {pause} of {longest}: {pauses:?}");
    }
    let distinct: std::collections::HashSet<_> = pauses[6..12].iter().collect();
    assert!(distinct.len() > 1, "nobody comes back in step with others: {pauses:?}");
    assert_eq!(pauses[12], 0, "after a batch the next poll is at once");
    assert!(pauses[13] <= 2_000, "a success forgives what failed before: {pauses:?}");
}

#[tokio::test(start_paused = true)]
async fn a_second_poller_is_tried_slowly() {
    let bench = Bench::new().await;
    bench.telegram.will_poll(failing(vec![TelegramError::Conflict { webhook: false }; 4]));
    let _poller = bench.poll();
    assert_eq!(pauses(&bench, 5).await, [10_000, 10_000, 30_000, 30_000]);
    assert_eq!(bench.telegram.removed_webhooks(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_webhook_is_removed_and_polling_goes_on() {
    let bench = Bench::new().await;
    bench.telegram.will_poll(failing([TelegramError::Conflict { webhook: true }]));
    let _poller = bench.poll();
    assert_eq!(pauses(&bench, 2).await, [1_000]);
    assert_eq!(bench.telegram.removed_webhooks(), 1);
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_obeyed_to_the_second() {
    let bench = Bench::new().await;
    let waits = [37, 600, 1];
    bench.telegram.will_poll(failing(waits.map(|secs| TelegramError::RetryAfter { secs })));
    let _poller = bench.poll();
    assert_eq!(pauses(&bench, 4).await, waits.map(|secs| secs * 1_000));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_answers_empty_at_once_is_asked_once_a_second() {
    let bench = Bench::new().await;
    bench.telegram.will_poll((0..5).map(|_| Poll::Batch(Vec::new())));
    let _poller = bench.poll();
    // The script's end: held as it should be, so the next one is at once.
    assert_eq!(pauses(&bench, 8).await, [1_000, 1_000, 1_000, 1_000, 1_000, POLL_MS, POLL_MS]);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hands_out_what_was_confirmed_is_asked_once_a_second() {
    let bench = Bench::new().await;
    bench.telegram.will_poll((0..4).map(|_| Poll::Batch(vec![update(5, 11, "/help")])));
    let _poller = bench.poll();
    assert_eq!(pauses(&bench, 5).await, [0, 1_000, 1_000, 1_000]);
    assert_eq!(bench.daemon.app.store.counts().await.unwrap().inbox, 1, "taken once");
}

#[tokio::test(start_paused = true)]
async fn one_update_that_does_not_decode_costs_the_others_nothing() {
    let bench = Bench::new().await;
    let bad = [json!(null), json!({ "update_id": 2, "message": { "date": "never" } }), json!([1])];
    let bad = bad.into_iter().zip(2..).map(|(value, id)| raw(id, value));
    let batch = [update(1, 11, "/help")].into_iter().chain(bad).chain([update(9, 12, "/help")]);
    bench.telegram.will_poll([Poll::Batch(batch.collect())]);
    let _poller = bench.poll();
    let polled = bench.telegram.polls(2).await;
    assert_eq!((polled[1].offset, polled[1].kept), (Some(10), 2));
}

#[tokio::test(start_paused = true)]
async fn told_to_stop_it_ends_in_the_midst_of_a_poll_and_of_a_pause() {
    for script in [Poll::Hangs, Poll::Fails(TelegramError::RetryAfter { secs: 600 })] {
        let bench = Bench::new().await;
        bench.telegram.will_poll([script]);
        let poller = bench.poll();
        bench.telegram.polls(1).await;
        bench.raise_stop();
        poller.await.unwrap().unwrap();
        assert_eq!(bench.telegram.now_ms(), 0, "at once");
    }
}
