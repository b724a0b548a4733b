//! A speech recogniser as part of a tutor: asked, timed, counted. Must not know which tutor it belongs to.

use super::{Retry, Surroundings, TutorError, Utterance};
use crate::domain::Transcript;
use crate::domain::stats::Step as Stopwatch;
use crate::speech::{self, Recogniser, SpeechError};

/// Learners practise English: told so, a recogniser hears a strong accent as English and not as another language.
const LANGUAGE: &str = "en";
/// Pause before a server is asked again that only a person can mend, ms.
pub(super) const SLOWLY_MS: i64 = 60_000;

pub(super) async fn overhear(
    recogniser: &Recogniser,
    utterance: Utterance,
    surroundings: &Surroundings,
) -> Result<Transcript, SpeechError> {
    let telemetry = &surroundings.telemetry;
    let heard = telemetry.timed(Stopwatch::Hear, recogniser.transcribe(utterance.wav, Some(LANGUAGE))).await;
    if let Err(error) = &heard {
        telemetry.failed(error.failure());
    }
    heard
}

impl From<SpeechError> for TutorError {
    fn from(error: SpeechError) -> Self {
        let retry = match error.retry() {
            speech::Retry::Later => Retry::Later { pause_ms: 0 },
            speech::Retry::After(secs) => Retry::Later { pause_ms: i64::from(secs) * 1000 },
            speech::Retry::Slowly => Retry::Later { pause_ms: SLOWLY_MS },
            speech::Retry::Never => Retry::Never,
        };
        Self { failure: error.failure(), retry, what: error.to_string() }
    }
}
