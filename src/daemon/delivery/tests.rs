//! Tests of delivery, on a paused clock against a scripted Telegram.

use crate::daemon::testkit::{Bench, CALL_MS, Send, Sent, transient};
use crate::domain::{ChatId, Content, Made, UserId, WorkKind};
use crate::telegram::{Outgoing, SendForm, TelegramError};
use std::sync::atomic::Ordering;

fn unknown() -> Send {
    Send::Fails(TelegramError::Unknown { what: "the connection broke".into() })
}

/// Ms from the end of one send to the start of the next.
fn pauses(sent: &[Sent]) -> Vec<u64> {
    sent.windows(2).map(|pair| pair[1].began_ms - pair[0].ended_ms).collect()
}

#[tokio::test(start_paused = true)]
async fn each_chat_gets_its_answers_in_order_one_at_a_time_and_waits_for_no_other() {
    let bench = Bench::new().await;
    let chats = 11..31;
    for chat in chats.clone() {
        bench.answer(chat, &["one", "two", "three"]).await;
        bench.accept(chat).await;
    }
    let _delivery = bench.deliver();
    let _local = bench.work(WorkKind::Local, 16);
    // The double itself refuses a second concurrent call to a chat.
    assert_eq!(bench.at_rest().await, 0);
    for chat in chats {
        let texts = bench.telegram.texts(chat);
        assert_eq!(
            (&texts[..3], texts.len()),
            (&["one", "two", "three"].map(str::to_owned)[..], 4),
            "{texts:?}"
        );
    }
    assert!(bench.telegram.most_in_flight() > 1, "one after the other");
}

#[tokio::test(start_paused = true)]
async fn a_chat_told_to_wait_waits_to_the_second_and_alone() {
    let bench = Bench::new().await;
    bench.answer(11, &["one", "two"]).await;
    bench.answer(12, &["other"]).await;
    bench.telegram.will_send(11, [Send::Fails(TelegramError::RetryAfter { secs: 600 })]);
    let _delivery = bench.deliver();
    assert_eq!(bench.at_rest().await, 0);
    let sent = bench.telegram.sent_to(11);
    assert_eq!(bench.telegram.texts(11), ["one", "two"]);
    assert!((600_000..600_100).contains(&pauses(&sent)[0]), "{sent:?}");
    assert!(bench.telegram.sent_to(12)[0].ended_ms < 1_000, "the other chat was not held");
}

#[tokio::test(start_paused = true)]
async fn what_surely_failed_is_tried_for_as_long_as_it_takes_with_growing_pauses() {
    let bench = Bench::new().await;
    bench.answer(11, &["one"]).await;
    bench.telegram.will_send(11, vec![Send::Fails(transient()); 20]);
    let _delivery = bench.deliver();
    assert_eq!(bench.at_rest().await, 0);
    let sent = bench.telegram.sent_to(11);
    assert_eq!((sent.len(), bench.telegram.texts(11).len()), (21, 1));
    let pauses = pauses(&sent);
    assert!((1_000..=2_100).contains(&pauses[0]), "{pauses:?}");
    assert!(pauses[8..].iter().all(|pause| (30_000..=60_100).contains(pause)), "{pauses:?}");
}

