//! The storm of two machines, short: whoever owns the store is killed, frozen or stopped, the standby and the database are
//! killed, links break, in random order under load. `STORM_SEED=n` repeats the one that printed this seed.

use super::postgres;
use crate::machines::storm::{Plan, run};

#[tokio::test(flavor = "multi_thread")]
async fn through_blows_of_every_kind_each_message_is_answered_once() {
    let Some(database) = postgres("storm::through_blows_of_every_kind_each_message_is_answered_once") else {
        return;
    };
    let given = std::env::var("STORM_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| fastrand::u64(..));
    println!("STORM_SEED={seed}");
    let plan = Plan { learners: 40, messages: 120, take_overs: 5, database_kills: 3, seed };
    let verdict = run(database, plan).await;
    println!("{}", verdict.table());
    assert!(verdict.holds(), "STORM_SEED={seed}\n{}\n{}", verdict.table(), verdict.logs);
}
