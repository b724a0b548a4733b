//! The tutor as it is really deployed: it answers 500 to silence as well as to a dead model, and cannot show
//! some conversations.

use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::audio;
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::faults::{Act, On, Seen};
use phonicflow_bot::sandbox::http::Reply;
use phonicflow_bot::sandbox::tutor_api::{Model, TutorOptions, write_wav};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A voice message in which nobody says anything.
fn silence() -> Vec<u8> {
    let wav = write_wav(24_000, vec![0_i16; 48_000].into_iter());
    audio::to_voice_note(wav).unwrap().bytes.to_vec()
}

fn told(world: &World, chat: i64, words: &str) -> usize {
    world.telegram.read(|state| state.from_bot(chat).filter(|said| said.text.contains(words)).count())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_without_speech_fails_alone_and_soon() {
    let world = World::started().await;
    let (ana, rui) = (world.learner(11), world.brazilian(12));
    let asked = ana.voice(silence(), 2);
    ana.voice(voice(), 4);
    let said = world.answer_with(11, "could not hear any speech").await;
    assert_eq!(said.reply_to, Some(asked.message_id));
    world.voice_notes(11, 1).await;
    assert_eq!(world.tutor.count("POST /process"), 4, "three tries of the one, one of the other");
    assert_eq!(told(&world, 11, "takes longer"), 0, "she is told once, and clearly");
    rui.voice(silence(), 2);
    world.answer_with(12, "nenhuma fala").await;
    ana.voice(voice(), 4);
    world.voice_notes(11, 2).await;
    ana.text("/status");
    let status = world.answer_with(11, "Your practice").await;
    assert!(status.text.contains("Tutor: reachable"), "{}", status.text);
    assert!(world.tutor.violations().is_empty(), "{:?}", world.tutor.violations());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_the_tutor_fails_on_three_times_while_others_are_answered_is_given_up() {
    let world = World::started().await;
    let (ana, rui) = (world.learner(11), world.learner(12));
    ana.voice(voice(), 4);
    world.voice_notes(11, 1).await;
    let session = world.tutor.turns()[0].session.clone();
    let failing = world.tutor.faults().add(
        On::call("POST /process").when(move |seen| seen.params["session_id"] == session.as_str()).always(),
        Act::detail(500, "boom"),
    );
    ana.voice(voice(), 4);
    rui.voice(voice(), 4);
    world.voice_notes(12, 1).await;
    world.answer_with(11, "could not answer this message").await;
    assert_eq!(world.tutor.faults().fired(failing), 3);
    world.tutor.faults().clear();
    ana.voice(voice(), 4);
    world.voice_notes(11, 2).await;
    assert!(world.log().times(Event::DeadLetter) > 0, "{}", world.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_model_is_the_tutors_failure_and_everybody_waits() {
    for detail in ["boom", "Error: connection refused (ollama)", "Feedback text cannot be empty"] {
        let mut world =
            World::with_tutor(TutorOptions { model: Model::Dead(detail), ..Default::default() }).await;
        world.set("ADMIN_USERS", "99").set("LOG_LEVEL", "info").start();
        world.learner(99).text("/start");
        let learners: Vec<_> = (1..=4).map(|n| world.learner(100 + n)).collect();
        for learner in &learners {
            learner.voice(voice(), 4);
        }
        world.answer_with(99, "The tutor cannot answer").await;
        let ana = &learners[0];
        ana.text("/status");
        let status = world.answer_with(ana.chat(), "Your practice").await;
        assert!(status.text.contains("Tutor: cannot answer"), "{}", status.text);
        world.learner(99).text("/admin");
        world.answer_with(99, "cannot answer for").await;
        let queue = world.command(&["queue", "list"]).output().unwrap();
        let queue = String::from_utf8(queue.stdout).unwrap();
        assert!(queue.contains("the tutor cannot answer"), "{queue}");
        let health = world.command(&["health"]).output().unwrap();
        let health = String::from_utf8([health.stdout, health.stderr].concat()).unwrap();
        assert!(health.contains("the tutor cannot answer"), "{health}");
        let doctor = world.command(&["doctor"]).output().unwrap();
        let doctor = String::from_utf8(doctor.stdout).unwrap();
        assert!(doctor.contains("cannot answer") && doctor.contains("llm"), "{doctor}");
        world.tutor.configure(|options| options.model = Model::Well);
        for learner in &learners {
            world.voice_notes(learner.chat(), 1).await;
            for words in ["any speech", "could not answer this"] {
                assert_eq!(told(&world, learner.chat(), words), 0, "{detail}: {words}");
            }
        }
        world.answer_with(99, "answers again").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_tutor_refuses_is_a_persons_affair_and_silence_is_not() {
    let mut world = World::new().await;
    world.set("ADMIN_USERS", "99").start();
    world.learner(99).text("/start");
    let learners: Vec<_> = (0..4).map(|n| world.learner(100 + n)).collect();
    for (learner, act) in learners.iter().zip([
        Act::detail(415, "Unsupported media type"),
        Act::detail(422, "Field required"),
        Act::html(413),
    ]) {
        world.tutor.faults().add(On::call("POST /process"), act);
        learner.voice(voice(), 4);
        world.answer_with(learner.chat(), "does not take what I send").await;
    }
    world.logged_times(Event::TutorRefuses, 3).await;
    world.logged_times(Event::DeadLetter, 3).await;
    world.answer_with(99, "Messages given up").await;
    world.tutor.faults().add(On::call("POST /process"), Act::detail(400, "No speech detected"));
    learners[3].voice(voice(), 4);
    world.answer_with(learners[3].chat(), "could not hear any speech").await;
    assert_eq!(world.log().times(Event::DeadLetter), 3, "{}", world.log());
    for learner in &learners {
        learner.voice(voice(), 4);
        world.voice_notes(learner.chat(), 1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_is_shown_oddly_is_read_all_the_same() {
    let mut world = World::new().await;
    world.set("BACKEND_TIMEOUT", "2").start();
    let bodies: [&[u8]; 4] = [
        br#"{"conversation_count":1,"history":[{"user":"found it","coaching":NaN,"conversational":"well"}]}"#,
        br#"{"conversation_count":1,"history":[{"user":"found it \ud800","coaching":null,"conversational":"well"}]}"#,
        b"{\"conversation_count\":1,\"history\":[{\"user\":\"found it, caf\xe9\",\"conversational\":\"well\"}]}",
        b"{\"conversation_count\":1,\"history\":[{\"user\":\"found it\nhere\",\"conversational\":\"well\"}]}",
    ];
    for (n, body) in (0..).zip(bodies) {
        let learner = world.learner(100 + n);
        world.tutor.faults().add(On::call("POST /process"), Act::ResetAfter);
        let odd = Reply::new(200, "application/json", body.to_vec());
        world.tutor.faults().add(On::call("GET /conversation"), Act::Answer(odd));
        learner.voice(voice(), 4);
        world.answer_with(learner.chat(), "found it").await;
    }
    assert_eq!(world.tutor.count("POST /process"), 4, "nothing is asked twice: {}", world.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_cannot_be_shown_does_not_hold_its_learner_up() {
    let mut world = World::new().await;
    world.set("BACKEND_TIMEOUT", "1").start();
    let gzip =
        || Reply::new(200, "application/json", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03nonsense".to_vec());
    let large = || Reply::new(200, "application/json", vec![b' '; 5 << 20]);
    for (n, act) in
        (0..).zip([Act::detail(500, "boom"), Act::Answer(gzip()), Act::Answer(large()), Act::Reset])
    {
        let learner = world.learner(100 + n);
        world.tutor.faults().add(On::call("GET /conversation").always(), act);
        // The answer is lost, and where it went cannot be seen: asked once more when the tutor has had its time.
        world.tutor.faults().add(On::call("POST /process"), Act::ResetAfter);
        learner.voice(voice(), 4);
        world.voice_notes(learner.chat(), 1).await;
        // A failing turn is tried again, too.
        world.tutor.faults().add(On::call("POST /process"), Act::detail(500, "boom"));
        learner.voice(voice(), 4);
        world.voice_notes(learner.chat(), 2).await;
        world.tutor.faults().clear();
    }
    let turns = world.tutor.wait_until(PATIENCE, |state| (state.turns().len() == 12).then_some(()));
    assert!(turns.await.is_some(), "{} turns", world.tutor.turns().len());
    assert!(world.tutor.violations().is_empty(), "{:?}", world.tutor.violations());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_cannot_be_shown_is_left_at_once_and_its_voice_goes_on_in_the_new_one() {
    let world = World::started().await;
    let gzip = Reply::new(200, "application/json", b"\x1f\x8b\x08\x00\x00\x00\x00\x00nonsense".to_vec());
    for (n, act) in [Act::detail(500, "boom"), Act::Answer(gzip)].into_iter().enumerate() {
        let ana = world.learner(100 + n as i64);
        ana.voice(voice(), 4);
        world.voice_notes(ana.chat(), 1).await;
        let old = world.tutor.turns().last().unwrap().session.clone();
        let (broken, looks) = (old.clone(), Arc::new(AtomicUsize::new(0)));
        let looked = looks.clone();
        let is_broken = move |seen: &Seen<'_>| {
            let is = seen.params["session_id"] == broken.as_str();
            looked.fetch_add(usize::from(is), Ordering::SeqCst);
            is
        };
        world.tutor.faults().add(On::call("GET /conversation").when(is_broken).always(), act);
        world.tutor.faults().add(On::call("POST /process"), Act::ResetAfter);
        let asked = ana.voice(voice(), 4);
        world.logged_times_with(Event::MessageWaits, "reason=tutor_uncertain", n + 1).await;
        // It clears the conversation before it has recorded the turn in it.
        let before = looks.load(Ordering::SeqCst);
        let too_early = move |_: &Seen<'_>| looks.load(Ordering::SeqCst) == before;
        let cleared = Reply::new(200, "application/json", b"{}".to_vec());
        world.tutor.faults().add(On::call("DELETE /conversation").when(too_early), Act::Answer(cleared));
        ana.text(["/new", "/reset"][n]);
        world.answer_with(ana.chat(), "will be answered in it").await;
        let note = world.voice_notes(ana.chat(), 2).await.pop().unwrap();
        assert_eq!(note.reply_to, Some(asked.message_id));
        assert_ne!(world.tutor.turns().last().unwrap().session, old, "{}", world.log());
        let cleared = world.tutor.wait_until(PATIENCE, |state| state.history(&old).is_empty().then_some(()));
        assert!(cleared.await.is_some(), "the old one is cleared");
    }
    assert!(world.tutor.violations().is_empty(), "{:?}", world.tutor.violations());
}

#[tokio::test(flavor = "multi_thread")]
async fn new_and_delete_go_before_what_waits_for_a_tutor_that_is_down() {
    let world = World::started().await;
    let (ana, rui) = (world.learner(11), world.brazilian(12));
    world.tutor.stop().await;
    ana.voice(voice(), 4);
    ana.voice(voice(), 4);
    ana.text("/feedback");
    rui.voice(voice(), 4);
    world.logged_times_with(Event::MessageWaits, "reason=tutor_down", 2).await;
    rui.text("/new");
    world.answer_with(12, "será respondido nela").await;
    ana.text("/delete");
    let question = world.answer_with(11, "Delete everything").await;
    ana.press(question.message_id, "del:y:11").unwrap();
    world.answer_with(11, "everything I held about you is deleted").await;
    world.tutor.resume().await.unwrap();
    world.voice_notes(12, 1).await;
    world.settled().await;
    assert_eq!(world.tutor.count("POST /process"), 1, "hers are gone: {}", world.log());
    assert_eq!(told(&world, 11, "Nothing here yet"), 0, "what she asked for before as well");
}

#[tokio::test(flavor = "multi_thread")]
async fn learners_of_the_old_bot_see_what_the_tutor_holds_of_their_conversation() {
    let mut world = World::started().await;
    let ana = world.learner(11);
    for n in 1..=2 {
        ana.voice(voice(), 4);
        world.voice_notes(11, n).await;
    }
    // As the old bot left it: the tutor knows the conversation, we know its number alone.
    let session = world.tutor.turns()[0].session.clone();
    assert!(world.stop().await.success());
    std::fs::remove_dir_all(world.folder.path().join("store")).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let file = world.folder.path().join("telegram_sessions.json");
    let old = format!(
        r#"{{"11":{{"session_id":"{session}","created_at":{now},"last_activity":{now},"conversation_turns":2}}}}"#
    );
    std::fs::write(&file, old).unwrap();
    let imported = world.command(&["sessions", "import", &file.display().to_string()]).output().unwrap();
    assert!(imported.status.success(), "{imported:?}");
    world.start();
    ana.text("/status");
    let status = world.answer_with(11, "Your practice").await.text;
    assert!(status.contains("messages: 2"), "{status}");
    ana.text("/history");
    let shown = world.answer_with(11, "Our conversation").await.text;
    assert!(shown.contains("1.\n🎧 Yesterday") && shown.contains("2.\n🎧 I am learning"), "{shown}");
    assert!(shown.contains("Use o passado: went") && !shown.contains("**"), "{shown}");
    ana.text("/feedback");
    world.answer_with(11, "have been learning").await;
    // Ours are shown behind the tutor's, each once; and what there is is shown without the tutor.
    ana.voice(voice(), 4);
    world.voice_notes(11, 3).await;
    ana.text("/status");
    world.answer_with(11, "messages: 3").await;
    ana.text("/history");
    let shown = world.answer_with(11, "3.\n🎧 She don't").await.text;
    assert_eq!(shown.matches("🎧").count(), 3, "{shown}");
    world.tutor.stop().await;
    ana.text("/history");
    world.answer_with(11, "1.\n🎧 She don't").await;
}
