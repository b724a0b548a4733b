//! Random operations on a store.

use proptest::prelude::*;

/// One step. Leases are picked by how long ago they were given.
#[derive(Debug, Clone)]
pub enum Op {
    /// Messages as (user, chat, what); the flag adds one that was taken before.
    Accept(Vec<(i64, i64, u8)>, bool),
    Claim(usize),
    /// The number picks one of the leases ever given, the latest most often.
    Submit(usize),
    Commit(usize, usize),
    Forget(usize),
    Defer(usize, i64, bool),
    Delivered(usize, u8, i64),
    DropReplies(usize),
    Bury(usize, usize),
    Retry(usize),
    Release(usize),
    GiveWay(usize),
    Migrate(bool),
    Tick(i64),
    Crash,
}

pub fn op() -> impl Strategy<Value = Op> {
    let pick = || prop_oneof![4 => 0usize..2, 1 => 0usize..12];
    let message = (1i64..4, prop_oneof![Just(0i64), Just(-1), Just(-2)], 0u8..5);
    prop_oneof![
        4 => (prop::collection::vec(message, 1..4), any::<bool>()).prop_map(|(batch, again)| Op::Accept(batch, again)),
        9 => (0usize..4).prop_map(Op::Claim),
        2 => pick().prop_map(Op::Submit),
        5 => (pick(), 0usize..3).prop_map(|(lease, replies)| Op::Commit(lease, replies)),
        1 => pick().prop_map(Op::Forget),
        3 => (pick(), 0i64..100, any::<bool>()).prop_map(|(lease, ms, notice)| Op::Defer(lease, ms, notice)),
        7 => (pick(), 0u8..5, 0i64..100).prop_map(|(lease, fate, ms)| Op::Delivered(lease, fate, ms)),
        1 => pick().prop_map(Op::DropReplies),
        2 => (pick(), 0usize..2).prop_map(|(lease, replies)| Op::Bury(lease, replies)),
        1 => (0usize..3).prop_map(Op::Retry),
        2 => pick().prop_map(Op::Release),
        2 => pick().prop_map(Op::GiveWay),
        1 => any::<bool>().prop_map(Op::Migrate),
        4 => (0i64..60).prop_map(Op::Tick),
        1 => Just(Op::Crash),
    ]
}
