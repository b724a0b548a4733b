//! What the tutor says: scripted by a test, or made up so that it looks like the real one. Must not know
//! HTTP.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::wav::tone;

/// What a script may base its answer on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub session: String,
    /// Number of the turn in this session, from 1.
    pub turn: usize,
    /// Number of the turn over all sessions, from 1.
    pub number: usize,
    /// Length of the voice in samples at 16 kHz.
    pub samples: usize,
}

/// One answer to `/process`.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    /// JSON. With status 200 its `user_transcript`, `coaching_feedback` and `conversational_response` enter
    /// the history.
    pub body: Value,
    /// Whether the turn enters the history (by default if the status is 200).
    pub in_history: bool,
    /// The spoken answer; `None`: as the options say.
    pub audio: Option<Speech>,
    /// How long this turn takes; `None`: as the options say.
    pub takes: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Speech {
    /// These bytes under this MIME type.
    Bytes(Bytes, &'static str),
    /// Conversational audio, coaching audio, and their MIME type.
    Pair(Bytes, Bytes, &'static str),
    None,
}

impl Answer {
    pub fn ok(body: Value) -> Self {
        Self { status: 200, body, in_history: true, audio: None, takes: None }
    }

    /// The three texts, without Portuguese or audio paths.
    pub fn texts(transcript: &str, coaching: &str, conversational: &str) -> Self {
        Self::ok(json!({
            "user_transcript": transcript, "coaching_feedback": coaching, "conversational_response": conversational,
        }))
    }

    /// An error as the tutor words it.
    pub(crate) fn error(status: u16, detail: Value) -> Self {
        Self { status, body: json!({ "detail": detail }), in_history: false, audio: None, takes: None }
    }

    #[must_use]
    pub fn taking(mut self, time: Duration) -> Self {
        self.takes = Some(time);
        self
    }

    #[must_use]
    pub fn speaking(mut self, speech: Speech) -> Self {
        self.audio = Some(speech);
        self
    }
}

/// Sentence, coaching in English and Portuguese, answer in English and Portuguese; with a model's Markdown.
const LESSONS: &[[&str; 5]] = &[
    [
        "Yesterday I go to the beach with my friends.",
        "Use the past tense: \"went\", not \"go\". Your \"th\" in \"the\" was clear.",
        "Use o passado: **went**, não \"go\". O \"th\" de \"the\" ficou claro.",
        "That sounds like fun! What did you do at the beach?",
        "Que divertido! O que vocês fizeram na praia?",
    ],
    [
        "I am learning English since two years.",
        "Say \"I have been learning English for two years\". Stress the first syllable of \"English\".",
        "Diga \"I have been learning English for two years\". A sílaba forte de \"English\" é a primeira.",
        "Two years is a good start. Why did you begin?",
        "Dois anos é um bom começo. Por que você começou?",
    ],
    [
        "She don't like coffee, but she loves tea.",
        "With \"she\" it is \"doesn't\". The \"v\" in \"loves\" is soft: upper teeth on lower lip.",
        "Com \"she\" usa-se \"doesn't\". O \"v\" de \"loves\" é suave: dentes de cima no lábio de baixo.",
        "I see. And what do you like to drink in the morning?",
        "Entendi. E você, o que gosta de beber de manhã?",
    ],
    [
        "I want to practise my pronunciation every day.",
        "Very good. In \"practise\" the last sound is \"s\", not \"z\".",
        "Muito bem. Em \"practise\" o último som é \"s\", não \"z\".",
        "A daily habit works wonders. How long do you practise?",
        "Um hábito diário faz maravilhas. Quanto tempo você pratica?",
    ],
];

/// The made-up answer: the same for the same turn and length. A tutor that is not `bilingual` coaches in
/// Portuguese and translates nothing.
pub(crate) fn derived(asked: &Asked, bilingual: bool) -> Answer {
    let at = (asked.turn + LESSONS.len() - 1) % LESSONS.len();
    let [said, coaching, coaching_pt, reply, reply_pt] = LESSONS.get(at).copied().unwrap_or_default();
    let seconds = asked.samples as f32 / 16_000.0;
    if !bilingual {
        return Answer::ok(json!({
            "user_transcript": said,
            "coaching_feedback": format!("{coaching_pt} (turn {}, {seconds:.1} s)", asked.turn),
            "conversational_response": reply,
            "conversational_audio_path": format!("/app/audio/{}_conversational.wav", asked.session),
        }));
    }
    Answer::ok(json!({
        "user_transcript": said,
        "coaching_feedback": format!("{coaching} (turn {}, {seconds:.1} s)", asked.turn),
        "coaching_feedback_portuguese": coaching_pt,
        "conversational_response": reply,
        "conversational_response_portuguese": reply_pt,
        "coaching_audio_path": format!("/app/audio/{}_coaching.wav", asked.session),
        "conversational_audio_path": format!("/app/audio/{}_conversational.wav", asked.session),
    }))
}

/// The made-up speech, WAV 24 kHz mono: a tone whose pitch depends on the turn.
pub(crate) fn spoken(turn: usize, coaching: bool) -> Bytes {
    let base = if coaching { 330.0 } else { 440.0 };
    tone(24_000, base + 20.0 * (turn % 10) as f32, 1200)
}
