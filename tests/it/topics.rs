//! Conversations by place: each group and each topic, of a group or of the private chat, is one of its own. And `/coach`, which
//! has a recording coached that somebody sent there.

use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::sandbox::bot_api::{ChatEntry, Learner, Post};
use std::collections::HashSet;

const CLASS: i64 = -1_000_500;

/// The conversations at the tutor of its turns so far, oldest first.
fn conversations(world: &World) -> Vec<String> {
    world.tutor.turns().iter().map(|turn| turn.session.clone()).collect()
}

/// Says something in a topic (`None`: outside all) in reply to the bot, so that it hears it in a group; waits for the answer.
async fn says(world: &World, who: &Learner, topic: Option<i64>) -> String {
    let chat = who.chat();
    let place = |post: Post| topic.into_iter().fold(post, Post::in_topic);
    let known = |said: &ChatEntry| said.thread == topic;
    let known = world.telegram.read(|state| state.from_bot(chat).find(|said| known(said)).cloned());
    let spoken_to = match known {
        Some(said) => said.message_id,
        None => {
            let before = world.telegram.read(|state| state.from_bot(chat).count());
            who.post(place(Post::text("/help@phonicflow_bot")));
            world.answers(chat, before + 1).await[before].message_id
        }
    };
    let turns = conversations(world).len();
    let spoken = who.post(place(Post::voice(voice(), 4).reply_to(spoken_to)));
    let answered = world.telegram.wait_until(PATIENCE, |state| {
        let mut all = state.from_bot(chat);
        let note = all.find(|said| said.reply_to == Some(spoken.message_id) && said.file.is_some())?;
        Some(note.thread)
    });
    assert_eq!(answered.await.expect("an answer"), topic, "the answer stays in its topic");
    assert_eq!(conversations(world).len(), turns + 1);
    conversations(world).pop().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_place_has_its_own_conversation_and_all_of_them_are_the_learners() {
    let mut world = World::started().await;
    let ana = world.learner(11);
    world.telegram.private_topics(11, &[41]);
    world.telegram.group(-500, "friends");
    world.telegram.forum(CLASS, "class", &[7, 8]);
    let (friends, class) = (ana.in_chat(-500), ana.in_chat(CLASS));
    let places = [(&ana, None), (&ana, Some(41)), (&friends, None), (&class, Some(7)), (&class, Some(8))];
    let mut own = Vec::new();
    for (who, topic) in places {
        own.push(says(&world, who, topic).await);
    }
    assert_eq!(own.iter().collect::<HashSet<_>>().len(), places.len(), "{own:?}");
    // They go on, also after a restart.
    world.kill();
    world.start();
    for ((who, topic), session) in places.into_iter().zip(&own) {
        assert_eq!(&says(&world, who, topic).await, session, "{} {topic:?}", who.chat());
    }
    class.post(Post::text("/status@phonicflow_bot").in_topic(7));
    let shown = world.answer_with(CLASS, "messages: ").await;
    assert!(shown.text.contains("messages: 2"), "{}", shown.text);
    // A new one begins where it is asked for, and nowhere else.
    class.post(Post::text("/new@phonicflow_bot").in_topic(7));
    world.answer_with(CLASS, "fresh conversation").await;
    let gone = world.tutor.wait_until(PATIENCE, |state| {
        let mut calls = state.calls().iter();
        calls.any(|call| call.method == "DELETE" && call.session.as_deref() == Some(&*own[3])).then_some(())
    });
    assert!(gone.await.is_some(), "the tutor forgets the one that was left");
    let fresh = says(&world, &class, Some(7)).await;
    assert!(!own.contains(&fresh));
    for ((who, topic), session) in places.into_iter().zip(&own).filter(|((_, topic), _)| *topic != Some(7)) {
        assert_eq!(&says(&world, who, topic).await, session, "{} {topic:?}", who.chat());
    }
    // They are shown to the admin, exported, and gone with the learner.
    let listed = world.command(&["sessions", "list", "--user", "11", "--json"]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    for session in own.iter().chain([&fresh]) {
        assert!(listed.contains(session), "{session}: {listed}");
    }
    ana.text("/delete");
    let asked = world.telegram.wait_until(PATIENCE, |state| {
        let asked = |said: &ChatEntry| said.buttons().into_iter().find(|data| data.starts_with("del"));
        state.from_bot(11).find_map(|said| Some((said.message_id, asked(said)?)))
    });
    let (asked, yes) = asked.await.expect("it asks first");
    ana.press(asked, &yes).unwrap();
    let forgotten = world.tutor.wait_until(PATIENCE, |state| {
        let deleted = state.calls().iter().filter(|call| call.method == "DELETE");
        let deleted: HashSet<_> = deleted.filter_map(|call| call.session.as_deref()).collect();
        own.iter().chain([&fresh]).all(|session| deleted.contains(session.as_str())).then_some(())
    });
    assert!(forgotten.await.is_some(), "the tutor forgets all of them");
    assert_eq!(world.tutor.violations(), []);
}

async fn exported(world: &World, user: i64) -> serde_json::Value {
    let out = world.folder.path().join("out");
    world.ask(&["sessions", "export", &user.to_string(), "--out", out.to_str().unwrap()]).await;
    serde_json::from_slice(&std::fs::read(out.join(format!("learner-{user}.json"))).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn any_recording_is_coached_for_whoever_answers_it_with_coach() {
    let world = World::started().await;
    let (ana, rui) = (world.learner(11), world.brazilian(12));
    world.telegram.forum(CLASS, "class", &[7]);
    let (ana, rui) = (ana.in_chat(CLASS), rui.in_chat(CLASS));
    // Not for the bot, until somebody asks.
    let spoken = ana.post(Post::voice(voice(), 4).in_topic(7));
    let talk = ana.post(Post::text("listen to this").in_topic(7));
    let asked = rui.post(Post::text("/coach@phonicflow_bot").reply_to(spoken.message_id).in_topic(7));
    let heard = &world.voice_notes(CLASS, 1).await[0];
    assert_eq!((heard.reply_to, heard.thread), (Some(asked.message_id), Some(7)));
    // It is his conversation, and nothing that he said himself.
    let held = exported(&world, 12).await;
    assert_eq!(held["sessions"][0]["turns"][0]["spoken_by_another"], true);
    assert_eq!(held["days"], serde_json::json!([]));
    let own = ana.post(Post::text("/coach").reply_to(spoken.message_id).in_topic(7));
    let answered = world.telegram.wait_until(PATIENCE, |state| {
        state.from_bot(CLASS).find(|said| said.reply_to == Some(own.message_id)).cloned()
    });
    assert!(answered.await.is_some());
    world.voice_notes(CLASS, 2).await;
    assert_eq!(exported(&world, 11).await["days"][0]["voices"], 1);
    let sessions: HashSet<_> = conversations(&world).into_iter().collect();
    assert_eq!(sessions.len(), 2, "one of each who asked");
    // In reply to no recording it says how.
    for post in [Post::text("/coach").in_topic(7), Post::text("/coach").reply_to(talk.message_id).in_topic(7)]
    {
        let sent = ana.post(post);
        let told = world.telegram.wait_until(PATIENCE, |state| {
            state.from_bot(CLASS).find(|said| said.reply_to == Some(sent.message_id)).cloned()
        });
        assert!(told.await.is_some_and(|told| told.text.contains("Reply to a voice message")));
    }
    assert_eq!(world.tutor.turns().len(), 2);
    // One that was forwarded to the private chat, answered there.
    let ana = world.learner(11);
    let forwarded = ana.post(Post::voice(voice(), 4).with(
        "forward_origin",
        serde_json::json!({ "type": "user", "date": 1, "sender_user": { "id": 12, "is_bot": false, "first_name": "Rui" } }),
    ));
    world.voice_notes(11, 1).await;
    ana.post(Post::text("/coach").reply_to(forwarded.message_id));
    world.voice_notes(11, 2).await;
    assert_eq!(world.tutor.violations(), []);
}
