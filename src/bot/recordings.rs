//! The recording of a voice message: within the limits, downloaded, decoded; or what its learner is told
//! instead. Must not know what is made of it.

use super::retry_policy::wait_or_give_up;
use super::{Disposition, HandlerContext};
use crate::audio::{AudioFault, Limits};
use crate::audio_worker::JobError;
use crate::domain::backoff::backoff_ms;
use crate::domain::outcome::Keyboard;
use crate::domain::phrases::Phrases;
use crate::domain::stats::{Failure, Step as Stopwatch};
use crate::domain::{
    Failed, Incoming, Job, Outcome, Recording, Reply, Rich, Setback, Stage, Timestamp, WaitReason,
};
use crate::logging::Event;
use crate::telegram::{Retry, TelegramError};
use crate::tutor::Utterance;

/// A voice message whose recording is wanted.
pub(super) struct Received<'a> {
    pub context: &'a HandlerContext,
    pub job: &'a Job,
    pub incoming: &'a Incoming,
    pub recording: &'a Recording,
    pub phrases: Phrases,
}

impl Received<'_> {
    /// What is said of a recording that is too large or too long by its own account; `None`: it is not.
    pub fn beyond_limits(&self) -> Option<Disposition> {
        let rules = &self.context.rules;
        let (size, secs) = (self.recording.size, self.recording.duration_secs);
        let said = if size.is_some_and(|size| size > rules.max_audio_bytes) {
            self.phrases.too_large(rules.max_audio_bytes >> 20)
        } else if secs.is_some_and(|secs| secs > rules.max_audio_secs) {
            self.phrases.too_long(u64::from(rules.max_audio_secs))
        } else {
            return None;
        };
        self.context.telemetry.failed(Failure::AudioTooLarge);
        Some(self.say(said))
    }

    /// Downloads and decodes it, or decides what becomes of the message.
    pub async fn fetch(
        &self,
        now: &(dyn Fn() -> Timestamp + Send + Sync),
    ) -> Result<Utterance, Box<Disposition>> {
        let telemetry = &self.context.telemetry;
        let download = self.context.telegram.download(&self.recording.file_id, self.recording.size);
        let file = match telemetry.timed(Stopwatch::Download, download).await {
            Ok(file) => file,
            Err(error) => return Err(Box::new(self.no_file(&error, now()))),
        };
        let limits = Limits { max_seconds: self.context.rules.max_audio_secs };
        let place = self.context.audio.place().await;
        match telemetry.timed(Stopwatch::Decode, place.to_wav(file, limits)).await {
            Ok(wav) => Ok(Utterance { voice_ms: wav.duration_ms(), wav: wav.bytes.into() }),
            Err(error) => Err(Box::new(self.no_wav(&error, now()))),
        }
    }

    fn say(&self, text: Rich) -> Disposition {
        Disposition::Commit(Outcome::reply(Reply::texts(self.incoming, text, Keyboard::default())))
    }

    fn no_file(&self, error: &TelegramError, now: Timestamp) -> Disposition {
        let seq = self.job.seq;
        if let Some(kind) = error.failure() {
            self.context.telemetry.failed(kind);
        }
        if let TelegramError::TooLarge { .. } = error {
            return self.say(self.phrases.too_large(self.context.rules.max_audio_bytes >> 20));
        }
        if let TelegramError::Setup(what) = error {
            tracing::error!(event = %Event::RecordingNotFetched, seq, %what, "a recording cannot be fetched");
            return self.say(self.phrases.files_out_of_reach());
        }
        let pause_ms = match error.retry() {
            Retry::No => {
                tracing::warn!(event = %Event::RecordingNotFetched, seq, %error, "a recording cannot be fetched");
                return self.say(self.phrases.file_gone());
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
        let phrases = self.phrases;
        self.say(match error.kind() {
            AudioFault::NoAudio => phrases.no_audio(),
            AudioFault::NotAudio | AudioFault::Internal => phrases.not_audio(),
            AudioFault::Cut => phrases.cut_audio(),
            AudioFault::Unsupported => phrases.unsupported(error.name()),
            AudioFault::Costly => phrases.costly_audio(),
            AudioFault::TooLong => phrases.too_long(u64::from(self.context.rules.max_audio_secs)),
        })
    }

    fn set_back(&self, setback: Setback, now: Timestamp) -> Disposition {
        wait_or_give_up(self.job, self.incoming, self.phrases, &self.context.rules, setback, now)
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
}
