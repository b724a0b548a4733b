//! Conversations one after the other: a new one after the idle time is announced, and `/history` reaches the old ones.

use crate::pressing::{labels, notice, press, says};
use crate::store_contract::{policy, voice as voice_message};
use crate::world::{World, voice};
use phonicflow_bot::domain::{Assessment, Change, Outcome, Session, Timestamp, Turn, UserId, WorkKind};
use phonicflow_bot::sandbox::chat_api::ChatOptions;
use phonicflow_bot::store::{Home, OnDamage};
use std::time::{SystemTime, UNIX_EPOCH};
use uuid::Uuid;

const HOUR_MS: i64 = 3_600_000;

/// Has a learner have said this in a conversation of their own, so many hours ago.
async fn said(world: &World, user: i64, hours_ago: i64, words: &str) {
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let then = Timestamp(i64::try_from(wall).unwrap()).plus_ms(-hours_ago * HOUR_MS);
    let store = Home::at(&world.home()).open(OnDamage::Refuse, then).unwrap().store;
    store
        .accept(vec![voice_message(9_000_000 + user * 1_000 + hours_ago, user, user)], policy(), then)
        .await
        .unwrap();
    let claim = store.claim(WorkKind::Tutor, then).await.unwrap().row().unwrap();
    let session = Session::open(Uuid::new_v4(), UserId(user), then);
    let assessment = Assessment { transcript: words.to_owned(), ..Assessment::default() };
    let turn = Turn { chat: claim_chat(user), ..Turn::voice(session.id, then, 4_000, assessment) };
    let changes = vec![Change::SessionOpened(session)];
    store
        .commit(claim.lease, Outcome { changes, turn: Some(turn), ..Outcome::default() }, then)
        .await
        .unwrap();
    store.close().await.unwrap();
}

fn claim_chat(user: i64) -> Option<phonicflow_bot::domain::Chat> {
    use phonicflow_bot::domain::{Chat, ChatId, ChatKind};
    Some(Chat { id: ChatId(user), kind: ChatKind::Private, thread: None })
}

fn announcements(world: &World, chat: i64) -> usize {
    world.telegram.read(|state| {
        state
            .from_bot(chat)
            .filter(|entry| entry.text.contains("A new conversation: it has been a while"))
            .count()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_follows_an_idle_one_says_so_once_whoever_answers() {
    let mut world = World::new().await;
    let _chat = world.chat(ChatOptions::default()).await;
    let (ana, rui, new) = (world.learner(11), world.learner(12), world.learner(13));
    for learner in [&ana, &rui] {
        said(&world, learner.user(), 30, "planted words").await;
    }
    world.start();
    ana.voice(voice(), 4);
    let answer = world.answer_with(ana.chat(), "A new conversation").await;
    assert!(answer.text.starts_with("🌱") && answer.text.contains("/history"), "{}", answer.text);
    rui.text("Hello, I am here again.");
    let answer = world.answer_with(rui.chat(), "A new conversation").await;
    assert!(answer.text.lines().count() > 2, "with the answer, in one message: {}", answer.text);
    new.voice(voice(), 4);
    world.voice_notes(new.chat(), 1).await;
    world.settled().await;
    // Not by the next turns, and not after a conversation that was ended on purpose.
    ana.voice(voice(), 4);
    rui.text("And again.");
    world.settled().await;
    ana.text("/new");
    world.settled().await;
    ana.voice(voice(), 4);
    world.settled().await;
    assert_eq!([11, 12, 13].map(|chat| announcements(&world, chat)), [1, 1, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_reaches_conversations_that_are_over() {
    let mut world = World::new().await;
    let ana = world.learner(11);
    said(&world, 11, 100, "words of the first conversation").await;
    said(&world, 11, 50, "words of the second conversation").await;
    world.start();
    // The latest one is shown although it is idle, and by the next voice over.
    ana.text("/history");
    let page = world.answer_with(ana.chat(), "words of the second").await;
    assert!(page.text.contains("Conversation of 20"), "{}", page.text);
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
    world.settled().await;
    ana.text("/history@phonicflow_bot");
    let newest = world.telegram.wait_until(crate::world::PATIENCE, |state| {
        state.from_bot(ana.chat()).filter(|entry| entry.text.contains("Conversation of")).nth(1).cloned()
    });
    let newest = newest.await.expect("the newest conversation");
    assert!(!newest.text.contains("words of the second"), "{}", newest.text);
    assert_eq!(labels(&newest).iter().filter(|label| label.contains('⏮')).count(), 1);
    press(&ana, &newest, "⏮");
    let second = says(&world, &newest, "words of the second").await;
    assert_eq!(labels(&second).len(), 2, "one before, one after: {:?}", labels(&second));
    press(&ana, &second, "⏮");
    let first = says(&world, &newest, "words of the first").await;
    assert!(!labels(&first).iter().any(|label| label.contains('⏮')));
    // Somebody else's press shows nothing.
    let rui = world.learner(12);
    let other = world.telegram.claim_press(first.chat_id, rui.user(), first.message_id, &first.buttons()[0]);
    assert!(notice(&world, &other).await.contains("somebody else"));
    // The same press twice is the same page.
    for _ in 0..2 {
        world.telegram.claim_press(first.chat_id, ana.user(), first.message_id, &first.buttons()[0]);
        says(&world, &newest, "words of the second").await;
    }
    // What was said in private is no business of a group.
    world.telegram.group(-100, "Class");
    ana.in_chat(-100).text("/history@phonicflow_bot");
    world.answer_with(-100, "Nothing").await;
}
