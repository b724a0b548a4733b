//! What it costs that audio is decoded in processes of its own: starting one, one job, an idle one.

use crate::{children, cpu, mb, memory_kb, say, world};
use bytes::Bytes;
use phonicflow_bot::audio::{self, Limits};
use phonicflow_bot::audio_worker::Workers;
use std::time::{Duration, Instant};

const JOBS: u32 = 200;
const LIMITS: Limits = Limits { max_seconds: 300 };

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e3
}

/// The same voice to WAV: by a new worker, by a running one, and in this process.
pub async fn cost(voice: &Bytes) {
    let (mut first, mut own) = (Vec::new(), Duration::ZERO);
    for _ in 0..21 {
        let workers = Workers::of(world::BINARY.into());
        let start = Instant::now();
        workers.place().await.to_wav(voice.clone(), LIMITS).await.unwrap();
        first.push(start.elapsed());
    }
    let workers = Workers::of(world::BINARY.into());
    workers.place().await.to_wav(voice.clone(), LIMITS).await.unwrap();
    let (mut warm, mut here) = (Vec::new(), Vec::new());
    let before = cpu(std::process::id());
    for _ in 0..JOBS {
        let start = Instant::now();
        workers.place().await.to_wav(voice.clone(), LIMITS).await.unwrap();
        warm.push(start.elapsed());
    }
    let theirs = cpu(std::process::id()) - before;
    for _ in 0..JOBS {
        let voice = voice.clone();
        let (start, before) = (Instant::now(), cpu(std::process::id()));
        let done = tokio::task::spawn_blocking(move || audio::to_wav(voice, LIMITS));
        done.await.unwrap().unwrap();
        here.push(start.elapsed());
        own += cpu(std::process::id()) - before;
    }
    let (first, warm, here) = (median(first), median(warm), median(here));
    let each = |all: Duration| format!("{:.2} ms", all.as_secs_f64() * 1e3 / f64::from(JOBS));
    say("5 s of voice to WAV, in a worker that is there, median", format!("{warm:.2} ms"));
    say("  in this process", format!("{here:.2} ms"));
    say("  in a worker started for it (once while there is work)", format!("{first:.2} ms"));
    say("  CPU, worker and this side, mean of 200", each(theirs));
    say("  CPU in this process, mean of 200", each(own));
    let worker = children(std::process::id()).into_iter().next().expect("a resting worker");
    say("  resident, a worker that rests (20 s at most)", mb(memory_kb(worker, "VmRSS:")));
    say("    of it private memory", mb(memory_kb(worker, "RssAnon:")));
}
