//! What the tutor said about a voice message, as types of ours.
//!
//! Must not know the tutor's JSON (see `tutor::wire`).

use super::correction::Correction;
use super::fluency::Fluency;
use super::ids::Timestamp;
use super::incoming::Chat;
use super::language::Language;
use super::outcome::SpokenPart;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One answer of the tutor. Empty strings mean "not given".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// What the tutor understood.
    pub transcript: String,
    /// On pronunciation and grammar, in English.
    pub coaching: String,
    /// In the learner's language ([`Turn::translated_into`]).
    pub coaching_translated: String,
    /// In English.
    pub reply: String,
    /// As `coaching_translated`.
    pub reply_translated: String,
    /// The tutor can speak the coaching.
    pub coaching_audio: bool,
    /// The tutor can speak the reply.
    pub reply_audio: bool,
}

impl Assessment {
    /// The words of a part that can be spoken.
    pub(crate) fn words_of(&self, part: SpokenPart) -> &str {
        match part {
            SpokenPart::Conversational => &self.reply,
            SpokenPart::Coaching => &self.coaching,
        }
    }

    /// Nothing a learner could read.
    pub(crate) fn is_empty(&self) -> bool {
        [&self.transcript, &self.coaching, &self.coaching_translated, &self.reply, &self.reply_translated]
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
    /// At most [`MOST`](super::correction::MOST), the most useful one first.
    pub corrections: Vec<Correction>,
    pub fluency: Option<Fluency>,
    /// Of the row it answers, by which the buttons under the answer name it (the store sets it); 0: an older version did not
    /// store it.
    pub seq: u64,
    /// The language of the translations in `assessment`.
    pub translated_into: Language,
    /// This tutor lists no corrections: they are to be drawn from its coaching by a chat model.
    pub to_draw: bool,
    /// The buttons under its answer that were pressed, each once, with the time of the last press.
    pub pressed: Vec<(String, Timestamp)>,
    pub notes: SentNotes,
    /// Somebody else speaks than the learner, who had it coached by `/coach`: it is nothing the learner practised.
    pub of_another: bool,
}

/// The voice notes of a turn that were sent, by the `file_id` at which Telegram keeps each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentNotes {
    pub reply: Option<String>,
    pub coaching: Option<String>,
}

/// Buttons whose presses are remembered of one turn.
const PRESSES: usize = 32;

/// What becomes known of a turn after it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnChange {
    /// [`Turn::seq`].
    pub seq: u64,
    pub fact: TurnFact,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TurnFact {
    /// Coaching and reply in this language; empty where there is nothing to translate.
    Translated {
        into: Language,
        coaching: String,
        reply: String,
    },
    Corrected(Vec<Correction>),
    /// This button under its answer was pressed.
    Pressed(String, Timestamp),
    /// It was spoken: a voice note was sent.
    Spoken(SpokenPart, String),
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
            corrections: Vec::new(),
            fluency: None,
            seq: 0,
            translated_into: Language::Pt,
            to_draw: false,
            pressed: Vec::new(),
            notes: SentNotes::default(),
            of_another: false,
        }
    }

    /// When this button under its answer was last pressed.
    pub fn pressed(&self, button: &str) -> Option<Timestamp> {
        self.pressed.iter().find(|(name, _)| name == button).map(|(_, at)| *at)
    }

    pub fn apply(&mut self, fact: TurnFact) {
        match fact {
            TurnFact::Translated { into, coaching, reply } => {
                self.translated_into = into;
                self.assessment.coaching_translated = coaching;
                self.assessment.reply_translated = reply;
            }
            TurnFact::Corrected(corrections) => {
                self.corrections = corrections;
                self.to_draw = false;
            }
            TurnFact::Pressed(button, at) => {
                self.pressed.retain(|(name, _)| *name != button);
                if self.pressed.len() >= PRESSES {
                    self.pressed.remove(0);
                }
                self.pressed.push((button, at));
            }
            TurnFact::Spoken(SpokenPart::Conversational, note) => self.notes.reply = Some(note),
            TurnFact::Spoken(SpokenPart::Coaching, note) => self.notes.coaching = Some(note),
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
