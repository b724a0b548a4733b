//! Who counts as a sender: people, each separately; the bot's current name; and only buttons that really
//! exist.

use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::bot_api::{Learner, Press};
use serde_json::{Value, json};

const GROUP: i64 = -1_001_987_654_321;

fn said(from: Value, extra: &[(&str, Value)]) -> Value {
    let mut message = json!({ "message_id": 900, "date": 1_752_570_000, "text": "/help@phonicflow_bot", "from": from,
        "chat": { "id": GROUP, "type": "supergroup", "title": "English Club" } });
    for (field, value) in extra {
        message[*field] = value.clone();
    }
    json!({ "message": message })
}

#[tokio::test(flavor = "multi_thread")]
async fn chats_bots_and_telegram_itself_share_nobodys_record() {
    let world = World::started().await;
    world.telegram.group(GROUP, "English Club");
    let ana = world.learner(11).in_chat(GROUP);
    let channel = json!({ "id": -1_001_111_111_111_i64, "type": "channel", "title": "News" });
    let group = json!({ "id": GROUP, "type": "supergroup", "title": "English Club" });
    let user = |id: i64, is_bot: bool| json!({ "id": id, "is_bot": is_bot, "first_name": "x" });
    let nobody = [
        // A channel's post in its discussion, as Telegram sends it and with a sign or two missing.
        said(
            user(777_000, false),
            &[("sender_chat", channel.clone()), ("is_automatic_forward", json!(true))],
        ),
        said(user(777_000, false), &[("is_automatic_forward", json!(true))]),
        said(user(777_000, false), &[]),
        // An anonymous admin, a channel that speaks in the group, a linked channel's reader.
        said(user(1_087_968_824, true), &[("sender_chat", group.clone())]),
        said(user(1_087_968_824, false), &[]),
        said(user(136_817_688, true), &[("sender_chat", channel.clone())]),
        said(user(136_817_688, false), &[("sender_chat", channel.clone())]),
        said(user(1_271_266_957, false), &[]),
        // Some made-up user of the future, told only by its chat.
        said(user(5_555_555_555, false), &[("sender_chat", channel)]),
        said(user(4_444_444_444, true), &[]),
        said(user(-5, false), &[]),
        // A message sent via this bot comes back.
        said(
            user(11, false),
            &[("via_bot", json!({ "id": 4_200_000_001_i64, "is_bot": true, "first_name": "P" }))],
        ),
    ];
    let count = nobody.len();
    for update in nobody {
        world.telegram.raw_update(update);
    }
    for kind in ["channel_post", "edited_channel_post", "edited_message", "business_message", "kind_of_2031"]
    {
        let message = said(user(11, false), &[])["message"].clone();
        world.telegram.raw_update(json!({ kind: message }));
    }
    ana.text("/help@phonicflow_bot");
    world.answers(GROUP, 1).await;
    world.settled().await;
    assert_eq!(world.telegram.read(|state| state.from_bot(GROUP).count()), 1, "of {count} none");
    for id in ["777000", "1087968824", "136817688", "5555555555"] {
        let out = world.command(&["sessions", "export", id]).output().unwrap();
        assert!(!out.status.success(), "{id}: {out:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_sends_by_way_of_another_bot_is_theirs() {
    let world = World::started().await;
    world.learner(11);
    let via = json!({ "id": 9_876_543, "is_bot": true, "first_name": "gif", "username": "gif" });
    world.telegram.raw_update(
        json!({ "message": { "message_id": 900, "date": 1_752_570_000, "text": "/help",
        "from": { "id": 11, "is_bot": false, "first_name": "Ana" }, "chat": { "id": 11, "type": "private" },
        "via_bot": via } }),
    );
    world.answers(11, 1).await;
}

/// Presses what the message may or may not hold; what the press is told.
async fn claimed(world: &World, who: &Learner, message: i64, data: &str) -> Press {
    let pressed = world.telegram.claim_press(who.chat(), who.user(), message, data);
    let answered = world.telegram.wait_until(PATIENCE, |state| {
        state.press(&pressed.query_id).filter(|press| press.answers > 0).cloned()
    });
    answered.await.unwrap_or_else(|| panic!("not answered; log:\n{}", world.log()))
}

fn told(press: &Press) -> &str {
    press.text.as_deref().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_press_counts_only_where_its_button_is() {
    let world = World::started().await;
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    world.voice_notes(11, 1).await;
    ana.text("/history");
    let page = world.answer_with(11, "1.").await;
    // Data in our own format that the message never had: on ours, on the learner's own, and on one that is
    // deleted.
    let own = ana.text("hello").message_id;
    for message in [page.message_id, own] {
        let press = claimed(&world, &ana, message, "del:y:11").await;
        assert!(told(&press).contains("out of date"), "{press:?}");
    }
    ana.text("/delete");
    let asked = world.answer_with(11, "Delete everything").await;
    let (yes, no) = (asked.buttons()[0].clone(), asked.buttons()[1].clone());
    world.telegram.delete_message(11, asked.message_id);
    let press = claimed(&world, &ana, asked.message_id, &yes).await;
    assert!(told(&press).contains("out of date"), "{press:?}");
    for near in [yes.to_uppercase(), format!("{yes} "), yes[..yes.len() - 1].to_owned(), no.replace('n', "y")]
    {
        claimed(&world, &ana, page.message_id, &near).await;
    }
    let history = world.telegram.read(|state| state.from_bot(11).count());
    ana.text("/history");
    let again = world.answers(11, history + 1).await;
    assert!(again.last().unwrap().text.contains("1."), "nothing was deleted: {again:?}");
    // The true one does what it says.
    ana.text("/delete");
    let asked = world.answers(11, history + 2).await.last().unwrap().clone();
    let press = claimed(&world, &ana, asked.message_id, &asked.buttons()[0]).await;
    assert_eq!(told(&press), "");
    world.answer_with(11, "is deleted").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_group_anothers_button_is_not_mine() {
    let world = World::started().await;
    world.telegram.group(GROUP, "English Club");
    let (ana, eve) = (world.learner(11).in_chat(GROUP), world.learner(12).in_chat(GROUP));
    ana.text("/delete@phonicflow_bot");
    let asked = world.answers(GROUP, 1).await[0].clone();
    let press = claimed(&world, &eve, asked.message_id, &asked.buttons()[0]).await;
    assert!(told(&press).contains("for somebody else"), "{press:?}");
    world.settled().await;
    let now = world.telegram.read(|state| state.entry(GROUP, asked.message_id).cloned()).unwrap();
    assert_eq!((now.text, now.keyboard), (asked.text, asked.keyboard), "the question still stands");
    let out = world.command(&["sessions", "export", "12"]).output().unwrap();
    assert!(!out.status.success(), "a press begins no record: {out:?}");
    assert!(world.command(&["sessions", "export", "11"]).output().unwrap().status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_name_of_the_bot_is_followed_without_a_restart() {
    let world = World::started().await;
    world.telegram.group(GROUP, "English Club");
    let ana = world.learner(11).in_chat(GROUP);
    ana.text("/help@phonicflow_bot");
    world.answers(GROUP, 1).await;
    world.telegram.rename("talk_to_me_bot");
    ana.text("/help@talk_to_me_bot");
    world.answers(GROUP, 2).await;
    ana.text("@talk_to_me_bot hello");
    world.answers(GROUP, 3).await;
    ana.text("/help@phonicflow_bot");
    world.settled().await;
    assert_eq!(world.telegram.read(|state| state.from_bot(GROUP).count()), 3, "the old name is nobody's");
    world.logged(Event::BotRenamed).await;
    // Seen where Telegram shows the bot itself, too.
    world.telegram.rename("bought");
    let ours = world.answers(GROUP, 3).await[0].message_id;
    ana.post(phonicflow_bot::sandbox::bot_api::Post::text("thanks").reply_to(ours));
    world.answers(GROUP, 4).await;
    ana.text("@bought hello");
    world.answers(GROUP, 5).await;
    assert_eq!(world.telegram.calls("getMe").len(), 3, "asked once for each new name");
}
