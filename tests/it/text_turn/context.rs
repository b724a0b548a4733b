//! What a model is shown: the conversation of this chat, and nothing of another.

use super::{at_rest, started, told, unstarted, whole, with};
use crate::world::voice;
use phonicflow_bot::sandbox::bot_api::Post;
use phonicflow_bot::sandbox::chat_api::{ChatAnswer, ChatModel, ChatOptions};

#[tokio::test(flavor = "multi_thread")]
async fn voices_and_texts_are_one_conversation_and_the_tutor_hears_of_voices_alone() {
    let (world, chat) = started().await;
    let ana = world.learner(11);
    chat.push_answer(ChatAnswer::words("**Nice** to meet you, `Ana`! Where from?"));
    let asked = ana.text("hello, I am Ana");
    let first = whole(&world, 11, "Nice to meet you, Ana! Where from?").await;
    assert_eq!(first.reply_to, Some(asked.message_id));
    assert_eq!(first.entities.len(), 2, "bold and code: {:?}", first.entities);
    ana.voice(voice(), 4);
    world.voice_notes(11, 1).await;
    chat.push_answer(ChatAnswer::words("I see."));
    ana.post(Post::text("what is that?").reply_to(first.message_id));
    whole(&world, 11, "I see.").await;
    let questions = chat.questions_for(&[]);
    let (role, instructions) = &questions[1].messages[0];
    assert_eq!((role.as_str(), told(&questions[0])), ("system", vec![("user", "hello, I am Ana")]));
    assert!(instructions.contains("learning English") && !instructions.contains('{'), "{instructions}");
    let spoken = told(&questions[1]);
    assert_eq!(spoken[0], ("user", "hello, I am Ana"));
    assert_eq!(spoken[1], ("assistant", "**Nice** to meet you, `Ana`! Where from?"));
    assert!(spoken[2].1.contains("Yesterday I go"), "{spoken:?}");
    assert_eq!(spoken[4], ("user", "> Nice to meet you, Ana! Where from?\n\nwhat is that?"));
    assert_eq!(world.tutor.count("POST /process"), 1);
    // Both kinds of turn are in the history; the coaching is that of the voice.
    ana.text("/history");
    let page = world.answer_with(11, "page 1 of 1").await;
    assert!(page.text.contains("✍️ hello, I am Ana") && page.text.contains("🎧"), "{}", page.text);
    ana.text("/feedback");
    world.answer_with(11, "Coaching").await;
    assert_eq!(world.tutor.violations(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_private_chat_or_another_topic_reaches_a_group() {
    let (world, chat) = started().await;
    chat.script(|question| ChatAnswer::words(&format!("echo {}", question.last())));
    world.telegram.forum(-1_000_500, "class", &[7, 8]);
    let ana = world.learner(11);
    let group = ana.in_chat(-1_000_500);
    ana.text("my secret");
    whole(&world, 11, "echo my secret").await;
    ana.voice(voice(), 4);
    world.voice_notes(11, 1).await;
    let say = |topic, words: &str| group.post(Post::text(format!("@phonicflow_bot {words}")).in_topic(topic));
    group.post(Post::text("not for the bot").in_topic(7));
    say(7, "in seven");
    whole(&world, -1_000_500, "echo in seven").await;
    say(8, "in eight");
    whole(&world, -1_000_500, "echo in eight").await;
    say(7, "again in seven");
    whole(&world, -1_000_500, "echo again in seven").await;
    ana.text("back in private");
    whole(&world, 11, "echo back in private").await;
    let questions = chat.questions_for(&[]);
    assert_eq!(told(&questions[1]), [("user", "in seven")]);
    assert_eq!(told(&questions[2]), [("user", "in eight")]);
    assert_eq!(
        told(&questions[3]),
        [("user", "in seven"), ("assistant", "echo in seven"), ("user", "again in seven")]
    );
    let private = told(&questions[4]);
    assert_eq!((private.len(), private[0].1), (5, "my secret"), "{private:?}");
    assert!(private.iter().all(|(_, words)| !words.contains("seven")), "{private:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_too_long_for_the_model_is_halved_once() {
    let model = ChatModel { context: 1_500, ..ChatModel::new("small") };
    let (mut world, chat) = with(ChatOptions { models: vec![model], ..ChatOptions::default() }).await;
    world.set("AI_CONTEXT_TOKENS", "100000").set("AI_MAX_TOKENS", "100").start();
    let ana = world.learner(11);
    let long = "a word and another one ".repeat(30);
    for n in 1..=8 {
        chat.push_answer(ChatAnswer::words(&format!("answer {n}")));
        ana.text(&format!("{long}{n}"));
        whole(&world, 11, &format!("answer {n}")).await;
    }
    let refused = chat.read(|state| state.refused().len());
    assert!(refused > 0, "the model was never asked too much");
    let last = chat.questions_for(&[]).pop().unwrap();
    assert!(told(&last).len() >= 3 && told(&last).len() < 15, "{:?}", told(&last).len());
    // A question that fits into no model gets a clear word.
    chat.configure(|options| options.models[0].context = 120);
    ana.text(&long);
    world.answer_with(11, "too much for me at once").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_has_so_many_tokens_and_a_restart_gives_none_back() {
    let (mut world, chat) = unstarted().await;
    chat.script(|_| ChatAnswer::words("Hello!"));
    world.set("AI_TOKENS_PER_DAY", "1").start();
    let ana = world.learner(11);
    ana.text("one");
    whole(&world, 11, "Hello!").await;
    world.stop().await;
    world.start();
    ana.text("two");
    world.answer_with(11, "00:00 UTC").await;
    let bea = world.learner(12);
    bea.text("one");
    whole(&world, 12, "Hello!").await;
    assert_eq!(at_rest(&world, 11).await.len(), 2);
    assert_eq!(chat.questions_for(&[]).len(), 2, "over the budget no model is asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_read_and_a_picture_shown_to_a_model_that_sees() {
    let model = ChatModel { vision: true, ..ChatModel::new("small") };
    let (mut world, chat) = with(ChatOptions { models: vec![model], ..ChatOptions::default() }).await;
    world.start();
    let ana = world.learner(11);
    chat.push_answer(ChatAnswer::words("A poem."));
    ana.post(Post::document("Roses are red.", "poem.txt", "text/plain").caption("what is this?"));
    whole(&world, 11, "A poem.").await;
    let question = chat.questions_for(&[]).pop().unwrap();
    assert!(question.last().contains("Roses are red.") && question.last().ends_with("what is this?"));
    chat.push_answer(ChatAnswer::words("Yes."));
    ana.text("and who wrote it?");
    whole(&world, 11, "Yes.").await;
    let question = chat.questions_for(&[]).pop().unwrap();
    assert_eq!(told(&question)[0], ("user", "what is this?"), "the document itself is not kept");
    // What no model can read is refused in one line, without asking one.
    ana.post(Post::document(&b"\x7fELF\x02\x01\x01\0\0\0"[..], "program.bin", "application/octet-stream"));
    world.answer_with(11, "txt, md, pdf and docx").await;
    assert_eq!(chat.questions_for(&[]).len(), 2);
}
