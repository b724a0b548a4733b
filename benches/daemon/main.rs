//! What the running daemon costs: `cargo bench --bench daemon`. Prints figures and asserts nothing about
//! time.
//!
//! `DAEMON_BENCH` names the parts to run (rest, audio, turns, texts, crowd, distance; all by default).
//! `DAEMON_BENCH_CROWD` sets the number of learners who send a voice at once (default 1,000: over a minute,
//! since at most 28 messages a second are sent).

// A test rather than a benchmark, so it may panic.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod audio_workers;
mod distance;
mod rest;
mod texts;
mod turns;
#[allow(dead_code)]
#[path = "../../tests/it/world.rs"]
mod world;

use bytes::Bytes;
use phonicflow_bot::audio::{self, Limits};
use phonicflow_bot::sandbox::tutor_api::{Speech, TutorOptions, write_wav};
use std::time::Duration;
use world::World;

/// Seconds of speech in a voice and in the tutor's answer.
const SECONDS: usize = 5;

/// A figure from the environment.
fn env<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok()?.parse().ok()
}

fn say(what: &str, figure: String) {
    println!("{what:<62} {figure}");
}

fn mb(kb: u64) -> String {
    format!("{:.1} MB", kb as f64 / 1024.0)
}

/// Speech as a voice note and as the tutor's WAV.
fn speech() -> (Bytes, Bytes) {
    let wav = audio::to_wav(world::voice().into(), Limits { max_seconds: 60 }).unwrap();
    let samples: Vec<i16> =
        wav.bytes[44..].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
    let long = |rate: usize| {
        let looped: Vec<i16> = samples.iter().copied().cycle().take(rate * SECONDS).collect();
        write_wav(rate as u32, looped.into_iter())
    };
    let note = audio::to_voice_note(long(24_000)).unwrap();
    (note.bytes.into(), long(24_000))
}

/// CPU time so far of a process and of its child processes, including those that have ended.
fn cpu(pid: u32) -> Duration {
    let ticks = |pid: u32, fields: usize| -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        after_name.split_whitespace().skip(11).take(fields).filter_map(|n| n.parse::<u64>().ok()).sum()
    };
    let below: u64 = children(pid).into_iter().map(|child| ticks(child, 2)).sum();
    Duration::from_millis((ticks(pid, 4) + below) * 10)
}

/// The processes below one.
fn children(pid: u32) -> Vec<u32> {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    lists.collect::<String>().split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
}

/// A line of a process's status, kilobytes.
fn memory_kb(pid: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|kb| kb.parse().ok()).unwrap_or(0)
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
    let wanted = |part: &str| env::<String>("DAEMON_BENCH").is_none_or(|parts| parts.contains(part));
    if wanted("rest") {
        rest::first_poll(&speech).await;
        rest::at_rest(&speech).await;
    }
    if wanted("audio") {
        audio_workers::cost(&voice).await;
    }
    if wanted("turns") {
        turns::one_by_one(&voice, &speech).await;
        turns::one_by_one_builtin(&voice, &speech).await;
    }
    if wanted("texts") {
        texts::growing().await;
        texts::burst().await;
    }
    if wanted("crowd") {
        turns::crowd(&voice, &speech).await;
    }
    if wanted("distance") {
        distance::rounds().await;
    }
}
