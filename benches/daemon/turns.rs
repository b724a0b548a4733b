//! Voice turns from end to end: one after the other, and a crowd at once.

use crate::world::World;
use crate::{SECONDS, cpu, mb, say};
use bytes::Bytes;
use phonicflow_bot::sandbox::bot_api::LearnerProfile;
use phonicflow_bot::sandbox::chat_api::{ChatAnswer, ChatOptions};
use phonicflow_bot::sandbox::speech_api::{Sound, SpeechOptions};
use std::time::{Duration, Instant};

/// Longer than a crowd takes.
const CROWD_PATIENCE: Duration = Duration::from_secs(600);

/// One voice after the other, each from another learner, few enough a second that none has to wait for
/// pacing.
pub async fn one_by_one(voice: &Bytes, speech: &Bytes) {
    measured("voice turn of 5 s and answer of 5 s", crate::world(speech).await, voice).await;
}

/// The same with the built-in tutor: three servers are asked instead of one, and the bot judges what they say.
pub async fn one_by_one_builtin(voice: &Bytes, speech: &Bytes) {
    let mut world = crate::world(speech).await;
    let chat = world.chat(ChatOptions::default()).await;
    let servers = world.speech(SpeechOptions::default()).await;
    chat.script(|_| {
        let correction = r#"{"said":"I go","better":"I went","why":"It is over.","kind":"grammar"}"#;
        let reply = "What did you buy at the market?";
        ChatAnswer::words(&format!(
            r#"{{"coaching":"Well told. Watch the past tense.","reply":"{reply}","corrections":[{correction}]}}"#
        ))
    });
    let spoken = speech.clone();
    servers.sounds(move |_| Sound::bytes("audio/wav", spoken.clone()));
    world.set("TUTOR", "builtin");
    measured("the same with the built-in tutor", world, voice).await;
}

async fn measured(name: &str, mut world: World, voice: &Bytes) {
    world.start();
    world.settled().await;
    let (mut times, mut spent) = (Vec::new(), Duration::ZERO);
    for n in 0..60_i64 {
        let learner = world.telegram.learner(LearnerProfile::new(5_000 + n, "Ana", "en"));
        let (start, before) = (Instant::now(), cpu(world.pid()));
        learner.voice(voice.clone(), SECONDS as u32);
        world.voice_notes(learner.chat(), 1).await;
        times.push(start.elapsed());
        tokio::time::sleep(Duration::from_millis(150)).await;
        spent += cpu(world.pid()) - before;
    }
    times.sort();
    say(
        &format!("{name}: CPU, mean of 60"),
        format!("{:.1} ms", spent.as_secs_f64() * 1e3 / times.len() as f64),
    );
    say(
        "  latency, median (the doubles' own time included)",
        format!("{:.1} ms", times[times.len() / 2].as_secs_f64() * 1e3),
    );
    say("  resident afterwards", mb(world.memory_kb("VmRSS:")));
    say("  highest", mb(world.peak_kb()));
}

pub async fn crowd(voice: &Bytes, speech: &Bytes) {
    let learners: usize =
        std::env::var("DAEMON_BENCH_CROWD").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000);
    let mut world = crate::world(speech).await;
    world.start();
    world.settled().await;
    let before = world.telegram.read(|state| state.sent_count());
    for n in 0..learners {
        let learner = world.telegram.learner(LearnerProfile::new(10_000 + n as i64, "Ana", "en"));
        learner.voice(voice.clone(), SECONDS as u32);
    }
    let start = Instant::now();
    let all = world
        .telegram
        .wait_until(CROWD_PATIENCE, |state| (state.sent_count() >= before + learners * 2).then_some(()));
    all.await.expect("all answered");
    say(&format!("{learners} voices at once: highest resident"), mb(world.peak_kb()));
    say("  resident afterwards", mb(world.memory_kb("VmRSS:")));
    say("  until the last answer was out", format!("{:.0} s", start.elapsed().as_secs_f64()));
    say("  turns at the tutor", world.tutor.turns().len().to_string());
}
