//! Result of a claim: a row under lease, or when to ask again.
//!
//! Must not know how rows are chosen.

use crate::domain::{Job, Learner, OutMessage, Timestamp};

/// Exclusive right to work on a row. Dropping it does not release it; a verb or a restart does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lease {
    pub seq: u64,
    /// Distinguishes this lease from earlier ones of the same row.
    pub token: u64,
}

/// A leased row with what is needed to work on it.
#[derive(Debug, Clone)]
pub struct Claim {
    pub lease: Lease,
    pub job: Job,
    /// Its learner as of now. If the learner was deleted meanwhile: a fresh record, which is not stored.
    pub learner: Learner,
    /// A younger row of its chat or learner has to wait for it.
    pub is_waited_for: bool,
    /// For [`WorkKind::Delivery`](crate::domain::WorkKind::Delivery): what is left to send, in order.
    pub outbox: Vec<OutMessage>,
}

/// Answer to a claim.
#[derive(Debug, Clone)]
pub enum Claimed {
    Row(Box<Claim>),
    Nothing {
        /// When the earliest parked row of this kind is due.
        due: Option<Timestamp>,
    },
}

impl Claimed {
    pub fn row(self) -> Option<Claim> {
        match self {
            Self::Row(claim) => Some(*claim),
            Self::Nothing { .. } => None,
        }
    }
}
