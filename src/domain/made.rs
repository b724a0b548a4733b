//! What is made when it is sent: the outbox keeps what to make, never the bytes, so a file of megabytes costs a row of a few
//! bytes, and it shows what is known at that moment.
//!
//! Must not know how anything is made or sent.

use serde::{Deserialize, Serialize};

/// A file to make. A `turn` is the row number of the message that was answered
/// ([`Turn::seq`](super::Turn)), which never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Made {
    /// Everything held about the learner, as a document.
    Export { format: ExportFormat },
    /// All cards, as a document that Anki imports.
    CardsCsv,
    /// The learner's weeks, as a picture.
    Progress,
    /// The melody of a voice and of the reply to it, as a picture.
    Intonation { turn: u64 },
    /// The spoken reply at 0.8 of its speed.
    Slower { turn: u64 },
    /// The coaching, spoken.
    CoachingAudio { turn: u64 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExportFormat {
    Json,
    Markdown,
}

impl Made {
    /// Its name, for logs and exports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Export { .. } => "data export",
            Self::CardsCsv => "cards",
            Self::Progress => "progress picture",
            Self::Intonation { .. } => "intonation picture",
            Self::Slower { .. } => "slower reply",
            Self::CoachingAudio { .. } => "spoken coaching",
        }
    }
}
