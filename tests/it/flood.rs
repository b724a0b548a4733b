//! A backlog of 10,000 updates: accepted as far as there is room, the rest left at Telegram, nothing lost,
//! order kept.

use crate::storm::count::left_in_store;
use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::bot_api::{Learner, Post};
use phonicflow_bot::sandbox::faults::On;
use std::time::{SystemTime, UNIX_EPOCH};

const UPDATES: usize = 10_000;
/// `poller::INBOX_CAPACITY`.
const INBOX: usize = 5_000;
/// Generous: a debug build with 5,000 rows takes a third.
const MEMORY_KB: u64 = 200 * 1024;

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// Everything is confirmed, and the bot has said so many things.
async fn all_said(world: &World, count: usize) {
    let done = world.telegram.wait_until(PATIENCE, |state| {
        (state.pending_updates() == 0 && state.sent_count() >= count).then_some(())
    });
    let state = || world.telegram.read(|state| (state.pending_updates(), state.sent_count()));
    assert!(done.await.is_some(), "(pending, sent): {:?}", state());
}

async fn comes_to_rest(world: &mut World) -> u64 {
    world.settled().await;
    let peak = world.peak_kb();
    println!("highest resident memory {:.1} MB", peak as f64 / 1024.0);
    assert_eq!(world.stop().await.code(), Some(0));
    assert_eq!(left_in_store(world).await, 0);
    peak
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_of_many_learners_fills_the_inbox_and_polling_pauses_until_there_is_room() {
    let mut world = World::new().await;
    world.set("BOT_TIMEOUT", "300");
    let learners: Vec<Learner> = (0..500).map(|n| world.learner(2_000 + n)).collect();
    // Written over some minutes, while nobody listened: nobody was too fast. One kind line a minute is due for stickers.
    let (each, began) = (UPDATES / learners.len(), now() - 600);
    let mut firsts = Vec::new();
    let mut lasts = Vec::new();
    for n in 0..each {
        for learner in &learners {
            let post = if n + 1 < each { Post::sticker() } else { Post::text("/help") };
            let sent = learner.post(post.at(began + 3 * n as i64));
            match n {
                0 => firsts.push(sent.message_id),
                n if n + 1 == each => lasts.push(sent.message_id),
                _ => {}
            }
        }
    }
    // Each chat waits for its first answer to go out.
    let gate = world.telegram.faults().gate(On::call("sendMessage").always());
    world.start();
    world.logged(Event::InboxFull).await;
    world.logged_times(Event::MessageAnswered, learners.len()).await;
    assert_eq!(world.log().times(Event::MessageTaken), INBOX);
    let left_at_telegram = world.telegram.pending_updates();
    assert!(left_at_telegram >= UPDATES - INBOX, "{left_at_telegram}");
    let peak_when_full = world.peak_kb();

    // Killed with a full inbox, it pauses again.
    world.kill();
    gate.left().await;
    world.start();
    world.logged_times(Event::InboxFull, 2).await;
    assert_eq!(world.log().times(Event::MessageTaken), INBOX);

    gate.open();
    world.logged(Event::InboxHasRoom).await;
    all_said(&world, 2 * learners.len()).await;
    let peak = comes_to_rest(&mut world).await.max(peak_when_full);
    assert!(peak < MEMORY_KB, "{peak} kB");
    // The bystander's command, which shows that all has come to rest, is one more.
    assert_eq!(world.log().times(Event::MessageTaken), UPDATES + 1);
    assert_eq!(world.log().times(Event::MessageAnswered), UPDATES + 1);
    for ((learner, first), last) in learners.iter().zip(firsts).zip(lasts) {
        let answered: Vec<_> = world
            .telegram
            .read(|state| state.from_bot(learner.chat()).filter_map(|said| said.reply_to).collect());
        assert_eq!(answered.first(), Some(&first), "the kind line answers the first sticker");
        assert_eq!(answered.last(), Some(&last), "the command comes after all that was sent before");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_one_learner_costs_nobody_else_anything() {
    let mut world = World::new().await;
    let (flooder, ana) = (world.learner(11), world.learner(12));
    let date = now();
    for _ in 1..UPDATES {
        flooder.post(Post::sticker().at(date));
    }
    ana.text("/help");
    world.start();
    // One kind line and one notice; the command of someone else at the end of it all.
    all_said(&world, 3).await;
    world.answers(ana.chat(), 1).await;
    let peak = comes_to_rest(&mut world).await;
    assert!(peak < MEMORY_KB, "{peak} kB");
    let said: Vec<String> =
        world.telegram.read(|state| state.from_bot(flooder.chat()).map(|entry| entry.text.clone()).collect());
    assert_eq!(said.len(), 2, "{said:?}");
    assert_eq!(world.log().times(Event::RateLimited), UPDATES - 1 - 30);
    // Of the 30 within that limit 20 may wait at once; and the command, and the bystander's.
    assert_eq!(world.log().times(Event::SenderFull), 10);
    assert_eq!(world.log().times(Event::MessageTaken), 22);
    assert_eq!(world.log().times(Event::InboxFull), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_answered_while_voices_fill_the_inbox() {
    let mut world = World::new().await;
    world.set("BOT_RATE_LIMIT", "false").set("BACKEND_TIMEOUT", "300");
    let learners: Vec<Learner> = (0..253).map(|n| world.learner(2_000 + n)).collect();
    for learner in &learners {
        for _ in 0..20 {
            learner.voice(voice(), 4);
        }
    }
    // The tutor takes its time.
    let gate = world.tutor.faults().gate(On::call("POST /process").always());
    world.start();
    world.logged(Event::InboxFull).await;
    let waiting = world.telegram.pending_updates();
    assert!(waiting >= 60, "{waiting}");
    let ana = world.learner(9_999);
    ana.text("/help");
    world.answers(ana.chat(), 1).await;
    // Whoever waits at Telegram is not overtaken by a command that has its place behind a voice, but by one that has none.
    let last = learners.last().unwrap();
    last.text("/new");
    last.text("/help");
    world.answers(last.chat(), 1).await;
    let said = world.telegram.read(|state| state.from_bot(last.chat()).count());
    assert_eq!(said, 1, "{}", world.log());
    assert_eq!(world.telegram.pending_updates(), waiting + 3, "nothing is confirmed out of turn");
    gate.open();
}
