//! Bytes of deleted learners: noted before the deletion, cleared at the next start whatever the size,
//! reported where that fails. Also that no command holds the store while it waits for a person's answer.

use crate::skip;
use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::logging::Event;
use phonicflow_bot::store::home::{Cleared, Uncleared};
use phonicflow_bot::store::{Home, OnDamage};
use std::fs;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

/// A world with a learner who has practised, its daemon running.
async fn practised() -> World {
    let world = World::started().await;
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
    world.settled().await;
    world
}

fn holds_words(world: &World) -> bool {
    let db = fs::read(world.store_folder().join("db")).unwrap();
    db.windows(9).any(|window| window == b"Yesterday")
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_deleted_by_command_that_could_not_be_noted_before() {
    for running in [true, false] {
        let mut world = practised().await;
        if !running {
            world.stop().await;
        }
        // Where the note goes, something else is.
        let note = world.home().join("forgotten");
        fs::create_dir(&note).unwrap();
        let refused = world.admin(&["sessions", "delete", "11", "--yes"]).await;
        assert!(refused.code == Some(1) && refused.err.contains("nothing was deleted"), "{refused:?}");
        assert_eq!(world.ask(&["sessions", "list", "--json"]).await.lines().count(), 1);
        fs::remove_dir(&note).unwrap();
        world.ask(&["sessions", "delete", "11", "--yes"]).await;
        assert_eq!(note.exists(), running, "noted, or done already");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_learners_own_deletion_is_noted_and_a_killed_daemon_clears_it() {
    let mut world = practised().await;
    let ana = world.learner(11);
    ana.text("/delete");
    let ask = world.answer_with(ana.chat(), "This cannot be undone").await;
    ana.press(ask.message_id, &ask.buttons()[0]).unwrap();
    world.answer_with(ana.chat(), "is deleted").await;
    world.kill();
    assert!(holds_words(&world) && world.home().join("forgotten").exists());
    world.start();
    world.logged(Event::DeletedBytesCleared).await;
    world.settled().await;
    world.stop().await;
    assert!(!holds_words(&world) && !world.home().join("forgotten").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_is_told_to_stop_leaves_no_deleted_byte_behind() {
    let mut world = practised().await;
    let said = world.ask(&["sessions", "delete", "11", "--yes"]).await;
    assert!(said.contains("when the daemon stops, or at its next start"), "{said}");
    assert!(holds_words(&world) && world.home().join("forgotten").exists());
    let rui = world.brazilian(12);
    rui.text("/start");
    world.answers(rui.chat(), 1).await;
    world.stop().await;
    assert!(!holds_words(&world) && !world.home().join("forgotten").exists());
    assert!(world.log().times(Event::DeletedBytesCleared) > 0, "{}", world.log());
    assert_eq!(
        world.ask(&["sessions", "list", "--json"]).await.lines().count(),
        1,
        "who is not deleted is there"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_cannot_clear_says_so_and_the_next_one_tries_again() {
    let mut world = practised().await;
    world.ask(&["sessions", "delete", "11", "--yes"]).await;
    let doctor = world.admin(&["doctor"]).await.out;
    assert!(doctor.contains("the daemon's next start clears them"), "{doctor}");
    world.kill();
    // It cannot be removed as the folder it should be.
    let old = world.home().join("cleaned");
    fs::write(&old, "in the way").unwrap();
    world.start();
    world.logged(Event::DeletedBytesNotCleared).await;
    world.settled().await;
    world.stop().await;
    assert!(holds_words(&world));
    let failed = world.admin(&["store", "clean"]).await;
    assert_eq!(failed.code, Some(1), "{failed:?}");
    fs::remove_file(old).unwrap();
    world.start();
    world.logged(Event::DeletedBytesCleared).await;
    world.stop().await;
    assert!(!holds_words(&world));
    let nothing = world.ask(&["store", "clean"]).await;
    assert!(nothing.starts_with("nothing to clear"), "{nothing}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_starts_too_long_is_left_to_a_person_who_is_told() {
    let mut world = practised().await;
    world.ask(&["sessions", "delete", "11", "--yes"]).await;
    world.kill();
    let home = Home::at(&world.home());
    assert_eq!(home.uncleared(), Some(Uncleared::NextStart));
    // No time at all is too little for any database.
    assert_eq!(home.clean_at_start(Duration::ZERO).unwrap(), Cleared::Left);
    assert_eq!(home.uncleared(), Some(Uncleared::ByHand));
    world.start();
    world.logged(Event::DeletedBytesLeft).await;
    let rui = world.brazilian(12);
    rui.text("/start");
    world.answers(rui.chat(), 1).await;
    let said = world.ask(&["sessions", "delete", "12", "--yes"]).await;
    assert!(said.contains("until you stop the daemon and run `phonicflow-bot store clean`"), "{said}");
    let doctor = world.admin(&["doctor"]).await.out;
    assert!(doctor.contains("sudo phonicflow-bot store clean"), "{doctor}");
    let held = world.admin(&["store", "clean"]).await;
    assert_eq!(held.code, Some(3), "{held:?}");
    world.stop().await;
    assert!(holds_words(&world));
    let said = world.ask(&["store", "clean"]).await;
    assert!(said.contains("are gone from the database's files"), "{said}");
    assert!(!holds_words(&world) && home.uncleared().is_none());
    // Starts that were cut off at it are counted, and one that comes through counts anew.
    fs::write(world.home().join("forgotten"), "2").unwrap();
    assert_eq!(home.clean_at_start(Duration::from_secs(60)).unwrap(), Cleared::Done);
    fs::write(world.home().join("forgotten"), "3").unwrap();
    assert_eq!(home.clean_at_start(Duration::from_secs(60)).unwrap(), Cleared::Left);
    home.open(OnDamage::Refuse, phonicflow_bot::domain::Timestamp(0)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_can_start_while_a_person_is_asked() {
    if !skip::has("a_daemon_can_start_while_a_person_is_asked", "script") {
        return;
    }
    let mut world = practised().await;
    world.stop().await;
    world.set("SESSION_TIMEOUT_HOURS", "0.0000001");
    let plain = world.command(&[]);
    let line = format!("exec '{}' sessions expire", crate::world::BINARY);
    let mut asking = Command::new("script");
    asking.args(["-qec", &line, "/dev/null"]).env_clear().current_dir(world.folder.path());
    asking.envs(plain.get_envs().filter_map(|(key, value)| Some((key, value?))));
    let mut asking = asking.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut heard = Vec::new();
    let mut out = asking.stdout.take().unwrap();
    while !String::from_utf8_lossy(&heard).contains("[y/N]") {
        let mut byte = [0];
        assert_eq!(out.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&heard));
        heard.push(byte[0]);
    }
    world.start();
    world.listening().await;
    asking.stdin.take().unwrap().write_all(b"y\n").unwrap();
    let rest = tokio::task::spawn_blocking(move || {
        let mut rest = String::new();
        let _ = out.read_to_string(&mut rest);
        asking.wait().unwrap();
        rest
    });
    let rest = tokio::time::timeout(PATIENCE, rest).await.unwrap().unwrap();
    assert!(rest.contains("idle session(s) ended"), "{rest}");
    assert_eq!(world.ask(&["sessions", "list", "--state", "idle"]).await, "");
}
