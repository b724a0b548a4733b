//! Two daemons that share a store: whatever happens to one of them, to the database or to a link, every message is answered
//! once. The long storm of all this: `cargo bench --bench machines`.

mod database;
mod links;
mod relay;
mod set_back;
mod start;
mod storm;
mod take_over;

use crate::databases::{Postgres, Redis};
use crate::machines::{Database, Machines};
use crate::skip;
use crate::storm::count::{Count, count};

/// A running PostgreSQL; `None`: the test is skipped.
fn postgres(test: &str) -> Option<Database> {
    skip::has_postgres(&format!("two_machines::{test}")).then(|| Database::Postgres(Postgres::started()))
}

/// A running Redis; `None`: the test is skipped.
fn redis(test: &str) -> Option<Database> {
    skip::has_redis(&format!("two_machines::{test}")).then(|| Database::Redis(Redis::started()))
}

/// Everything is answered, once and in order, nothing is left.
async fn all_is_well(machines: Machines) -> Count {
    let (after, machines) = machines.at_rest().await;
    let count = count(&after);
    assert!(count.holds(), "{}\n{}", count.table(), machines.logs());
    count
}
