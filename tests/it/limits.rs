//! Rate limits: the learner's own, kept over a restart and judged by a message's own date, and the one of all
//! learners together, which delays messages and refuses none.

use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::bot_api::Post;
use std::time::{SystemTime, UNIX_EPOCH};

fn unix_now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn over_the_rate_one_notice_a_window_and_a_restart_forgives_nobody() {
    let mut world = World::new().await;
    world.set("BOT_RATE_LIMIT_MPM", "2").start();
    let ana = world.learner(11);
    let now = unix_now();
    for _ in 0..6 {
        ana.post(Post::text("/help").at(now));
    }
    let notice = world.answer_with(11, "Please wait").await;
    let secs: i64 = notice.text.split_whitespace().find_map(|word| word.parse().ok()).unwrap();
    assert!((1..=30).contains(&secs), "{}", notice.text);
    world.settled().await;
    assert_eq!(world.answers(11, 3).await.len(), 3, "two answers and one notice");
    // As the daemon knows it, the bystander's included: an answer that is only there at Telegram may come twice after a kill.
    world.logged_times(Event::AnswerDelivered, 4).await;
    // Killed rather than stopped: the state must be in the store already.
    world.kill();
    world.start();
    ana.post(Post::text("/help").at(now + 1));
    world.settled().await;
    assert_eq!(world.answers(11, 3).await.len(), 3);
    // The next window has its own notice.
    for _ in 0..4 {
        ana.post(Post::text("/help").at(now + 61));
    }
    world.settled().await;
    let notices = world
        .telegram
        .read(|state| state.from_bot(11).filter(|said| said.text.contains("Please wait")).count());
    assert!(notices <= 2, "{notices}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_of_old_dates_is_not_punished() {
    let mut world = World::new().await;
    world.set("BOT_RATE_LIMIT_MPM", "2");
    let ana = world.learner(11);
    let now = unix_now();
    // One every thirty seconds, sent while the bot was off: each was within the limit when it was sent.
    for n in 0..8 {
        ana.post(Post::text("/help").at(now - 600 + 30 * n));
    }
    world.start();
    world.answers(11, 8).await;
    assert!(world.log().times(Event::RateLimited) == 0, "{}", world.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_far_in_the_past_and_in_the_future_bar_nobody() {
    let mut world = World::new().await;
    world.set("BOT_RATE_LIMIT_MPM", "4").start();
    let ana = world.learner(11);
    let now = unix_now();
    for date in [now + 40 * 31_536_000, 1, now - 10 * 31_536_000] {
        ana.post(Post::text("/help").at(date));
    }
    world.answers(11, 3).await;
    // A message of today after one "of 2066": within the limit, so answered.
    ana.post(Post::voice(voice(), 4).at(now));
    world.voice_notes(11, 1).await;
    ana.text("/status");
    world.answer_with(11, "Rate limit").await;
    // A little ahead is believed no more than far ahead.
    let rui = world.learner(12);
    rui.post(Post::text("/help").at(now + 100));
    rui.post(Post::text("/help").at(now));
    assert!(world.answers(12, 2).await.iter().all(|answer| !answer.text.contains("Please wait")));
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_limit_on_all_together_messages_wait_and_are_all_answered() {
    let mut world = World::new().await;
    // One a second after the first sixty.
    world.set("GLOBAL_RATE_LIMIT_MPM", "60").set("BOT_RATE_LIMIT", "false");
    let learners: Vec<_> = (0..13).map(|n| world.learner(100 + n)).collect();
    for round in 0..5 {
        for learner in &learners {
            let _ = round;
            learner.text("/help");
        }
    }
    world.start();
    // 65 messages: five of them wait their second, none is refused; each chat keeps its order.
    for learner in &learners {
        let answers = world.answers(learner.chat(), 5).await;
        let asked: Vec<_> = answers.iter().filter_map(|answer| answer.reply_to).collect();
        assert!(asked.len() == 5 && asked.is_sorted(), "{asked:?}");
        assert!(answers.iter().all(|answer| !answer.text.contains("Please wait")));
    }
    let calls = world.telegram.calls("sendMessage");
    let (first, last) = (calls.first().unwrap().at_ms, calls.last().unwrap().at_ms);
    assert!(last >= first + 4_000, "the last ones waited for their second: {first}..{last}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wait_behind_the_limit_on_all_outlives_a_restart() {
    let mut world = World::new().await;
    world.set("GLOBAL_RATE_LIMIT_MPM", "20").set("BOT_RATE_LIMIT", "false");
    let ana = world.learner(11);
    for _ in 0..22 {
        ana.text("/help");
    }
    world.start();
    world.answers(11, 20).await;
    world.kill();
    world.start();
    // The one in flight when it was killed may be there twice.
    let all = world.telegram.wait_until(PATIENCE, |state| {
        let mut asked: Vec<_> = state.from_bot(11).filter_map(|answer| answer.reply_to).collect();
        let sent = asked.len();
        asked.dedup();
        (asked.len() == 22).then_some((sent, asked))
    });
    let (sent, asked) = all.await.unwrap();
    assert!(asked.is_sorted() && sent <= 23, "{asked:?}");
    let confirmed = world.telegram.wait_until(PATIENCE, |state| (state.pending_updates() == 0).then_some(()));
    assert!(confirmed.await.is_some());
}
