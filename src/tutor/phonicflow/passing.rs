//! A recording that PhonicFlow is to write down only: it can do no less than a whole turn, so that takes place in a
//! conversation of its own, which is forgotten afterwards. Must not know what the transcript is for.

use super::PhonicFlow;
use super::client::{CallError, Refusal};
use crate::domain::stats::Step as Stopwatch;
use crate::domain::{Job, Transcript};
use crate::tutor::streak::Blame;
use crate::tutor::{Overheard, TutorError, Utterance};
use sha2::{Digest, Sha256};
use uuid::Uuid;

impl PhonicFlow {
    pub(super) async fn transcribe_in_passing(
        &self,
        job: &Job,
        utterance: Utterance,
    ) -> Result<Overheard, TutorError> {
        let telemetry = &self.surroundings.telemetry;
        let _slot = telemetry.timed(Stopwatch::Slot, self.slots.acquire()).await;
        let session = conversation(job, job.tutor_failures);
        let process = self.client.process(session, job.seq, utterance.wav);
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
        let transcript = Transcript { text: text.trim().to_owned(), ..Transcript::default() };
        let purge = (0..=job.tutor_failures).map(|attempt| conversation(job, attempt)).collect();
        Ok(Overheard { transcript, purge })
    }
}

/// The conversation of one attempt at one row: another one for each attempt, since the tutor may still be at work on the one
/// before, and the same after a crash, so that none is left with the tutor.
fn conversation(job: &Job, attempt: u32) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(b"drill");
    for number in [job.user.0, job.accepted_at.0, job.seq.cast_signed(), i64::from(attempt)] {
        hash.update(number.to_le_bytes());
    }
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ChatId, Placement, Task, Timestamp, UserId};

    #[test]
    fn each_attempt_has_a_conversation_of_its_own_that_a_restart_finds_again() {
        let job = |seq| {
            let task = Task::Deliver { update_id: None };
            Job::new(seq, UserId(1), ChatId(1), Placement::AT_ONCE, Timestamp(5), task)
        };
        assert_eq!(conversation(&job(1), 0), conversation(&job(1), 0));
        let all = [conversation(&job(1), 0), conversation(&job(1), 1), conversation(&job(2), 0)];
        assert!(all[0] != all[1] && all[1] != all[2] && all[0] != all[2]);
        assert_eq!(all[0].get_version_num(), 4);
    }
}
