//! The voice turn in steps, between which the worker stores how far it has come: `look` (only if an answer
//! was lost), `prepare`, then, once the store knows, `ask`. Must not know how progress is stored.

mod unanswered;

use super::answer::answered;
use super::submitted::{Submitted, look_again_in, turns_in};
use crate::audio::{AudioFault, Limits, Wav};
use crate::audio_worker::JobError;
use crate::bot::retry_policy::{Setback, give_up, wait_or_give_up};
use crate::bot::{Disposition, HandlerContext, Rules};
use crate::domain::backoff::backoff_ms;
use crate::domain::lesson::{self, Finding, LostTurn, TutorHistory};
use crate::domain::outcome::Keyboard;
use crate::domain::phrases::Phrases;
use crate::domain::stats::{Failure, Step as Stopwatch};
use crate::domain::{
    Assessment, Change, Failed, Incoming, Job, Learner, Outcome, Recording, Reply, Rich, Session, Stage,
    Timestamp, Turn, WaitReason,
};
use crate::logging::Event;
use crate::store::{Claim, StoreError};
use crate::telegram::{Retry, TelegramError};
use crate::tutor::{Past, Reach, TutorError};
use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

/// A voice that is ready to be submitted to the tutor.
pub(crate) struct Submission {
    /// 16 kHz mono WAV.
    wav: Bytes,
    /// Stage to store before it is submitted.
    pub stage: Stage,
    /// Changes to store with it.
    pub changes: Vec<Change>,
    /// Permission for one turn at the tutor, held until this is dropped.
    _slot: OwnedSemaphorePermit,
}

/// Result of a step.
pub enum Step<T> {
    /// Continue with the next step.
    Go(T),
    /// The outcome is decided.
    Settled(Box<Disposition>),
}

fn settled<T>(verdict: Disposition) -> Step<T> {
    Step::Settled(Box::new(verdict))
}

/// One voice message in work.
pub(crate) struct VoiceTurn<'a> {
    pub context: &'a HandlerContext,
    pub job: &'a Job,
    pub incoming: &'a Incoming,
    pub recording: &'a Recording,
    pub learner: &'a Learner,
}

impl<'a> VoiceTurn<'a> {
    /// The turn in a claim, if it is one.
    pub(crate) fn of(context: &'a HandlerContext, claim: &'a Claim) -> Option<Self> {
        use crate::domain::{Body, Task};
        let Task::Handle(incoming, _) = &claim.job.task else { return None };
        let Body::Voice(recording) = &incoming.body else { return None };
        Some(Self { context, job: &claim.job, incoming, recording, learner: &claim.learner })
    }

    fn rules(&self) -> &Rules {
        &self.context.rules
    }

    fn phrases(&self) -> Phrases {
        self.context.phrases(self.learner)
    }

    fn say(&self, text: Rich) -> Disposition {
        Disposition::Commit(Outcome::reply(Reply::texts(self.incoming, text, Keyboard::default())))
    }

