//! A recording that PhonicFlow is to write down only: it can do no less than a whole turn, so that takes place in a
//! conversation of its own, which is forgotten afterwards. Must not know what the transcript is for.

use super::PhonicFlow;
use super::client::{CallError, Refusal};
use crate::domain::Transcript;
use crate::domain::stats::Step as Stopwatch;
use crate::tutor::streak::Blame;
use crate::tutor::{TutorError, Utterance};
use uuid::Uuid;

impl PhonicFlow {
    pub(super) async fn transcribe_in_passing(
        &self,
        row: u64,
        session: Uuid,
        utterance: Utterance,
    ) -> Result<Transcript, TutorError> {
        let telemetry = &self.surroundings.telemetry;
        let _slot = telemetry.timed(Stopwatch::Slot, self.slot()).await;
        let process = self.client.process(session, row, utterance.wav);
        let text = match telemetry.timed(Stopwatch::Tutor, process).await {
            Ok(said) => said.transcript,
            // It says so of silence.
            Err(
                CallError::Refused { fault: Refusal::NoSpeech, .. }
                | CallError::Failed { blame: Blame::Voice, .. },
            ) => String::new(),
            Err(error) => {
                telemetry.failed(error.failure());
                return Err(error.into());
            }
        };
        Ok(Transcript { text: text.trim().to_owned(), ..Transcript::default() })
    }
}
