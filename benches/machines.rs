//! The long storm of two machines: `cargo bench --bench machines`. Prints what came of it; exit code 1 when a promise was
//! broken.
//!
//! `STORM_DATABASE` (`postgres`; `pair`: with a synchronous standby; `redis`), `STORM_TAKE_OVERS` (50), `STORM_DATABASE_KILLS`
//! (20), `STORM_LEARNERS` (200), `STORM_MESSAGES` (1,500), `STORM_SEED` (random, printed).

// A test rather than a benchmark, so it may panic.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[allow(dead_code)]
#[path = "../tests/it/storm/count.rs"]
mod count;
#[allow(dead_code)]
#[path = "../tests/it/databases.rs"]
mod databases;
#[allow(dead_code)]
#[path = "../tests/it/storm/engine.rs"]
mod engine;
#[path = "../tests/it/storm/load.rs"]
mod load;
#[allow(dead_code)]
#[path = "../tests/it/machines.rs"]
mod machines;
#[path = "../tests/it/storm/story.rs"]
mod story;
#[allow(dead_code)]
#[path = "../tests/it/world.rs"]
mod world;

/// As the tests name them.
mod storm {
    pub(crate) use crate::{count, engine, load};
}

use databases::{Pair, Postgres, Redis};
use machines::Database;
use machines::storm::{Plan, run};
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Instant;

fn given<T: FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok()?.parse().ok()
}

#[tokio::main]
async fn main() -> ExitCode {
    let plan = Plan {
        learners: given("STORM_LEARNERS").unwrap_or(200),
        messages: given("STORM_MESSAGES").unwrap_or(1_500),
        take_overs: given("STORM_TAKE_OVERS").unwrap_or(50),
        database_kills: given("STORM_DATABASE_KILLS").unwrap_or(20),
        seed: given("STORM_SEED").unwrap_or_else(|| fastrand::u64(..)),
    };
    let kind = given("STORM_DATABASE").unwrap_or_else(|| "postgres".to_owned());
    let database = match kind.as_str() {
        "postgres" => Database::Postgres(Postgres::started()),
        "pair" => Database::Pair(Pair::started()),
        "redis" => Database::Redis(Redis::started()),
        _ => {
            eprintln!("STORM_DATABASE is postgres, pair or redis, and not {kind:?}");
            return ExitCode::FAILURE;
        }
    };
    println!("a storm of two machines on {kind}, {} learners, STORM_SEED={}", plan.learners, plan.seed);
    let start = Instant::now();
    let verdict = run(database, plan).await;
    println!("{}  {:<28} {:.0} s", verdict.table(), "took", start.elapsed().as_secs_f64());
    if verdict.holds() {
        return ExitCode::SUCCESS;
    }
    let path = std::env::temp_dir().join(format!("storm-{}.log", plan.seed));
    std::fs::write(&path, &verdict.logs).unwrap();
    println!("what the daemons logged: {}", path.display());
    ExitCode::FAILURE
}
