//! What becomes of a voice that the tutor did not answer: the cause decides whether it waits, is tried again,
//! or is given up. Must not know how it was submitted.

use super::attempt::{PhonicFlowAttempt, answered};
use super::client::{CallError, Past, Refusal};
use super::lost_turn::Finding;
use super::submitted::Submitted;
use crate::domain::{Change, DeadReason, Failed, Setback, Stage, WaitReason};
use crate::logging::Event;
use crate::store::StoreError;
use crate::tutor::streak::Blame;
use crate::tutor::{Reach, Verdict, Voice};

/// How often a voice is submitted again that the tutor fails on while it answers others.
const TRIES: u32 = 3;

impl PhonicFlowAttempt<'_> {
    pub(super) async fn unanswered(
        &self,
        submitted: Submitted,
        error: &CallError,
        voice: &Voice<'_>,
    ) -> Result<Verdict, StoreError> {
        let now = (voice.now)();
        Ok(match error {
            CallError::Refused { fault: Refusal::NoSpeech, .. } => {
                Verdict::NoSpeech { changes: vec![Change::TutorTurns(submitted.session, None)] }
            }
            CallError::Refused { .. } => refused(voice.job.seq, error),
            CallError::Failed { .. } | CallError::Busy { .. } => {
                return self.after_error_answer(submitted, error, voice).await;
            }
            CallError::Uncertain(_) | CallError::TooMuch(_) => {
                Verdict::Wait(Setback {
                    reason: WaitReason::TutorUncertain,
                    failed: Some(Failed::Tutor),
                    stage: submitted.stage(Some(now)),
                    pause_ms: 250,
                    // Those who waited for the whole timeout have waited long enough to be told.
                    tell: now.since_ms(submitted.at) >= self.tutor.timeout_ms(),
                    forgive: false,
                    what: error.to_string(),
                })
            }
            CallError::NotSent(_) | CallError::Denied { .. } | CallError::Setup(_) => {
                Verdict::Wait(self.setback(voice, Stage::Taken, true, error))
            }
        })
    }

    /// The tutor answered with an error, so it no longer works on the turn, but may have recorded it.
    async fn after_error_answer(
        &self,
        submitted: Submitted,
        error: &CallError,
        voice: &Voice<'_>,
    ) -> Result<Verdict, StoreError> {
        let now = (voice.now)();
        match self.tutor.client.history(submitted.session).await {
            // It cannot show this conversation either.
            Ok(Past::Broken) => {}
            Ok(history) => {
                if let Finding::Recorded { turn, count } =
                    self.judge(submitted, i64::MAX, history, voice).await?
                {
                    return Ok(answered(submitted, turn.into_assessment(), Some(count), now));
                }
            }
            Err(_) => {
                return Ok(Verdict::Wait(self.setback(voice, submitted.stage(Some(now)), false, error)));
            }
        }
        let CallError::Failed { blame, .. } = error else {
            return Ok(Verdict::Wait(self.setback(voice, Stage::Taken, true, error)));
        };
        if self.fails_alone(*blame, voice).await {
            return Ok(failed_alone(voice.job.seq, *blame, error));
        }
        let setback = self.setback(voice, Stage::Taken, true, error);
        // If the cause may be silence, that will be known soon; until then the learner is told nothing.
        let tell = setback.reason == WaitReason::TutorFailing || *blame != Blame::Voice;
        Ok(Verdict::Wait(Setback { tell, failed: Some(Failed::Turn), ..setback }))
    }

    /// Whether the tutor fails on this voice only: it failed again and again, while others got answers or the
    /// tutor responds.
    async fn fails_alone(&self, blame: Blame, voice: &Voice<'_>) -> bool {
        let client = &self.tutor.client;
        voice.job.turn_failures + 1 >= TRIES
            && !matches!(client.reachable(), Reach::Failing { .. })
            && (blame == Blame::Voice || client.root().await.is_ok())
    }

    /// The answer was lost as often as allowed.
    pub(super) fn hopeless(stage: Stage) -> Verdict {
        let what = "twice, and it does not show this conversation".to_owned();
        Verdict::GiveUp { stage, reason: DeadReason::AnswerLost, what }
    }
}

/// The tutor rejects what it was sent. That is between the tutor and us, and a person has to look at it.
fn refused(seq: u64, error: &CallError) -> Verdict {
    tracing::error!(
        event = %Event::TutorRefuses,
        seq,
        %error,
        "the tutor refuses what it is sent: is this the tutor this version is for?"
    );
    Verdict::GiveUp { stage: Stage::Taken, reason: DeadReason::TutorRefused, what: error.to_string() }
}

/// This voice cannot be answered; the learner's next one continues.
fn failed_alone(seq: u64, blame: Blame, error: &CallError) -> Verdict {
    tracing::warn!(
        event = %Event::TutorFailsOnVoice,
        seq,
        %error,
        tries = TRIES,
        "the tutor fails on this voice alone: it is not tried again"
    );
    match blame {
        Blame::Voice => Verdict::NoSpeech { changes: Vec::new() },
        Blame::Model | Blame::Unknown => {
            Verdict::GiveUp { stage: Stage::Taken, reason: DeadReason::VoiceFailed, what: error.to_string() }
        }
    }
}
