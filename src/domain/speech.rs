//! What a speech recogniser heard: the text, its words with their times and how sure it was of each. Pure;
//! must not know who recognised it or how that was asked for.

use serde::{Deserialize, Serialize};

/// What was understood of a recording. Every part but the text is missing where the recogniser gives none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Transcript {
    /// Trimmed; empty when nothing was recognised.
    pub text: String,
    /// In the order of the text.
    pub words: Vec<SpokenWord>,
    /// Probability, 0 to 1, that nobody speaks: that of the segment that most probably is speech.
    pub no_speech: Option<f32>,
    /// Mean logarithm of the probabilities of its tokens, at most 0; below -1 a Whisper model is guessing.
    pub avg_logprob: Option<f32>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SpokenWord {
    /// As it stands in the text, perhaps with punctuation.
    pub text: String,
    /// Milliseconds from the start of the recording. In order over the words, without overlaps.
    pub start_ms: u32,
    pub end_ms: u32,
    /// Probability, 0 to 1, that this word was said.
    pub confidence: Option<f32>,
}

// No number in them is ever NaN: what is not finite is read as missing.
impl Eq for Transcript {}
impl Eq for SpokenWord {}

impl Transcript {
    /// Probably nothing was said: no words, or a model's guess at noise. Whisper's own rule (over 0.6, and guessing)
    /// lets "Thank you." pass, which its models are sure to hear in silence.
    pub fn is_silence(&self) -> bool {
        let guessing = self.avg_logprob.is_none_or(|logprob| logprob < -1.0);
        let noise = self.no_speech.is_some_and(|none| none > 0.8 || (none > 0.6 && guessing));
        self.text.is_empty() || noise
    }

    /// Whether the words have times. Without, all of them stand at 0.
    pub fn is_timed(&self) -> bool {
        self.words.iter().any(|word| word.end_ms > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_no_words_or_a_guess_at_noise() {
        let heard = |text: &str, no_speech, avg_logprob| Transcript {
            text: text.to_owned(),
            no_speech,
            avg_logprob,
            ..Transcript::default()
        };
        for (transcript, silent) in [
            (heard("", None, None), true),
            (heard("Hello", None, None), false),
            (heard("Thank you.", Some(0.9), Some(-0.3)), true),
            (heard("Hello", Some(0.7), Some(-0.3)), false),
            (heard("you", Some(0.7), Some(-1.2)), true),
            (heard("you", Some(0.7), None), true),
            (heard("Hello", Some(0.1), Some(-2.0)), false),
        ] {
            assert_eq!(transcript.is_silence(), silent, "{transcript:?}");
        }
    }
}
