//! Told to stop during any kind of work: exit 0 within its deadline, nothing lost, nothing twice after the
//! next start; told twice, it ends at once.

use crate::skip;
use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::bot_api::EntryKind;
use phonicflow_bot::sandbox::faults::{Act, On};
use std::path::Path;
use std::process::Command;

/// The signal, the log line, the exit. A gate keeps holding its request.
async fn rest(world: &mut World, signal: &str) {
    world.signal(signal);
    world.logged(Event::StopRequested).await;
    let status = world.ended().await;
    assert_eq!(status.code(), Some(0), "{signal}: {}", world.log());
    assert!(world.log().times(Event::Stopped) > 0, "closed in order: {}", world.log());
}

async fn answered_once(world: &World, chat: i64) {
    world.voice_notes(chat, 1).await;
    world.settled().await;
    let kinds: Vec<_> = world.telegram.read(|state| {
        state
            .from_bot(chat)
            .filter(|said| !said.text.contains("takes longer"))
            .map(|said| said.kind)
            .collect()
    });
    assert_eq!(kinds, [EntryKind::Text, EntryKind::Voice], "{}", world.log());
    let finished = world.tutor.turns().iter().filter(|turn| turn.finished_ms.is_some()).count();
    assert_eq!(finished, 1, "{}", world.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn while_idle_in_a_poll_it_ends_at_once_and_leaves_telegram_nothing_open() {
    for signal in ["TERM", "INT"] {
        let mut world = World::new().await;
        // A poll that would hold the process for most of a minute.
        world.set("BOT_POLLING_TIMEOUT", "50").start();
        let polling = world.telegram.wait_until(PATIENCE, |state| (state.pollers() == 1).then_some(()));
        assert!(polling.await.is_some());
        rest(&mut world, signal).await;
        let closed = world.telegram.wait_until(PATIENCE, |state| (state.pollers() == 0).then_some(()));
        assert!(closed.await.is_some());
        assert!(world.log().times(Event::WorkParked) == 0, "{}", world.log());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_downloading() {
    let mut world = World::started().await;
    let ana = world.learner(11);
    let gate = world.telegram.faults().gate(On::call("file"));
    ana.voice(voice(), 4);
    gate.reached(1).await;
    rest(&mut world, "TERM").await;
    // A download is given up at once, not waited for.
    assert!(world.log().times(Event::WorkParked) == 0, "{}", world.log());
    gate.open();
    world.start();
    answered_once(&world, 11).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_waiting_for_a_place_at_the_tutor() {
    let mut world = World::new().await;
    world.set("BACKEND_CONCURRENCY", "1").start();
    let (ana, rui) = (world.learner(11), world.learner(12));
    let gate = world.tutor.faults().gate_after(On::call("POST /process"));
    ana.voice(voice(), 4);
    gate.reached(1).await;
    rui.voice(voice(), 4);
    world.settled().await;
    rest(&mut world, "INT").await;
    assert_eq!(world.tutor.count("POST /process"), 1);
    gate.open();
    world.start();
    for chat in [11, 12] {
        world.voice_notes(chat, 1).await;
    }
    world.settled().await;
    assert_eq!(world.tutor.turns().len(), 2, "{}", world.log());
    assert!(world.tutor.violations().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_tutor_answers_within_the_deadline_is_kept() {
    let mut world = World::started().await;
    let ana = world.learner(11);
    let gate = world.tutor.faults().gate_after(On::call("POST /process"));
    ana.voice(voice(), 4);
    gate.reached(1).await;
    world.signal("TERM");
    world.logged(Event::Stopping).await;
    gate.open();
    assert_eq!(world.ended().await.code(), Some(0));
    assert!(world.log().times(Event::MessageAnswered) > 0, "{}", world.log());
    world.start();
    answered_once(&world, 11).await;
    assert_eq!(world.tutor.count("GET /conversation"), 0, "nothing was lost, nothing had to be looked for");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_sending_before_telegram_has_it_the_message_comes_once() {
    let mut world = World::started().await;
    let ana = world.learner(11);
    let gate = world.telegram.faults().gate(On::call("sendMessage"));
    ana.voice(voice(), 4);
    gate.reached(1).await;
    rest(&mut world, "TERM").await;
    gate.left().await;
    world.start();
    answered_once(&world, 11).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_sending_an_answer_that_comes_within_the_deadline_is_struck_off() {
    let mut world = World::started().await;
    let ana = world.learner(11);
    let gate = world.telegram.faults().gate_after(On::call("sendMessage"));
    ana.voice(voice(), 4);
    gate.reached(1).await;
    world.signal("TERM");
    world.logged(Event::Stopping).await;
    gate.open();
    assert_eq!(world.ended().await.code(), Some(0));
    world.start();
    answered_once(&world, 11).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_spoken_answer_is_fetched() {
    let mut world = World::started().await;
    let ana = world.learner(11);
    let gate = world.tutor.faults().gate(On::call("GET /audio"));
    ana.voice(voice(), 4);
    gate.reached(1).await;
    rest(&mut world, "TERM").await;
    gate.open();
    world.start();
    answered_once(&world, 11).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_message_waits_for_the_tutor_to_come_back() {
    let mut world = World::started().await;
    let ana = world.learner(11);
    world.tutor.stop().await;
    ana.voice(voice(), 4);
    world.answer_with(11, "takes longer than usual").await;
    rest(&mut world, "TERM").await;
    assert!(world.log().times(Event::WorkParked) == 0, "{}", world.log());
    // The next start tries in vain once more, and knows that the learner was told.
    let before = world.log().times(Event::MessageWaits);
    world.start();
    world.logged_times(Event::MessageWaits, before + 1).await;
    world.tutor.resume().await.unwrap();
    answered_once(&world, 11).await;
    let told =
        world.telegram.read(|s| s.from_bot(11).filter(|said| said.text.contains("takes longer")).count());
    assert_eq!(told, 1, "not told again after the restart");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_chat_is_held_by_retry_after() {
    let mut world = World::started().await;
    let ana = world.learner(11);
    world.telegram.faults().add(On::call("sendMessage"), Act::too_many(6));
    ana.voice(voice(), 4);
    world.logged(Event::SendHeld).await;
    rest(&mut world, "TERM").await;
    world.start();
    answered_once(&world, 11).await;
    // The restart has not forgotten what Telegram asked for.
    let calls = world.telegram.calls("sendMessage");
    let refused = calls.iter().find(|call| !call.is_ok()).unwrap();
    let next = calls.iter().find(|call| call.is_ok() && call.int("chat_id") == Some(11)).unwrap();
    assert!(next.at_ms >= refused.at_ms + 6_000, "{} then {}", refused.at_ms, next.at_ms);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_telegram_cannot_be_reached_at_the_start() {
    let mut world = World::new().await;
    world.telegram.pause_listening().await;
    world.start();
    world.logged(Event::ConnectFailed).await;
    world.signal("TERM");
    assert_eq!(world.ended().await.code(), Some(0), "{}", world.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn while_telegram_does_not_answer_any_more() {
    let mut world = World::started().await;
    let ana = world.learner(11);
    ana.text("/help");
    world.answers(11, 1).await;
    world.telegram.pause_listening().await;
    world.logged(Event::PollFailed).await;
    rest(&mut world, "TERM").await;
    world.telegram.resume().await.unwrap();
    ana.voice(voice(), 4);
    world.start();
    world.voice_notes(11, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_it_at_once_and_still_loses_nothing() {
    for (first, second) in [("TERM", "TERM"), ("INT", "TERM"), ("TERM", "INT")] {
        let mut world = World::started().await;
        let ana = world.learner(11);
        let gate = world.tutor.faults().gate_after(On::call("POST /process"));
        ana.voice(voice(), 4);
        gate.reached(1).await;
        world.signal(first);
        world.logged(Event::Stopping).await;
        world.signal(second);
        assert_eq!(world.ended().await.code(), Some(1), "{first} {second}");
        assert!(
            world.log().times(Event::WorkParked) == 0,
            "its own deadline was not waited for: {}",
            world.log()
        );
        gate.open();
        world.start();
        answered_once(&world, 11).await;
    }
}

/// The command in a world of its own where `/etc/hosts` is that pipe, so that every look-up of a name waits at it for ever;
/// `None` where this machine does not allow it.
fn with_endless_lookups(inner: &Command, pipe: &Path) -> Option<Command> {
    let unshared = |words: &str| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c"]);
        command.arg(format!("mount --bind \"$0\" /etc/hosts && {words}")).arg(pipe);
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command
    };
    let made = Command::new("mkfifo").arg(pipe).status().is_ok_and(|made| made.success());
    if !made || !unshared("test -p /etc/hosts").status().is_ok_and(|may| may.success()) {
        return None;
    }
    let mut command = unshared("exec \"$@\"");
    command.arg(inner.get_program()).args(inner.get_args());
    command.envs(inner.get_envs().filter_map(|(key, value)| Some((key, value?))));
    command.current_dir(inner.get_current_dir().unwrap());
    Some(command)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_lookup_that_never_ends_keeps_nobody() {
    let mut world = World::new().await;
    world.set("BACKEND_URL", "http://tutor.invalid:8000").set("BACKEND_TIMEOUT", "1");
    let pipe = world.folder.path().join("hosts");
    let Some(command) = with_endless_lookups(&world.command(&["run"]), &pipe) else {
        let test = "a_name_lookup_that_never_ends_keeps_nobody";
        return skip::skip(test, skip::Lacks::Leave, "no mount of one's own");
    };
    world.start_as(command);
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    world.answer_with(11, "takes longer than usual").await;
    // The call was given up; the thread that looks the name up was not, for nobody can.
    assert!(world.log().times(Event::AttemptFailed) > 0, "{}", world.log());
    rest(&mut world, "TERM").await;
}
