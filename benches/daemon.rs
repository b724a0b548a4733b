//! What the running daemon costs (SPEC 9): `cargo bench --bench daemon`. Prints figures and asserts nothing about time.
//!
//! `DAEMON_BENCH_CROWD` sets the number of learners who send a voice at once (default 1,000: over a minute, as no more
//! than 28 messages a second go out).

// A test in all but its name: it fails by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[allow(dead_code)]
#[path = "../tests/it/world.rs"]
mod world;

use bytes::Bytes;
use phonicflow_bot::audio::{self, Hint, Limits};
use phonicflow_bot::sandbox::bot_api::LearnerProfile;
use phonicflow_bot::sandbox::tutor_api::{Speech, TutorOptions, write_wav};
use std::time::{Duration, Instant};
use world::World;

/// Seconds of speech in a voice and in the tutor's answer.
const SECONDS: usize = 5;
/// Longer than a crowd takes.
const CROWD_PATIENCE: Duration = Duration::from_secs(600);

fn say(what: &str, figure: String) {
    println!("{what:<62} {figure}");
}

fn mb(kb: u64) -> String {
    format!("{:.1} MB", kb as f64 / 1024.0)
}

/// Speech as a voice note and as the tutor's WAV.
fn speech() -> (Bytes, Bytes) {
    let hint = || Hint { extension: None, mime: None };
    let wav = audio::to_wav(world::voice().into(), hint(), Limits { max_seconds: 60 }).unwrap();
    let samples: Vec<i16> =
        wav.bytes[44..].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
    let long = |rate: usize| {
        let looped: Vec<i16> = samples.iter().copied().cycle().take(rate * SECONDS).collect();
        write_wav(rate as u32, looped.into_iter())
    };
    let note = audio::to_voice_note(long(24_000), hint()).unwrap();
    (note.bytes.into(), long(24_000))
}

/// CPU time of a process so far.
fn cpu(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 =
        after_name.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

async fn world(speech: &Bytes) -> World {
    let speech = Some(Speech::Bytes(speech.clone(), "audio/wav"));
    let options = TutorOptions { parallel: 2, keep_audio: false, speech, ..TutorOptions::default() };
    let mut world = World::with_tutor(options).await;
    world.set("BOT_POLLING_TIMEOUT", "50");
    world
}

/// From the start of the process to the first `getUpdates`, with a store that is there.
async fn first_poll(speech: &Bytes) {
    let mut world = world(speech).await;
    let mut times = Vec::new();
    for _ in 0..11 {
        let polls = world.telegram.read(|state| state.log().count("getUpdates"));
        let start = Instant::now();
        world.start();
        let came = world.telegram.wait_until(world::PATIENCE, |state| {
            (state.log().count("getUpdates") > polls).then(Instant::now)
        });
        times.push(came.await.expect("a poll") - start);
        world.stop().await;
    }
    times.sort();
    say("process start to first getUpdates, median of 11", format!("{:.1} ms", times[5].as_secs_f64() * 1e3));
}

async fn at_rest(speech: &Bytes) {
    let mut world = world(speech).await;
    world.start();
    world.settled().await;
    say("resident, at rest after one command", mb(world.memory_kb("VmRSS:")));
    say("  of it private memory", mb(world.memory_kb("RssAnon:")));
    let before = cpu(world.pid());
    tokio::time::sleep(Duration::from_secs(20)).await;
    say("CPU at rest, in 20 s", format!("{} ms", (cpu(world.pid()) - before).as_millis()));
}

/// One voice after the other, each of another learner, few enough a second for no pause to be due.
async fn voice_turns(voice: &Bytes, speech: &Bytes) {
    let mut world = world(speech).await;
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

async fn crowd(voice: &Bytes, speech: &Bytes) {
    let learners: usize =
        std::env::var("DAEMON_BENCH_CROWD").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000);
    let mut world = world(speech).await;
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

#[tokio::main]
async fn main() {
    let (voice, speech) = speech();
    first_poll(&speech).await;
    at_rest(&speech).await;
    voice_turns(&voice, &speech).await;
    crowd(&voice, &speech).await;
}