    /// If an earlier attempt may have reached the tutor, looks in its history. `Go`: nothing was recorded
    /// there.
    pub(crate) async fn look(&self, now: impl Fn() -> Timestamp) -> Result<Step<()>, StoreError> {
        let Stage::Submitted { session, baseline, at, uncertain_since, voice_ms } = self.job.stage else {
            return Ok(Step::Go(()));
        };
        let submitted = Submitted { session, baseline, at, voice_ms };
        // While a turn runs the tutor answers nobody, so wait for a free slot.
        let _slot = self.context.slots.acquire().await;
        let now = now();
        // A date in the future was stored before the clock was set back.
        let since = uncertain_since.unwrap_or(now).min(now);
        let uncertain_ms = now.since_ms(since);
        let history = match self.shown(session).await {
            Ok(history) => history,
            Err(error) => {
                self.context.telemetry.failed(error.failure());
                let setback = Setback {
                    reason: WaitReason::TutorDown,
                    failed: Some(Failed::Tutor),
                    stage: submitted.stage(Some(since)),
                    pause_ms: self.pause(&error),
                    tell: true,
                    forgive: uncertain_since.is_none(),
                    what: error.to_string(),
                };
                return Ok(settled(self.set_back(setback, now)));
            }
        };
        let is_shown = matches!(history, Past::Kept(_) | Past::Unknown);
        let finding = self.judge(submitted, uncertain_ms, history).await?;
        Ok(match finding {
            Finding::Recorded { turn, count } => {
                settled(self.answered(submitted, turn.into_assessment(), Some(count), now))
            }
            Finding::NotRecorded => Step::Go(()),
            // The learner began anew, and what the conversation left holds cannot be seen: it is asked in the new one.
            _ if self.has_left(session) && !is_shown => Step::Go(()),
            Finding::KeepLooking => {
                let setback = Setback {
                    reason: WaitReason::TutorUncertain,
                    failed: None,
                    stage: submitted.stage(Some(since)),
                    pause_ms: look_again_in(uncertain_ms, self.rules().tutor_timeout_ms),
                    // After a restart most answers are found at once, so nobody is told at first.
                    tell: uncertain_ms >= 10_000,
                    forgive: uncertain_since.is_none(),
                    what: "the answer was lost".into(),
                };
                settled(self.set_back(setback, now))
            }
            Finding::Hopeless => settled(self.hopeless(submitted.stage(Some(since)))),
        })
    }

    /// Whether the learner began anew since the voice was handed over in this conversation.
    pub(crate) fn has_left(&self, session: Uuid) -> bool {
        self.learner.session.as_ref().is_none_or(|open| open.id != session)
    }

    /// What the tutor shows of a conversation. If only this request fails while the tutor answers others, the
    /// fault is with this conversation, and its history counts as missing.
    async fn shown(&self, session: Uuid) -> Result<Past, TutorError> {
        let tutor = &self.context.tutor;
        let lost = |past: &Result<Past, TutorError>| matches!(past, Err(TutorError::Uncertain(_)));
        let mut past = tutor.history(session).await;
        if lost(&past) && tutor.root().await.is_ok() {
            past = tutor.history(session).await;
        }
        if lost(&past) && tutor.root().await.is_ok() {
            return Ok(Past::Broken);
        }
        past
    }

    async fn judge(
        &self,
        submitted: Submitted,
        uncertain_ms: i64,
        history: Past,
    ) -> Result<Finding, StoreError> {
        let known = self.context.reader.last_voice_turn(self.incoming.user, submitted.session).await?;
        let lost = LostTurn {
            baseline: submitted.baseline,
            last_known: known.as_ref().map(|turn| &turn.assessment),
            uncertain_ms,
            window_ms: self.rules().tutor_timeout_ms,
            submissions: self.job.submissions,
        };
        let history = match history {
            Past::Kept(h) => TutorHistory::Turns(turns_in(&h), h.turns.into_iter().next_back()),
            Past::Unknown => TutorHistory::Unknown,
            Past::NotOffered | Past::Broken => TutorHistory::NotOffered,
        };
        Ok(lesson::judge_lost_turn(lost, history))
    }

