//! The voice turn: the tutor's steps, between which the worker records how far it has come, and what a learner
//! gets of the result. Must not know which tutor there is, what its stages mean, or how they are recorded.

use super::answer::answered;
use super::melody::Melody;
use crate::bot::recordings::Received;
use crate::bot::retry_policy::{give_up, give_up_with, wait_or_give_up};
use crate::bot::{Disposition, HandlerContext};
use crate::domain::lesson;
use crate::domain::outcome::Keyboard;
use crate::domain::phrases::Phrases;
use crate::domain::{
    Change, DeadReason, Incoming, Outcome, Recording, Reply, Rich, Stage, Task, Timestamp, Turn,
};
use crate::store::{Claim, StoreError};
use crate::tutor::{Answered, Attempt, SpeechRequest, Spoken, Step as TutorStep, TutorError, Verdict, Voice};
use uuid::Uuid;

/// Result of a step.
pub(crate) enum Step {
    /// Store this, then take the next step: the voice may be about to reach a server.
    Record { stage: Stage, changes: Vec<Change> },
    /// The next step may reach a server.
    AtWork,
    /// The outcome is decided.
    Settled(Box<Disposition>),
}

/// One voice message in work.
pub(crate) struct VoiceTurn<'a> {
    context: &'a HandlerContext,
    attempt: Box<dyn Attempt + 'a>,
    melody: Melody<'a>,
}

impl<'a> VoiceTurn<'a> {
    pub(crate) fn begin(context: &'a HandlerContext) -> Self {
        Self { context, attempt: context.tutor.attempt(), melody: Melody::default() }
    }

    /// One step of the row as it is recorded now.
    pub(crate) async fn step(
        &mut self,
        claim: &Claim,
        now: &(dyn Fn() -> Timestamp + Send + Sync),
    ) -> Result<Step, StoreError> {
        let Some((incoming, recording)) = voice_in(claim) else {
            return Ok(settled(Disposition::Commit(Outcome::default())));
        };
        let (job, learner) = (&claim.job, &claim.learner);
        let phrases = self.context.phrases(learner);
        let received = Received { context: self.context, job, incoming, recording, phrases };
        if job.stage == Stage::Taken
            && let Some(verdict) = received.beyond_limits()
        {
            return Ok(settled(verdict));
        }
        let timeout_ms = self.context.rules.session_timeout_ms;
        let (session, opening) =
            lesson::session_for(learner, incoming.chat, Uuid::new_v4(), job.accepted_at, timeout_ms);
        let voice = Voice { job, incoming, learner, session: &session, opening: &opening, now };
        loop {
            match self.melody.beside(self.attempt.step(&voice)).await? {
                TutorStep::Fetch => match received.fetch(now).await {
                    Ok(utterance) => {
                        if !incoming.body.is_of_another() {
                            self.melody = Melody::of(self.context, utterance.wav.clone());
                        }
                        self.attempt.fetched(utterance);
                    }
                    Err(verdict) => return Ok(Step::Settled(verdict)),
                },
                TutorStep::AtWork => return Ok(Step::AtWork),
                TutorStep::Record { stage, changes } => return Ok(Step::Record { stage, changes }),
                TutorStep::Settled(verdict) => {
                    let turn = Settling { context: self.context, claim, incoming, phrases };
                    let mut disposition = turn.disposition(verdict, now());
                    if let Disposition::Commit(outcome) = &mut disposition
                        && outcome.turn.is_some()
                    {
                        outcome.contour = std::mem::take(&mut self.melody).end().await;
                    }
                    return Ok(settled(disposition));
                }
            }
        }
    }

    /// Has a part of the answer spoken, before the next turn may begin.
    pub(crate) async fn speak(
        &mut self,
        speech: &SpeechRequest,
    ) -> Option<Result<Option<Spoken>, TutorError>> {
        self.attempt.speak(speech).await
    }
}

fn voice_in(claim: &Claim) -> Option<(&Incoming, &Recording)> {
    let Task::Handle(incoming, _) = &claim.job.task else { return None };
    Some((incoming, incoming.body.recording()?))
}

fn settled(verdict: Disposition) -> Step {
    Step::Settled(Box::new(verdict))
}

/// A voice whose fate the tutor has decided.
struct Settling<'a> {
    context: &'a HandlerContext,
    claim: &'a Claim,
    incoming: &'a Incoming,
    phrases: Phrases,
}

impl Settling<'_> {
    fn disposition(&self, verdict: Verdict, now: Timestamp) -> Disposition {
        match verdict {
            Verdict::Answered(answered) => self.answered(*answered),
            Verdict::NoSpeech { changes } => {
                let replies = self.texts(self.phrases.no_speech());
                Disposition::Commit(Outcome { changes, replies, ..Outcome::default() })
            }
            Verdict::Wait(setback) => {
                let rules = &self.context.rules;
                wait_or_give_up(&self.claim.job, self.incoming, self.phrases, rules, setback, now)
            }
            Verdict::TokensUsedUp => {
                let replies = self.texts(self.phrases.tokens_used_up(now));
                Disposition::Commit(Outcome::reply(replies))
            }
            Verdict::GiveUp { stage, reason, what } => {
                let said = match reason {
                    DeadReason::ModelRefused => self.phrases.model_refused(),
                    DeadReason::TutorRefused => self.phrases.tutor_refused(),
                    DeadReason::VoiceFailed => self.phrases.voice_failed(),
                    _ => return give_up(self.incoming, self.phrases, stage, reason, what),
                };
                give_up_with(self.texts(said), stage, reason, what)
            }
        }
    }

    fn answered(&self, answered_by: Answered) -> Disposition {
        let Answered { turn, words, changes } = answered_by;
        let turn = Turn { of_another: self.incoming.body.is_of_another(), ..turn };
        let mut outcome = answered(self.context, self.incoming, self.claim, turn, &words);
        outcome.changes.extend(changes);
        Disposition::Commit(outcome)
    }

    fn texts(&self, text: Rich) -> Vec<Reply> {
        Reply::texts(self.incoming, text, Keyboard::default())
    }
}
