//! Who may use the bot: `ALLOWED_USERS`, the required channel, and what people without access are told.

mod hidden;

use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::domain::{
    AlertKind, Announcement, ChatId, Content, Hidden, Keyboard, Reply, Rich, Timestamp, UserId,
};
use phonicflow_bot::sandbox::bot_api::{ChatEntry, EntryKind, Learner};
use phonicflow_bot::sandbox::faults::{Act, On};
use phonicflow_bot::store::{Home, Store};
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

const CHANNEL: i64 = -1_000_000_000_010;

/// A world in which practising is for members of `@school`. The bystander of [`World::settled`] needs no membership.
async fn school() -> World {
    let mut world = World::new().await;
    world.telegram.channel(CHANNEL, "school");
    world.set("REQUIRED_CHANNEL", "@school");
    world
}

/// The refusal that shows the way in (`/start` and `/help` name the channel too, without its buttons).
async fn refused(world: &World, learner: &Learner) -> ChatEntry {
    let found = world.telegram.wait_until(PATIENCE, |state| {
        let shows_the_way = |entry: &ChatEntry| entry.buttons().iter().any(|data| data.starts_with("sub:"));
        let entry = |entry: &&ChatEntry| entry.text.contains("for members of") && shows_the_way(entry);
        state.from_bot(learner.chat()).find(entry).cloned()
    });
    found.await.unwrap_or_else(|| panic!("no refusal; log:\n{}", world.log()))
}

fn said(world: &World, learner: &Learner) -> usize {
    world.telegram.read(|state| state.from_bot(learner.chat()).count())
}

/// The toast a pressed button got.
async fn toast(world: &World, learner: &Learner, message: i64, words: &str) {
    let data = format!("sub:j:{}", learner.user());
    let pressed = learner.press(message, &data).expect("no such button");
    let found = world.telegram.wait_until(PATIENCE, |state| {
        let press = state.press(&pressed.query_id)?;
        press.text.clone().filter(|text| text.contains(words))
    });
    if found.await.is_none() {
        let press = world.telegram.read(|state| state.press(&pressed.query_id).cloned());
        panic!("{press:?} and not {words:?}; log:\n{}", world.log());
    }
}

