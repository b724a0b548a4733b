//! Cards, and saying them aloud: kept, listed, asked for, graded by what the tutor's recogniser heard, and never twice.

mod given_up;
mod kept;
mod stages;

use crate::world::{PATIENCE, World, voice};
use phonicflow_bot::sandbox::bot_api::{ChatEntry, EntryKind, Learner, Post, Pressed};
use phonicflow_bot::sandbox::speech_api::{Heard, SpeechOptions};
use phonicflow_bot::sandbox::tutor_api::Answer;
use serde_json::{Value, json};

/// The label and the data of each of a message's buttons.
fn buttons(entry: &ChatEntry) -> Vec<(String, String)> {
    let rows = entry.keyboard.as_ref().and_then(|keyboard| keyboard["inline_keyboard"].as_array().cloned());
    let flat = rows.into_iter().flatten().flat_map(|row| row.as_array().cloned().unwrap_or_default());
    let text = |button: &Value, field: &str| button[field].as_str().unwrap_or_default().to_owned();
    flat.map(|button| (text(&button, "text"), text(&button, "callback_data"))).collect()
}

/// The data of the button whose label has these words.
fn data(entry: &ChatEntry, label: &str) -> String {
    let all = buttons(entry);
    let found = all.iter().find(|(known, _)| known.contains(label));
    let (_, data) = found.unwrap_or_else(|| panic!("no button {label:?} in {all:?} under {:?}", entry.text));
    data.clone()
}

/// Presses the button whose label has these words.
fn press(learner: &Learner, entry: &ChatEntry, label: &str) -> Pressed {
    learner.press(entry.message_id, &data(entry, label)).unwrap()
}

/// Presses it once more, as a client does that has not drawn the message anew.
fn press_again(world: &World, learner: &Learner, entry: &ChatEntry, label: &str) -> Pressed {
    world.telegram.claim_press(learner.chat(), learner.user(), entry.message_id, &data(entry, label))
}

/// What a press was answered with.
async fn notice(world: &World, pressed: &Pressed) -> String {
    let answered = world.telegram.wait_until(PATIENCE, |state| {
        state.press(&pressed.query_id).filter(|press| press.answers > 0).map(|press| press.text.clone())
    });
    answered.await.unwrap_or_else(|| panic!("no answer to a press:\n{}", world.log())).unwrap_or_default()
}

/// The newest message of the bot with these words.
async fn newest(world: &World, chat: i64, words: &str) -> ChatEntry {
    let found = world.telegram.wait_until(PATIENCE, |state| {
        state.from_bot(chat).last().filter(|said| said.text.contains(words)).cloned()
    });
    found.await.unwrap_or_else(|| {
        let said: Vec<String> =
            world.telegram.read(|state| state.from_bot(chat).map(|said| said.text.clone()).collect());
        panic!("the last message never says {words:?}: {said:?}; log:\n{}", world.log())
    })
}

/// A message as it is once it says this.
async fn says(world: &World, entry: &ChatEntry, words: &str) -> ChatEntry {
    let found = world.telegram.wait_until(PATIENCE, |state| {
        state.entry(entry.chat_id, entry.message_id).filter(|known| known.text.contains(words)).cloned()
    });
    found.await.unwrap_or_else(|| panic!("{:?} never says {words:?}", entry.text))
}

/// The learner says something, and this is what a recogniser makes of it.
fn say(world: &World, learner: &Learner, heard: &str) {
    world.tutor.push_answer(Answer::texts(
        heard,
        "Coaching that nobody asked for.",
        "A reply that nobody asked for.",
    ));
    learner.voice(voice(), 4);
}

/// The words of a message in bold.
fn bold(entry: &ChatEntry) -> Vec<String> {
    let utf16: Vec<u16> = entry.text.encode_utf16().collect();
    let entities = entry.entities.iter().filter(|entity| entity["type"] == "bold");
    let place = |entity: &Value, field: &str| usize::try_from(entity[field].as_u64().unwrap()).unwrap();
    entities
        .map(|entity| {
            let start = place(entity, "offset");
            String::from_utf16(&utf16[start..start + place(entity, "length")]).unwrap()
        })
        .collect()
}

