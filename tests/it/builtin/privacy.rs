//! What the built-in tutor knows of a learner is in our own store, and gone with it; nothing of it is in the log.

use super::*;
use phonicflow_bot::sandbox::bot_api::ChatEntry;
use phonicflow_bot::sandbox::faults::{Act, On};
use phonicflow_bot::sandbox::http::Reply;
use std::path::Path;

fn holds(folder: &Path, words: &str) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, words);
        }
        let bytes = std::fs::read(&path).unwrap_or_default();
        bytes.windows(words.len()).any(|window| window == words.as_bytes())
    })
}

fn button(said: &ChatEntry, nth: usize) -> String {
    said.buttons().remove(nth)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_leaves_no_word_of_it_even_of_a_voice_that_waits_to_be_judged() {
    let (mut world, servers) = started().await;
    let ana = world.learner(11);
    ana.voice(voice(), 4);
    answered(&world, 11, 1).await;
    // Another voice is heard and stored as such.
    let down = Act::Answer(Reply::new(503, "application/json", "{}"));
    servers.chat.faults().add(On::call("POST /chat/completions").always(), down);
    ana.voice(crate::world::other_voice(), 4);
    world.answer_with(11, "Your message is safe").await;
    ana.text("/delete");
    let asks = world.answer_with(11, "This cannot be undone").await;
    assert!(!asks.text.contains("tutor"), "nothing stays with a tutor that keeps nothing: {}", asks.text);
    ana.press(asks.message_id, &button(&asks, 0)).unwrap();
    world.answer_with(11, "Done: everything").await;
    world.settled().await;
    assert!(world.stop().await.success());
    let log = world.log();
    for words in [HEARD, COACHING, REPLY] {
        assert!(!log.holds(words), "{words:?} in the log:\n{log}");
        assert!(!holds(&world.folder.path().join("store"), words), "{words:?} is still in the store");
    }
}
