//! Tests of the gate on a paused clock; the plan's own stand beside it.

use super::{Pass, Sending, Turn};
use crate::daemon::shutdown;
use crate::domain::{ChatId, Urgency};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const CALL: Duration = Duration::from_millis(150);

struct Gate {
    sending: Arc<Sending>,
    stop: shutdown::Stop,
    signal: shutdown::StopSignal,
    began: Instant,
    /// When calls began, milliseconds, with their chats; kept while a call runs, with its end once it is over.
    calls: Arc<Mutex<Vec<(u64, i64, Urgency)>>>,
}

impl Gate {
    fn new(per_second: usize) -> Self {
        let sending = Sending::new(per_second, None);
        let (signal, stop) = shutdown::channel();
        let (running, stopping) = (sending.clone(), stop.clone());
        tokio::spawn(async move { running.run(stopping).await });
        Self { sending, stop, signal, began: Instant::now(), calls: Arc::default() }
    }

    /// A message that asks now and takes as long as calls take.
    fn send(&self, chat: i64, urgency: Urgency) -> tokio::task::JoinHandle<()> {
        let (sending, calls, began) = (self.sending.clone(), self.calls.clone(), self.began);
        let mut stop = self.stop.clone();
        tokio::spawn(async move {
            loop {
                match sending.turn(Some(ChatId(chat)), urgency, &mut stop).await {
                    Turn::Now(pass) => {
                        let at = u64::try_from(began.elapsed().as_millis()).unwrap();
                        calls.lock().unwrap().push((at, chat, urgency));
                        sleep(CALL).await;
                        pass.ended();
                        return;
                    }
                    Turn::Later(ms) => sleep(Duration::from_millis(ms.unsigned_abs())).await,
                    Turn::Never => return,
                }
            }
        })
    }

    async fn pass(&self, chat: i64) -> Pass {
        let turn = self.sending.turn(Some(ChatId(chat)), Urgency::First, &mut self.stop.clone()).await;
        let Turn::Now(pass) = turn else { panic!("the chat is free") };
        pass
    }
}

#[tokio::test(start_paused = true)]
async fn the_limit_is_kept_over_any_second_and_used_and_chats_are_served_one_call_at_a_time() {
    let gate = Gate::new(30);
    let asking: Vec<_> = (0..300).map(|n| gate.send(n % 100, Urgency::First)).collect();
    for asked in asking {
        asked.await.unwrap();
    }
    let calls = gate.calls.lock().unwrap().clone();
    assert_eq!(calls.len(), 300);
    for (n, (at, ..)) in calls.iter().enumerate() {
        // Whenever within their calls messages arrive: one that starts a second after another ended is another second's.
        let within = calls[n..].iter().take_while(|later| later.0 < at + 1_000 + CALL.as_millis() as u64);
        assert!(within.count() <= 30, "from {at}: {calls:?}");
    }
    for chat in 0..100 {
        let starts: Vec<u64> = calls.iter().filter(|call| call.1 == chat).map(|call| call.0).collect();
        let apart = starts.windows(2).all(|pair| pair[1] >= pair[0] + CALL.as_millis() as u64);
        assert!(apart, "two calls of chat {chat} at once: {starts:?}");
    }
    let took = calls.last().unwrap().0;
    assert!(took < 13_000, "300 messages at 30 a second and {CALL:?} a call took {took} ms");
}

#[tokio::test(start_paused = true)]
async fn who_has_nothing_yet_goes_before_the_rest_of_an_answer_and_that_before_the_bots_own_words() {
    let gate = Gate::new(10);
    // A second's worth is on its way: from here on whoever is most urgent is next.
    let mut asking: Vec<_> = (0..9).map(|chat| gate.send(chat, Urgency::First)).collect();
    sleep(Duration::from_millis(1)).await;
    for (n, urgency) in [Urgency::Own, Urgency::Rest, Urgency::First].into_iter().enumerate() {
        asking.extend((0..5).map(|k| gate.send(100 + 10 * n as i64 + k, urgency)));
    }
    for asked in asking {
        asked.await.unwrap();
    }
    let order: Vec<_> = gate.calls.lock().unwrap()[9..].iter().map(|call| call.2).collect();
    assert!(order.is_sorted() && order.len() == 15, "{order:?}");
}

#[tokio::test(start_paused = true)]
async fn who_would_wait_long_for_its_chat_gives_up_its_place_and_all_give_way_to_a_stop() {
    let gate = Gate::new(30);
    let pass = gate.pass(11).await;
    let (sending, mut stop) = (gate.sending.clone(), gate.stop.clone());
    let waiting =
        tokio::spawn(async move { sending.turn(Some(ChatId(11)), Urgency::First, &mut stop).await });
    sleep(Duration::from_millis(1)).await;
    gate.sending.refused(Some(ChatId(11)), 40);
    let told = tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("it is not told");
    let Turn::Later(ms) = told.unwrap() else { panic!("it keeps its place") };
    assert!((39_900..=40_100).contains(&ms), "{ms}");
    assert!(gate.began.elapsed() < Duration::from_secs(1), "told at once");
    drop(pass);
    let _held = gate.pass(12).await;
    let stuck = gate.send(12, Urgency::First);
    sleep(Duration::from_secs(3600)).await;
    assert!(!stuck.is_finished(), "the chat is taken for as long as the pass is held");
    gate.signal.raise();
    stuck.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn whoever_goes_away_while_waiting_leaves_no_trace() {
    let gate = Gate::new(30);
    for _ in 0..100 {
        let pass = gate.pass(11).await;
        let waiting = gate.send(11, Urgency::First);
        sleep(Duration::from_millis(1)).await;
        waiting.abort();
        drop(pass);
    }
    gate.send(11, Urgency::First).await.unwrap();
    assert_eq!(gate.sending.plan().waiters.len(), 0);
}
