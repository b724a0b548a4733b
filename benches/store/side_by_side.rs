//! The same work on every engine of this machine, in turn and in one run, so that the ratios between them hold whatever
//! else the machine does.

use crate::databases::Pair;
use crate::engines::{Engine, Home};
use crate::{NOW, POLICY, cycle, voice};
use phonicflow_bot::domain::UserId;
use phonicflow_bot::store::{Store, StoreError};
use std::time::Instant;

const ROUNDS: usize = 3;
/// Of one worker; sixteen take as many together.
const TURNS: i64 = 320;
const LEARNERS: i64 = 1_000;
const WAITING: i64 = 1_000;

/// One column each: per second, but the opening, which is in ms.
const COLUMNS: [&str; 5] = ["turns, 1 worker", "16 workers", "reads, cold", "again", "open, ms"];

struct Contender<'a> {
    name: &'static str,
    /// An empty one.
    home: Box<dyn Fn() -> Home + 'a>,
    rounds: Vec<[f64; COLUMNS.len()]>,
}

/// Prints the medians of some rounds, each with its ratio to sled's.
pub async fn measure() -> Result<(), StoreError> {
    let pair = Engine::Postgres.lacks().is_none().then(Pair::started);
    let synchronous = || pair.as_ref().map(|pair| pair.primary.schema()).unwrap_or_default();
    let mut contenders: Vec<Contender<'_>> = Vec::new();
    for (name, engine, at) in [
        ("sled", Engine::Sled, None),
        ("memory", Engine::Memory, None),
        ("PostgreSQL", Engine::Postgres, None),
        ("PostgreSQL, synchronous standby", Engine::Postgres, Some(&synchronous)),
        ("Redis, appendfsync always", Engine::Redis, None),
    ] {
        if let Some(program) = engine.lacks() {
            println!("{name}: left out, {program} is not on this machine");
            continue;
        }
        let home = move || at.map_or_else(|| Home::new(engine, None), |url| Home::at(&url(), None));
        contenders.push(Contender { name, home: Box::new(home), rounds: Vec::new() });
    }
    for _ in 0..ROUNDS {
        for contender in &mut contenders {
            let figures = round(&mut (contender.home)()).await?;
            contender.rounds.push(figures);
        }
    }
    println!(
        "{:<32} {}",
        "a turn: five verbs; x: times sled",
        COLUMNS.map(|name| format!("{name:>19}")).concat()
    );
    let of_sled = contenders.first().map(medians).unwrap_or_default();
    for contender in &contenders {
        let cells = medians(contender)
            .into_iter()
            .zip(of_sled)
            .map(|(it, sled)| format!("{:>19}", format!("{it:.0} ({:.2}x)", it / sled)));
        println!("{:<32} {}", contender.name, cells.collect::<String>());
    }
    Ok(())
}

fn medians(contender: &Contender<'_>) -> [f64; COLUMNS.len()] {
    let mut medians = [0.0; COLUMNS.len()];
    for (column, median) in medians.iter_mut().enumerate() {
        let mut all: Vec<f64> = contender.rounds.iter().map(|round| round[column]).collect();
        all.sort_by(f64::total_cmp);
        *median = all[all.len() / 2];
    }
    medians
}

async fn round(home: &mut Home) -> Result<[f64; COLUMNS.len()], StoreError> {
    let store = home.open()?;
    let one = per_second(TURNS, turns(&store, 0, TURNS)).await?;
    let workers = (1..=16).map(|worker| turns(&store, worker * TURNS, TURNS / 16));
    let many =
        per_second(TURNS, async { futures_util::future::try_join_all(workers).await.map(drop) }).await?;

    for first in (0..WAITING).step_by(100) {
        let batch = (first..first + 100).map(|id| voice(1_000_000 + id, id % LEARNERS)).collect();
        store.accept(batch, POLICY, NOW).await?;
    }
    store.close().await?;
    drop(store);
    let start = Instant::now();
    let store = home.open()?;
    let opening = start.elapsed().as_secs_f64() * 1e3;
    let cold = per_second(LEARNERS, reads(&store)).await?;
    let again = per_second(LEARNERS, reads(&store)).await?;
    store.close().await?;
    Ok([one, many, cold, again, opening])
}

async fn per_second(
    count: i64,
    work: impl Future<Output = Result<(), StoreError>>,
) -> Result<f64, StoreError> {
    let start = Instant::now();
    work.await?;
    Ok(count as f64 / start.elapsed().as_secs_f64())
}

async fn turns(store: &Store, first: i64, count: i64) -> Result<(), StoreError> {
    for id in first..first + count {
        store.accept(vec![voice(id, id % LEARNERS)], POLICY, NOW).await?;
        cycle(store).await?;
    }
    Ok(())
}

async fn reads(store: &Store) -> Result<(), StoreError> {
    for n in 0..LEARNERS {
        let user = UserId(n * 7_919 % LEARNERS);
        if store.learner(user).await?.is_none() {
            println!("there is no {user}");
        }
    }
    Ok(())
}