/// The learner's cards, as an export of everything held shows them.
fn cards(world: &World, user: &str) -> Vec<Value> {
    let out = world.folder.path().join("export");
    let exported =
        world.command(&["sessions", "export", user, "--force", "--out"]).arg(&out).output().unwrap();
    assert!(exported.status.success(), "{exported:?}");
    let text = std::fs::read_to_string(out.join(format!("learner-{user}.json"))).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    document["cards"].as_array().cloned().unwrap_or_default()
}

async fn keep(world: &World, learner: &Learner, card: &str) {
    learner.text(&format!("/card {card}"));
    let back = card.split('→').next_back().unwrap().trim();
    newest(world, learner.chat(), &format!("Kept as a card: {back}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_kept_once_listed_changed_paused_removed_and_taken_along() {
    let world = World::started().await;
    let ana = world.learner(11);
    ana.text("/cards");
    newest(&world, 11, "You have no cards yet").await;
    ana.text("/practice");
    newest(&world, 11, "You have no cards yet").await;
    for (sent, answer) in [
        ("/card", "Send /card and a phrase"),
        ("/card ...!", "no words to say"),
        ("/card I am agree → I agree", "Kept as a card: I agree"),
        ("/card I agree", "You have this card already: I agree"),
        ("/card #7 I agree", "You have no card 7"),
    ] {
        ana.text(sent);
        newest(&world, 11, answer).await;
    }
    ana.text(&format!("/card {}", "very ".repeat(50)));
    newest(&world, 11, "too much for a card").await;
    // In reply to a message, and forwarded.
    let hello = ana.text("/card nothing").message_id;
    newest(&world, 11, "Kept as a card: nothing").await;
    ana.post(Post::text("/card").reply_to(hello));
    newest(&world, 11, "Kept as a card: /card nothing").await;
    let origin = json!({ "type": "hidden_user", "sender_user_name": "Bo", "date": 1 });
    ana.post(Post::text("See you later!").with("forward_origin", origin));
    newest(&world, 11, "Kept as a card: See you later!").await;

    ana.text("/cards");
    let list = newest(&world, 11, "4 cards").await;
    assert!(list.text.contains("1. I am agree → I agree · due now"), "{}", list.text);
    // Changed.
    press(&ana, &list, "4");
    let card = says(&world, &list, "/card #4 See you later!").await;
    ana.text("/card #4 See you soon!");
    newest(&world, 11, "Now it says: See you soon!").await;
    // Paused and brought back, each once.
    let paused = press(&ana, &card, "Pause");
    assert_eq!(notice(&world, &paused).await, "");
    let again = press_again(&world, &ana, &card, "Pause");
    assert!(!notice(&world, &again).await.is_empty(), "once is enough");
    let card = says(&world, &card, "paused").await;
    press(&ana, &card, "Bring it back");
    let card = says(&world, &card, "See you soon! · due now").await;
    // Removed, once asked.
    press(&ana, &card, "Remove");
    let card = world.telegram.wait_until(PATIENCE, |state| {
        let entry = state.entry(11, card.message_id)?;
        buttons(entry).iter().any(|(label, _)| label.contains("Really")).then(|| entry.clone())
    });
    let card = card.await.unwrap();
    press(&ana, &card, "Really remove");
    let gone = says(&world, &card, "Removed.").await;
    let again = press_again(&world, &ana, &card, "Really remove");
    assert!(!notice(&world, &again).await.is_empty(), "once is enough");
    press(&ana, &gone, "All cards");
    let list = says(&world, &gone, "3 cards").await;
    // A file that Anki imports.
    press(&ana, &list, "Anki");
    let file = world.telegram.wait_until(PATIENCE, |state| {
        state.from_bot(11).find(|said| said.kind == EntryKind::Document).cloned()
    });
    let file = file.await.expect("a file").file.unwrap();
    let csv = String::from_utf8_lossy(&file.bytes).into_owned();
    assert!(csv.contains("I am agree") && csv.contains("I agree") && !csv.contains("See you"), "{csv}");
    assert_eq!(cards(&world, "11").len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_said_graded_and_comes_back_when_it_is_due() {
    let world = World::started().await;
    let ana = world.learner(11);
    keep(&world, &ana, "I have 20 years → I am 20 years old.").await;
    keep(&world, &ana, "I am looking forward to it.").await;
    ana.text("/practice");
    let asked = newest(&world, 11, "I have 20 years").await;
    assert!(!asked.text.contains("years old") && asked.text.contains("2 cards left today"), "{}", asked.text);
    say(&world, &ana, "I'm twenty years old");
    let graded = newest(&world, 11, "again in").await;
    assert!(graded.text.starts_with('✅') || graded.text.starts_with('🌟'), "{}", graded.text);
    assert!(graded.reply_to.is_some() && !graded.text.contains("nobody asked for"), "{}", graded.text);
    // Not a turn of the conversation: the tutor's is forgotten, and nothing of it is kept.
    let session = world.tutor.turns()[0].session.clone();
    let forgotten =
        world.tutor.wait_until(PATIENCE, |state| state.forgotten().contains(&session).then_some(()));
    assert!(forgotten.await.is_some(), "{}", world.log());
    let card = &cards(&world, "11")[0];
    assert!(card.to_string().contains("\"reviews\":1"), "{card}");

    // The next one, once.
    press(&ana, &graded, "Next");
    let cue = newest(&world, 11, "I a_ l______ f______ t_ i_").await;
    assert!(!cue.text.contains("looking"), "{}", cue.text);
    let again = press_again(&world, &ana, &graded, "Next");
    assert!(!notice(&world, &again).await.is_empty(), "once is enough");
    // What was not heard is marked, and what was heard is told.
    say(&world, &ana, "I am looking forward to eat");
    let graded = newest(&world, 11, "I heard: I am looking forward to eat").await;
    assert!(bold(&graded).contains(&"it.".to_owned()), "{:?}", bold(&graded));
    assert!(graded.text.starts_with("🟡 Nearly"), "{}", graded.text);
    // The learner says otherwise, once.
    let said = press(&ana, &graded, "I did say it");
    assert_eq!(notice(&world, &said).await, "");
    let better = says(&world, &graded, "✅ Good · again in 2 days").await;
    let again = press_again(&world, &ana, &graded, "Good");
    assert!(!notice(&world, &again).await.is_empty(), "once is enough");
    press(&ana, &better, "Again");
    says(&world, &graded, "🔁 Not yet · again tomorrow").await;
    assert!(cards(&world, "11").iter().all(|card| card.to_string().contains("\"reviews\":1")));

    press(&ana, &better, "Next");
    newest(&world, 11, "That is all for today").await;
    // The practice is over: a voice is conversation again.
    say(&world, &ana, "Hello, how are you?");
    world.answer_with(11, "A reply that nobody asked for.").await;
    assert_eq!(world.tutor.violations().len(), 0, "{:?}", world.tutor.violations());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_know_a_card_is_shown_it_and_may_say_it_after_that() {
    let world = World::started().await;
    let ana = world.learner(11);
    keep(&world, &ana, "I am agree → I agree").await;
    ana.text("/practice");
    let asked = newest(&world, 11, "I am agree").await;
    press(&ana, &asked, "I don't know");
    let shown = says(&world, &asked, "🔁 Not yet").await;
    assert!(shown.text.contains("I agree") && !shown.text.contains("I heard"), "{}", shown.text);
    let again = press_again(&world, &ana, &asked, "I don't know");
    assert!(!notice(&world, &again).await.is_empty(), "once is enough");
    say(&world, &ana, "I agree");
    newest(&world, 11, "🔁 Not yet").await;
    assert!(cards(&world, "11")[0].to_string().contains("\"reviews\":1"), "graded once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_is_named_and_practised_in_a_pair_and_a_word_missed_thrice_alone() {
    let world = World::started().await;
    let ana = world.learner(11);
    for (n, phrase) in ["We went by ship.", "The ship is late.", "A ship sails today."].iter().enumerate() {
        keep(&world, &ana, phrase).await;
        ana.text("/practice");
        newest(&world, 11, "first letters").await;
        say(&world, &ana, &phrase.replace("ship", "sheep"));
        let heard = newest(&world, 11, "I heard “sheep” for “ship”: /iː/ instead of /ɪ/").await;
        assert!(heard.text.contains("American English"), "{}", heard.text);
        let labels: Vec<String> = buttons(&heard).into_iter().map(|(label, _)| label).collect();
        assert!(labels.iter().any(|label| label == "👂 sit / seat"), "{labels:?}");
        assert!(!labels.iter().any(|label| label.starts_with('💪')) || n > 2, "{labels:?}");
        if n == 0 {
            press(&ana, &heard, "sit / seat");
            newest(&world, 11, "sit seat").await;
            let again = press_again(&world, &ana, &heard, "sit / seat");
            assert!(!notice(&world, &again).await.is_empty(), "once is enough");
            say(&world, &ana, "Sit, seat.");
            newest(&world, 11, "✅ I heard it.").await;
        }
    }
    ana.text("/practice");
    let done = newest(&world, 11, "That is all for today").await;
    press(&ana, &done, "💪 ship");
    newest(&world, 11, "Say this aloud").await;
    say(&world, &ana, "Ship!");
    let heard = newest(&world, 11, "✅ I heard it.").await;
    press(&ana, &heard, "Stop");
    newest(&world, 11, "Practice is over").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_brings_as_many_new_cards_as_its_learner_wants() {
    let world = World::started().await;
    let ana = world.learner(11);
    ana.text("/practice 1");
    newest(&world, 11, "one new card a day").await;
    ana.text("/practice many");
    newest(&world, 11, "sets how many").await;
    for phrase in ["I agree", "See you soon"] {
        keep(&world, &ana, phrase).await;
    }
    ana.text("/practice");
    newest(&world, 11, "1 card left today").await;
    say(&world, &ana, "I agree");
    let graded = newest(&world, 11, "again in").await;
    press(&ana, &graded, "Next");
    newest(&world, 11, "1 new card waits for tomorrow").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_conversation_and_the_stop_button_end_a_practice() {
    let world = World::started().await;
    let ana = world.learner(11);
    keep(&world, &ana, "I agree").await;
    ana.text("/practice");
    newest(&world, 11, "first letters").await;
    ana.text("/new");
    newest(&world, 11, "fresh conversation").await;
    say(&world, &ana, "Hello there.");
    newest(&world, 11, "A reply that nobody asked for.").await;
    ana.text("/practice");
    let asked = newest(&world, 11, "first letters").await;
    press(&ana, &asked, "Stop");
    newest(&world, 11, "Practice is over").await;
    let again = press_again(&world, &ana, &asked, "Stop");
    assert!(!notice(&world, &again).await.is_empty(), "once is enough");
    say(&world, &ana, "Hello again.");
    newest(&world, 11, "A reply that nobody asked for.").await;
    assert!(cards(&world, "11")[0].to_string().contains("\"reviews\":0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_group_a_practice_is_one_learners_and_one_places() {
    let world = World::started().await;
    let (ana, bo) = (world.learner(11), world.learner(12));
    world.telegram.group(-100, "English");
    let (there, bo_there) = (ana.in_chat(-100), bo.in_chat(-100));
    keep(&world, &ana, "I agree").await;
    there.text("/practice");
    let asked = newest(&world, -100, "first letters").await;
    let pressed = press(&bo_there, &asked, "I don't know");
    assert!(!notice(&world, &pressed).await.is_empty(), "somebody else's");
    // In the private chat a voice is conversation all the while.
    say(&world, &ana, "Hello there.");
    newest(&world, 11, "A reply that nobody asked for.").await;
    assert!(cards(&world, "11")[0].to_string().contains("\"reviews\":0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_recogniser_is_set_up_the_tutor_is_not_asked() {
    let mut world = World::new().await;
    let speech = world.speech(SpeechOptions::default()).await;
    world.start();
    let ana = world.learner(11);
    keep(&world, &ana, "I agree").await;
    ana.text("/practice");
    newest(&world, 11, "first letters").await;
    speech.push_heard(Heard::says("I agree."));
    ana.voice(voice(), 4);
    newest(&world, 11, "again in").await;
    assert_eq!(world.tutor.count("POST /process"), 0);
}
