//! What the daemon asks of a tutor, whichever it is: to answer a voice, to speak, to forget, whether it is
//! there.
//!
//! A tutor is one implementation of [`Tutor`] in a file or folder of its own here; the stages that it records
//! between the steps of a turn are its own business, and nobody outside asks which tutor there is. Must not
//! know what learners read, or how replies are sent.

pub(crate) mod phonicflow;

use crate::domain::finding::Finding;
use crate::domain::speech::SpokenWord;
use crate::domain::stats::Failure;
use crate::domain::{
    Assessment, Change, Correction, DeadReason, Incoming, Job, Learner, RecordedTurn, Session, Setback,
    SpokenPart, Stage, Timestamp,
};
use crate::store::{Reader, StoreError};
use crate::telemetry::Telemetry;
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::Arc;
use tokio::sync::Notify;
use uuid::Uuid;

#[async_trait]
pub(crate) trait Tutor: Send + Sync {
    /// Takes up a voice at the stage where its row stands.
    fn attempt(&self) -> Box<dyn Attempt + '_>;

    /// Has a part of an answer spoken, once the tutor has a free slot; `None`: there is no audio.
    async fn speak(&self, speech: &SpeechRequest) -> Result<Option<Spoken>, TutorError>;

    /// Makes it forget a conversation; one that it does not know counts as forgotten.
    async fn forget(&self, session: Uuid) -> Result<(), TutorError>;

    /// The conversation as the tutor remembers it, oldest first; `None`: it does not say.
    async fn history(&self, session: Uuid) -> Option<Vec<RecordedTurn>>;

    /// Judged by the last calls; asks nothing. [`Surroundings::news`] is notified of every change.
    fn reach(&self) -> Reach;

    /// Asks whether it is there, without using its models; [`Self::reach`] knows the answer afterwards.
    async fn knock(&self) -> Result<(), TutorError>;

    /// Turns it works on, and how many it may.
    fn slots(&self) -> Slots;

    /// Hands over a batch of events (JSON); `false`: it takes none.
    async fn take_metrics(&self, events: Bytes) -> Result<bool, TutorError>;
}

/// One attempt at a voice. It holds the tutor (a slot, where there are few) until it is dropped: the spoken
/// answer is fetched before the next turn begins.
#[async_trait]
pub(crate) trait Attempt: Send {
    /// The next step, from the stage that is recorded now.
    async fn step(&mut self, voice: &Voice<'_>) -> Result<Step, StoreError>;

    /// Hands over what [`Step::Fetch`] asked for.
    fn fetched(&mut self, utterance: Utterance);

    /// [`Tutor::speak`] within the slot that is held.
    async fn speak(&mut self, speech: &SpeechRequest) -> Result<Option<Spoken>, TutorError>;
}

/// What is known of a voice, as of now.
pub(crate) struct Voice<'a> {
    pub job: &'a Job,
    pub incoming: &'a Incoming,
    pub learner: &'a Learner,
    /// The conversation it belongs to.
    pub session: &'a Session,
    /// What records that conversation.
    pub opening: &'a [Change],
    pub now: &'a (dyn Fn() -> Timestamp + Send + Sync),
}

/// A recording, decoded.
#[derive(Debug, Clone)]
pub(crate) struct Utterance {
    /// 16 kHz mono WAV.
    pub wav: Bytes,
    /// Its length, ms.
    pub voice_ms: u64,
}

/// What follows from a step.
pub(crate) enum Step {
    /// The recording is needed: then the next step.
    Fetch,
    /// Record this, with these changes of the learner; then the next step. From here on the voice may have
    /// reached a server.
    Record { stage: Stage, changes: Vec<Change> },
    /// Decided.
    Settled(Verdict),
}

/// What becomes of a voice.
pub(crate) enum Verdict {
    Answered(Box<Answered>),
    /// No speech to be heard in it.
    NoSpeech {
        changes: Vec<Change>,
    },
    /// Not now.
    Wait(Setback),
    /// Never; a retry by an admin continues from `stage`.
    GiveUp {
        stage: Stage,
        reason: DeadReason,
        what: String,
    },
}

/// An answer, however it was obtained.
pub(crate) struct Answered {
    pub session: Uuid,
    pub voice_ms: u64,
    pub said: Assessment,
    /// `None`: this tutor lists none.
    pub corrections: Option<Vec<Correction>>,
    /// The words of the transcript, where it knows them.
    pub words: Vec<SpokenWord>,
    pub changes: Vec<Change>,
}

/// What is to be spoken.
#[derive(Debug, Clone)]
pub(crate) struct SpeechRequest {
    /// The conversation whose latest turn is spoken.
    pub session: Uuid,
    pub part: SpokenPart,
}

/// Audio as the tutor made it, of any format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spoken {
    pub bytes: Bytes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slots {
    pub used: usize,
    pub of: usize,
}

/// Whether a tutor answers, judged by the last calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Reach {
    #[default]
    Unknown,
    Yes {
        /// Since when without interruption.
        since: Timestamp,
    },
    /// It answers, but every turn fails.
    Failing {
        since: Timestamp,
        /// Failed turns in a row.
        failures: u32,
    },
    /// It does not answer.
    No {
        since: Timestamp,
        /// Failed calls in a row.
        failures: u32,
    },
}

/// What went wrong, in words without message text; the tutor's own error has told what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub(crate) struct TutorError {
    /// The kind it is counted as.
    pub failure: Failure,
    pub what: String,
}

/// What a tutor works with.
#[derive(Clone)]
pub(crate) struct Surroundings {
    pub telemetry: Arc<Telemetry>,
    pub reader: Reader,
    /// Notified when there may be something to tell the admins.
    pub news: Arc<Notify>,
}

/// Names of `doctor`'s checks of a tutor.
pub(crate) const TUTOR: &str = "tutor";
pub(crate) const HEALTH: &str = "tutor health";

/// What `doctor` finds out about a tutor.
#[derive(Debug, Default)]
pub(crate) struct Checkup {
    pub findings: Vec<Finding>,
    /// The tutor's clock, Unix seconds, where it tells.
    pub clock: Option<i64>,
}

impl From<Vec<Finding>> for Checkup {
    fn from(findings: Vec<Finding>) -> Self {
        Self { findings, clock: None }
    }
}

/// Which tutor, with its settings.
pub(crate) enum TutorOptions {
    PhonicFlow(phonicflow::PhonicFlowOptions),
}

impl TutorOptions {
    /// Connects to nothing yet. Fails when the settings cannot be used.
    pub(crate) fn build(self, surroundings: Surroundings) -> Result<Arc<dyn Tutor>, TutorError> {
        Ok(match self {
            Self::PhonicFlow(options) => Arc::new(phonicflow::PhonicFlow::new(options, surroundings)?),
        })
    }

    /// Whether it is there, is what it should be, and is well. `place`: its address, to be shown.
    pub(crate) async fn examine(self, place: &str) -> Result<Checkup, TutorError> {
        match self {
            Self::PhonicFlow(options) => phonicflow::examine(options, place).await,
        }
    }
}
