//! One attempt at a voice: looks for the answer of an earlier one, waits for a slot, submits the voice, and
//! judges what came. The store must know of a submission before it happens.

use super::PhonicFlow;
use super::client::{CallError, Past};
use super::lost_turn::{Finding, LostTurn, TutorHistory, judge_lost_turn};
use super::submitted::{Submitted, look_again_in, turns_in};
use crate::domain::backoff::backoff_ms;
use crate::domain::stats::Step as Stopwatch;
use crate::domain::{Assessment, Change, Failed, Session, Setback, Stage, Timestamp, Turn, WaitReason};
use crate::logging::{Event, UserTag};
use crate::store::StoreError;
use crate::tutor::{
    Answered, Attempt, Reach, SpeechRequest, Spoken, Step, TutorError, Utterance, Verdict, Voice,
};
use async_trait::async_trait;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

/// How long the slot is kept for a spoken answer.
const FETCHED_WITHIN: Duration = Duration::from_secs(10);

pub(super) struct PhonicFlowAttempt<'a> {
    pub(super) tutor: &'a PhonicFlow,
    utterance: Option<Utterance>,
    /// The history was looked at and does not hold the turn.
    looked: bool,
    /// What the store was told of the submission that comes next.
    submitted: Option<Submitted>,
    slot: Option<OwnedSemaphorePermit>,
}

#[async_trait]
impl Attempt for PhonicFlowAttempt<'_> {
    async fn step(&mut self, voice: &Voice<'_>) -> Result<Step, StoreError> {
        if let Some(submitted) = self.submitted.take() {
            return Ok(Step::Settled(self.ask(submitted, voice).await?));
        }
        if !self.looked {
            if let Some(verdict) = self.look(voice).await? {
                return Ok(Step::Settled(verdict));
            }
            self.looked = true;
        }
        let Some(utterance) = &self.utterance else { return Ok(self.before_fetching(voice).await) };
        let voice_ms = utterance.voice_ms;
        Ok(self.prepare(voice, voice_ms).await)
    }

    fn fetched(&mut self, utterance: Utterance) {
        self.utterance = Some(utterance);
    }

    async fn speak(&mut self, speech: &SpeechRequest) -> Option<Result<Option<Spoken>, TutorError>> {
        let fetching = async {
            if self.slot.is_none() {
                self.slot = self.tutor.slot().await.ok();
            }
            self.tutor.fetch(speech).await
        };
        tokio::time::timeout(FETCHED_WITHIN, fetching).await.ok()
    }
}

impl<'a> PhonicFlowAttempt<'a> {
    pub(super) fn new(tutor: &'a PhonicFlow) -> Self {
        Self { tutor, utterance: None, looked: false, submitted: None, slot: None }
    }

    /// If an earlier attempt may have reached the tutor, looks in its history. `None`: nothing was recorded
    /// there.
    async fn look(&mut self, voice: &Voice<'_>) -> Result<Option<Verdict>, StoreError> {
        let Stage::Submitted { session, baseline, at, uncertain_since, voice_ms } = voice.job.stage else {
            return Ok(None);
        };
        let submitted = Submitted { session, baseline, at, voice_ms };
        // While a turn runs the tutor answers nobody, so wait for a free slot.
        let _slot = self.tutor.slot().await;
        let now = (voice.now)();
        // A date in the future was stored before the clock was set back.
        let since = uncertain_since.unwrap_or(now).min(now);
        let uncertain_ms = now.since_ms(since);
        let history = match self.shown(session).await {
            Ok(history) => history,
            Err(error) => {
                self.tutor.surroundings.telemetry.failed(error.failure());
                return Ok(Some(Verdict::Wait(Setback {
                    reason: WaitReason::TutorDown,
                    failed: Some(Failed::Tutor),
                    stage: submitted.stage(Some(since)),
                    pause_ms: pause(voice, &error),
                    tell: true,
                    forgive: uncertain_since.is_none(),
                    what: error.to_string(),
                })));
            }
        };
        let is_shown = matches!(history, Past::Kept(_) | Past::Unknown);
        Ok(match self.judge(submitted, uncertain_ms, history, voice).await? {
            Finding::Recorded { turn, count } => {
                Some(answered(submitted, turn.into_assessment(), Some(count), now))
            }
            Finding::NotRecorded => None,
            // The learner began anew, and what the conversation left holds cannot be seen: it is asked in the new one.
            _ if voice.learner.has_left(session) && !is_shown => None,
            Finding::KeepLooking => Some(Verdict::Wait(Setback {
                reason: WaitReason::TutorUncertain,
                failed: None,
                stage: submitted.stage(Some(since)),
                pause_ms: look_again_in(uncertain_ms, self.tutor.timeout_ms()),
                // After a restart most answers are found at once, so nobody is told at first.
                tell: uncertain_ms >= 10_000,
                forgive: uncertain_since.is_none(),
                what: "the answer was lost".into(),
            })),
            Finding::Hopeless => Some(Self::hopeless(submitted.stage(Some(since)))),
        })
    }

    /// What the tutor shows of a conversation. If only this request fails while the tutor answers others, the
    /// fault is with this conversation, and its history counts as missing.
    async fn shown(&self, session: Uuid) -> Result<Past, CallError> {
        let client = &self.tutor.client;
        let lost = |past: &Result<Past, CallError>| matches!(past, Err(CallError::Uncertain(_)));
        let mut past = client.history(session).await;
        if lost(&past) && client.root().await.is_ok() {
            past = client.history(session).await;
        }
        if lost(&past) && client.root().await.is_ok() {
            return Ok(Past::Broken);
        }
        past
    }

