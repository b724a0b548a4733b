//! Starting: permanent problems are reported at once and clearly; temporary ones are waited for.

use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::faults::{Act, On};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_token_ends_the_process_with_a_clear_message() {
    let mut world = World::new().await;
    world.set("TELEGRAM_BOT_TOKEN", "123456:not-the-right-one-at-all-really").start();
    assert_eq!(world.ended().await.code(), Some(2), "as any configuration that no restart mends");
    assert!(
        world.log().last_words().contains("Telegram refuses the bot token. Check TELEGRAM_BOT_TOKEN"),
        "{}",
        world.log()
    );
    assert!(!world.log().holds("not-the-right-one"), "{}", world.log());
    assert_eq!(world.telegram.calls("getMe").len(), 2, "asked twice before it gives up for good");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_passes_or_is_not_telegrams_does_not_end_the_process() {
    let mut world = World::new().await;
    world.telegram.faults().add(On::call("getMe"), Act::refuse(401, "Unauthorized", None));
    for status in [401, 404] {
        world.telegram.faults().add(On::call("getMe"), Act::html(status));
    }
    world.start();
    let ana = world.learner(11);
    ana.text("/help");
    world.answers(ana.chat(), 1).await;
    assert!(world.log().times(Event::TokenDoubted) > 0, "{}", world.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn all_configuration_errors_come_at_once_with_secrets_masked() {
    let mut world = World::new().await;
    world
        .set("TELEGRAM_BOT_TOKEN", "s3cret-without-a-number")
        .set("BOT_TIMEOUT", "soon")
        .set("BACKEND_URL", "tutor");
    let output = world.command(&["run"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    for words in ["TELEGRAM_BOT_TOKEN", "BOT_TIMEOUT", "soon", "BACKEND_URL", "tutor"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(!said.contains("s3cret"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_file_that_cannot_be_written_is_a_matter_of_configuration() {
    let mut world = World::new().await;
    let nobody = world.folder.path().join("file");
    std::fs::write(&nobody, "no folder").unwrap();
    world.set("BOT_LOG_FILE", &nobody.join("bot.log").display().to_string());
    let output = world.command(&["run"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("BOT_LOG_FILE cannot be written"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_line_says_who_starts_and_with_what_and_soon_after_how_the_tutor_is() {
    let mut world = World::started().await;
    world.logged(Event::TutorAnswers).await;
    let log = world.log().to_string();
    let first = log.lines().next().unwrap();
    let store = world.folder.path().join("store").display().to_string();
    let tutor = world.tutor.base_url().replace("http://", "tutor=\"");
    for part in [env!("CARGO_PKG_VERSION"), store.as_str(), tutor.as_str(), "event=starting"] {
        assert!(first.contains(part), "{part} in {first}");
    }
    assert!(world.stop().await.success());
    world.tutor.stop().await;
    world.start();
    world.logged(Event::TutorSilent).await;
    world.logged(Event::Connected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_attempt_is_one_warning() {
    let mut world = World::new().await;
    world.tutor.stop().await;
    world.start();
    world.learner(11).voice(voice(), 4);
    world.logged_times(Event::MessageWaits, 3).await;
    let log = world.log().to_string();
    let warnings = log.lines().filter(|line| line.contains(" WARN ") && line.contains("seq=")).count();
    assert_eq!(warnings, world.log().times(Event::AttemptFailed), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_removed_at_the_start_and_while_running() {
    let mut world = World::new().await;
    world.telegram.set_webhook("https://example.org/hook?secret=s3cret");
    world.start();
    let ana = world.learner(11);
    ana.text("/help");
    world.answers(ana.chat(), 1).await;
    assert!(world.log().holds("example.org") && !world.log().holds("s3cret"), "{}", world.log());
    world.telegram.set_webhook("https://example.org/again");
    ana.text("/help");
    world.answers(ana.chat(), 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn polling_names_the_updates_it_wants_and_sends_no_stored_offset() {
    let mut world = World::started().await;
    let ana = world.learner(11);
    ana.text("/help");
    world.answers(ana.chat(), 1).await;
    world.stop().await;
    world.start();
    ana.text("/help");
    world.answers(ana.chat(), 2).await;
    let polls = world.telegram.calls("getUpdates");
    assert!(
        polls
            .iter()
            .all(|poll| poll.params["allowed_updates"].is_array()
                || poll.params["allowed_updates"].is_string())
    );
    let first_of_each_start = polls.iter().filter(|poll| poll.params["offset"].is_null()).count();
    assert!(first_of_each_start >= 2, "{polls:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_update_nobody_understands_does_not_poison_its_batch() {
    let world = World::started().await;
    let ana = world.learner(11);
    world.telegram.raw_update(json!({"message": {"message_id": "what", "chat": 7}}));
    world.telegram.raw_update(json!({"message": null}));
    ana.voice(voice(), 4);
    world.telegram.raw_update(json!({"update_kind_of_2031": {"x": [1, 2, {"y": "z"}]}}));
    world.voice_notes(ana.chat(), 1).await;
    let confirmed =
        world.telegram.wait_until(PATIENCE, |state| (state.pending_updates() == 0).then_some(())).await;
    assert!(confirmed.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_that_start_anew_at_random_lose_nothing() {
    let world = World::started().await;
    let ana = world.learner(11);
    ana.text("/help");
    world.answers(ana.chat(), 1).await;
    world.telegram.set_next_update_id(41);
    ana.text("/help");
    world.answers(ana.chat(), 2).await;
    ana.text("/help");
    world.answers(ana.chat(), 3).await;
    world.settled().await;
    assert_eq!(world.answers(ana.chat(), 3).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telegram_that_is_not_there_yet_is_waited_for() {
    let mut world = World::new().await;
    let ana = world.learner(11);
    world.telegram.pause_listening().await;
    world.start();
    world.logged(Event::ConnectFailed).await;
    world.telegram.resume().await.unwrap();
    ana.text("/help");
    world.answers(ana.chat(), 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn disabled_it_says_so_and_idles_until_told_to_stop() {
    let mut world = World::new().await;
    world.set("TELEGRAM_BOT_ENABLED", "false").start();
    world.logged(Event::Disabled).await;
    assert!(world.stop().await.success());
    assert!(world.telegram.log().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxys_html_page_a_reset_and_a_flood_warning_do_not_stop_polling() {
    let world = World::started().await;
    let ana = world.learner(11);
    for act in [Act::html(502), Act::Reset, Act::too_many(1), Act::InvalidJson] {
        world.telegram.faults().add(On::call("getUpdates"), act);
        ana.text("/help");
    }
    world.answers(ana.chat(), 4).await;
}
