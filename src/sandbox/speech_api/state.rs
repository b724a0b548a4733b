//! What a speech server remembers: its models, what it heard and said, the answers that wait. It must not know the wire.

use std::{collections::VecDeque, sync::Arc};

use super::answer::{Heard, Sound};

/// Which of the real servers it is like, where they differ: refusals, lists of models, where words stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Like {
    /// OpenAI, and the many that copy it.
    #[default]
    OpenAi,
    /// speaches: FastAPI's refusals, a `task` in its list of models.
    Speaches,
    /// whisper.cpp's server: one model, whatever is asked for; tokens in the segments.
    WhisperCpp,
}

/// How it behaves.
#[derive(Debug, Clone)]
pub struct SpeechOptions {
    pub like: Like,
    /// The models that recognise.
    pub recognisers: Vec<String>,
    /// The models that speak.
    pub synthesisers: Vec<String>,
    pub voices: Vec<String>,
    /// The key it wants; `None`: none.
    pub key: Option<String>,
    /// The `response_format`s of transcriptions it takes.
    pub text_formats: Vec<String>,
    /// It takes `timestamp_granularities[]`.
    pub granularities: bool,
    /// It tells the words with their times where they are asked for.
    pub words: bool,
    /// It tells how sure it is of each.
    pub probabilities: bool,
    /// The `response_format`s of speech it takes.
    pub sound_formats: Vec<String>,
    /// Longest text it speaks, characters.
    pub most_characters: usize,
    /// Largest recording it hears, bytes.
    pub most_bytes: usize,
}

impl Default for SpeechOptions {
    fn default() -> Self {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self {
            like: Like::default(),
            recognisers: names(&["whisper-1"]),
            synthesisers: names(&["tts-1"]),
            voices: names(&["alloy"]),
            key: None,
            text_formats: names(&["json", "text", "verbose_json"]),
            granularities: true,
            words: true,
            probabilities: true,
            sound_formats: names(&["mp3", "opus", "aac", "flac", "wav", "pcm"]),
            most_characters: 4_096,
            most_bytes: 25 << 20,
        }
    }
}

/// A recording that passed the checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    pub model: String,
    pub language: Option<String>,
    pub response_format: String,
    pub granularities: Vec<String>,
    /// Its length in samples at 16 kHz.
    pub samples: usize,
    /// Nothing in it is louder than -50 dB.
    pub silent: bool,
    /// Number over all recordings, from 1.
    pub number: usize,
}

/// A text that passed the checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoken {
    pub model: String,
    pub voice: String,
    pub input: String,
    /// As asked for; `None`: the server's own choice.
    pub response_format: Option<String>,
}

/// A request that was refused: the call, status and the words of the refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub call: String,
    pub status: u16,
    pub message: String,
}

pub(super) type Hears = Arc<dyn Fn(&Recording) -> Heard + Send + Sync>;
pub(super) type Sounds = Arc<dyn Fn(&Spoken) -> Sound + Send + Sync>;

/// Everything it remembers.
pub struct SpeechState {
    pub(super) options: SpeechOptions,
    pub(super) recordings: Vec<Recording>,
    pub(super) spoken: Vec<Spoken>,
    pub(super) refused: Vec<Refused>,
    pub(super) listed: usize,
    pub(super) heard: VecDeque<Heard>,
    pub(super) hears: Option<Hears>,
    pub(super) sounds: VecDeque<Sound>,
    pub(super) sound: Option<Sounds>,
}

impl SpeechState {
    pub(super) fn new(options: SpeechOptions) -> Self {
        let (recordings, spoken, refused, listed, heard, sounds) = Default::default();
        Self { options, recordings, spoken, refused, listed, heard, hears: None, sounds, sound: None }
    }

    /// Every recording that passed the checks, in order.
    pub fn recordings(&self) -> &[Recording] {
        &self.recordings
    }

    /// Every text that passed the checks, in order.
    pub fn spoken(&self) -> &[Spoken] {
        &self.spoken
    }

    /// Every request that did not.
    pub fn refused(&self) -> &[Refused] {
        &self.refused
    }

    /// How often it was asked for its models.
    pub fn listed(&self) -> usize {
        self.listed
    }
}
