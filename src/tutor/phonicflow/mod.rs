//! The PhonicFlow tutor: recognises, coaches, answers and speaks in one call that must not be repeated
//! lightly, and works on few turns at a time.
//!
//! Its stages: submitted (the voice may have reached it), then looked for in its history where the answer was
//! lost. Must not know what a learner reads.

mod attempt;
mod client;
mod doctor;
mod fleet;
mod lost_turn;
mod passing;
mod submitted;
mod unanswered;

pub(crate) use client::PhonicFlowOptions;
pub(super) use doctor::examine;
pub(super) use fleet::Fleet;

use super::{
    Attempt, Part, Reach, Retry, Slots, SpeechRequest, Spoken, Surroundings, Tutor, TutorError, Utterance,
    overhear,
};
use crate::domain::stats::Step as Stopwatch;
use crate::domain::{RecordedTurn, Transcript};
use crate::waiting::waiting;
use async_trait::async_trait;
use attempt::PhonicFlowAttempt;
use bytes::Bytes;
use client::{CallError, Client, Past};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

pub(crate) struct PhonicFlow {
    client: Client,
    /// One permit per turn in flight, first come first served.
    slots: Arc<Semaphore>,
    at_once: usize,
    /// Deadline of a turn, and how long a lost answer is looked for.
    timeout: Duration,
    surroundings: Surroundings,
}

impl PhonicFlow {
    /// Connects to nothing yet.
    pub(super) fn new(options: PhonicFlowOptions, surroundings: Surroundings) -> Result<Self, TutorError> {
        let (at_once, timeout) = (options.at_once, options.timeout);
        let client = Client::new(options, surroundings.news.clone())?;
        Ok(Self { client, slots: Arc::new(Semaphore::new(at_once)), at_once, timeout, surroundings })
    }

    fn timeout_ms(&self) -> i64 {
        i64::try_from(self.timeout.as_millis()).unwrap_or(i64::MAX)
    }

    /// Waits for its turn at the tutor. `Err` only if the semaphore were closed, which never happens.
    async fn slot(&self) -> Result<OwnedSemaphorePermit, AcquireError> {
        waiting(self.slots.clone().acquire_owned()).await
    }

    /// Fetches the spoken answer. The caller must hold a slot: while a turn runs the tutor answers nobody.
    async fn fetch(&self, speech: &SpeechRequest) -> Result<Option<Spoken>, TutorError> {
        let telemetry = &self.surroundings.telemetry;
        let fetched =
            telemetry.timed(Stopwatch::Speech, self.client.spoken(speech.session, speech.part)).await;
        if let Err(error) = &fetched {
            telemetry.failed(error.failure());
        }
        Ok(fetched?)
    }
}

#[async_trait]
impl Tutor for PhonicFlow {
    fn attempt(&self) -> Box<dyn Attempt + '_> {
        Box::new(PhonicFlowAttempt::new(self))
    }

    async fn transcribe(
        &self,
        row: u64,
        session: Uuid,
        utterance: Utterance,
    ) -> Result<Transcript, TutorError> {
        match &self.surroundings.recogniser {
            Some(recogniser) => Ok(overhear(recogniser, utterance, &self.surroundings).await?),
            None => self.transcribe_in_passing(row, session, utterance).await,
        }
    }

    fn transcribes_in_passing(&self) -> bool {
        self.surroundings.recogniser.is_none()
    }

    async fn speak(&self, speech: &SpeechRequest) -> Result<Option<Spoken>, TutorError> {
        let _slot = self.slot().await;
        self.fetch(speech).await
    }

    async fn forget(&self, session: Uuid) -> Result<(), TutorError> {
        Ok(self.client.forget(session).await?)
    }

    async fn history(&self, session: Uuid) -> Option<Vec<RecordedTurn>> {
        match self.client.history(session).await {
            Ok(Past::Kept(history)) => Some(history.turns),
            Ok(Past::Unknown | Past::NotOffered | Past::Broken) | Err(_) => None,
        }
    }

    fn reach(&self) -> Reach {
        self.client.reachable()
    }

    async fn knock(&self) -> Result<(), TutorError> {
        self.client.root().await?;
        Ok(())
    }

    fn parts(&self) -> Vec<Part> {
        Vec::new()
    }

    fn longest_turn(&self) -> Duration {
        self.timeout
    }

    fn speaks_latest_only(&self) -> bool {
        true
    }

    fn remembers(&self) -> bool {
        true
    }

    fn slots(&self) -> Slots {
        Slots { used: self.at_once.saturating_sub(self.slots.available_permits()), of: self.at_once }
    }

    async fn take_metrics(&self, events: Bytes) -> Result<bool, TutorError> {
        Ok(self.client.take_metrics(events).await?)
    }
}

impl From<CallError> for TutorError {
    fn from(error: CallError) -> Self {
        let retry = match error {
            CallError::Refused { .. } => Retry::Never,
            _ => Retry::Later { pause_ms: error.asked_pause_ms() },
        };
        Self { failure: error.failure(), retry, what: error.to_string() }
    }
}
