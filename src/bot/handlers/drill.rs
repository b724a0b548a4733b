//! A voice that answers a question of a practice: transcribed, compared, graded. It has no stages: until the grade is kept
//! nothing has happened but that a tutor may have been asked, and a restart begins anew. Must not know how an answer is compared.

use super::Case;
use crate::bot::drill::answer;
use crate::bot::recordings::Received;
use crate::bot::retry_policy::{give_up, wait_or_give_up};
use crate::bot::{Disposition, HandlerContext};
use crate::domain::drill::Asked;
use crate::domain::{DeadReason, Incoming, Recording, Stage, Task, Timestamp};
use crate::store::{Claim, StoreError};
use crate::tutor::Utterance;
use uuid::Uuid;

type Clock<'a> = &'a (dyn Fn() -> Timestamp + Send + Sync);

/// An answer in work.
pub(crate) struct DrillAnswer<'a> {
    context: &'a HandlerContext,
    claim: &'a Claim,
    pub incoming: &'a Incoming,
    recording: &'a Recording,
    asked: &'a Asked,
}

impl<'a> DrillAnswer<'a> {
    /// The answer in a claim, if it is one.
    pub(crate) fn of(context: &'a HandlerContext, claim: &'a Claim) -> Option<Self> {
        let (job, drill) = (&claim.job, &claim.learner.drill);
        let Task::Handle(incoming, _) = &job.task else { return None };
        // What the tutor was handed as conversation stays conversation.
        let asked = drill.answered_by(incoming.chat, job.seq, job.accepted_at);
        let asked = asked.filter(|_| job.stage == Stage::Taken && !incoming.body.is_of_another())?;
        Some(Self { context, claim, incoming, recording: incoming.body.recording()?, asked })
    }

    /// The recording, or what becomes of the message without it.
    pub(crate) async fn fetch(&self, now: Clock<'_>) -> Result<Utterance, Box<Disposition>> {
        let Self { context, claim, incoming, recording, .. } = *self;
        let phrases = context.phrases(&claim.learner);
        let received = Received { context, job: &claim.job, incoming, recording, phrases };
        match received.beyond_limits() {
            Some(verdict) => Err(Box::new(verdict)),
            None => received.fetch(now).await,
        }
    }

    /// `session`: for a tutor that transcribes in a conversation.
    pub(crate) async fn grade(
        &self,
        session: Uuid,
        utterance: Utterance,
        now: Clock<'_>,
    ) -> Result<Disposition, StoreError> {
        let Self { context, claim, incoming, asked, .. } = *self;
        let (job, learner) = (&claim.job, &claim.learner);
        let phrases = context.phrases(learner);
        let voice_ms = utterance.voice_ms;
        let transcript = match context.tutor.transcribe(job.seq, session, utterance).await {
            Ok(transcript) => transcript,
            Err(error) => {
                return Ok(match error.setback(job) {
                    Some(setback) => wait_or_give_up(job, incoming, phrases, &context.rules, setback, now()),
                    None => give_up(incoming, phrases, Stage::Taken, DeadReason::TutorRefused, error.what),
                });
            }
        };
        let case = Case { incoming, row: job.seq, learner, phrases, now: now() };
        let outcome = if transcript.is_silence() {
            case.say(phrases.no_speech())
        } else {
            answer::heard(context, &case, asked, &transcript.text, voice_ms).await?
        };
        Ok(Disposition::Commit(outcome))
    }
}
