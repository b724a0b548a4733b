//! Cards of corrections: kept by the buttons under an answer, one by one or all, each once; and drilled with the built-in tutor.

use super::{buttons, cards, newest, notice, press};
use crate::world::{World, voice};
use phonicflow_bot::sandbox::chat_api::{ChatAnswer, ChatOptions};
use phonicflow_bot::sandbox::speech_api::{Heard, SpeechOptions};
use phonicflow_bot::sandbox::tutor_api::Answer;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn each_correction_is_kept_by_its_button_and_all_by_one_each_once() {
    let mut world = World::new().await;
    let chat = world.chat(ChatOptions::default()).await;
    let speech = world.speech(SpeechOptions::default()).await;
    let judged = json!({
        "coaching": "Watch the past tense.",
        "reply": "What did you buy?",
        "corrections": [
            { "said": "I go to the market", "better": "I went to the market", "why": "It is over.", "kind": "grammar" },
            { "said": "I buyed two apples", "better": "I bought two apples", "why": "", "kind": "grammar" },
        ],
    });
    chat.script(move |_| ChatAnswer::words(&judged.to_string()));
    world.set("TUTOR", "builtin").start();
    let ana = world.learner(11);
    speech.push_heard(Heard::says("Yesterday I go to the market and I buyed two apples."));
    ana.voice(voice(), 4);
    let answer = world.answer_with(11, "Watch the past tense.").await;
    world.voice_notes(11, 1).await;
    let labels: Vec<String> = buttons(&answer).into_iter().map(|(label, _)| label).collect();
    assert_eq!(labels[..3], ["🗂 Keep “I went to the market”", "🗂 Keep “I bought two apples”", "🗂 Keep all"]);
    let first = press(&ana, &answer, "I went to the market");
    assert!(notice(&world, &first).await.contains("Kept as a card"));
    let again = press(&ana, &answer, "I went to the market");
    assert!(notice(&world, &again).await.contains("It is a card already"));
    world.kill();
    world.start();
    let all = press(&ana, &answer, "Keep all");
    assert!(notice(&world, &all).await.contains("Kept as a card"));
    let again = press(&ana, &answer, "Keep all");
    assert!(notice(&world, &again).await.contains("It is a card already"));
    assert_eq!(cards(&world, "11").len(), 2);

    // What was said wrong is shown, and the recogniser alone hears the answer.
    ana.text("/practice");
    let asked = newest(&world, 11, "I go to the market").await;
    assert!(!asked.text.contains("went"), "{}", asked.text);
    let judged = chat.questions().len();
    speech.push_heard(Heard::says("I go to the market."));
    ana.voice(voice(), 4);
    let graded = newest(&world, 11, "🔁 Not yet").await;
    assert!(super::bold(&graded).contains(&"went".to_owned()) && graded.text.contains("💡 It is over."));
    assert_eq!(chat.questions().len(), judged, "no model is asked");
    // Silence is no answer: the card stays open.
    press(&ana, &graded, "Next");
    newest(&world, 11, "I buyed two apples").await;
    speech.push_heard(Heard::nothing());
    ana.voice(voice(), 4);
    newest(&world, 11, "could not hear any speech").await;
    speech.push_heard(Heard::says("I bought 2 apples."));
    ana.voice(voice(), 4);
    newest(&world, 11, "again in").await;
    assert_eq!(chat.questions().len(), judged);
}

#[tokio::test(flavor = "multi_thread")]
async fn corrections_drawn_from_a_tutors_coaching_are_kept_from_their_list() {
    let mut world = World::new().await;
    let chat = world.chat(ChatOptions::default()).await;
    let one =
        |said: &str, better: &str| json!({ "said": said, "better": better, "why": "", "kind": "grammar" });
    let drawn = json!({ "corrections": [one("I goes", "I went"), one("by foot", "on foot")] });
    chat.script(move |_| ChatAnswer::words(&drawn.to_string()));
    world.start();
    world.tutor.script(|_| Answer::texts("I goes home by foot.", "Say I went, and on foot.", "Where?"));
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    let answer = world.answer_with(11, "Where?").await;
    press(&ana, &answer, "Corrections");
    let list = world.answer_with(11, "I goes → I went").await;
    let labels: Vec<String> = buttons(&list).into_iter().map(|(label, _)| label).collect();
    assert_eq!(labels, ["🗂 Keep “I went”", "🗂 Keep “on foot”", "🗂 Keep all"]);
    for (label, said) in [
        ("I went", "Kept as a card"),
        ("I went", "It is a card already"),
        ("Keep all", "Kept as a card"),
        ("Keep all", "It is a card already"),
    ] {
        let pressed = press(&ana, &list, label);
        assert!(notice(&world, &pressed).await.contains(said), "{label}: {said}");
    }
    ana.text("/cards");
    let listed = newest(&world, 11, "I went").await;
    assert!(listed.text.contains("on foot"), "{}", listed.text);
    assert_eq!(cards(&world, "11").len(), 2);
}