    /// Checks, downloads and decodes the voice, and waits for a slot at the tutor.
    pub(crate) async fn prepare(&self, now: impl Fn() -> Timestamp) -> Step<Submission> {
        let rules = self.rules();
        if self.recording.size.is_some_and(|size| size > rules.max_audio_bytes) {
            self.context.telemetry.failed(Failure::AudioTooLarge);
            return settled(self.say(self.phrases().too_large(rules.max_audio_bytes >> 20)));
        }
        if self.recording.duration_secs.is_some_and(|secs| secs > rules.max_audio_secs) {
            self.context.telemetry.failed(Failure::AudioTooLarge);
            return settled(self.say(self.phrases().too_long(u64::from(rules.max_audio_secs))));
        }
        // If the tutor was down at the last call, it is tried first, so that the file is not downloaded in
        // vain again.
        if let Reach::No { .. } = self.context.tutor.reachable()
            && let Err(error @ TutorError::NotSent(_)) = self.context.tutor.root().await
        {
            self.context.telemetry.failed(error.failure());
            return settled(self.set_back(self.tutor_setback(Stage::Taken, false, &error), now()));
        }
        let telemetry = &self.context.telemetry;
        let download = self.context.telegram.download(&self.recording.file_id, self.recording.size);
        let file = match telemetry.timed(Stopwatch::Download, download).await {
            Ok(file) => file,
            Err(error) => return settled(self.no_file(&error, now())),
        };
        let wav = match self.decode(file).await {
            Ok(wav) => wav,
            Err(error) => return settled(self.no_wav(&error, now())),
        };
        let voice_ms = wav.duration_ms();
        let (session, changes) =
            lesson::session_for(self.learner, Uuid::new_v4(), self.job.accepted_at, rules.session_timeout_ms);
        let Ok(slot) = telemetry.timed(Stopwatch::Slot, self.context.slots.clone().acquire_owned()).await
        else {
            return settled(self.set_back(self.fault("the daemon is stopping"), now()));
        };
        let baseline = match self.baseline(&session).await {
            Ok(count) => count,
            Err(error) => {
                telemetry.failed(error.failure());
                let setback = self.tutor_setback(Stage::Taken, false, &error);
                return settled(self.set_back(setback, now()));
            }
        };
        let submitted = Submitted { session: session.id, baseline, at: now(), voice_ms };
        Step::Go(Submission { wav: wav.bytes.into(), stage: submitted.stage(None), changes, _slot: slot })
    }

    async fn decode(&self, file: Bytes) -> Result<Wav, JobError> {
        let limits = Limits { max_seconds: self.rules().max_audio_secs };
        let place = self.context.audio.place().await;
        self.context.telemetry.timed(Stopwatch::Decode, place.to_wav(file, limits)).await
    }

    /// Turns that the tutor's history holds now: by our own count, or asked for if that is uncertain.
    async fn baseline(&self, session: &Session) -> Result<u32, TutorError> {
        match session.tutor_turns {
            Some(count) => Ok(count),
            None => Ok(match self.shown(session.id).await? {
                Past::Kept(history) => turns_in(&history),
                // Without a count, the last known turn tells a lost answer from an old one.
                Past::Unknown | Past::NotOffered | Past::Broken => 0,
            }),
        }
    }

    /// Submits the voice to the tutor; the store must know about it before. The rest of the submission is
    /// returned because it still holds the slot: the spoken answer has to be fetched before the next turn
    /// begins.
    pub async fn ask(
        &self,
        submission: &mut Submission,
        now: impl Fn() -> Timestamp,
    ) -> Result<Disposition, StoreError> {
        let Stage::Submitted { session, baseline, at, voice_ms, .. } = submission.stage else {
            return Ok(self.set_back(self.fault("a voice without its stage"), now()));
        };
        let submitted = Submitted { session, baseline, at, voice_ms };
        let process = self.context.tutor.process(session, self.job.seq, std::mem::take(&mut submission.wav));
        let error = match self.context.telemetry.timed(Stopwatch::Tutor, process).await {
            Ok(said) => return Ok(self.answered(submitted, said, None, now())),
            Err(error) => error,
        };
        self.context.telemetry.failed(error.failure());
        self.unanswered(submitted, &error, now()).await
    }

    /// Handles the tutor's answer, however it was obtained. `count`: turns that its history is now known to
    /// hold.
    fn answered(
        &self,
        submitted: Submitted,
        said: Assessment,
        count: Option<u32>,
        now: Timestamp,
    ) -> Disposition {
        // An empty answer may or may not have entered the history: ask before relying on the count again.
        let count = count.or_else(|| (!said.is_empty()).then(|| submitted.baseline.saturating_add(1)));
        let turn = Turn::voice(submitted.session, now, submitted.voice_ms, said);
        let mut outcome = answered(self.context, self.incoming, self.learner, self.job.seq, turn, &[]);
        outcome.changes.extend([
            Change::TutorTurns(submitted.session, count),
            Change::SessionTouched(submitted.session, now),
        ]);
        Disposition::Commit(outcome)
    }

