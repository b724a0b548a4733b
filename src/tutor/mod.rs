//! What the daemon asks of a tutor, whichever it is: to answer a voice, to speak, to forget, whether it is
//! there.
//!
//! A tutor is one implementation of [`Tutor`] in a file or folder of its own here; the stages that it records
//! between the steps of a turn are its own business, and nobody outside asks which tutor there is. Must not
//! know what learners read, or how replies are sent.

pub(crate) mod builtin;
mod clock;
mod overhear;
pub(crate) mod phonicflow;
mod streak;
pub(crate) mod trial;

use overhear::overhear;

use crate::domain::backoff::backoff_ms;
use crate::domain::finding::Finding;
use crate::domain::health::{TutorPart, TutorState};
use crate::domain::stats::Failure;
use crate::domain::{
    Change, DeadReason, Failed, Incoming, Job, Learner, RecordedTurn, Session, Setback, SpokenPart,
    SpokenWord, Stage, Timestamp, Transcript, Turn, UserId, WaitReason,
};
use crate::speech::Recogniser;
use crate::store::{Reader, StoreError};
use crate::telemetry::Telemetry;
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use uuid::Uuid;

/// Voice messages downloaded and decoded in advance while the tutor is busy.
const PREPARED_AHEAD: usize = 2;

#[async_trait]
pub(crate) trait Tutor: Send + Sync {
    /// Takes up a voice at the stage where its row stands.
    fn attempt(&self) -> Box<dyn Attempt + '_>;

    /// What is said in a recording, which is neither answered nor remembered: for drills. Silence is no error, see
    /// [`Transcript::is_silence`]. `row`: the recording's. `session`: where it happens, for a tutor that can do no less
    /// than answer ([`Self::transcribes_in_passing`]).
    async fn transcribe(
        &self,
        row: u64,
        session: Uuid,
        utterance: Utterance,
    ) -> Result<Transcript, TutorError>;

    /// Whether it transcribes in a conversation, which has to be recorded before and forgotten afterwards: another one for
    /// each attempt, since it may still be at work on the one before.
    fn transcribes_in_passing(&self) -> bool {
        false
    }

    /// Has a part of an answer spoken, once the tutor has a free slot; `None`: there is no audio.
    async fn speak(&self, speech: &SpeechRequest) -> Result<Option<Spoken>, TutorError>;

    /// Whether it speaks a conversation's latest turn alone, whatever words it is given.
    fn speaks_latest_only(&self) -> bool;

    /// Makes it forget a conversation; one that it does not know counts as forgotten.
    async fn forget(&self, session: Uuid) -> Result<(), TutorError>;

    /// The conversation as the tutor remembers it, oldest first; `None`: it does not say.
    async fn history(&self, session: Uuid) -> Option<Vec<RecordedTurn>>;

    /// Judged by the last calls; asks nothing. [`Surroundings::news`] is notified of every change.
    fn reach(&self) -> Reach;

    /// As a learner in this conversation meets it.
    fn reach_in(&self, _session: &Session) -> Reach {
        self.reach()
    }

    /// The servers it consists of, where there is more than one.
    fn parts(&self) -> Vec<Part>;

    /// Asks whether it is there, without using its models; [`Self::reach`] knows the answer afterwards.
    async fn knock(&self) -> Result<(), TutorError>;

    /// Turns it works on, and how many it may.
    fn slots(&self) -> Slots;

    /// Longest time that a turn may take while all its servers keep their deadlines.
    fn longest_turn(&self) -> Duration;

    /// Voices that are worth having in hand: those it works on, and what waits meanwhile.
    fn in_hand(&self) -> usize {
        self.slots().of + PREPARED_AHEAD
    }

    /// Whether anything of a learner stays with it.
    fn remembers(&self) -> bool;

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

    /// [`Tutor::speak`] within the slot that is held; `None`: it takes longer than the slot is kept for it, so
    /// that it is left to whoever sends the answer.
    async fn speak(&mut self, speech: &SpeechRequest) -> Option<Result<Option<Spoken>, TutorError>>;
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
    /// It has a slot; the next step may reach a server.
    AtWork,
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
    /// The learner has used up the day's tokens of the chat model.
    TokensUsedUp,
    /// Never; a retry by an admin continues from `stage`.
    GiveUp {
        stage: Stage,
        reason: DeadReason,
        what: String,
    },
}

/// An answer, however it was obtained.
pub(crate) struct Answered {
    /// Without the chat, which the tutor need not know.
    pub turn: Turn,
    /// The words of the transcript, where the tutor tells them.
    pub words: Vec<SpokenWord>,
    pub changes: Vec<Change>,
}

