//! What becomes of a voice that the tutor did not answer: the cause decides whether it waits, is tried again,
//! or ends with a message to the learner. Must not know how it was submitted.

use super::super::submitted::Submitted;
use super::{Disposition, Setback, VoiceTurn, give_up};
use crate::bot::retry_policy::give_up_with;
use crate::domain::lesson::Finding;
use crate::domain::outcome::Keyboard;
use crate::domain::{Change, DeadReason, Failed, Outcome, Reply, Stage, Timestamp, WaitReason};
use crate::logging::Event;
use crate::store::StoreError;
use crate::tutor::{Blame, Past, Reach, Refusal, TutorError};
use uuid::Uuid;

/// How often a voice is submitted again that the tutor fails on while it answers others.
const TRIES: u32 = 3;

impl VoiceTurn<'_> {
    pub(super) async fn unanswered(
        &self,
        submitted: Submitted,
        error: &TutorError,
        now: Timestamp,
    ) -> Result<Disposition, StoreError> {
        Ok(match error {
            TutorError::Refused { fault, .. } => self.refused(submitted.session, *fault, error),
            TutorError::Failed { .. } | TutorError::Busy { .. } => {
                return self.after_error_answer(submitted, error, now).await;
            }
            TutorError::Uncertain(_) | TutorError::TooMuch(_) => {
                let setback = Setback {
                    reason: WaitReason::TutorUncertain,
                    failed: Some(Failed::Tutor),
                    stage: submitted.stage(Some(now)),
                    pause_ms: 250,
                    // Those who waited for the whole timeout have waited long enough to be told.
                    tell: now.since_ms(submitted.at) >= self.rules().tutor_timeout_ms,
                    forgive: false,
                    what: error.to_string(),
                };
                self.set_back(setback, now)
            }
            TutorError::NotSent(_) | TutorError::Denied { .. } | TutorError::Setup(_) => {
                self.set_back(self.tutor_setback(Stage::Taken, true, error), now)
            }
        })
    }

    /// The tutor rejects what it was sent. Silence is the learner's affair; anything else is between the
    /// tutor and us, and a person has to look at it.
    fn refused(&self, session: Uuid, fault: Refusal, error: &TutorError) -> Disposition {
        if fault == Refusal::NoSpeech {
            return self.no_speech(vec![Change::TutorTurns(session, None)]);
        }
        tracing::error!(
            event = %Event::TutorRefuses,
            seq = self.job.seq,
            %error,
            "the tutor refuses what it is sent: is this the tutor this version is for?"
        );
        let replies = Reply::texts(self.incoming, self.phrases().tutor_refused(), Keyboard::default());
        give_up_with(replies, Stage::Taken, DeadReason::TutorRefused, error.to_string())
    }

    fn no_speech(&self, changes: Vec<Change>) -> Disposition {
        let replies = Reply::texts(self.incoming, self.phrases().no_speech(), Keyboard::default());
        Disposition::Commit(Outcome { changes, replies, ..Outcome::default() })
    }

    /// The tutor answered with an error, so it no longer works on the turn, but may have recorded it.
    async fn after_error_answer(
        &self,
        submitted: Submitted,
        error: &TutorError,
        now: Timestamp,
    ) -> Result<Disposition, StoreError> {
        match self.context.tutor.history(submitted.session).await {
            // It cannot show this conversation either.
            Ok(Past::Broken) => {}
            Ok(history) => {
                if let Finding::Recorded { turn, count } = self.judge(submitted, i64::MAX, history).await? {
                    return Ok(self.answered(submitted, turn.into_assessment(), Some(count), now));
                }
            }
            Err(_) => {
                return Ok(self.set_back(self.tutor_setback(submitted.stage(Some(now)), false, error), now));
            }
        }
        let TutorError::Failed { blame, .. } = error else {
            return Ok(self.set_back(self.tutor_setback(Stage::Taken, true, error), now));
        };
        if self.fails_alone(*blame).await {
            return Ok(self.failed_alone(*blame, error));
        }
        let setback = self.tutor_setback(Stage::Taken, true, error);
        // If the cause may be silence, that will be known soon; until then the learner is told nothing.
        let tell = setback.reason == WaitReason::TutorFailing || *blame != Blame::Voice;
        Ok(self.set_back(Setback { tell, failed: Some(Failed::Turn), ..setback }, now))
    }

    /// Whether the tutor fails on this voice only: it failed again and again, while others got answers or the
    /// tutor responds.
    async fn fails_alone(&self, blame: Blame) -> bool {
        let tutor = &self.context.tutor;
        self.job.turn_failures + 1 >= TRIES
            && !matches!(tutor.reachable(), Reach::Failing { .. })
            && (blame == Blame::Voice || tutor.root().await.is_ok())
    }

    /// This voice cannot be answered; the learner's next one continues.
    fn failed_alone(&self, blame: Blame, error: &TutorError) -> Disposition {
        tracing::warn!(
            event = %Event::TutorFailsOnVoice,
            seq = self.job.seq,
            %error,
            tries = TRIES,
            "the tutor fails on this voice alone: it is not tried again"
        );
        if blame == Blame::Voice {
            return self.no_speech(Vec::new());
        }
        let replies = Reply::texts(self.incoming, self.phrases().voice_failed(), Keyboard::default());
        give_up_with(replies, Stage::Taken, DeadReason::VoiceFailed, error.to_string())
    }

    /// The answer was lost as often as allowed.
    pub(super) fn hopeless(&self, stage: Stage) -> Disposition {
        let detail = "twice, and it does not show this conversation".to_owned();
        give_up(self.incoming, self.phrases(), stage, DeadReason::AnswerLost, detail)
    }
}
