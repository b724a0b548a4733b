//! Faults of polling: each is logged, survived, and costs no update.

use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::bot_api::BotApi;
use phonicflow_bot::sandbox::faults::{Act, On};
use phonicflow_bot::sandbox::http::Shape;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Another program's `getUpdates` on the same token, up to its answer.
async fn rival_poll(telegram: BotApi, timeout: u64) -> String {
    let mut stream = TcpStream::connect(telegram.addr()).await.unwrap();
    let path = format!("/bot{}/getUpdates?timeout={timeout}", telegram.token());
    let head = format!("GET {path} HTTP/1.1\r\nhost: rival\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_poller_is_reported_loudly_and_outlasted() {
    let world = World::started().await;
    let ana = world.learner(11);
    let polling = world.telegram.wait_until(PATIENCE, |state| (state.pollers() == 1).then_some(()));
    assert!(polling.await.is_some());
    // It takes the place of the daemon's poll; what it is given it does not confirm.
    let rival = tokio::spawn(rival_poll(world.telegram.clone(), 50));
    world.logged(Event::PollConflict).await;
    assert!(world.telegram.read(|state| state.conflicts()) >= 1);
    ana.voice(voice(), 4);
    assert!(rival.await.unwrap().contains("update_id"));
    // It has left: the daemon gets what was never confirmed.
    world.voice_notes(11, 1).await;
    world.logged(Event::PollRecovered).await;
    assert_eq!(world.tutor.turns().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_that_hangs_is_cut_off_and_a_fresh_connection_made() {
    let mut world = World::new().await;
    world.set("BOT_POLLING_TIMEOUT", "1");
    let hung = world.telegram.faults().add(On::call("getUpdates").nth(2), Act::Hang);
    world.start();
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    world.voice_notes(11, 1).await;
    ana.text("/help");
    world.answer_with(11, "/history").await;
    assert_eq!(world.telegram.faults().fired(hung), 1);
    world.logged(Event::PollFailed).await;
    let polls = world.telegram.calls("getUpdates");
    // By Telegram's clock: the hung one held the line for its time-out and the margin, no longer.
    let (hanging, next) = (&polls[1], &polls[2]);
    assert!(next.at_ms >= hanging.at_ms + 1_000, "given up before its own time-out");
    world.telegram.faults().release_hung();
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_without_end_dripping_cut_off_or_of_somebody_else_cost_no_update() {
    let mut world = World::new().await;
    world.set("BOT_POLLING_TIMEOUT", "1").start();
    let ana = world.learner(11);
    for (n, (name, act)) in (1..).zip([
        ("endless", Act::Shape(Shape::Endless)),
        ("dripping", Act::Shape(Shape::Drip { chunk: 1, every: Duration::from_millis(500) })),
        ("cut off", Act::Shape(Shape::Truncated(40))),
        ("half", Act::InvalidJson),
        ("a page", Act::html(200)),
        ("502", Act::html(502)),
        ("reset", Act::ResetAfter),
    ]) {
        // The poll to fail is the one that carries the update: it is held at the gate while the update comes
        // in.
        let gate = world.telegram.faults().gate(On::call("getUpdates"));
        let fault = world.telegram.faults().add(On::call("getUpdates"), act);
        gate.reached(1).await;
        ana.text("/help");
        gate.open();
        world.answers(11, n).await;
        assert_eq!(world.telegram.faults().fired(fault), 1, "{name}");
    }
    world.settled().await;
    assert_eq!(world.telegram.read(|state| state.from_bot(11).count()), 7, "each once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_wait_of_the_poller_is_obeyed_to_the_second() {
    let mut world = World::new().await;
    world.set("BOT_POLLING_TIMEOUT", "1").start();
    let ana = world.learner(11);
    let polling = world.telegram.wait_until(PATIENCE, |state| (state.pollers() == 1).then_some(()));
    assert!(polling.await.is_some());
    world.telegram.faults().add(On::call("getUpdates"), Act::too_many(4));
    world.logged(Event::PollHeld).await;
    ana.text("/help");
    world.answers(11, 1).await;
    let polls = world.telegram.calls("getUpdates");
    let refused = polls.iter().position(|poll| poll.done_ms.is_some() && !poll.is_ok()).unwrap();
    let (refused, next) = (&polls[refused], &polls[refused + 1]);
    assert!(next.at_ms >= refused.done_ms.unwrap() + 4_000, "{refused:?} then {}", next.at_ms);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_set_while_running_is_removed_and_nothing_is_lost() {
    let world = World::started().await;
    let ana = world.learner(11);
    ana.text("/help");
    world.answers(11, 1).await;
    for n in 2..=3 {
        world.telegram.set_webhook("https://example.org/hook?secret=s3cret");
        ana.text("/help");
        world.answers(11, n).await;
        assert_eq!(world.telegram.read(|state| state.webhook().map(str::to_owned)), None);
    }
    assert!(world.log().holds("example.org") && !world.log().holds("s3cret"), "{}", world.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_revoked_while_running_and_given_back_loses_nothing() {
    let world = World::started().await;
    let (ana, rui) = (world.learner(11), world.learner(12));
    let gate = world.tutor.faults().gate(On::call("POST /process"));
    ana.voice(voice(), 4);
    gate.reached(1).await;
    world.telegram.set_token_valid(false);
    gate.open();
    world.logged(Event::TokenRevoked).await;
    world.logged(Event::SendFailed).await;
    rui.voice(voice(), 4);
    world.telegram.set_token_valid(true);
    for chat in [11, 12] {
        world.voice_notes(chat, 1).await;
        assert_eq!(world.telegram.read(|state| state.from_bot(chat).count()), 2);
    }
    let answer = rival_poll(world.telegram.clone(), 0).await;
    assert!(answer.contains("200 OK"), "the token works again: {answer}");
}
