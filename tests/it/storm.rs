//! The crash storm: killed at twenty and more random moments, nothing is lost and nothing comes twice.
//!
//! `STORM_SEED=n` repeats the storm that printed this seed. The long one: `cargo bench --bench storm`.

pub mod count;
pub mod engine;
pub mod load;
pub mod story;

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_moments_every_message_is_answered_once() {
    let given = std::env::var("STORM_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| fastrand::u64(..));
    println!("STORM_SEED={seed}");
    let plan = engine::Plan { learners: 100, messages: 320, kills: 36, seed, distance: load::TELEGRAM };
    let after = engine::run(plan).await;
    let count = count::count(&after);
    println!("{}", count.table());
    assert!(count.holds(), "STORM_SEED={seed}\n{}", count.table());
}
