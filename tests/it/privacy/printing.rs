//! Foreign text that would control a terminal or forge a line, in names, refusals and file names: none
//! reaches the log or what a command prints.

use crate::world::World;
use phonicflow_bot::domain::printable::is_acting;
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::faults::{Act, On};
use phonicflow_bot::sandbox::http::Reply;
use serde_json::json;
use std::fs;

/// A cleared screen, a title, a forged line, reversed writing, the eight-bit form of an escape.
const ACTING: &str = "\x1b[2J\x1b]0;t\x07\r\n2026-01-01 ERROR forged\u{202e}gnp\u{9b}31m";

fn check(what: &str, text: &str) {
    let acting: Vec<char> = text.chars().filter(|c| is_acting(*c) && *c != '\n').collect();
    assert!(acting.is_empty(), "{what}: {acting:?} in {text:?}");
    assert!(
        !text.lines().any(|line| line.starts_with("2026-01-01 ERROR")),
        "{what}: a forged line in {text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_act_reach_no_terminal_and_no_log() {
    let mut world = World::new().await;
    let me = json!({ "ok": true, "result": {
        "id": 4_200_000_001_i64, "is_bot": true, "first_name": ACTING, "username": "phonicflow_bot" } });
    let hook = json!({ "ok": true, "result": {
        "url": format!("https://[{ACTING}]/x"), "pending_update_count": 1, "last_error_message": ACTING } });
    let faults = world.telegram.faults();
    faults.add(On::call("getMe").always(), Act::Answer(Reply::json(200, &me)));
    faults.add(On::call("getWebhookInfo").always(), Act::Answer(Reply::json(200, &hook)));
    faults.add(On::call("sendMessage").always(), Act::refuse(400, &format!("Bad Request: {ACTING}"), None));
    let doctor = world.admin(&["doctor"]).await;
    assert!(doctor.out.contains("a webhook to"), "{doctor:?}");
    check("doctor", &(doctor.out + &doctor.err));
    world.start();
    let ana = world.learner(11);
    ana.text("/help");
    world.logged(Event::Connected).await;
    world.logged(Event::SendRefused).await;
    let queue = world.admin(&["queue", "list", "--dead"]).await;
    check("queue list", &(queue.out + &queue.err));
    world.stop().await;
    check("the log", &world.log().to_string());

    let name = format!("a{}.ogg", ACTING.replace('/', ""));
    fs::write(world.folder.path().join(&name), "not audio").unwrap();
    for command in [
        &["convert", &name][..],
        &["convert", "missing.ogg", &name],
        &["backup", &name],
        &["restore", &name],
        &["sessions", "import", &name],
    ] {
        let said = world.admin(command).await;
        assert_eq!(said.code, Some(1), "{said:?}");
        check(command[0], &(said.out + &said.err));
    }
}
