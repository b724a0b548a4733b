//! Records in the layout of version 1, as far as it is no longer today's: only read, never changed, never written.
//!
//! Must not know where they lie or who asks for them.

use crate::domain::{
    Admission, ChatId, DeadLetter, Incoming, Job, Lane, Stage, Task, Timestamp, UserId, WaitReason,
};
use serde::Deserialize;

/// A row of the inbox.
#[derive(Deserialize)]
pub struct JobV1 {
    seq: u64,
    user: UserId,
    chat: ChatId,
    lane: Lane,
    accepted_at: Timestamp,
    not_before: Timestamp,
    task: TaskV1,
    stage: Stage,
    attempts: u32,
    submissions: u32,
    waiting_since: Option<Timestamp>,
    waiting_for: Option<WaitReason>,
    told_late: bool,
}

/// What a row asks for.
#[derive(Deserialize)]
enum TaskV1 {
    Handle(Incoming, Admission),
    /// It did not know of which update.
    Deliver,
}

/// A message given up.
#[derive(Deserialize)]
pub struct DeadLetterV1 {
    job: JobV1,
    at: Timestamp,
    reason: String,
}

impl From<JobV1> for Job {
    fn from(old: JobV1) -> Self {
        Self {
            seq: old.seq,
            user: old.user,
            chat: old.chat,
            lane: old.lane,
            accepted_at: old.accepted_at,
            not_before: old.not_before,
            task: match old.task {
                TaskV1::Handle(incoming, admission) => Task::Handle(incoming, admission),
                TaskV1::Deliver => Task::Deliver { update_id: None },
            },
            stage: old.stage,
            attempts: old.attempts,
            submissions: old.submissions,
            waiting_since: old.waiting_since,
            waiting_for: old.waiting_for,
            told_late: old.told_late,
        }
    }
}

impl From<DeadLetterV1> for DeadLetter {
    fn from(old: DeadLetterV1) -> Self {
        Self { job: old.job.into(), at: old.at, reason: old.reason }
    }
}
