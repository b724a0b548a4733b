//! `/settings`: every button is pressed, twice, by its owner and by another; what is chosen is kept, shown, exported and gone
//! with the learner. And the time zone, by buttons, a typed city, and a location of which nothing else is kept.

use crate::pressing::{edits, labels, notice, press, says};
use crate::world::{PATIENCE, World};
use phonicflow_bot::sandbox::bot_api::{ChatEntry, Learner, Post};
use phonicflow_bot::sandbox::chat_api::ChatOptions;
use serde_json::Value;
use std::fs;

/// Sends something, and waits for the next message of the bot.
async fn asks(world: &World, learner: &Learner, post: Post) -> ChatEntry {
    let before = world.telegram.read(|state| state.from_bot(learner.chat()).count());
    learner.post(post);
    world.answers(learner.chat(), before + 1).await[before].clone()
}

/// The message as it stands now.
fn now(world: &World, entry: &ChatEntry) -> ChatEntry {
    let entry = world.telegram.read(|state| {
        let mut all = state.from_bot(entry.chat_id);
        all.find(|known| known.message_id == entry.message_id).cloned()
    });
    entry.expect("the message is there")
}

/// Presses a button and waits until its message has changed.
async fn turn(world: &World, learner: &Learner, entry: &ChatEntry, label: &str) -> ChatEntry {
    let shown = now(world, entry);
    let pressed = press(learner, &shown, label);
    assert_eq!(notice(world, &pressed).await, "", "{label}");
    let changed = world.telegram.wait_until(PATIENCE, |state| {
        let mut all = state.from_bot(entry.chat_id);
        let found = all.find(|known| known.message_id == entry.message_id)?;
        (found.text != shown.text || found.keyboard != shown.keyboard).then(|| found.clone())
    });
    changed.await.unwrap_or_else(|| panic!("{label} changes nothing"))
}

