//! Records in the layout of version 1, where it differs from today's: only read, never written or changed.
//!
//! Must not know where they are stored or who asks for them.

use super::v2::{DeadLetterV2, JobV2};
use crate::domain::{
    Admission, Assessment, ChatId, DeadLetter, Incoming, Job, Lane, LanguageChoice, Learner, OutMessage,
    Reply, Session, Stage, Task, Timestamp, Translation, Turn, UserId, WaitReason,
};
use serde::Deserialize;
use uuid::Uuid;

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

#[derive(Deserialize)]
#[expect(clippy::large_enum_variant, reason = "one at a time, and gone as soon as it is read")]
enum TaskV1 {
    Handle(Incoming, Admission),
    /// Version 1 did not store which update it answers.
    Deliver,
}

#[derive(Deserialize)]
pub struct DeadLetterV1 {
    job: JobV1,
    at: Timestamp,
    reason: String,
}

#[derive(Deserialize)]
pub struct OutMessageV1 {
    index: u32,
    reply: Reply,
    unsure: u32,
    attempts: u32,
}

#[derive(Deserialize)]
pub struct LearnerV1 {
    user: UserId,
    first_seen: Timestamp,
    language: LanguageChoice,
    client_language: Option<String>,
    translation: Translation,
    voice_reply: bool,
    blocked: bool,
    other_notice_at: Option<Timestamp>,
    session: Option<SessionV1>,
}

#[derive(Deserialize)]
pub struct SessionV1 {
    id: Uuid,
    user: UserId,
    created: Timestamp,
    last_activity: Timestamp,
    turns: u32,
    tutor_turns: Option<u32>,
    archived_at: Option<Timestamp>,
}

/// A finished turn: always a voice.
#[derive(Deserialize)]
pub struct TurnV1 {
    session: Uuid,
    number: u32,
    at: Timestamp,
    voice_ms: u64,
    assessment: Assessment,
}

impl From<TurnV1> for Turn {
    fn from(old: TurnV1) -> Self {
        Self { number: old.number, ..Self::voice(old.session, old.at, old.voice_ms, old.assessment) }
    }
}

impl From<JobV1> for JobV2 {
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

impl From<JobV1> for Job {
    fn from(old: JobV1) -> Self {
        JobV2::from(old).into()
    }
}

impl From<DeadLetterV1> for DeadLetter {
    fn from(old: DeadLetterV1) -> Self {
        DeadLetterV2 { job: old.job.into(), at: old.at, reason: old.reason }.into()
    }
}

impl From<OutMessageV1> for OutMessage {
    fn from(old: OutMessageV1) -> Self {
        Self { unsure: old.unsure, attempts: old.attempts, ..Self::new(old.index, old.reply) }
    }
}

impl From<LearnerV1> for Learner {
    fn from(old: LearnerV1) -> Self {
        Self {
            language: old.language,
            client_language: old.client_language,
            translation: old.translation,
            voice_reply: old.voice_reply,
            blocked: old.blocked,
            other_notice_at: old.other_notice_at,
            session: old.session.map(Session::from),
            ..Self::new(old.user, old.first_seen)
        }
    }
}

impl From<SessionV1> for Session {
    fn from(old: SessionV1) -> Self {
        Self {
            last_activity: old.last_activity,
            turns: old.turns,
            tutor_turns: old.tutor_turns,
            archived_at: old.archived_at,
            ..Self::open(old.id, old.user, old.created)
        }
    }
}
