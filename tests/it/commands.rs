//! The commands, and everything else a learner can send that is no voice message.

use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::sandbox::bot_api::{EntryKind, Post};
use phonicflow_bot::sandbox::faults::On;
use phonicflow_bot::sandbox::tutor_api::TutorOptions;

#[tokio::test(flavor = "multi_thread")]
async fn each_command_answers_in_the_learners_language() {
    let world = World::started().await;
    let (ana, rui) = (world.learner(11), world.brazilian(12));
    for (command, english, portuguese) in [
        ("/start", "Welcome to PhonicFlow", "Boas-vindas ao PhonicFlow"),
        ("/HELP", "/history", "/history"),
        ("/status", "Rate limit", "Limite"),
        ("  /history  ", "Nothing here yet", "Ainda não há nada"),
        ("/feedback", "Nothing here yet", "Ainda não há nada"),
        ("/new", "fresh conversation", "Conversa nova"),
        ("/reset", "fresh conversation", "Conversa nova"),
        ("/delete@phonicflow_bot", "Delete everything", "Apagar tudo"),
        ("/histroy", "Did you mean /history?", "Você quis dizer /history?"),
        ("/frobnicate", "/help shows all", "/help mostra todos"),
        ("hello there", "I listen to voice messages", "Eu escuto mensagens de voz"),
    ] {
        for (learner, expected) in [(&ana, english), (&rui, portuguese)] {
            let before = world.telegram.read(|state| state.from_bot(learner.chat()).count());
            learner.text(command);
            let answers = world.answers(learner.chat(), before + 1).await;
            assert!(answers[before].text.contains(expected), "{command}: {}", answers[before].text);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_menu_is_set_in_both_languages() {
    let world = World::started().await;
    for (language, words) in [("", "The commands, one line each"), ("pt", "Os comandos, um por linha")] {
        let set = world
            .telegram
            .wait_until(PATIENCE, |state| state.commands(language).map(|commands| commands.to_string()))
            .await
            .unwrap_or_default();
        assert!(set.contains(words), "{language:?}: {set}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn history_turns_its_pages_in_one_message_even_while_the_tutor_is_down() {
    let world = World::started().await;
    let ana = world.learner(11);
    for n in 1..=4 {
        ana.voice(voice(), 4);
        world.voice_notes(ana.chat(), n).await;
    }
    world.tutor.stop().await;
    ana.text("/history");
    let page = world.answer_with(ana.chat(), "page 2 of 2").await;
    assert!(page.text.contains("4."), "newest last: {}", page.text);
    assert!(!page.text.contains("\n3."), "{}", page.text);
    ana.press(page.message_id, &page.buttons()[0]).unwrap();
    let older = world.answer_with(ana.chat(), "page 1 of 2").await;
    assert_eq!(older.message_id, page.message_id, "the same message is edited");
    assert!(older.text.contains("1.") && older.text.contains("3."));
    // Another person's button and an outdated one are answered, not ignored.
    let pressed = ana.press(page.message_id, &older.buttons()[0]).unwrap();
    world.answer_with(ana.chat(), "page 2 of 2").await;
    let answered = world
        .telegram
        .wait_until(PATIENCE, |state| state.press(&pressed.query_id).filter(|p| p.answers > 0).map(|_| ()))
        .await;
    assert!(answered.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn feedback_repeats_the_last_coaching_with_its_audio_where_the_tutor_speaks_it() {
    let mut world = World::with_tutor(TutorOptions { bilingual: true, ..Default::default() }).await;
    world.start();
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
    ana.text("/feedback");
    let notes = world.voice_notes(ana.chat(), 2).await;
    assert!(notes[1].text.is_empty());
    let answers = world.answers(ana.chat(), 4).await;
    assert!(answers[2].text.contains("Use the past tense") && !answers[2].text.contains("You said"));
}

#[tokio::test(flavor = "multi_thread")]
async fn new_starts_a_fresh_session_and_clears_the_old_one_at_the_tutor() {
    let world = World::started().await;
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
    ana.text("/new");
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 2).await;
    let turns = world.tutor.turns();
    assert_ne!(turns[0].session, turns[1].session);
    let old = turns[0].session.clone();
    let cleared =
        world.tutor.wait_until(PATIENCE, |state| state.forgotten().contains(&old).then_some(())).await;
    assert!(cleared.is_some(), "{}", world.log());
    assert!(world.tutor.read(|state| state.knows(&turns[1].session)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_session_ends_and_a_restart_keeps_an_active_one() {
    let mut world = World::started().await;
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
    assert!(world.stop().await.success());
    world.start();
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 2).await;
    assert!(world.stop().await.success());
    world.set("SESSION_TIMEOUT_HOURS", "0.0000001").start();
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 3).await;
    let turns = world.tutor.turns();
    assert_eq!(turns[0].session, turns[1].session);
    assert_ne!(turns[1].session, turns[2].session);
}

#[tokio::test(flavor = "multi_thread")]
async fn status_answers_at_once_while_the_tutor_works_and_shows_the_place() {
    let mut world = World::new().await;
    world.set("BACKEND_CONCURRENCY", "1").start();
    let (ana, rui) = (world.learner(11), world.learner(12));
    let gate = world.tutor.faults().gate(On::call("POST /process").always());
    ana.voice(voice(), 4);
    gate.reached(1).await;
    rui.voice(voice(), 4);
    rui.text("/status");
    let status = world.answer_with(rui.chat(), "in line: 1").await;
    assert!(status.text.contains("in line: 1, place 2"), "{}", status.text);
    ana.text("/status");
    world.answer_with(ana.chat(), "is being worked on").await;
    gate.open();
    world.voice_notes(rui.chat(), 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_content_gets_one_kind_line_and_edits_none() {
    let world = World::started().await;
    let ana = world.learner(11);
    let said = ana.text("/help");
    world.answers(ana.chat(), 1).await;
    world.telegram.edit_message(ana.chat(), said.message_id, "/start");
    for post in
        [Post::photo(&b"\xff\xd8\xff"[..]), Post::sticker(), Post::location(1.0, 2.0), Post::sticker()]
    {
        ana.post(post);
    }
    world.answer_with(ana.chat(), "I can't see pictures").await;
    world.settled().await;
    ana.text("/status");
    world.answer_with(ana.chat(), "Rate limit").await;
    assert_eq!(world.telegram.read(|state| state.from_bot(ana.chat()).count()), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn over_the_rate_one_notice_names_the_seconds() {
    let mut world = World::new().await;
    world.set("BOT_RATE_LIMIT_MPM", "3").start();
    let ana = world.learner(11);
    for _ in 0..10 {
        ana.text("/help");
    }
    let notice = world.answer_with(ana.chat(), "Please wait").await;
    assert!(notice.text.contains(" s before"), "{}", notice.text);
    world.settled().await;
    let answers = world.answers(ana.chat(), 4).await;
    assert_eq!(answers.len(), 4, "three answers and one notice");
    assert!(answers.iter().all(|answer| answer.kind == EntryKind::Text));
    // A restart does not reset the rate limit.
    world.stop().await;
    world.start();
    ana.text("/help");
    world.settled().await;
    assert_eq!(world.answers(ana.chat(), 4).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_on_the_list_may_practise() {
    let mut world = World::new().await;
    world.set("ALLOWED_USERS", "11, 999999").start();
    let (ana, eve) = (world.learner(11), world.learner(66));
    eve.voice(voice(), 4);
    world.answer_with(eve.chat(), "This tutor is private").await;
    ana.voice(voice(), 4);
    world.voice_notes(ana.chat(), 1).await;
    assert_eq!(world.tutor.turns().len(), 1);
}
