//! What admins get: `/admin`, their command menu, and alerts.

use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::bot_api::{LearnerProfile, Standing};
use phonicflow_bot::sandbox::faults::{Act, On};
use std::fs;

/// A world with one admin, 77, who has started the bot.
async fn ruled() -> World {
    let mut world = World::new().await;
    world.set("ADMIN_USERS", "77,990078");
    // 990078 never wrote to the bot.
    world.telegram.stranger(&LearnerProfile::new(990078, "Nina", "en"));
    world
}

async fn heard(world: &World, words: &str) -> usize {
    world.telegram.read(|state| state.from_bot(77).filter(|said| said.text.contains(words)).count())
}

#[tokio::test(flavor = "multi_thread")]
async fn admin_shows_the_state_of_things_to_admins_alone() {
    let mut world = ruled().await;
    world.set("BACKEND_RETRY_MAX_AGE", "1").start();
    let (boss, ana, rui) = (world.learner(77), world.learner(11), world.brazilian(12));
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
    for learner in [&ana, &rui] {
        learner.text("/admin");
    }
    world.answer_with(ana.chat(), "I don't know /admin").await;
    world.answer_with(rui.chat(), "Não conheço /admin").await;
    boss.text("/admin");
    let shown = world.answer_with(boss.chat(), "phonicflow-bot").await.text;
    for words in [
        "Up for",
        "Last poll:",
        "Tutor: answering for",
        "Turns since the start: 1",
        "Inbox: 1",
        "Dead letters: 0",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    world.tutor.stop().await;
    rui.voice(voice(), 4);
    world.answer_with(rui.chat(), "Sinto muito").await;
    boss.text("/admin");
    let shown = world.answer_with(boss.chat(), "Dead letters: 1").await.text;
    assert!(shown.contains("the tutor did not answer: 1") && shown.contains("stopped answering"), "{shown}");
    for secret in ["Ana", "Rui", "11", "12"] {
        assert!(!shown.split_whitespace().any(|word| word == secret), "{secret} in {shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_group_admin_shows_nothing() {
    let mut world = ruled().await;
    world.start();
    world.telegram.group(-500, "class");
    let boss = world.learner(77).in_chat(-500);
    boss.text("/admin@phonicflow_bot");
    let shown = world.answer_with(-500, "private chat").await.text;
    assert!(!shown.contains("Inbox"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_messages_are_counted_with_their_reason() {
    let mut world = ruled().await;
    world.tutor.stop().await;
    world.start();
    let (boss, ana) = (world.learner(77), world.learner(11));
    ana.voice(voice(), 4);
    world.answer_with(ana.chat(), "takes longer than usual").await;
    boss.text("/admin");
    let shown = world.answer_with(boss.chat(), "Waiting, tutor does not answer: 1").await.text;
    assert!(shown.contains("the oldest for"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn admins_get_a_menu_of_their_own_and_one_who_never_wrote_is_harmless() {
    let mut world = ruled().await;
    let boss = world.learner(77);
    world.start();
    let menu = world
        .telegram
        .wait_until(PATIENCE, |state| state.commands_of(77, "es").map(ToString::to_string))
        .await
        .unwrap();
    assert!(menu.contains("admin") && menu.contains("history"), "{menu}");
    assert!(!world.telegram.read(|state| state.commands("").unwrap().to_string()).contains("admin"));
    boss.text("/help");
    let help = world.answer_with(boss.chat(), "/history").await;
    assert!(help.text.contains("/admin"));
    world.logged(Event::AdminMenuRefused).await;
    assert!(!world.log().holds("990078"), "{}", world.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tutor_gone_and_back_is_told_once() {
    let mut world = ruled().await;
    world.start();
    let (boss, ana) = (world.learner(77), world.learner(11));
    // Else the daemon's first look may find the tutor gone before the voice is there.
    world.logged(Event::TutorAnswers).await;
    world.tutor.stop().await;
    ana.voice(voice(), 4);
    let down = world.answer_with(boss.chat(), "The tutor stopped answering").await;
    assert!(down.text.contains("in the queue: 1") && down.reply_to.is_none(), "{}", down.text);
    // Sent and recorded: ana's voice is row 1, the notice to her row 2, this is row 3. It is not repeated
    // after a restart, because the admins know.
    world.logged_with(Event::AnswerDelivered, "seq=3").await;
    world.kill();
    world.start();
    world.answer_with(ana.chat(), "takes longer than usual").await;
    world.tutor.resume().await.unwrap();
    world.voice_notes(ana.chat(), 1).await;
    world.answer_with(boss.chat(), "The tutor answers again").await;
    // Within the hour neither is told again.
    world.tutor.stop().await;
    ana.voice(voice(), 4);
    world.logged_times(Event::MessageWaits, 4).await;
    world.settled().await;
    assert_eq!((heard(&world, "stopped answering").await, heard(&world, "answers again").await), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn given_up_messages_are_told_and_counted() {
    let mut world = ruled().await;
    world.set("BACKEND_RETRY_MAX_AGE", "0").start();
    let (boss, ana) = (world.learner(77), world.learner(11));
    world.tutor.stop().await;
    ana.voice(voice(), 4);
    let told = world.answer_with(boss.chat(), "Messages given up").await;
    assert!(told.text.contains("1 new, 1 in all"), "{}", told.text);
    ana.voice(voice(), 4);
    world.answers(ana.chat(), 2).await;
    world.settled().await;
    assert_eq!(heard(&world, "Messages given up").await, 1, "once an hour");
    assert!(world.log().times(Event::AdminTold) > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_survives_being_killed_and_comes_once() {
    let mut world = ruled().await;
    world.set("BACKEND_RETRY_MAX_AGE", "0").start();
    let (boss, ana) = (world.learner(77), world.learner(11));
    world.tutor.stop().await;
    // Held by the gate before Telegram: in the outbox, not sent.
    let gate = world.telegram.faults().gate(On::call("sendMessage").chat(77).always());
    ana.voice(voice(), 4);
    gate.reached(1).await;
    world.kill();
    gate.left().await;
    gate.open();
    world.start();
    let told = world.answer_with(boss.chat(), "Messages given up").await;
    assert!(told.text.contains("`sudo phonicflow-bot queue list`"), "{}", told.text);
    // If the daemon were killed before that is recorded, it might be sent twice, like any message; afterwards
    // never.
    world.settled().await;
    for _ in 0..3 {
        world.kill();
        world.start();
        world.settled().await;
    }
    assert_eq!(heard(&world, "Messages given up").await, 1, "{}", world.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_the_burial_and_the_alert_it_is_told_after_the_start() {
    let mut world = ruled().await;
    // Without admins the message becomes a dead letter and nobody is told.
    world.set("ADMIN_USERS", "").set("BACKEND_RETRY_MAX_AGE", "0").start();
    let (boss, ana) = (world.learner(77), world.learner(11));
    world.tutor.stop().await;
    ana.voice(voice(), 4);
    world.answer_with(ana.chat(), "could not be reached for too long").await;
    world.kill();
    world.set("ADMIN_USERS", "77").start();
    let told = world.answer_with(boss.chat(), "Messages given up").await;
    assert!(told.text.contains("1 new, 1 in all"), "{}", told.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_store_is_told_also_when_the_first_start_told_nobody() {
    let mut world = ruled().await;
    world.start();
    let (boss, ana) = (world.learner(77), world.learner(11));
    ana.text("/start");
    world.answers(ana.chat(), 1).await;
    world.stop().await;
    let database = world.store_folder();
    for entry in fs::read_dir(&database).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::write(path, b"damaged beyond repair").unwrap();
        }
    }
    // Killed as soon as it is up again: whether or not the alert was sent before that, it is sent once.
    world.start();
    world.logged(Event::Connected).await;
    world.kill();
    world.start();
    world.answer_with(boss.chat(), "The store was damaged").await;
    world.stop().await;
    world.start();
    world.settled().await;
    assert_eq!(heard(&world, "The store was damaged").await, 1, "{}", world.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_who_cannot_be_reached_stops_nothing() {
    let mut world = ruled().await;
    world.set("BACKEND_RETRY_MAX_AGE", "0").start();
    let (boss, ana) = (world.learner(77), world.learner(11));
    world.telegram.set_standing(77, Standing::Blocked);
    world.telegram.faults().add(On::call("sendMessage").chat(990078).times(1), Act::html(502));
    world.tutor.stop().await;
    ana.voice(voice(), 4);
    world.answer_with(ana.chat(), "could not be reached for too long").await;
    world.logged(Event::Undeliverable).await;
    world.settled().await;
    assert_eq!(boss.transcript().iter().filter(|entry| entry.from_bot).count(), 0);
    world.stop().await;
    let waiting = world.command(&["queue", "list", "--json"]).output().unwrap();
    let text = String::from_utf8(waiting.stdout).unwrap();
    assert_eq!(text.lines().count(), 1, "only the dead letter is left: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_no_admin_any_more_loses_the_menu() {
    for sealed in [false, true] {
        let mut world = ruled().await;
        if sealed {
            let key = world.folder.path().join("key");
            fs::write(&key, "0123456789abcdef0123456789abcdef").unwrap();
            world.set("STORE_KEY_FILE", &key.display().to_string());
        }
        let (boss, heir) = (world.learner(77), world.learner(78));
        let menu_of = |world: &World, user: i64| {
            world
                .telegram
                .read(|state| ["", "pt", "es"].map(|language| state.commands_of(user, language).is_some()))
        };
        world.start();
        let given = world.telegram.wait_until(PATIENCE, |state| state.commands_of(77, "es").map(|_| ()));
        assert!(given.await.is_some(), "{}", world.log());
        world.logged(Event::AdminMenuRefused).await;
        // Killed rather than stopped; and Telegram refuses the first attempt to remove the menu.
        world.kill();
        world.telegram.faults().add(On::call("deleteMyCommands"), Act::html(502));
        world.set("ADMIN_USERS", "78").start();
        let given = world.telegram.wait_until(PATIENCE, |state| state.commands_of(78, "es").map(|_| ()));
        assert!(given.await.is_some(), "{}", world.log());
        assert_eq!((menu_of(&world, 77), menu_of(&world, 78)), ([false; 3], [true; 3]), "sealed: {sealed}");
        assert!(world.telegram.read(|state| state.commands("pt").is_some()), "everybody's stays");
        // The admin who never wrote to the bot had none.
        world.logged(Event::AdminMenuUnreachable).await;
        boss.text("/admin");
        world.answer_with(boss.chat(), "I don't know /admin").await;
        let taken = world.telegram.calls("deleteMyCommands").len();
        // It is removed once, and nobody is an admin by then.
        world.stop().await;
        world.set("ADMIN_USERS", "").start();
        world.logged_times(Event::AdminMenuRemoved, 2).await;
        world.stop().await;
        world.start();
        let set = world.telegram.calls("setMyCommands").len();
        let again = world
            .telegram
            .wait_until(PATIENCE, |state| (state.log().count("setMyCommands") >= set + 3).then_some(()));
        assert!(again.await.is_some());
        world.settled().await;
        assert_eq!(world.telegram.calls("deleteMyCommands").len(), taken + 3, "{}", world.log());
        assert_eq!(menu_of(&world, 78), [false; 3]);
        heir.text("/admin");
        world.answer_with(heir.chat(), "I don't know /admin").await;
        assert!(!world.log().holds("990078"), "{}", world.log());
    }
}