    fn no_file(&self, error: &TelegramError, now: Timestamp) -> Disposition {
        let seq = self.job.seq;
        if let Some(kind) = error.failure() {
            self.context.telemetry.failed(kind);
        }
        if let TelegramError::TooLarge { .. } = error {
            return self.say(self.phrases().too_large(self.rules().max_audio_bytes >> 20));
        }
        if let TelegramError::Setup(what) = error {
            tracing::error!(event = %Event::RecordingNotFetched, seq, %what, "a recording cannot be fetched");
            return self.say(self.phrases().files_out_of_reach());
        }
        let pause_ms = match error.retry() {
            Retry::No => {
                tracing::warn!(event = %Event::RecordingNotFetched, seq, %error, "a recording cannot be fetched");
                return self.say(self.phrases().file_gone());
            }
            Retry::After(secs) => i64::try_from(secs).unwrap_or(60).saturating_mul(1000),
            Retry::Yes | Retry::Unsure => backoff_ms(self.job.download_failures, fastrand::f64()),
        };
        let setback = Setback {
            reason: WaitReason::TelegramDown,
            failed: Some(Failed::Download),
            stage: Stage::Taken,
            pause_ms,
            tell: false,
            forgive: false,
            what: error.to_string(),
        };
        self.set_back(setback, now)
    }

    fn no_wav(&self, error: &JobError, now: Timestamp) -> Disposition {
        self.context.telemetry.failed(error.failure());
        if error.is_transient() {
            tracing::error!(
                event = %Event::AudioWorkerFailed,
                seq = self.job.seq,
                %error,
                "a recording cannot be decoded now, through no fault of its own"
            );
            return self.set_back(self.fault(&error.to_string()), now);
        }
        if let Some(death) = error.death() {
            self.context.telemetry.count(death.count());
            tracing::warn!(
                event = %Event::AudioWorkerEnded,
                seq = self.job.seq,
                %error,
                "a recording ended its audio worker"
            );
        }
        let phrases = self.phrases();
        self.say(match error.kind() {
            AudioFault::NoAudio => phrases.no_audio(),
            AudioFault::NotAudio | AudioFault::Internal => phrases.not_audio(),
            AudioFault::Cut => phrases.cut_audio(),
            AudioFault::Unsupported => phrases.unsupported(error.name()),
            AudioFault::Costly => phrases.costly_audio(),
            AudioFault::TooLong => phrases.too_long(u64::from(self.rules().max_audio_secs)),
        })
    }

    fn set_back(&self, setback: Setback, now: Timestamp) -> Disposition {
        wait_or_give_up(self.job, self.incoming, self.phrases(), self.rules(), setback, now)
    }

    fn tutor_setback(&self, stage: Stage, forgive: bool, error: &TutorError) -> Setback {
        let failing = matches!(self.context.tutor.reachable(), Reach::Failing { .. });
        Setback {
            reason: if failing { WaitReason::TutorFailing } else { WaitReason::TutorDown },
            failed: Some(Failed::Tutor),
            stage,
            pause_ms: self.pause(error),
            tell: true,
            forgive,
            what: error.to_string(),
        }
    }

    fn fault(&self, what: &str) -> Setback {
        Setback {
            reason: WaitReason::Fault,
            failed: Some(Failed::Fault),
            stage: self.job.stage.clone(),
            pause_ms: backoff_ms(self.job.faults, fastrand::f64()),
            tell: false,
            forgive: false,
            what: what.to_owned(),
        }
    }

    fn pause(&self, error: &TutorError) -> i64 {
        let asked = match error {
            TutorError::Busy { retry_after: Some(wait), .. } => i64::from((*wait).min(600)) * 1000,
            _ => 0,
        };
        backoff_ms(self.job.tutor_failures, fastrand::f64()).max(asked)
    }
}
