//! What a claim hands out: a row under lease, or the moment at which to ask again.
//!
//! Must not know how rows are chosen.

use crate::domain::{Job, Learner, OutMessage, Timestamp};

/// The right to work on a row; dropped without a verb it stays held until `release` or a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The row.
    pub seq: u64,
    /// Distinguishes this lease from an earlier one of the same row.
    pub token: u64,
}

/// A leased row with what is needed to work on it.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The right to it.
    pub lease: Lease,
    /// The row.
    pub job: Job,
    /// Its learner as of now; of one who was deleted meanwhile, what a new record would be (it is not kept).
    pub learner: Learner,
    /// A younger row of its chat or learner can only be worked on after it.
    pub is_waited_for: bool,
    /// For [`WorkKind::Delivery`](crate::domain::WorkKind::Delivery): what is left to send, in order.
    pub outbox: Vec<OutMessage>,
}

/// The answer to a claim.
#[derive(Debug, Clone)]
pub enum Claimed {
    /// A row to work on.
    Row(Box<Claim>),
    /// There is none now.
    Nothing {
        /// When the earliest parked row of this kind falls due.
        due: Option<Timestamp>,
    },
}

impl Claimed {
    /// The row, where there is one.
    pub fn row(self) -> Option<Claim> {
        match self {
            Self::Row(claim) => Some(*claim),
            Self::Nothing { .. } => None,
        }
    }
}
