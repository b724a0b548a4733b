//! Records in the layout of version 2, as far as it is no longer today's: only read, never changed, never written.
//!
//! Must not know where they lie or who asks for them.

use super::unplaced;
use crate::domain::{
    ChatId, DeadLetter, DeadReason, Job, Lane, Placement, Stage, Task, Timestamp, UserId, WaitReason,
    WorkKind,
};
use serde::Deserialize;

/// A row of the inbox. Since version 2 one that only delivers names its update.
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
    /// Of everything that may go wrong.
    pub(super) attempts: u32,
    pub(super) submissions: u32,
    pub(super) waiting_since: Option<Timestamp>,
    pub(super) waiting_for: Option<WaitReason>,
    pub(super) told_late: bool,
}

/// A message given up.
#[derive(Deserialize)]
pub struct DeadLetterV2 {
    pub(super) job: JobV2,
    pub(super) at: Timestamp,
    /// Prose.
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
        // What it waits for now is the best guess at what failed; a panic it is none, that would bury the row soon.
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
        // The prose of a restore says no more than the reason does.
        let detail = if reason == DeadReason::Restored { String::new() } else { old.reason };
        Self { job: old.job.into(), at: old.at, reason, detail }
    }
}

/// The reason in the words of the programs that wrote them: these records never change any more.
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