/// What is to be spoken.
#[derive(Debug, Clone)]
pub(crate) struct SpeechRequest {
    /// The conversation whose latest turn is spoken.
    pub session: Uuid,
    /// Whose it is.
    pub user: UserId,
    pub part: SpokenPart,
    /// Its text as it was stored (Markdown); PhonicFlow has it already, and speaks the latest turn alone.
    pub words: String,
}

/// Audio as the tutor made it: recordings of any format, to be heard one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spoken {
    pub recordings: Vec<Bytes>,
}

impl Part {
    pub(crate) fn look(&self) -> TutorPart {
        TutorPart { name: self.name.clone(), state: self.reach.state() }
    }
}

impl Spoken {
    /// Bytes of all together.
    pub(crate) fn size(&self) -> usize {
        self.recordings.iter().map(Bytes::len).sum()
    }
}

/// One of a tutor's servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// For admins.
    pub name: String,
    pub reach: Reach,
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

impl Reach {
    /// Without the times.
    pub(crate) fn state(self) -> TutorState {
        match self {
            Self::Unknown => TutorState::Unknown,
            Self::Yes { .. } => TutorState::Answers,
            Self::Failing { .. } => TutorState::Failing,
            Self::No { .. } => TutorState::Silent,
        }
    }

    /// Not known to fail.
    pub(crate) fn is_well(self) -> bool {
        matches!(self, Self::Unknown | Self::Yes { .. })
    }

    /// Of two servers that are both needed.
    pub(crate) fn worse(self, other: Self) -> Self {
        let rank = |reach: &Self| match reach {
            Self::Unknown => 0,
            Self::Yes { .. } => 1,
            Self::Failing { .. } => 2,
            Self::No { .. } => 3,
        };
        match (self, other) {
            // Well since both are.
            (Self::Yes { since }, Self::Yes { since: other }) => Self::Yes { since: since.max(other) },
            (one, other) if rank(&other) > rank(&one) => other,
            (one, _) => one,
        }
    }
}

/// What went wrong, in words without message text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub(crate) struct TutorError {
    /// The kind it is counted as.
    pub failure: Failure,
    pub retry: Retry,
    pub what: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Retry {
    /// After a growing pause, of at least this many ms.
    Later { pause_ms: i64 },
    /// It fails on this alone, and will again.
    Never,
}

impl TutorError {
    /// How a message that needs no stage waits after it; `None`: it would wait in vain.
    pub(crate) fn setback(&self, job: &Job) -> Option<Setback> {
        let Retry::Later { pause_ms } = self.retry else { return None };
        Some(Setback {
            reason: WaitReason::TutorDown,
            failed: Some(Failed::Tutor),
            stage: Stage::Taken,
            pause_ms: backoff_ms(job.tutor_failures, fastrand::f64()).max(pause_ms),
            tell: true,
            forgive: true,
            what: self.what.clone(),
        })
    }
}

/// What a tutor works with.
#[derive(Clone)]
pub(crate) struct Surroundings {
    pub telemetry: Arc<Telemetry>,
    pub reader: Reader,
    /// Notified when there may be something to tell the admins.
    pub news: Arc<Notify>,
    /// `STT_URL`.
    pub recogniser: Option<Arc<Recogniser>>,
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
    /// One, or several that share the learners.
    PhonicFlow(phonicflow::PhonicFlowOptions, Vec<phonicflow::PhonicFlowOptions>),
    Builtin(Box<builtin::BuiltinOptions>),
}

impl TutorOptions {
    /// Connects to nothing yet. Fails when the settings cannot be used.
    pub(crate) fn build(self, surroundings: Surroundings) -> Result<Arc<dyn Tutor>, TutorError> {
        Ok(match self {
            Self::PhonicFlow(one, others) if others.is_empty() => {
                Arc::new(phonicflow::PhonicFlow::new(one, surroundings)?)
            }
            Self::PhonicFlow(first, others) => Arc::new(phonicflow::Fleet::new(first, others, surroundings)?),
            Self::Builtin(options) => Arc::new(builtin::Builtin::new(*options, surroundings)),
        })
    }

    /// Whether it is there, is what it should be, and is well.
    pub(crate) async fn examine(self) -> Result<Checkup, TutorError> {
        match self {
            Self::PhonicFlow(first, others) => {
                let all = std::iter::once(first).chain(others).map(phonicflow::examine);
                let mut together = Checkup::default();
                for checkup in futures_util::future::join_all(all).await {
                    let Checkup { findings, clock } = checkup?;
                    together.findings.extend(findings);
                    together.clock = together.clock.or(clock);
                }
                Ok(together)
            }
            // Each of its servers has a check of its own.
            Self::Builtin(_) => Ok(Checkup::default()),
        }
    }
}