async fn exported(world: &World, user: i64) -> Value {
    let out = world.folder.path().join("out").display().to_string();
    world.ask(&["sessions", "export", &user.to_string(), "--out", &out, "--force"]).await;
    let text = fs::read(world.folder.path().join(format!("out/learner-{user}.json"))).unwrap();
    serde_json::from_slice::<Value>(&text).unwrap()["learner"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_setting_is_chosen_in_place_once_and_stays() {
    let mut world = World::new().await;
    let _chat = world.chat(ChatOptions::default()).await;
    world.start();
    let (ana, rui) = (world.learner(11), world.brazilian(12));
    let menu = asks(&world, &ana, Post::text("/settings")).await;
    assert!(menu.text.starts_with("Your settings"), "{}", menu.text);
    // Switches, on the page itself.
    for (label, said, back) in [
        ("Don't speak replies", "Spoken replies: off", "Speak replies"),
        ("Speak slower", "Slower speech: on", "Normal speed"),
    ] {
        let (shown, before) = (now(&world, &menu), edits(&world));
        // Two taps before anything has changed on the screen.
        let (first, second) = (press(&ana, &shown, label), press(&ana, &shown, label));
        assert_eq!(notice(&world, &first).await, "");
        assert!(notice(&world, &second).await.contains("choice already"), "{label}");
        let after = says(&world, &menu, said).await;
        assert!(labels(&after).iter().any(|own| own.contains(back)), "{:?}", labels(&after));
        assert_eq!(edits(&world), before + 1, "pressed twice, done once: {label}");
    }
    // Parts with a page of their own.
    for (part, label, said) in [
        ("Language", "Español", "Idioma: Español"),
        ("Idioma", "English", "Language: English"),
        ("Translation", "On tap", "Translation: On tap"),
        ("Level", "Advanced", "Level: Advanced"),
        ("Who I am", "Strict examiner", "When you write, I am: Strict examiner"),
        ("Daily goal", "15 min", "Daily goal: 15 min"),
        ("Time zone", "Denver", "Time zone: Denver"),
    ] {
        turn(&world, &ana, &menu, part).await;
        turn(&world, &ana, &menu, label).await;
        let before = edits(&world);
        let again = press(&ana, &now(&world, &menu), label);
        let told = notice(&world, &again).await;
        assert!(["choice already", "ya es tu"].iter().any(|own| told.contains(own)), "{label}: {told}");
        assert_eq!(edits(&world), before, "pressed twice, done once: {label}");
        // Nobody else presses it.
        let data = now(&world, &menu).buttons()[0].clone();
        let told = notice(&world, &world.telegram.claim_press(11, 12, menu.message_id, &data)).await;
        assert_eq!(told, "Este botão é para outra pessoa.", "{label}");
        let back = labels(&now(&world, &menu)).pop().unwrap();
        let whole = turn(&world, &ana, &menu, &back).await;
        assert!(whole.text.contains(said), "{said}: {}", whole.text);
    }
    assert_eq!(rui.transcript().len(), 0);
    // Kept over a new conversation and a restart; exported; gone with the learner.
    ana.text("/new");
    world.answer_with(11, "fresh conversation").await;
    world.stop().await;
    world.start();
    let menu = asks(&world, &ana, Post::text("/settings")).await;
    for said in ["Spoken replies: off", "Slower speech: on", "On tap", "Advanced", "15 min", "Denver"] {
        assert!(menu.text.contains(said), "{said}: {}", menu.text);
    }
    let held = exported(&world, 11).await;
    for (name, value) in [
        ("translation", Value::from("on tap")),
        ("voice_reply", Value::from(false)),
        ("slower_speech", Value::from(true)),
        ("daily_goal_minutes", Value::from(15)),
        ("time_zone", Value::from("America/Denver")),
    ] {
        assert_eq!(held[name], value, "{name}");
    }
    let asked = asks(&world, &ana, Post::text("/delete")).await;
    press(&ana, &asked, "Delete everything");
    says(&world, &asked, "deleted").await;
    let menu = asks(&world, &ana, Post::text("/settings")).await;
    assert!(
        menu.text.contains("Time zone: not chosen yet") && menu.text.contains("Daily goal: 5 min"),
        "{}",
        menu.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_group_settings_are_for_the_private_chat() {
    let world = World::started().await;
    world.telegram.group(-500, "class");
    let ana = world.learner(11).in_chat(-500);
    let told = asks(&world, &ana, Post::text("/settings@phonicflow_bot")).await;
    assert!(told.text.contains("private chat") && told.keyboard.is_none(), "{}", told.text);
    // What leads to a part of them leads back to none of them there.
    let level = asks(&world, &ana, Post::text("/level@phonicflow_bot")).await;
    assert_eq!(level.buttons().len(), 3, "{:?}", labels(&level));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zone_is_found_on_every_page_of_the_world() {
    let world = World::started().await;
    let rui = world.brazilian(12);
    let menu = asks(&world, &rui, Post::text("/settings")).await;
    turn(&world, &rui, &menu, "Fuso horário").await;
    assert!(labels(&now(&world, &menu))[0].starts_with("São Paulo "), "near who speaks Portuguese");
    turn(&world, &rui, &menu, "Outro lugar").await;
    turn(&world, &rui, &menu, "Ásia").await;
    let mut seen = 0;
    loop {
        let page = now(&world, &menu);
        seen += labels(&page).iter().filter(|label| label.contains(':')).count();
        if labels(&page).iter().any(|label| label.starts_with("Kathmandu ")) {
            turn(&world, &rui, &menu, "Kathmandu ").await;
            break;
        }
        turn(&world, &rui, &menu, "Mais tarde").await;
    }
    assert!(seen > 14, "on a later page: {seen}");
    let chosen = says(&world, &menu, "Fuso horário: Kathmandu").await;
    assert!(chosen.text.contains("agora são"), "{}", chosen.text);
    // Pages that there are not.
    for data in
        ["tzr:9999:12", "tzr:x:12", "tz:1:12", "set:q:12", "goal:7:12", "trn:z:12", "tza:b:12", "setsw:z:12"]
    {
        let raw = serde_json::json!({ "callback_query": { "id": data, "from": { "id": 12, "is_bot": false, "first_name": "R" },
            "data": data, "message": { "message_id": menu.message_id, "date": 1, "chat": { "id": 12, "type": "private" },
            "from": { "id": 4_200_000_001_i64, "is_bot": true },
            "reply_markup": { "inline_keyboard": [[{ "text": "x", "callback_data": data }]] } } } });
        world.telegram.raw_update(raw);
    }
    world.settled().await;
    assert_eq!(exported(&world, 12).await["time_zone"], "Asia/Kathmandu");
}

/// What stood below the input field after each message that changed it, newest last.
fn below(world: &World) -> Vec<Value> {
    let sent = world.telegram.calls("sendMessage");
    let markups = sent.iter().map(|call| call.params["reply_markup"].clone());
    markups.filter(|markup| markup.get("inline_keyboard").is_none() && !markup.is_null()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_city_is_typed_or_a_location_shared_and_only_the_zone_is_kept() {
    let mut world = World::new().await;
    world.set("LOG_LEVEL", "debug");
    let chat = world.chat(ChatOptions::default()).await;
    world.start();
    let ana = world.learner(11);
    // Not asked for: a word about it, and nothing is kept.
    asks(&world, &ana, Post::location(-23.5489, -46.6388)).await;
    let menu = asks(&world, &ana, Post::text("/settings")).await;
    assert!(menu.text.contains("Time zone: not chosen yet"), "{}", menu.text);
    turn(&world, &ana, &menu, "Time zone").await;
    let ask = |world: &World| press(&ana, &now(world, &menu), "Type a city");
    let before = world.telegram.read(|state| state.from_bot(11).count());
    notice(&world, &ask(&world)).await;
    let question = world.answers(11, before + 1).await[before].clone();
    assert!(question.text.contains("Type the name of a city"), "{}", question.text);
    assert_eq!(below(&world)[0]["keyboard"][0][0]["request_location"], true);
    assert!(notice(&world, &ask(&world)).await.contains("Type a city"), "asked once");
    assert_eq!(below(&world).len(), 1);
    // A place nobody knows, then one that several are called, then one of them by its button.
    assert!(asks(&world, &ana, Post::text("qwertyuiop")).await.text.contains("don't know that place"));
    let several = asks(&world, &ana, Post::text("San")).await;
    assert!(several.text.contains("Which one") && several.buttons().len() > 2, "{}", several.text);
    let before = world.telegram.read(|state| state.from_bot(11).count());
    press(&ana, &several, "San Salvador");
    let done = &world.answers(11, before + 1).await[before];
    assert!(done.text.contains("San Salvador"), "{}", done.text);
    assert_eq!(below(&world)[1]["remove_keyboard"], true);
    assert_eq!(exported(&world, 11).await["time_zone"], "America/El_Salvador");
    // Typed, with a slip and no accent; asked again, and answered with the location.
    for (answer, zone) in [
        (Post::text("sao pualo, brasil"), "America/Sao_Paulo"),
        (Post::location(27.71, 85.32), "Asia/Kathmandu"),
    ] {
        let before = world.telegram.read(|state| state.from_bot(11).count());
        ask(&world);
        world.answers(11, before + 1).await;
        let done = asks(&world, &ana, answer).await;
        assert!(done.text.starts_with("✓ Your time zone"), "{}", done.text);
        assert_eq!(exported(&world, 11).await["time_zone"], zone);
        assert_eq!(below(&world).last().unwrap()["remove_keyboard"], true);
    }
    // Given up; from then on a text is a text again.
    let before = world.telegram.read(|state| state.from_bot(11).count());
    ask(&world);
    world.answers(11, before + 1).await;
    let kept = asks(&world, &ana, Post::text("✕ Never mind")).await;
    assert!(kept.text.contains("stays as it was"), "{}", kept.text);
    assert_eq!(chat.questions().len(), 0, "no model was asked about cities");
    asks(&world, &ana, Post::text("Lisbon")).await;
    assert_eq!(chat.questions().len(), 1);
    assert_eq!(exported(&world, 11).await["time_zone"], "Asia/Kathmandu");
    // Nothing of where it was is in any file: neither log nor store.
    world.stop().await;
    let mut folders = vec![world.folder.path().to_path_buf()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = fs::read(&path).unwrap();
            for trace in ["23.5489", "46.6388", "27.71", "85.32"] {
                assert!(
                    !bytes.windows(trace.len()).any(|window| window == trace.as_bytes()),
                    "{path:?}: {trace}"
                );
            }
            for trace in [-23.5489_f64, -46.6388, 27.71, 85.32] {
                assert!(!bytes.windows(8).any(|window| window == trace.to_le_bytes()), "{path:?}: {trace}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_is_set_by_any_way_of_writing_a_time_or_by_buttons() {
    let world = World::started().await;
    let ana = world.learner(11);
    let set = |minute: Option<u64>| {
        let world = &world;
        async move {
            let held = exported(world, 11).await["reminder"].clone();
            let on = held["on"].as_bool().unwrap_or(false);
            assert_eq!(
                on.then(|| held["time"].clone()),
                minute.map(|minute| Value::from(format!("{:02}:{:02}", minute / 60, minute % 60))),
                "{held}"
            );
        }
    };
    // Where she is nobody knows yet: she is asked, by buttons beneath.
    let told = asks(&world, &ana, Post::text("/remind 7:30 pm")).await;
    assert!(told.text.contains("19:30 UTC") && told.text.contains("Where are you?"), "{}", told.text);
    set(Some(1_170)).await;
    let chosen = turn(&world, &ana, &told, "Denver").await;
    assert!(chosen.text.contains("Time zone: Denver"), "{}", chosen.text);
    let told = asks(&world, &ana, Post::text("/remind 8h15")).await;
    assert!(
        told.text.contains("08:15") && told.text.contains("Denver") && told.keyboard.is_none(),
        "{}",
        told.text
    );
    set(Some(495)).await;
    assert!(
        asks(&world, &ana, Post::text("/remind whenever")).await.text.contains("don't understand that time")
    );
    set(Some(495)).await;
    // By buttons, in place, also from the settings; each pressed twice.
    let menu = asks(&world, &ana, Post::text("/settings")).await;
    assert!(menu.text.contains("Reminder: 08:15"), "{}", menu.text);
    turn(&world, &ana, &menu, "Reminder").await;
    for (label, said, minute) in
        [("20:30", "daily at 20:30", Some(1_230)), ("No reminder", "When shall I", None)]
    {
        turn(&world, &ana, &menu, label).await;
        says(&world, &menu, said).await;
        let before = edits(&world);
        let again = press(&ana, &now(&world, &menu), label);
        assert!(notice(&world, &again).await.contains("choice already"));
        assert_eq!(edits(&world), before);
        set(minute).await;
    }
    asks(&world, &ana, Post::text("/remind 9")).await;
    set(Some(540)).await;
    let told = asks(&world, &ana, Post::text("/remind off")).await;
    assert!(told.text.contains("No reminder from now on"), "{}", told.text);
    set(None).await;
    world.telegram.group(-500, "class");
    let told = asks(&world, &ana.in_chat(-500), Post::text("/remind@phonicflow_bot 19:30")).await;
    assert!(told.text.contains("private chat"), "{}", told.text);
    set(None).await;
}
