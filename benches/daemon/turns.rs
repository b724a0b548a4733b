//! Voice turns from end to end: one after the other, and a crowd at once.

use crate::{SECONDS, cpu, mb, say};
use bytes::Bytes;
use phonicflow_bot::sandbox::bot_api::LearnerProfile;
use std::time::{Duration, Instant};

/// Longer than a crowd takes.
const CROWD_PATIENCE: Duration = Duration::from_secs(600);

/// One voice after the other, each from another learner, few enough a second that none has to wait for
/// pacing.
pub async fn one_by_one(voice: &Bytes, speech: &Bytes) {
    let mut world = crate::world(speech).await;
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
        "voice turn of 5 s and answer of 5 s: CPU, mean of 60",
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