#[tokio::test(start_paused = true)]
async fn a_send_of_unknown_fate_is_repeated_only_after_telegram_answered_something_else() {
    let bench = Bench::new().await;
    bench.answer(11, &["one"]).await;
    bench.telegram.will_send(11, [unknown()]);
    let _delivery = bench.deliver();
    bench.telegram.sends(1).await;
    bench.telegram.reachable.store(false, Ordering::SeqCst);
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    assert_eq!(
        bench.telegram.sent().len(),
        1,
        "an hour without an answer: it could be lost as the first one was"
    );
    bench.telegram.reachable.store(true, Ordering::SeqCst);
    assert_eq!(bench.at_rest().await, 0);
    assert_eq!(bench.telegram.sent().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn three_repetitions_with_growing_pauses_and_then_a_dead_letter_while_the_rest_goes_out() {
    let bench = Bench::new().await;
    bench.answer(11, &["one", "two"]).await;
    bench.telegram.will_send(11, vec![unknown(); 4]);
    let _delivery = bench.deliver();
    assert_eq!(bench.at_rest().await, 1);
    assert_eq!(bench.telegram.texts(11), ["two"]);
    let pauses = pauses(&bench.telegram.sent_to(11));
    let expected = [1_000, 3_000, 9_000];
    for (pause, expected) in pauses.iter().zip(expected) {
        // A `getMe`, to see whether Telegram answers, may come on top.
        assert!((expected..=expected + 2 * CALL_MS).contains(pause), "{pauses:?}");
    }
    assert_eq!(bench.telegram.sent().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn what_telegram_does_not_take_goes_out_at_once_without_it() {
    for error in [TelegramError::ParseEntities, TelegramError::ThreadGone] {
        let bench = Bench::new().await;
        bench.answer(11, &["one"]).await;
        bench.telegram.will_send(11, [Send::Fails(error.clone())]);
        let _delivery = bench.deliver();
        assert_eq!(bench.at_rest().await, 0);
        let sent = bench.telegram.sent_to(11);
        let other = SendForm::default().after(&error, &sent[0].out).unwrap();
        let forms: Vec<_> = sent.iter().map(|sent| (sent.form, sent.text())).collect();
        assert_eq!(forms, [(SendForm::default(), "one".to_owned()), (other, "one".to_owned())], "{error}");
        // Within the pace of a chat.
        assert!(pauses(&sent)[0] <= 1_100, "{sent:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_for_good_is_a_dead_letter_and_the_rest_goes_out() {
    let bench = Bench::new().await;
    bench.answer(11, &["one", "two"]).await;
    let refused = || Send::Fails(TelegramError::Permanent { code: 400, what: "no".into() });
    bench.telegram.will_send(11, [refused(), refused()]);
    let _delivery = bench.deliver();
    assert_eq!(bench.at_rest().await, 1);
    assert_eq!(bench.telegram.texts(11), ["two"]);
}

#[tokio::test(start_paused = true)]
async fn a_group_that_has_moved_is_followed() {
    let bench = Bench::new().await;
    bench.answer(-5, &["one", "two"]).await;
    bench.telegram.will_send(-5, [Send::Fails(TelegramError::Migrated { to: ChatId(-1_005) })]);
    let _delivery = bench.deliver();
    assert_eq!(bench.at_rest().await, 0);
    assert_eq!(
        (bench.telegram.texts(-5), bench.telegram.texts(-1_005)),
        (vec![], vec!["one".into(), "two".into()])
    );
}

#[tokio::test(start_paused = true)]
async fn who_blocked_the_bot_gets_no_more_of_it_and_is_remembered() {
    let bench = Bench::new().await;
    bench.answer(11, &["one", "two"]).await;
    bench.telegram.will_send(11, [Send::Fails(TelegramError::Blocked { what: "blocked".into() })]);
    let _delivery = bench.deliver();
    assert_eq!(bench.at_rest().await, 0);
    assert_eq!(bench.telegram.sent().len(), 1);
    assert!(bench.daemon.app.store.learner(UserId(11)).await.unwrap().unwrap().blocked);
}

#[tokio::test(start_paused = true)]
async fn an_edit_that_changes_nothing_counts_as_done() {
    let bench = Bench::new().await;
    bench.answer(11, &["one"]).await;
    bench.telegram.will_send(11, [Send::Fails(TelegramError::NotModified)]);
    let _delivery = bench.deliver();
    assert_eq!(bench.at_rest().await, 0);
    let sent = bench.telegram.sent();
    assert!(matches!(sent[..], [Sent { out: Outgoing::Text { .. }, .. }]), "{sent:?}");
}

#[tokio::test(start_paused = true)]
async fn told_to_stop_it_parks_what_waits_for_its_turn() {
    let bench = Bench::new().await;
    bench.answer(11, &["one"]).await;
    // Another message is on its way to the chat.
    let mut stop = bench.stop();
    let urgency = crate::domain::Urgency::First;
    let turn = bench.daemon.sending.turn(Some(ChatId(11)), urgency, &mut stop).await;
    assert!(matches!(turn, crate::daemon::sending::Turn::Now(_)));
    let delivery = bench.deliver();
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    assert_eq!(bench.daemon.app.store.counts().await.unwrap().leased, 1);
    bench.raise_stop();
    delivery.await.unwrap().unwrap();
    assert!(bench.telegram.sent().is_empty());
    let now = bench.daemon.clock.now();
    let again = bench.daemon.app.store.claim(WorkKind::Delivery, now).await.unwrap().row();
    assert_eq!(again.expect("it is for the next start").outbox.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_made_ends_in_a_sentence_and_the_row_goes_on() {
    let bench = Bench::new().await;
    // Of a turn that there never was nothing can be made.
    let made =
        [Made::Intonation { turn: 404 }, Made::Slower { turn: 404 }, Made::CoachingAudio { turn: 404 }];
    bench.answer_with(11, made.map(Content::Made).to_vec()).await;
    let _delivery = bench.deliver();
    assert_eq!(bench.at_rest().await, 0);
    let texts = bench.telegram.texts(11);
    assert_eq!(texts.len(), 3, "{texts:?}");
    assert!(texts.iter().all(|text| !text.is_empty()), "{texts:?}");
}
