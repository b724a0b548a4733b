//! Records in the layout of version 2, where it differs from today's: only read, never written or changed.
//!
//! Must not know where they are stored or who asks for them.

use super::unplaced;
use crate::domain::{
    ChatId, DeadLetter, DeadReason, Job, Lane, Placement, Stage, Task, Timestamp, UserId, WaitReason,
    WorkKind,
};
use serde::Deserialize;

/// Since version 2, a row that only delivers names its update.
#[derive(Deserialize)]
pub struct JobV2 {
    pub(super) seq: u64,
    pub(super) user: UserId,
    pub(super) chat: ChatId,
    pub(super) lane: Lane,
    pub(super) accepted_at: Timestamp,
    pub(super) not_before: Timestamp,
    pub(super) task: Task,
    pub(super) stage: Stage,
    /// Failures of every kind.
    pub(super) attempts: u32,
    pub(super) submissions: u32,
    pub(super) waiting_since: Option<Timestamp>,
    pub(super) waiting_for: Option<WaitReason>,
    pub(super) told_late: bool,
}

#[derive(Deserialize)]
pub struct DeadLetterV2 {
    pub(super) job: JobV2,
    pub(super) at: Timestamp,
    /// Text.
    pub(super) reason: String,
}

impl From<JobV2> for Job {
    fn from(old: JobV2) -> Self {
        let placement = Placement {
            work: unplaced::work(&old.task),
            leaving: unplaced::leaving(&old.task, &old.lane),
            lane: old.lane,
        };
        let mut job = Self {
            not_before: old.not_before,
            stage: old.stage,
            submissions: old.submissions,
            waiting_since: old.waiting_since,
            waiting_for: old.waiting_for,
            told_late: old.told_late,
            ..Self::new(old.seq, old.user, old.chat, placement, old.accepted_at, old.task)
        };
        // What it waits for now is the best guess at what failed. It is not counted as a panic, which would
        // soon make it a dead letter.
        match old.waiting_for {
            _ if job.work == WorkKind::Delivery => job.send_failures = old.attempts,
            Some(WaitReason::TelegramDown) => job.download_failures = old.attempts,
            _ => job.tutor_failures = old.attempts,
        }
        job
    }
}

impl From<DeadLetterV2> for DeadLetter {
    fn from(old: DeadLetterV2) -> Self {
        let reason = reason_of(&old.reason);
        // The text of a restore says no more than the reason does.
        let detail = if reason == DeadReason::Restored { String::new() } else { old.reason };
        Self { job: old.job.into(), at: old.at, reason, detail }
    }
}

/// The reason for texts of older versions, which never change any more.
fn reason_of(prose: &str) -> DeadReason {
    let known = [
        ("tutor not answering", DeadReason::TutorDown),
        ("looking for the tutor's answer", DeadReason::AnswerLost),
        ("the tutor's answer was lost", DeadReason::AnswerLost),
        ("telegram not answering", DeadReason::TelegramDown),
        ("telegram asked to wait", DeadReason::TelegramDown),
        ("a fault that may pass", DeadReason::Fault),
        ("the handler failed", DeadReason::Fault),
        ("open when the export", DeadReason::Restored),
    ];
    known
        .into_iter()
        .find(|(words, _)| prose.starts_with(words))
        .map_or(DeadReason::Other, |(_, reason)| reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_an_old_letter_was_kept_with_is_told() {
        for (prose, reason) in [
            ("tutor not answering (the tutor cannot be reached)", DeadReason::TutorDown),
            ("looking for the tutor's answer (the answer was lost)", DeadReason::AnswerLost),
            ("the tutor's answer was lost twice and it offers no history", DeadReason::AnswerLost),
            ("telegram not answering (x)", DeadReason::TelegramDown),
            ("a fault that may pass (x)", DeadReason::Fault),
            ("the handler failed again and again", DeadReason::Fault),
            (
                "open when the export was taken that the store was restored from; may have been answered since",
                DeadReason::Restored,
            ),
            ("something else", DeadReason::Other),
        ] {
            assert_eq!(reason_of(prose), reason, "{prose}");
        }
    }
}
