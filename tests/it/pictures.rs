//! Pictures for learners, by the real daemon: made when they are sent, with their numbers, and never a row that stays.

use crate::pressing::{labels, notice, press};
use crate::world::{World, voice};
use phonicflow_bot::logging::Event;
use phonicflow_bot::sandbox::bot_api::{ChatEntry, EntryKind, Post};
use phonicflow_bot::sandbox::faults::{Act, On};

/// Waits for the n-th picture in this chat.
async fn picture(world: &World, chat: i64, n: usize) -> ChatEntry {
    let found = world.telegram.wait_until(crate::world::PATIENCE, |state| {
        state.from_bot(chat).filter(|said| said.kind == EntryKind::Photo).nth(n - 1).cloned()
    });
    let entry = found.await.unwrap_or_else(|| panic!("no {n} pictures; log:\n{}", world.log()));
    assert_eq!(entry.file.as_ref().unwrap().pixels, Some((1_200, 800)));
    entry
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_begins_with_nothing_and_counts_what_was_spoken() {
    let world = World::started().await;
    let (ana, rui) = (world.learner(11), world.brazilian(12));
    ana.text("/progress");
    let nothing = picture(&world, 11, 1).await;
    assert!(nothing.text.contains("Attendance: 0 of 28 days"), "{}", nothing.text);
    ana.voice(voice(), 4);
    world.voice_notes(11, 1).await;
    ana.text("/progress");
    let one = picture(&world, 11, 2).await;
    assert!(one.text.contains("Attendance: 1 of 28 days; in a row: 0"), "{}", one.text);
    assert!(one.text.contains("Spoken: 0.1 min"), "{}", one.text);
    assert!(one.file.unwrap().bytes != nothing.file.unwrap().bytes);
    // A command in another language, and nobody sees the days of another.
    rui.text("/progresso");
    let his = picture(&world, 12, 1).await;
    assert!(his.text.contains("Presença: 0 de 28 dias"), "{}", his.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn intonation_is_of_the_latest_voice_and_its_reply() {
    let mut world = World::started().await;
    let ana = world.learner(11);
    ana.text("/intonation");
    world.answer_with(11, "the last few voice messages only").await;
    ana.voice(voice(), 4);
    world.voice_notes(11, 1).await;
    world.settled().await;
    // Both contours are in the store by now, and a crash takes neither.
    world.kill();
    world.start();
    ana.text("/intonation");
    let shown = picture(&world, 11, 1).await;
    for line in ["you: 4.0 s, a range of", "the tutor: "] {
        assert!(shown.text.contains(line), "{}", shown.text);
    }
    ana.text("/delete");
    let asked = world.answer_with(11, "Delete everything").await;
    ana.press(asked.message_id, &asked.buttons()[0]);
    world.answer_with(11, "Done").await;
    ana.text("/intonation");
    let none = world.telegram.wait_until(crate::world::PATIENCE, |state| {
        let said = state.from_bot(11).filter(|said| said.text.contains("the last few voice messages only"));
        (said.count() == 2).then_some(())
    });
    assert!(none.await.is_some(), "what was deleted is drawn no more");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_picture_is_taken_its_numbers_go_out() {
    let world = World::started().await;
    let ana = world.learner(11);
    let refusal = "Bad Request: not enough rights to send photos to the chat";
    world.telegram.faults().add(On::call("sendPhoto").chat(11).times(1), Act::refuse(400, refusal, None));
    ana.text("/progress");
    let words = world.answer_with(11, "Attendance: 0 of 28 days").await;
    assert_eq!(words.kind, EntryKind::Text);
    assert!(world.log().times(Event::FileRefused) > 0, "{}", world.log());
    // A connection that breaks doubles nothing and loses nothing.
    world.telegram.faults().add(On::call("sendPhoto").chat(11).times(1), Act::Reset);
    ana.text("/progress");
    picture(&world, 11, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_buttons_of_a_turn_work_once_for_their_owner_and_not_at_all_for_others() {
    let mut world = World::started().await;
    world.telegram.group(-500, "English club");
    let (rui, ana) = (world.brazilian(12).in_chat(-500), world.learner(11).in_chat(-500));
    let spoken = rui.voice(voice(), 4);
    rui.post(Post::text("/coach@phonicflow_bot").reply_to(spoken.message_id));
    let note = world.voice_notes(-500, 1).await.remove(0);
    let text = world.answer_with(-500, "Você disse").await;
    world.settled().await;
    // Old turns keep their buttons over a restart.
    world.kill();
    world.start();
    for (entry, label) in [(&note, "Mais devagar"), (&text, "Como soou")] {
        let pressed = press(&ana, entry, label);
        assert_eq!(notice(&world, &pressed).await, "This button is for somebody else.");
    }
    let first = press(&rui, &note, "Mais devagar");
    let slower = world.voice_notes(-500, 2).await.remove(1);
    assert_eq!(notice(&world, &first).await, "");
    assert_ne!(slower.file.unwrap().bytes, note.file.as_ref().unwrap().bytes);
    assert_eq!(notice(&world, &press(&rui, &note, "Mais devagar")).await, "Já está a caminho.");
    press(&rui, &text, "Como soou");
    picture(&world, -500, 1).await;
    assert_eq!(notice(&world, &press(&rui, &text, "Como soou")).await, "Já está a caminho.");
    world.settled().await;
    let count =
        |kind| world.telegram.read(|state| state.from_bot(-500).filter(|said| said.kind == kind).count());
    assert_eq!((count(EntryKind::Voice), count(EntryKind::Photo)), (2, 1));
    assert_eq!(labels(&note), ["🐢 Mais devagar"]);
}
