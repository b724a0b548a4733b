//! Reminders through the daemon: one that fell due while it was down, over kills at any moment, and its button.

use crate::pressing::{labels, notice, press, says};
use crate::store_contract::{command, policy};
use crate::world::{PATIENCE, World};
use phonicflow_bot::domain::{CardChange, Change, NewCard, Outcome, Timestamp, UserId, WorkKind};
use phonicflow_bot::sandbox::faults::{Act, On};
use phonicflow_bot::store::{Home, OnDamage};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

fn now() -> Timestamp {
    Timestamp(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap())
}

/// Has a learner be reminded at the time of day that it was so many minutes ago; planned before that.
async fn remind(world: &World, user: i64, minutes_ago: i64, cards: Vec<CardChange>) {
    let (due, before) = (now().0 / 60_000 - minutes_ago, now().plus_ms(-(minutes_ago + 2) * 60_000));
    let minute = u16::try_from(due.rem_euclid(1_440)).unwrap();
    let store = Home::at(&world.home()).open(OnDamage::Refuse, before).unwrap().store;
    store.accept(vec![command(9_000_000 + user, user, user, "help")], policy(), before).await.unwrap();
    let claim = store.claim(WorkKind::Local, before).await.unwrap().row().unwrap();
    assert_eq!(claim.job.user, UserId(user));
    let changes = vec![Change::Reminder(Some(minute))];
    store.commit(claim.lease, Outcome { changes, cards, ..Outcome::default() }, before).await.unwrap();
    store.close().await.unwrap();
}

fn reminders(world: &World, user: i64) -> usize {
    world
        .telegram
        .read(|state| state.from_bot(user).filter(|entry| entry.text.contains("Time to practise")).count())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_fell_due_meanwhile_comes_once_over_any_number_of_kills() {
    let mut world = World::new().await;
    let (ana, late) = (world.learner(11), world.learner(12));
    remind(&world, 11, 20, Vec::new()).await;
    remind(&world, 12, 150, Vec::new()).await;
    // Decided and stored, and not sent yet.
    let down = world.telegram.faults().add(On::call("sendMessage").chat(11).always(), Act::html(502));
    world.start();
    let failed = async {
        while world.telegram.faults().fired(down) == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, failed).await.expect("the reminder is sent");
    world.kill();
    world.telegram.faults().remove(down);
    world.start();
    let words = world.answer_with(ana.chat(), "Time to practise").await;
    // Whatever is on its way at the moment of a kill may come twice.
    world.settled().await;
    for _ in 0..2 {
        world.kill();
        world.start();
        ana.text("/help");
        world.settled().await;
    }
    assert_eq!((reminders(&world, 11), reminders(&world, 12)), (1, 0), "once, and none that is too late");
    // Off by one tap; again it says so, and nobody else can.
    let other = world.telegram.claim_press(words.chat_id, late.user(), words.message_id, &words.buttons()[0]);
    assert!(notice(&world, &other).await.contains("somebody else"));
    press(&ana, &words, "No more reminders");
    says(&world, &words, "/remind").await;
    let again = world.telegram.claim_press(words.chat_id, ana.user(), words.message_id, &words.buttons()[0]);
    assert_eq!(notice(&world, &again).await, "This button is out of date.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_practised_from_it_by_one_tap_and_not_by_the_second() {
    let mut world = World::new().await;
    let ana = world.learner(11);
    let (front, back) = ("I goes there".to_owned(), "I go there".to_owned());
    let card = NewCard { front, back, why: String::new(), kind: None, source: None };
    remind(&world, 11, 5, vec![CardChange::Add(card)]).await;
    world.start();
    let words = world.answer_with(ana.chat(), "a card is due").await;
    assert_eq!(labels(&words), ["🗣 Practise now", "🔕 No more reminders"]);
    press(&ana, &words, "Practise now");
    world.answer_with(ana.chat(), "I goes there").await;
    let again = press(&ana, &words, "Practise now");
    assert_eq!(notice(&world, &again).await, "That is your choice already.");
    world.settled().await;
    let asked = world
        .telegram
        .read(|state| state.from_bot(ana.chat()).filter(|entry| entry.text.contains("I goes there")).count());
    assert_eq!(asked, 1);
}