    pub(super) async fn judge(
        &self,
        submitted: Submitted,
        uncertain_ms: i64,
        history: Past,
        voice: &Voice<'_>,
    ) -> Result<Finding, StoreError> {
        let reader = &self.tutor.surroundings.reader;
        let known = reader.last_voice_turn(voice.incoming.user, submitted.session).await?;
        let lost = LostTurn {
            baseline: submitted.baseline,
            last_known: known.as_ref().map(|turn| &turn.assessment),
            uncertain_ms,
            window_ms: self.tutor.timeout_ms(),
            submissions: voice.job.submissions,
        };
        let history = match history {
            Past::Kept(h) => TutorHistory::Turns(turns_in(&h), h.turns.into_iter().next_back()),
            Past::Unknown => TutorHistory::Unknown,
            Past::NotOffered | Past::Broken => TutorHistory::NotOffered,
        };
        Ok(judge_lost_turn(lost, history))
    }

    /// If the tutor was down at the last call, it is tried first, so that the file is not downloaded in vain
    /// again.
    async fn before_fetching(&self, voice: &Voice<'_>) -> Step {
        if let Reach::No { .. } = self.tutor.client.reachable()
            && let Err(error @ CallError::NotSent(_)) = self.tutor.client.root().await
        {
            self.tutor.surroundings.telemetry.failed(error.failure());
            return Step::Settled(Verdict::Wait(self.setback(voice, Stage::Taken, false, &error)));
        }
        Step::Fetch
    }

    /// Waits for a slot, and settles what is to be recorded before the voice is submitted.
    async fn prepare(&mut self, voice: &Voice<'_>, voice_ms: u64) -> Step {
        let telemetry = &self.tutor.surroundings.telemetry;
        self.slot = telemetry.timed(Stopwatch::Slot, self.tutor.slot()).await.ok();
        let baseline = match self.baseline(voice.session).await {
            Ok(count) => count,
            Err(error) => {
                telemetry.failed(error.failure());
                return Step::Settled(Verdict::Wait(self.setback(voice, Stage::Taken, false, &error)));
            }
        };
        let submitted = Submitted { session: voice.session.id, baseline, at: (voice.now)(), voice_ms };
        self.submitted = Some(submitted);
        Step::Record { stage: submitted.stage(None), changes: voice.opening.to_vec() }
    }

    /// Turns that the tutor's history holds now: by our own count, or asked for if that is uncertain.
    async fn baseline(&self, session: &Session) -> Result<u32, CallError> {
        match session.tutor_turns {
            Some(count) => Ok(count),
            None => Ok(match self.shown(session.id).await? {
                Past::Kept(history) => turns_in(&history),
                // Without a count, the last known turn tells a lost answer from an old one.
                Past::Unknown | Past::NotOffered | Past::Broken => 0,
            }),
        }
    }

    /// Submits the voice.
    async fn ask(&mut self, submitted: Submitted, voice: &Voice<'_>) -> Result<Verdict, StoreError> {
        let wav = self.utterance.take().map(|utterance| utterance.wav).unwrap_or_default();
        tracing::info!(
            event = %Event::VoiceSubmitted,
            seq = voice.job.seq,
            user = %UserTag(voice.job.user),
            "voice handed to the tutor"
        );
        let telemetry = &self.tutor.surroundings.telemetry;
        let process = self.tutor.client.process(submitted.session, voice.job.seq, wav);
        let error = match telemetry.timed(Stopwatch::Tutor, process).await {
            Ok(said) => return Ok(answered(submitted, said, None, (voice.now)())),
            Err(error) => error,
        };
        telemetry.failed(error.failure());
        self.unanswered(submitted, &error, voice).await
    }

    pub(super) fn setback(
        &self,
        voice: &Voice<'_>,
        stage: Stage,
        forgive: bool,
        error: &CallError,
    ) -> Setback {
        let failing = matches!(self.tutor.client.reachable(), Reach::Failing { .. });
        Setback {
            reason: if failing { WaitReason::TutorFailing } else { WaitReason::TutorDown },
            failed: Some(Failed::Tutor),
            stage,
            pause_ms: pause(voice, error),
            tell: true,
            forgive,
            what: error.to_string(),
        }
    }
}

/// The tutor's answer, however it was obtained. `count`: turns that its history is now known to hold.
pub(super) fn answered(
    submitted: Submitted,
    said: Assessment,
    count: Option<u32>,
    now: Timestamp,
) -> Verdict {
    // An empty answer may or may not have entered the history: ask before relying on the count again.
    let count = count.or_else(|| (!said.is_empty()).then(|| submitted.baseline.saturating_add(1)));
    let session = submitted.session;
    let changes = vec![Change::TutorTurns(session, count), Change::SessionTouched(session, now)];
    // It lists no corrections.
    let turn = Turn { to_draw: true, ..Turn::voice(session, now, submitted.voice_ms, said) };
    Verdict::Answered(Box::new(Answered { turn, words: Vec::new(), changes }))
}

fn pause(voice: &Voice<'_>, error: &CallError) -> i64 {
    backoff_ms(voice.job.tutor_failures, fastrand::f64()).max(error.asked_pause_ms())
}
