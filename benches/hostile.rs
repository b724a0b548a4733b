//! Broken recordings of every container through the workers, as the daemon sends them: what becomes of each,
//! and the most that any cost. `cargo bench --bench hostile`; `HOSTILE_FILES` sets how many (default 20,000),
//! `HOSTILE_FIRST` the first one. Prints, and fails if a recording kept a worker from ending within its
//! budget.

// A test rather than a benchmark, so it may panic.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../tests/it/audio/mutate.rs"]
mod mutate;

use phonicflow_bot::audio::Limits;
use phonicflow_bot::audio_worker::{JobError, Workers};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const LIMITS: Limits = Limits { max_seconds: 300 };
/// Workers at once.
const LANES: u64 = 4;
/// Lost workers for which a line each is printed.
const TOLD: u64 = 20;
/// Elapsed time, with some reserve for a slow machine.
const BUDGET: Duration = Duration::from_secs(22);

fn number(key: &str, default: u64) -> u64 {
    std::env::var(key).ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

fn whole() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    // Only a few of the costly ones, or they would take all the time.
    let folders = ["voice"; 8].into_iter().chain(["hostile"]);
    let entries = folders.flat_map(|name| fs::read_dir(folder.join(name)).unwrap());
    let read = entries.map(|entry| {
        let entry = entry.unwrap();
        (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())
    });
    let mut all: Vec<_> = read.collect();
    all.sort();
    all
}

/// Observed of the workers while they run: memory (kB) and CPU time (hundredths of a second).
#[derive(Default)]
struct Seen {
    memory: AtomicU64,
    cpu: AtomicU64,
    over: AtomicBool,
}

impl Seen {
    fn look(&self) {
        let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
        let children = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
        for child in children.collect::<String>().split_whitespace() {
            let status = fs::read_to_string(format!("/proc/{child}/status")).unwrap_or_default();
            let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let peak = peak.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0);
            self.memory.fetch_max(peak, Ordering::Relaxed);
        }
    }

    /// CPU time of the workers that have ended.
    fn ended(&self) {
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        self.cpu
            .store(fields.skip(13).take(2).filter_map(|n| n.parse::<u64>().ok()).sum(), Ordering::Relaxed);
    }
}

#[derive(Default)]
struct Result {
    outcomes: BTreeMap<String, u64>,
    slowest: (Duration, u64, String),
}

#[tokio::main]
async fn main() {
    // `cargo test --benches` and `cargo bench -- --list` only check that it starts.
    if std::env::args().any(|arg| arg == "--list" || arg == "--test") {
        return;
    }
    let (first, files) = (number("HOSTILE_FIRST", 0), number("HOSTILE_FILES", 20_000));
    let workers = Arc::new(Workers::of(env!("CARGO_BIN_EXE_phonicflow-bot").into()));
    let (whole, seen) = (Arc::new(whole()), Arc::new(Seen::default()));
    let result = Arc::new(Mutex::new(Result::default()));
    let watch = std::thread::spawn({
        let seen = seen.clone();
        move || {
            while !seen.over.load(Ordering::Relaxed) {
                seen.look();
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    });
    let (began, lost) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let mut tasks = tokio::task::JoinSet::new();
    for lane in 0..LANES {
        let (workers, whole, result, lost) = (workers.clone(), whole.clone(), result.clone(), lost.clone());
        tasks.spawn(async move {
            for n in (first + lane..first + files).step_by(LANES as usize) {
                let (name, bytes) = mutate::broken(n, &whole);
                let place = workers.place().await;
                let start = Instant::now();
                // The tutor's speech goes through the other conversion.
                let done = match n % 8 {
                    0 => place.to_voice_note(bytes::Bytes::from(bytes).into()).await.map(drop),
                    _ => place.to_wav(bytes.into(), LIMITS).await.map(drop),
                };
                let took = start.elapsed();
                let outcome = match done {
                    Ok(()) => "heard".to_owned(),
                    Err(JobError::Refused { fault, .. }) => format!("refused: {fault:?}"),
                    Err(JobError::Died(death)) => {
                        if lost.fetch_add(1, Ordering::Relaxed) < TOLD {
                            println!("{n}, of {name}: the worker {death} after {} ms", took.as_millis());
                        }
                        format!("worker lost: {death:?}")
                    }
                    Err(error) => panic!("{n}, of {name}: {error}"),
                };
                assert!(took < BUDGET, "{n}, of {name}: {} ms", took.as_millis());
                let mut result = result.lock().unwrap();
                *result.outcomes.entry(outcome).or_default() += 1;
                if took > result.slowest.0 {
                    result.slowest = (took, n, name.to_owned());
                }
                let done: u64 = result.outcomes.values().sum();
                if done.is_multiple_of(50_000) {
                    println!("{done} files after {} s", began.elapsed().as_secs());
                }
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.expect("a lane without a failure");
    }
    seen.over.store(true, Ordering::Relaxed);
    watch.join().unwrap();
    seen.ended();
    let result = result.lock().unwrap();
    println!("{files} files from {first} on, {:.0} s", began.elapsed().as_secs_f64());
    for (outcome, count) in &result.outcomes {
        println!("  {outcome:<28} {count:>9}");
    }
    let (took, n, name) = &result.slowest;
    println!("longest by the clock: {} ms ({n}, of {name})", took.as_millis());
    println!(
        "highest resident memory of a worker seen: {:.1} MB",
        seen.memory.load(Ordering::Relaxed) as f64 / 1024.0
    );
    println!("CPU time of all workers that ended: {:.0} s", seen.cpu.load(Ordering::Relaxed) as f64 / 100.0);
}