fn asked(world: &World) -> usize {
    world.telegram.calls("getChatMember").len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_told_the_number_to_be_let_in_by_once() {
    let mut world = World::new().await;
    world.set("ALLOWED_USERS", "11,999999").set("ADMIN_USERS", "77").start();
    let (ana, eve, boss) = (world.learner(11), world.learner(66), world.learner(77));
    for _ in 0..3 {
        eve.voice(voice(), 4);
        eve.text("/history");
    }
    let refusal = world.answer_with(eve.chat(), "This tutor is private").await;
    assert!(refusal.text.contains("66"), "{}", refusal.text);
    for learner in [&ana, &boss] {
        learner.voice(voice(), 4);
        world.voice_notes(learner.chat(), 1).await;
    }
    world.settled().await;
    // The two lanes of one learner may both have been on their way before the mark of the first was kept.
    assert!(said(&world, &eve) <= 2, "{}", world.log());
    assert_eq!(world.tutor.turns().len(), 2);
    assert_eq!(world.telegram.log().iter().filter(|call| call.method == "file").count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_group_a_stranger_is_answered_only_when_speaking_to_the_bot_and_without_a_number() {
    let mut world = World::new().await;
    world.set("ALLOWED_USERS", "999999").start();
    world.telegram.group(-500, "class");
    let eve = world.learner(66).in_chat(-500);
    eve.text("just talking");
    eve.voice(voice(), 3);
    world.settled().await;
    assert_eq!(said(&world, &eve), 0);
    eve.text("/help@phonicflow_bot");
    let refusal = world.answer_with(-500, "This tutor is private").await;
    assert!(!refusal.text.contains("66") && refusal.text.contains("private chat"), "{}", refusal.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_status_has_its_verdict() {
    let mut world = school().await;
    world.start();
    for (n, (status, may)) in [
        ("creator", true),
        ("administrator", true),
        ("member", true),
        ("restricted", true),
        ("restricted-out", false),
        ("left", false),
        ("kicked", false),
    ]
    .into_iter()
    .enumerate()
    {
        let learner = world.learner(100 + n as i64);
        world.telegram.set_member(CHANNEL, learner.user(), status);
        learner.voice(voice(), 4);
        if may {
            world.voice_notes(learner.chat(), 1).await;
        } else {
            let refusal = refused(&world, &learner).await;
            assert!(refusal.text.contains("@school"), "{status}: {}", refusal.text);
        }
    }
    assert_eq!(world.tutor.turns().len(), 4);
    assert_eq!(
        world.telegram.log().iter().filter(|call| call.method == "file").count(),
        4,
        "no download in vain"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn non_members_keep_the_open_commands_and_find_the_way_in() {
    let mut world = school().await;
    world.start();
    let ana = world.learner(11);
    for (sent, expected) in [
        ("/start", "/subscribe shows the way in"),
        ("/help", "/subscribe"),
        ("/status", "Rate limit"),
        ("/delete", "Delete everything"),
        ("/frobnicate", "/help shows all"),
    ] {
        ana.text(sent);
        world.answer_with(ana.chat(), expected).await;
    }
    assert_eq!(asked(&world), 0, "nothing of this is asked of Telegram");
    ana.text("/history");
    let refusal = refused(&world, &ana).await;
    let link = refusal.keyboard.as_ref().unwrap().to_string();
    assert!(link.contains("https://t.me/school") && link.contains("I have joined"), "{link}");
    toast(&world, &ana, refusal.message_id, "I don't see you in the channel yet").await;
    world.telegram.set_member(CHANNEL, 11, "member");
    // Telegram is asked at once, unless it was asked a moment ago.
    let welcome = async {
        loop {
            let before = asked(&world);
            let data = "sub:j:11";
            let Some(pressed) = ana.press(refusal.message_id, data) else { break };
            let answered = world.telegram.wait_until(PATIENCE, |state| {
                state.press(&pressed.query_id).filter(|p| p.answers > 0).cloned()
            });
            if answered.await.unwrap().text.is_some_and(|text| text.contains("Welcome")) {
                break;
            }
            assert!(asked(&world) <= before + 1);
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(PATIENCE, welcome).await.expect("never let in");
    let edited = world.answer_with(ana.chat(), "You are in").await;
    assert_eq!(edited.message_id, refusal.message_id);
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
    let set =
        world.telegram.wait_until(PATIENCE, |state| state.commands("pt").map(ToString::to_string)).await;
    assert!(set.unwrap().contains("subscribe"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_button_is_for_whom_it_was_made_and_asks_seldom() {
    let mut world = school().await;
    world.start();
    let ana = world.learner(11);
    ana.text("/subscribe");
    let invitation = refused(&world, &ana).await;
    for _ in 0..5 {
        toast(&world, &ana, invitation.message_id, "I don't see you").await;
    }
    assert!(asked(&world) <= 3, "{} questions for five presses", asked(&world));
    // In a group everybody can press everybody's buttons.
    world.telegram.group(-500, "class");
    ana.in_chat(-500).text("/subscribe@phonicflow_bot");
    let shared = world.answer_with(-500, "for members of").await;
    let eve = world.learner(66).in_chat(-500);
    let pressed = eve.press(shared.message_id, "sub:j:11").unwrap();
    let text =
        world.telegram.wait_until(PATIENCE, |state| state.press(&pressed.query_id)?.text.clone()).await;
    assert!(text.unwrap().contains("somebody else"));
}

#[tokio::test(flavor = "multi_thread")]
async fn subscribe_without_a_channel_is_a_kind_sentence_and_in_no_menu() {
    let world = World::started().await;
    let (ana, rui) = (world.learner(11), world.brazilian(12));
    ana.text("/subscribe");
    world.answer_with(ana.chat(), "no channel to join").await;
    rui.text("/subscribe");
    world.answer_with(rui.chat(), "Não é preciso entrar").await;
    ana.text("/help");
    let help = world.answer_with(ana.chat(), "/history").await;
    assert!(!help.text.contains("/subscribe"));
    let menu = world.telegram.wait_until(PATIENCE, |state| state.commands("").map(ToString::to_string)).await;
    assert!(!menu.unwrap().contains("subscribe"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_channel_is_joined_by_its_invitation_where_telegram_tells_one() {
    for (invite, expected) in [(Some("https://t.me/+abc"), "Join it"), (None, "Ask the person who runs me")] {
        let mut world = World::new().await;
        world.telegram.private_channel(CHANNEL, "Secret school", invite);
        world.set("REQUIRED_CHANNEL", &CHANNEL.to_string()).start();
        let ana = world.learner(11);
        ana.voice(voice(), 4);
        let refusal = refused(&world, &ana).await;
        assert!(
            refusal.text.contains(expected) && refusal.text.contains("Secret school"),
            "{}",
            refusal.text
        );
        let keyboard = refusal.keyboard.as_ref().unwrap().to_string();
        assert_eq!(keyboard.contains("https://t.me/+abc"), invite.is_some(), "{keyboard}");
        world.telegram.set_member(CHANNEL, 11, "member");
        let pressed = ana.press(refusal.message_id, "sub:j:11").unwrap();
        let found = world.telegram.wait_until(PATIENCE, |state| {
            state.press(&pressed.query_id).filter(|p| p.answers > 0).map(|_| ())
        });
        assert!(found.await.is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_serves_ten_minutes_and_while_telegram_fails_also_after_a_restart() {
    let mut world = school().await;
    world.start();
    let (ana, eve) = (world.learner(11), world.learner(66));
    world.telegram.set_member(CHANNEL, 11, "member");
    for n in 1..=3 {
        ana.voice(voice(), 4);
        world.voice_notes(ana.chat(), n).await;
    }
    assert_eq!(asked(&world), 1, "asked once for three messages");
    eve.text("/history");
    refused(&world, &eve).await;
    world.stop().await;
    // From here on Telegram tells nothing about members.
    world.telegram.faults().add(On::call("getChatMember").always(), Act::html(502));
    world.start();
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 4).await;
    let rui = world.learner(12);
    rui.text("/history");
    world.answer_with(rui.chat(), "try again in a minute").await;
    assert!(rui.transcript().iter().filter(|entry| entry.from_bot).count() == 1);
    assert_eq!(world.tutor.turns().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_telegram_holds_up_neither_the_known_nor_the_open_commands() {
    let mut world = school().await;
    world.set("BOT_TIMEOUT", "30").start();
    let ana = world.learner(11);
    world.telegram.set_member(CHANNEL, 11, "member");
    ana.text("/history");
    world.answer_with(ana.chat(), "Nothing here yet").await;
    world.telegram.faults().add(On::call("getChatMember").always(), Act::Hang);
    let strangers: Vec<_> = (0..20).map(|n| world.learner(200 + n)).collect();
    for stranger in &strangers {
        stranger.text("/history");
    }
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
    for stranger in &strangers {
        stranger.text("/help");
        world.answer_with(stranger.chat(), "The commands").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_during_the_check_the_message_is_answered_once() {
    let mut world = school().await;
    world.start();
    let (ana, eve) = (world.learner(11), world.learner(66));
    world.telegram.set_member(CHANNEL, 11, "member");
    for after in [false, true] {
        let notes = world
            .telegram
            .read(|state| state.from_bot(11).filter(|entry| entry.kind == EntryKind::Voice).count());
        // `/delete` also removed the stored answer of the previous round, so Telegram is asked again.
        ana.text("/delete");
        let ask = world.answer_with(ana.chat(), "Delete everything I hold").await;
        ana.press(ask.message_id, "del:y:11").unwrap();
        world.answer_with(ana.chat(), "Done: everything").await;
        let on = On::call("getChatMember");
        let gate =
            if after { world.telegram.faults().gate_after(on) } else { world.telegram.faults().gate(on) };
        ana.voice(voice(), 4);
        gate.reached(1).await;
        world.kill();
        gate.open();
        world.start();
        world.voice_notes(ana.chat(), notes + 1).await;
        world.telegram.delete_message(ana.chat(), ask.message_id);
    }
    eve.voice(voice(), 4);
    refused(&world, &eve).await;
    world.settled().await;
    assert_eq!(world.tutor.turns().len(), 2, "{}", world.log());
    assert_eq!(world.voice_notes(ana.chat(), 2).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_at_the_tutor_is_finished_whoever_leaves_meanwhile() {
    let mut world = school().await;
    world.start();
    let ana = world.learner(11);
    world.telegram.set_member(CHANNEL, 11, "member");
    let gate = world.tutor.faults().gate_after(On::call("POST /process"));
    ana.voice(voice(), 4);
    gate.reached(1).await;
    world.kill();
    world.telegram.set_member(CHANNEL, 11, "left");
    gate.open();
    world.start();
    world.voice_notes(ana.chat(), 1).await;
    assert_eq!(world.tutor.turns().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_during_the_check_is_quick_and_loses_nothing() {
    let mut world = school().await;
    world.start();
    let ana = world.learner(11);
    world.telegram.set_member(CHANNEL, 11, "member");
    let gate = world.telegram.faults().gate(On::call("getChatMember"));
    ana.voice(voice(), 4);
    gate.reached(1).await;
    assert_eq!(world.stop().await.code(), Some(0), "{}", world.log());
    gate.open();
    world.start();
    world.voice_notes(ana.chat(), 1).await;
}
