//! What the running daemon costs (SPEC 9): `cargo bench --bench daemon`. Prints figures and asserts nothing about time.
//!
//! `DAEMON_BENCH_CROWD` sets the number of learners who send a voice at once (default 1,000: over a minute, as no more
//! than 28 messages a second go out).

// A test in all but its name: it fails by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod rest;
mod turns;
#[allow(dead_code)]
#[path = "../../tests/it/world.rs"]
mod world;

use bytes::Bytes;
use phonicflow_bot::audio::{self, Hint, Limits};
use phonicflow_bot::sandbox::tutor_api::{Speech, TutorOptions, write_wav};
use std::time::Duration;
use world::World;

/// Seconds of speech in a voice and in the tutor's answer.
const SECONDS: usize = 5;

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

#[tokio::main]
async fn main() {
    let (voice, speech) = speech();
    rest::first_poll(&speech).await;
    rest::at_rest(&speech).await;
    turns::one_by_one(&voice, &speech).await;
    turns::crowd(&voice, &speech).await;
}
