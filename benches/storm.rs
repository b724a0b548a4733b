//! The long crash storm: `cargo bench --bench storm`. Prints what came of it; exit code 1 when a promise was broken.
//!
//! `STORM_LEARNERS` (1,000), `STORM_MESSAGES` (3,000), `STORM_KILLS` (200), `STORM_SEED` (random, printed).

// A test rather than a benchmark, so it may panic.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../tests/it/storm/count.rs"]
mod count;
#[path = "../tests/it/storm/engine.rs"]
mod engine;
#[path = "../tests/it/storm/load.rs"]
mod load;
#[path = "../tests/it/storm/story.rs"]
mod story;
#[allow(dead_code)]
#[path = "../tests/it/world.rs"]
mod world;

use std::process::ExitCode;
use std::str::FromStr;
use std::time::Instant;

fn given<T: FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok()?.parse().ok()
}

#[tokio::main]
async fn main() -> ExitCode {
    let plan = engine::Plan {
        learners: given("STORM_LEARNERS").unwrap_or(1_000),
        messages: given("STORM_MESSAGES").unwrap_or(3_000),
        kills: given("STORM_KILLS").unwrap_or(200),
        seed: given("STORM_SEED").unwrap_or_else(|| fastrand::u64(..)),
        distance: load::TELEGRAM,
    };
    println!("a storm of {} learners, STORM_SEED={}", plan.learners, plan.seed);
    let start = Instant::now();
    let after = engine::run(plan).await;
    let count = count::count(&after);
    println!("{}  {:<28} {:.0} s", count.table(), "took", start.elapsed().as_secs_f64());
    if count.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
