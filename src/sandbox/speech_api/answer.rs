//! What a scripted speech server hears and how it sounds, and the JSON of it. It must not know who asked.

use bytes::Bytes;
use serde_json::{Value, json};

use super::super::tutor_api::tone;
use super::state::{Like, Recording, SpeechOptions};

/// A word and where it was heard.
#[derive(Debug, Clone, PartialEq)]
pub struct HeardWord {
    pub word: String,
    /// Seconds.
    pub start: f64,
    pub end: f64,
    pub probability: f64,
}

/// What is heard in a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    pub text: String,
    pub words: Vec<HeardWord>,
    pub no_speech_prob: f64,
    pub avg_logprob: f64,
    /// Sent instead of all that, with this type.
    pub raw: Option<(String, &'static str)>,
}

impl Heard {
    /// These words, two in a second, each for 0.4 s, all of them sure.
    pub fn says(text: &str) -> Self {
        let words = text.split_whitespace().enumerate().map(|(n, word)| HeardWord {
            word: word.to_owned(),
            start: n as f64 * 0.5,
            end: n as f64 * 0.5 + 0.4,
            probability: 0.98,
        });
        Self {
            text: text.to_owned(),
            words: words.collect(),
            no_speech_prob: 0.01,
            avg_logprob: -0.2,
            raw: None,
        }
    }

    /// Not sure of this word (as it stands in the text, punctuation included).
    #[must_use]
    pub fn unsure(mut self, word: &str, probability: f64) -> Self {
        for heard in self.words.iter_mut().filter(|heard| heard.word == word) {
            heard.probability = probability;
        }
        self
    }

    /// A pause of so many seconds before the n-th word, counted from 0.
    #[must_use]
    pub fn pausing(mut self, n: usize, seconds: f64) -> Self {
        for heard in self.words.iter_mut().skip(n) {
            heard.start += seconds;
            heard.end += seconds;
        }
        self
    }

    /// This probability that nobody speaks.
    #[must_use]
    pub fn no_speech(mut self, probability: f64) -> Self {
        self.no_speech_prob = probability;
        self
    }

    /// Nothing.
    pub fn nothing() -> Self {
        Self { text: String::new(), words: Vec::new(), no_speech_prob: 0.95, avg_logprob: -1.5, raw: None }
    }

    /// These bytes as a successful answer.
    pub fn raw(body: &str, content_type: &'static str) -> Self {
        Self { raw: Some((body.to_owned(), content_type)), ..Self::nothing() }
    }

    pub(super) fn json(&self, options: &SpeechOptions, of: &Recording) -> Value {
        if of.response_format != "verbose_json" {
            return json!({ "text": self.text });
        }
        let word = |heard: &HeardWord, space: &str| {
            let mut word =
                json!({ "word": format!("{space}{}", heard.word), "start": heard.start, "end": heard.end });
            if let (true, Some(fields)) = (options.probabilities, word.as_object_mut()) {
                fields.insert("probability".to_owned(), json!(heard.probability));
            }
            word
        };
        let whisper_cpp = options.like == Like::WhisperCpp;
        let asked = whisper_cpp || of.granularities.iter().any(|asked| asked == "word");
        let words: Vec<Value> = match options.words && asked {
            true => self.words.iter().map(|heard| word(heard, if whisper_cpp { " " } else { "" })).collect(),
            false => Vec::new(),
        };
        let seconds = of.samples as f64 / 16_000.0;
        let mut segment = json!({
            "id": 0, "seek": 0, "start": 0.0, "end": seconds, "text": format!(" {}", self.text), "tokens": [], "temperature": 0.0,
            "avg_logprob": self.avg_logprob, "compression_ratio": 1.1, "no_speech_prob": self.no_speech_prob,
        });
        let mut whole =
            json!({ "task": "transcribe", "language": "english", "duration": seconds, "text": self.text });
        if let (Some(whole), Some(segment)) = (whole.as_object_mut(), segment.as_object_mut()) {
            match whisper_cpp {
                true => drop(segment.insert("words".to_owned(), json!(words))),
                false if asked => drop(whole.insert("words".to_owned(), json!(words))),
                false => {}
            }
            whole.insert("segments".to_owned(), json!([segment]));
        }
        whole
    }
}

/// How a text sounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sound {
    pub content_type: String,
    pub bytes: Bytes,
}

impl Sound {
    pub fn bytes(content_type: &str, bytes: impl Into<Bytes>) -> Self {
        Self { content_type: content_type.to_owned(), bytes: bytes.into() }
    }

    /// A soft tone at this rate, some 60 ms for each character.
    pub fn wav(rate: u32, text: &str) -> Self {
        let milliseconds = u32::try_from(text.chars().count()).unwrap_or(u32::MAX).saturating_mul(60);
        Self::bytes("audio/wav", tone(rate, 220.0, milliseconds.clamp(200, 60_000)))
    }
}
