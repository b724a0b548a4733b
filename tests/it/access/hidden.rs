//! A required channel whose members Telegram does not tell: admins hear of it once, and again only when it
//! changes.

use super::*;
use phonicflow_bot::logging::Event;

#[tokio::test(flavor = "multi_thread")]
async fn members_hidden_are_said_once_and_kindly() {
    let mut world = school().await;
    world.telegram.set_own_status(CHANNEL, "left");
    world.set("ADMIN_USERS", "77").start();
    let boss = world.learner(77);
    for n in 0..4 {
        let learner = world.learner(100 + n);
        learner.voice(voice(), 4);
        world.answer_with(learner.chat(), "set up wrong here").await;
    }
    // Whoever speaks or asks by name is answered each time, also within the minute.
    let again = world.learner(100);
    again.voice(voice(), 4);
    world.answers(again.chat(), 2).await;
    again.text("/history");
    world.answers(again.chat(), 3).await;
    let alert = world.answer_with(boss.chat(), "REQUIRED_CHANNEL").await;
    assert!(alert.text.contains("administrator"));
    world.settled().await;
    assert_eq!(world.log().times(Event::ChannelHidden), 1, "{}", world.log());
    assert_eq!(said(&world, &boss), 1);
    assert!(world.tutor.turns().is_empty());
    // Mended: it is noticed, and the admin, who may always, was never asked about.
    world.telegram.set_own_status(CHANNEL, "administrator");
    boss.voice(voice(), 4);
    world.voice_notes(boss.chat(), 1).await;
    assert!(world.telegram.calls("getChatMember").iter().all(|call| call.int("user_id") != Some(77)));
}

/// Told two hours ago: within the hour nothing is repeated anyway, and nobody waits for one here.
async fn told_two_hours_ago(world: &World, channel: &str) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let since = Timestamp(i64::try_from(now).unwrap()).plus_ms(-2 * 3_600_000);
    let folder = Home::at(&world.folder.path().join("store")).store();
    fs::create_dir_all(&folder).unwrap();
    let store = Store::open(&folder).unwrap();
    store.note_hidden(Some(Hidden { channel: channel.to_owned(), since })).await.unwrap();
    let text = Rich::plain("told two hours ago");
    let content = Content::Text { text, keyboard: Keyboard::default() };
    let replies = vec![Reply { chat: ChatId(77), thread: None, answers: None, content }];
    let kind = AlertKind::MembersHidden;
    store.announce(Announcement { to: UserId(77), kind, of: since, replies }, since).await.unwrap();
    store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn members_still_hidden_after_a_restart_are_nothing_new_until_they_were_shown() {
    let mut world = school().await;
    told_two_hours_ago(&world, "@school").await;
    world.telegram.set_own_status(CHANNEL, "left");
    world.set("ADMIN_USERS", "77");
    let (boss, eve) = (world.learner(77), world.learner(66));
    for n in 1..=2 {
        world.start();
        world.answer_with(boss.chat(), "told two hours ago").await;
        eve.voice(voice(), 4);
        world.logged_times(Event::ChannelHidden, n).await;
        world.answers(eve.chat(), n).await;
        world.settled().await;
        assert_eq!(said(&world, &boss), 1, "{}", world.log());
        // A row that is in work at two kills in a row would be given up, and the admins told of that.
        world.logged_times(Event::AnswerDelivered, 1 + 2 * n).await;
        world.kill();
    }
    // Shown in between, over one more restart, it is news.
    world.telegram.set_own_status(CHANNEL, "administrator");
    world.telegram.set_member(CHANNEL, 66, "member");
    world.start();
    eve.voice(voice(), 4);
    world.voice_notes(eve.chat(), 1).await;
    world.settled().await;
    assert!(world.stop().await.success());
    world.telegram.set_own_status(CHANNEL, "left");
    world.start();
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    world.answer_with(boss.chat(), "REQUIRED_CHANNEL").await;
    world.settled().await;
    assert_eq!(said(&world, &boss), 2, "{}", world.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_channel_that_hides_its_members_is_news() {
    let mut world = school().await;
    told_two_hours_ago(&world, "@another").await;
    world.telegram.set_own_status(CHANNEL, "left");
    world.set("ADMIN_USERS", "77").start();
    let (boss, eve) = (world.learner(77), world.learner(66));
    eve.voice(voice(), 4);
    world.answer_with(boss.chat(), "REQUIRED_CHANNEL").await;
}
