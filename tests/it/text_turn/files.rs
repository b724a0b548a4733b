//! Pictures and documents in a question, alone and as albums.

use super::{at_rest, started, whole, with};
use crate::world::World;
use phonicflow_bot::sandbox::bot_api::Post;
use phonicflow_bot::sandbox::chat_api::{ChatAnswer, ChatApi, ChatModel, ChatOptions, Wording};
use std::path::Path;

/// A picture, as far as its first bytes tell.
fn jpeg(words: &str) -> Vec<u8> {
    [&b"\xff\xd8\xff\xe0"[..], words.as_bytes()].concat()
}

fn document(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/documents");
    std::fs::read(folder.join(name)).unwrap()
}

/// A model that can see, the daemon at work.
async fn seeing() -> (World, ChatApi) {
    let model = ChatModel { vision: true, ..ChatModel::new("small") };
    let (mut world, chat) = with(ChatOptions { models: vec![model], ..ChatOptions::default() }).await;
    world.start();
    (world, chat)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_goes_to_a_model_that_sees_with_its_caption_as_the_question() {
    let (world, chat) = seeing().await;
    chat.push_answer(ChatAnswer::words("A cat."));
    let ana = world.learner(11);
    ana.post(Post::photo(jpeg("cat")).caption("What is this?"));
    whole(&world, 11, "A cat.").await;
    let question = chat.questions().pop().unwrap();
    assert_eq!(super::told(&question), [("user", "What is this?")]);
    assert_eq!(question.images, [jpeg("cat")], "the largest size, untouched");
    // Without a word; of the picture before only the question is shown again.
    chat.push_answer(ChatAnswer::words("A dog."));
    ana.post(Post::document(jpeg("dog"), "dog.jpg", "image/jpeg"));
    whole(&world, 11, "A dog.").await;
    let question = chat.questions().pop().unwrap();
    assert_eq!(super::told(&question)[..2], [("user", "What is this?"), ("assistant", "A cat.")]);
    assert_eq!(question.images, [jpeg("dog")]);
    assert_eq!(at_rest(&world, 11).await, ["A cat.", "A dog."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_for_a_model_that_cannot_see_gets_a_kind_line() {
    for wording in [Wording::OpenAi, Wording::LlamaCpp, Wording::Vllm] {
        let (mut world, chat) = with(ChatOptions { wording, ..ChatOptions::default() }).await;
        world.start();
        let ana = world.learner(11);
        ana.post(Post::photo(jpeg("cat")).caption("What is this?"));
        world.answer_with(11, "I can't look at pictures here").await;
        // Known from now on: nothing is fetched or asked for the next.
        ana.post(Post::photo(jpeg("dog")).caption("And this?"));
        world.answers(11, 2).await;
        chat.push_answer(ChatAnswer::words("Hi."));
        ana.text("Hello");
        whole(&world, 11, "Hi.").await;
        let said = at_rest(&world, 11).await;
        assert!(said[..2].iter().all(|line| line.starts_with("I can't look at pictures here")), "{said:?}");
        assert_eq!((chat.questions().len(), chat.read(|state| state.refused().len())), (1, 1), "{wording:?}");
        assert_eq!(world.telegram.calls("getFile").len(), 1, "{wording:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_album_is_one_question() {
    let (world, chat) = seeing().await;
    chat.script(|question| ChatAnswer::words(&format!("I see {}.", question.images.len())));
    let ana = world.learner(11);
    ana.post(Post::photo(jpeg("one")).caption("Which is best?").in_album("7"));
    ana.post(Post::photo(jpeg("two")).in_album("7"));
    ana.post(Post::photo(jpeg("three")).in_album("7"));
    whole(&world, 11, "I see 3.").await;
    assert_eq!(at_rest(&world, 11).await, ["I see 3."]);
    let questions = chat.questions();
    assert_eq!(questions.len(), 1);
    assert_eq!(questions[0].images, ["one", "two", "three"].map(jpeg));
    assert_eq!(super::told(&questions[0]), [("user", "Which is best?")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_of_an_album_are_read_together() {
    let (world, chat) = started().await;
    chat.push_answer(ChatAnswer::words("Three good texts."));
    let ana = world.learner(11);
    let txt = "I goes to school.".as_bytes().to_vec();
    let word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    ana.post(Post::document(txt, "school.txt", "text/plain").in_album("8"));
    ana.post(Post::document(document("letter.docx"), "letter.docx", word).in_album("8"));
    let last = Post::document(document("holiday.pdf"), "holiday.pdf", "application/pdf");
    ana.post(last.caption("Please correct these.").in_album("8"));
    whole(&world, 11, "Three good texts.").await;
    assert_eq!(at_rest(&world, 11).await, ["Three good texts."]);
    let questions = chat.questions();
    assert_eq!(questions.len(), 1);
    let asked = questions[0].last();
    let place = |words: &str| asked.find(words).unwrap_or_else(|| panic!("no {words:?} in {asked}"));
    let parts =
        ["I goes to school.", "I has learned many thing", "My holiday in Porto.", "Please correct these."];
    assert!(parts.map(place).is_sorted(), "{asked}");
    assert!(questions[0].images.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn long_documents_of_an_album_share_the_models_room() {
    let (world, chat) = started().await;
    chat.push_answer(ChatAnswer::words("Long ones."));
    let ana = world.learner(11);
    for name in ["alpha", "beta", "gamma"] {
        let text = format!("This is {name}. {}", "And so on. ".repeat(4_000));
        ana.post(Post::document(text, &format!("{name}.txt"), "text/plain").in_album("9"));
    }
    whole(&world, 11, "Long ones.").await;
    assert!(chat.read(|state| state.refused().is_empty()), "nothing was too long: {}", world.log());
    let asked = chat.questions().pop().unwrap();
    let place = |name: &str| asked.last().find(&format!("This is {name}.")).unwrap();
    assert!(["alpha", "beta", "gamma"].map(place).is_sorted());
    assert_eq!(asked.last().matches("[…]").count(), 3);
}
