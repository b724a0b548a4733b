//! What the tutor said about a voice message, in our words.
//!
//! Must not know the tutor's JSON (see `tutor::wire`).

use super::ids::Timestamp;
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
    /// The answer.
    pub assessment: Assessment,
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
