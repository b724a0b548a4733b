//! What the tutor said about a voice message, as types of ours.
//!
//! Must not know the tutor's JSON (see `tutor::wire`).

use super::ids::Timestamp;
use super::incoming::Chat;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One answer of the tutor. Empty strings mean "not given".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// What the tutor understood.
    pub transcript: String,
    /// On pronunciation and grammar, in English.
    pub coaching: String,
    /// In Portuguese.
    pub coaching_pt: String,
    /// In English.
    pub reply: String,
    /// In Portuguese.
    pub reply_pt: String,
    /// The tutor can speak the coaching.
    pub coaching_audio: bool,
    /// The tutor can speak the reply.
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
    pub session: Uuid,
    /// Counted from 1 in each session.
    pub number: u32,
    /// When the answer came.
    pub at: Timestamp,
    /// Length of the learner's voice, ms.
    pub voice_ms: u64,
    /// For a written turn: the learner's text as the transcript, the model's as the reply (Markdown).
    pub assessment: Assessment,
    pub kind: TurnKind,
    /// The model that answered a written turn.
    pub model: Option<String>,
    /// Where it was said; `None`: an older version did not store it.
    pub chat: Option<Chat>,
    /// Used by a written turn.
    pub tokens: Tokens,
    /// Somebody else speaks than the learner, who had it coached by `/coach`: it is nothing the learner practised.
    pub of_another: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TurnKind {
    /// A voice, answered by the tutor.
    #[default]
    Voice,
    /// A text, answered by a chat model.
    Text,
}

impl TurnKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Voice => "voice",
            Self::Text => "text",
        }
    }
}

/// Tokens of one model call, as counted by the server or, if it does not count, estimated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// Of the question with its context.
    pub input: u32,
    /// Of the answer.
    pub output: u32,
}

impl Tokens {
    pub fn total(self) -> u64 {
        u64::from(self.input) + u64::from(self.output)
    }
}

impl Turn {
    /// The store numbers it.
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
            of_another: false,
        }
    }
}

/// One entry of the tutor's own history (`GET /conversation`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordedTurn {
    pub user: String,
    pub coaching: String,
    pub conversational: String,
}

impl RecordedTurn {
    /// Whether this entry is a turn we already know.
    pub(crate) fn is_copy_of(&self, known: &Assessment) -> bool {
        self.user.trim() == known.transcript.trim() && self.conversational.trim() == known.reply.trim()
    }

    /// The history contains neither Portuguese nor whether there is audio. The reply's audio is assumed to
    /// exist: asking for it costs one request, while a missing voice note costs the learner. Coaching is
    /// hardly ever spoken.
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
