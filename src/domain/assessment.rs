//! What the tutor said about a voice message, in our words.
//!
//! Must not know the tutor's JSON (see `tutor::wire`).

use super::ids::Timestamp;
use super::incoming::Chat;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One answer of the tutor. Empty strings mean "not given".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// What was understood.
    pub transcript: String,
    /// Coaching on pronunciation and grammar, in English.
    pub coaching: String,
    /// The coaching in Portuguese.
    pub coaching_pt: String,
    /// The conversational reply, in English.
    pub reply: String,
    /// The reply in Portuguese.
    pub reply_pt: String,
    /// The coaching can be heard.
    pub coaching_audio: bool,
    /// The reply can be heard.
    pub reply_audio: bool,
}

impl Assessment {
    /// Nothing a learner could read.
    pub(crate) fn is_empty(&self) -> bool {
        [&self.transcript, &self.coaching, &self.coaching_pt, &self.reply, &self.reply_pt]
            .iter()
            .all(|text| text.trim().is_empty())
    }
}

/// A finished turn, kept for `/history`, `/feedback` and `/export`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// The session it belongs to.
    pub session: Uuid,
    /// 1 for the session's first turn.
    pub number: u32,
    /// When the answer came.
    pub at: Timestamp,
    /// Length of the learner's voice, milliseconds.
    pub voice_ms: u64,
    /// The answer. Of a written turn: the learner's words as the transcript, the model's as the reply (Markdown).
    pub assessment: Assessment,
    /// Spoken to the tutor or written to a model.
    pub kind: TurnKind,
    /// The model that answered a written turn.
    pub model: Option<String>,
    /// Where it was said; `None`: an older program did not note it.
    pub chat: Option<Chat>,
    /// What a written turn cost.
    pub tokens: Tokens,
}

/// Who answered a turn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TurnKind {
    /// The tutor, a voice.
    #[default]
    Voice,
    /// A chat model, a text.
    Text,
}

impl TurnKind {
    /// The word for people and machines.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Voice => "voice",
            Self::Text => "text",
        }
    }
}

/// Tokens of one model call, as its server counted them or, where it does not, estimated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// Of the question with its context.
    pub input: u32,
    /// Of the answer.
    pub output: u32,
}

impl Tokens {
    /// Both together.
    pub fn total(self) -> u64 {
        u64::from(self.input) + u64::from(self.output)
    }
}

impl Turn {
    /// A voice and the tutor's answer. The store numbers it.
    pub fn voice(session: Uuid, at: Timestamp, voice_ms: u64, assessment: Assessment) -> Self {
        Self {
            session,
            number: 0,
            at,
            voice_ms,
            assessment,
            kind: TurnKind::Voice,
            model: None,
            chat: None,
            tokens: Tokens::default(),
        }
    }
}

/// One entry of the tutor's own history (`GET /conversation`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordedTurn {
    /// What the learner said.
    pub user: String,
    /// Coaching.
    pub coaching: String,
    /// Reply.
    pub conversational: String,
}

impl RecordedTurn {
    /// Whether this entry is the copy of a turn we already know.
    pub(crate) fn is_copy_of(&self, known: &Assessment) -> bool {
        self.user.trim() == known.transcript.trim() && self.conversational.trim() == known.reply.trim()
    }

    /// The entry as an answer; the history holds neither Portuguese nor a sign of audio, so the reply's is assumed to be
    /// there (asking costs one request, a missing voice note costs the learner). Coaching is hardly ever spoken.
    pub(crate) fn into_assessment(self) -> Assessment {
        let reply_audio = !self.conversational.trim().is_empty();
        Assessment {
            transcript: self.user,
            coaching: self.coaching,
            reply: self.conversational,
            reply_audio,
            ..Assessment::default()
        }
    }
}
