//! Text turns without the model, which is a double: what the daemon adds in CPU and in time, and a burst of learners who
//! write at once.
//!
//! By SPEC, a preview shows after two seconds at the earliest, and between two edits of a chat there are 1.5 s. To measure
//! neither, the model is silent for longer than that before its words, which come in one piece, and again before it ends.
//! What is measured is thus the time from those words leaving the model to the preview arriving at Telegram, and from the
//! model's end to the final text arriving there: the daemon's time, and a little of the doubles'.

use crate::world::World;
use crate::{cpu, mb, say};
use phonicflow_bot::sandbox::bot_api::{ChatEntry, LearnerProfile};
use phonicflow_bot::sandbox::chat_api::{ChatAnswer, ChatApi, ChatOptions, Part};
use phonicflow_bot::sandbox::faults::Gate;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Longer than a round takes.
const PATIENCE: Duration = Duration::from_secs(120);
/// Turns measured for their latency.
const TURNS: usize = 50;
/// Pause between the beginnings of two of them, so that they hardly meet.
const STAGGER: Duration = Duration::from_millis(300);
/// Longer than the time before a preview may show, and than any pause between two calls in a chat.
const SILENCE: Duration = Duration::from_millis(2_100);
/// Learners who write at once.
const LEARNERS: usize = 60;

const ANSWER: &str = "These words are shown while they are few, and in the end as they are.";

async fn world(answers_at_once: usize) -> (World, ChatApi) {
    let mut world = World::new().await;
    let chat = world.chat(ChatOptions::default()).await;
    world.set("AI_CONCURRENCY", &answers_at_once.to_string());
    world.set("BOT_POLLING_TIMEOUT", "50").set("LOG_LEVEL", "warn");
    world.start();
    world.settled().await;
    (world, chat)
}

/// An answer that stands still before its words and before its end.
struct Held {
    answer: ChatAnswer,
    words: Gate,
    end: Gate,
}

fn held() -> Held {
    let (mut answer, words) = ChatAnswer::held_before(0, "");
    let (rest, end) = ChatAnswer::held_before(0, "");
    answer.parts.truncate(1);
    answer.parts.push(Part::Text(ANSWER.to_owned()));
    answer.parts.extend(rest.parts);
    Held { answer, words, end }
}

/// Waits for something of the bot's in a chat; how long it took.
async fn shown(world: &World, chat: i64, fits: impl Fn(&ChatEntry) -> bool) -> Duration {
    let begun = Instant::now();
    let found = world.telegram.wait_until(PATIENCE, |state| state.from_bot(chat).any(&fits).then_some(()));
    found.await.unwrap_or_else(|| panic!("nothing in chat {chat}; log:\n{}", world.log()));
    begun.elapsed()
}

fn percentiles(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    format!("p50 {:.1} ms, p95 {:.1} ms", at(50), at(95))
}

fn per_turn(spent: Duration, turns: usize) -> String {
    format!("{:.1} ms", spent.as_secs_f64() * 1e3 / turns as f64)
}

/// Answers that are shown as they grow, of one learner after the other.
pub async fn growing() {
    let (world, chat) = world(64).await;
    let world = Arc::new(world);
    let answers: Vec<Held> = (0..TURNS).map(|_| held()).collect();
    let scripted: Vec<ChatAnswer> = answers.iter().map(|held| held.answer.clone()).collect();
    chat.script(move |question| scripted[question.last().parse::<usize>().unwrap()].clone());
    let before = cpu(world.pid());
    let mut turns = Vec::new();
    for (n, held) in answers.into_iter().enumerate() {
        let world = Arc::clone(&world);
        turns.push(tokio::spawn(async move {
            let learner = world.telegram.learner(LearnerProfile::new(20_000 + n as i64, "Ana", "en"));
            learner.text(&n.to_string());
            held.words.reached(1).await;
            tokio::time::sleep(SILENCE).await;
            held.words.open();
            let first = shown(&world, learner.chat(), |said| said.text.starts_with(ANSWER)).await;
            tokio::time::sleep(SILENCE).await;
            held.end.open();
            let last = shown(&world, learner.chat(), |said| said.text == ANSWER).await;
            (first, last)
        }));
        tokio::time::sleep(STAGGER).await;
    }
    let (mut first, mut last) = (Vec::new(), Vec::new());
    for turn in turns {
        let (shown, whole) = turn.await.unwrap();
        first.push(shown);
        last.push(whole);
    }
    let spent = cpu(world.pid()) - before;
    say(&format!("text turn shown as it grows: CPU, mean of {TURNS}"), per_turn(spent, TURNS));
    say("  from the model's first words to the first words shown", percentiles(first));
    say("  from the model's end to the final text", percentiles(last));
}

/// Everyone writes at once, and the model answers at once.
pub async fn burst() {
    let (world, chat) = world(4).await;
    let answer = ChatAnswer::words(ANSWER);
    chat.script(move |_| answer.clone());
    let (before, begun) = (cpu(world.pid()), Instant::now());
    let learners: Vec<i64> = (0..LEARNERS as i64).map(|n| 30_000 + n).collect();
    for id in &learners {
        world.telegram.learner(LearnerProfile::new(*id, "Ana", "en")).text("Hello!");
    }
    let waiting = learners.iter().map(|id| async {
        shown(&world, *id, |said| said.text == ANSWER).await;
        begun.elapsed()
    });
    let times = futures_util::future::join_all(waiting).await;
    let all = times.iter().max().copied().unwrap_or_default();
    let spent = cpu(world.pid()) - before;
    say(
        &format!("{LEARNERS} texts at once, answered whole: until the last answer"),
        format!("{:.1} s", all.as_secs_f64()),
    );
    say("  from the text to its answer", percentiles(times));
    say("  CPU of a turn, mean", per_turn(spent, LEARNERS));
    say("  highest resident", mb(world.peak_kb()));
}
