//! `sessions list|show` and `queue list|show`: the same output with the daemon running and stopped.

use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::sandbox::bot_api::State;
use phonicflow_bot::sandbox::faults::On;

/// What the state of a message at work may not change by itself between two looks.
const LOOKS: [&[&str]; 10] = [
    &["sessions", "list"],
    &["sessions", "list", "--json"],
    &["sessions", "show", "11"],
    &["sessions", "show", "11", "--json"],
    &["sessions", "show", "404"],
    &["queue", "list"],
    &["queue", "list", "--json"],
    &["queue", "show", "NUMBER"],
    &["queue", "show", "NUMBER", "--json"],
    &["queue", "show", "424242"],
];

#[tokio::test(flavor = "multi_thread")]
async fn listings_are_the_same_from_the_daemon_and_from_the_store() {
    let mut world = World::new().await;
    world.set("BACKEND_CONCURRENCY", "1").start();
    let (ana, rui) = (world.learner(11), world.brazilian(12));
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
    rui.voice(voice(), 4);
    world.voice_notes(rui.chat(), 1).await;
    // From here on the tutor holds on to what it gets; it is cut off by the stop and parked where it was.
    let gate = world.tutor.faults().gate(On::call("POST /process").always());
    ana.voice(voice(), 4);
    gate.reached(1).await;
    rui.text("/new");
    rui.voice(voice(), 4);
    world.settled().await;
    let number = |listed: String| {
        let first: serde_json::Value = serde_json::from_str(listed.lines().next().unwrap()).unwrap();
        first["number"].to_string()
    };
    let number = number(world.ask(&["queue", "list", "--json"]).await);
    let mut running = Vec::new();
    let look = |arguments: &[&str]| -> Vec<String> {
        arguments.iter().map(|word| word.replace("NUMBER", &number)).collect()
    };
    for arguments in LOOKS {
        let words = look(arguments);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        running.push(world.admin(&words).await);
    }
    assert!(world.home().join("admin.sock").exists() && world.home().join("admin-socket").exists());
    world.kill();
    gate.open();
    for (arguments, before) in LOOKS.into_iter().zip(running) {
        let words = look(arguments);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let after = world.admin(&words).await;
        assert_eq!(after, before, "{words:?}");
        let found = !arguments.contains(&"404") && !arguments.contains(&"424242");
        assert_eq!(after.code, Some(if found { 0 } else { 1 }), "{words:?}: {after:?}");
        assert_eq!(found, !after.out.is_empty(), "{words:?}: {after:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_of_a_running_daemon_can_be_changed() {
    let mut world = World::new().await;
    world.set("BACKEND_RETRY_MAX_AGE", "1").start();
    let ana = world.learner(11);
    world.tutor.stop().await;
    for n in 1..=2 {
        ana.voice(voice(), 4);
        world.answers(ana.chat(), 2 * n).await;
    }
    world.settled().await;
    let listed = world.ask(&["queue", "list", "--dead", "--json"]).await;
    let rows: Vec<serde_json::Value> =
        listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 2, "{listed}\n{}", world.log());
    assert_eq!(world.ask(&["queue", "list", "--waiting"]).await, "");
    assert_eq!(world.ask(&["queue", "list", "--user", "12"]).await, "");
    assert_eq!(world.ask(&["queue", "list", "--user", "11", "--json"]).await, listed);
    let (first, second) = (rows[0]["number"].to_string(), rows[1]["number"].to_string());
    assert_eq!(world.ask(&["queue", "drop", "--yes", &second]).await, format!("{second}: dropped\n"));
    let again = world.admin(&["queue", "drop", "--yes", &second]).await;
    assert!(again.code == Some(1) && again.err.contains("no message of the queue"), "{again:?}");
    world.tutor.resume().await.unwrap();
    assert_eq!(world.ask(&["queue", "retry", &first]).await, format!("{first}: due now\n"));
    world.voice_notes(ana.chat(), 1).await;
    assert_eq!(world.tutor.turns().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queued_voice_that_is_dropped_shows_no_typing_and_one_at_work_is_not_dropped() {
    let mut world = World::new().await;
    world.set("BACKEND_CONCURRENCY", "1").start();
    let gate = world.tutor.faults().gate_after(On::call("POST /process"));
    // One at the tutor, two prepared ahead, the fourth waits.
    for user in 11..=14 {
        world.learner(user).voice(voice(), 4);
    }
    gate.reached(1).await;
    let signs = |chat: i64| world.telegram.read(|state| signs_in(state, chat));
    let shown = |chat: i64, at_least: usize| {
        world.telegram.wait_until(PATIENCE, move |state| (signs_in(state, chat) >= at_least).then_some(()))
    };
    assert!(shown(14, 1).await.is_some(), "{}", world.log());
    assert_eq!(world.ask(&["queue", "drop", "--yes", "4"]).await, "4: dropped\n");
    let told = world.answer_with(14, "taken this message out").await;
    assert!(told.reply_to.is_some(), "the learner is told, beneath the message");
    let refused = world.admin(&["queue", "drop", "--yes", "1"]).await;
    assert!(refused.code == Some(1) && refused.err.contains("is being worked on right now"), "{refused:?}");
    // Signs go round: whoever still waits has been shown twice more.
    let (dropped, waiting) = (signs(14), signs(11));
    assert!(shown(11, waiting + 2).await.is_some(), "{}", world.log());
    assert!(signs(14) <= dropped + 1, "one may have been on its way");
    gate.open();
}

fn signs_in(state: &State, chat: i64) -> usize {
    state.log().of("sendChatAction").filter(|call| call.int("chat_id") == Some(chat)).count()
}
