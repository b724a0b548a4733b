//! The rules by which messages are taken in, and what came of a batch.
//!
//! Must not know how they are applied (see `verbs::accept`).

use crate::domain::rate::PerMinute;
use crate::domain::{Incoming, Placement};

/// The rules `accept` applies.
#[derive(Debug, Clone, Copy)]
pub struct AcceptPolicy {
    /// Per learner; `None`: no limit.
    pub per_user: Option<PerMinute>,
    /// All learners together; beyond it messages wait.
    pub global: Option<PerMinute>,
    /// Rows of one learner that may wait at once.
    pub waiting_each: Option<WaitingEach>,
    /// Which place a message gets; the store itself knows no commands.
    pub placement: fn(&Incoming) -> Placement,
}

/// How many rows of one learner may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingEach {
    /// Of all kinds.
    pub messages: usize,
    /// So many more when it is a command or a button: what cures a jam must get through it.
    pub commands_beside: usize,
}

/// What `accept` did with a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Messages to be answered, as (update id, seq of the row made for it or that of its album).
    pub taken: Vec<(i64, u64)>,
    /// Update ids seen before and left alone.
    pub repeats: Vec<i64>,
    /// Update ids over the learner's rate (one of them may have got a notice row).
    pub limited: Vec<i64>,
    /// Update ids of learners with too many waiting rows (one of them may have got a notice row).
    pub crowded: Vec<i64>,
}
