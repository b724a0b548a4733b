//! One attempt at a voice: heard, stored as heard, judged. After a crash each server is asked at most once more.

use super::part::Trouble;
use super::{Builtin, trouble};
use crate::domain::backoff::backoff_ms;
use crate::domain::stats::{Count, Step as Stopwatch};
use crate::domain::{DeadReason, Failed, Setback, Stage, WaitReason};
use crate::logging::{Event, UserTag};
use crate::speech::{Fault, SpeechError};
use crate::store::StoreError;
use crate::tutor::overhear;
use crate::tutor::{
    Attempt, Reach, Retry, SpeechRequest, Spoken, Step, TutorError, Utterance, Verdict, Voice,
};
use async_trait::async_trait;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;

/// How often a voice is tried that the recogniser fails on while it hears others.
const TRIES: u32 = 3;

/// A voice that comes later than this does not follow its words any more.
const SPOKEN_WITHIN: Duration = Duration::from_secs(60);

pub(super) struct BuiltinAttempt<'a> {
    pub(super) tutor: &'a Builtin,
    utterance: Option<Utterance>,
    slot: Option<OwnedSemaphorePermit>,
}

#[async_trait]
impl Attempt for BuiltinAttempt<'_> {
    async fn step(&mut self, voice: &Voice<'_>) -> Result<Step, StoreError> {
        let heard = match &voice.job.stage {
            Stage::Heard { transcript, voice_ms } => Some((transcript, *voice_ms)),
            _ => None,
        };
        if heard.is_none() && self.utterance.is_none() {
            return Ok(self.before_fetching(voice).await);
        }
        if self.slot.is_none() {
            let slots = self.tutor.slots.clone();
            let telemetry = &self.tutor.surroundings.telemetry;
            self.slot = telemetry.timed(Stopwatch::Slot, slots.acquire_owned()).await.ok();
            return Ok(Step::AtWork);
        }
        match heard {
            Some((transcript, voice_ms)) => {
                Ok(Step::Settled(self.tutor.judge(voice, transcript, voice_ms).await?))
            }
            None => Ok(self.hear(voice).await),
        }
    }

    fn fetched(&mut self, utterance: Utterance) {
        self.utterance = Some(utterance);
    }

    async fn speak(&mut self, speech: &SpeechRequest) -> Option<Result<Option<Spoken>, TutorError>> {
        tokio::time::timeout(SPOKEN_WITHIN, self.tutor.say(&speech.words)).await.ok()
    }
}

impl<'a> BuiltinAttempt<'a> {
    pub(super) fn new(tutor: &'a Builtin) -> Self {
        Self { tutor, utterance: None, slot: None }
    }

    /// If the recogniser was down at the last call, it is tried first, so that the file is not downloaded in vain
    /// again.
    async fn before_fetching(&self, voice: &Voice<'_>) -> Step {
        let (tutor, now) = (self.tutor, (voice.now)());
        let a_day = u64::from(tutor.options.ai.tokens_per_day);
        if a_day > 0 && voice.learner.tokens.on(now) >= a_day {
            tutor.surroundings.telemetry.count(Count::BudgetRefusals);
            return Step::Settled(Verdict::TokensUsedUp);
        }
        if let Reach::No { .. } = tutor.recogniser.reach()
            && let Err(error) = tutor.options.recogniser.listed().await
            && matches!(error.fault, Fault::NotSent(_))
        {
            tutor.surroundings.telemetry.failed(error.failure());
            tutor.recogniser.erred(Trouble::Away, tutor.clock.now());
            return Step::Settled(Verdict::Wait(setback(voice, &error)));
        }
        Step::Fetch
    }

    async fn hear(&mut self, voice: &Voice<'_>) -> Step {
        let Some(utterance) = self.utterance.take() else { return Step::Fetch };
        let voice_ms = utterance.voice_ms;
        tracing::info!(
            event = %Event::VoiceSubmitted,
            seq = voice.job.seq,
            user = %UserTag(voice.job.user),
            "voice handed to the speech recogniser"
        );
        let tutor = self.tutor;
        let error = match overhear(&tutor.options.recogniser, utterance, &tutor.surroundings).await {
            Ok(transcript) => {
                self.tutor.recogniser.answered(self.tutor.clock.now());
                if transcript.is_silence() {
                    return Step::Settled(Verdict::NoSpeech { changes: Vec::new() });
                }
                let stage = Stage::Heard { transcript, voice_ms };
                return Step::Record { stage, changes: voice.opening.to_vec() };
            }
            Err(error) => error,
        };
        Step::Settled(self.unheard(voice, &error))
    }

    /// What becomes of a voice that was not heard.
    fn unheard(&self, voice: &Voice<'_>, error: &SpeechError) -> Verdict {
        let (server, now) = (&self.tutor.recogniser, self.tutor.clock.now());
        let of_this_voice = matches!(
            error.fault,
            Fault::Failed { .. } | Fault::Unreadable(_) | Fault::TooSlow | Fault::Broken(_)
        );
        if of_this_voice {
            server.failed_on(voice.session.id, voice.job.seq, now);
        } else {
            server.erred(trouble(error), now);
        }
        let what = error.to_string();
        if Retry::Never == TutorError::from(error.clone()).retry {
            tracing::error!(
                event = %Event::TutorRefuses,
                seq = voice.job.seq,
                %error,
                "the speech recogniser refuses what it is sent"
            );
            return Verdict::GiveUp { stage: Stage::Taken, reason: DeadReason::TutorRefused, what };
        }
        let alone = !matches!(server.reach(), Reach::Failing { .. } | Reach::No { .. });
        if of_this_voice && alone && voice.job.turn_failures.saturating_add(1) >= TRIES {
            tracing::warn!(
                event = %Event::TutorFailsOnVoice,
                seq = voice.job.seq,
                %error,
                tries = TRIES,
                "the speech recogniser fails on this voice alone: it is not tried again"
            );
            return Verdict::GiveUp { stage: Stage::Taken, reason: DeadReason::VoiceFailed, what };
        }
        let setback = setback(voice, error);
        let failed = Some(if of_this_voice { Failed::Turn } else { Failed::Tutor });
        // What passes at the second attempt nobody needs to hear of.
        let tell = !of_this_voice || voice.job.turn_failures > 0;
        Verdict::Wait(Setback { failed, tell, ..setback })
    }
}

fn setback(voice: &Voice<'_>, error: &SpeechError) -> Setback {
    let asked_ms = match TutorError::from(error.clone()).retry {
        Retry::Later { pause_ms } => pause_ms,
        Retry::Never => 0,
    };
    Setback {
        reason: WaitReason::RecogniserDown,
        failed: Some(Failed::Tutor),
        stage: Stage::Taken,
        pause_ms: backoff_ms(voice.job.tutor_failures, fastrand::f64()).max(asked_ms),
        tell: true,
        forgive: false,
        what: error.to_string(),
    }
}
