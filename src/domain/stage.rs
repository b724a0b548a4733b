//! How far the work on a row has come, so that a restart continues there. Must not know how a stage is recorded.

use super::ids::Timestamp;
use super::speech::Transcript;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How far the work on a row has come. The only way back is [`Stage::Submitted`] to [`Stage::Taken`], once the
/// tutor's history has shown that the turn was not recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Accepted; nothing has left the house.
    Taken,
    /// The voice may have reached the tutor: its history must be looked at before it is sent again.
    Submitted {
        /// The conversation.
        session: Uuid,
        /// Turns the tutor's history held before.
        baseline: u32,
        /// When it was sent.
        at: Timestamp,
        /// Since when the outcome is unknown: a time-out, a broken connection, a restart.
        uncertain_since: Option<Timestamp>,
        /// Length of the voice, milliseconds.
        voice_ms: u64,
    },
    /// The outcome is committed; what is left is in the outbox.
    Answered,
    /// A chat model was asked. It keeps nothing, so a restart asks again; the preview there may be is [`Job::progress`].
    Asked {
        /// Which one.
        model: String,
        /// 1 for the first time.
        attempt: u32,
    },
    /// The built-in tutor's recogniser has heard the voice, and is not asked again.
    Heard {
        transcript: Transcript,
        /// Length of the voice, ms.
        voice_ms: u64,
    },
}

impl Stage {
    /// Whether a row that is taken up again after it was given up continues from here.
    pub(crate) fn outlasts_giving_up(&self) -> bool {
        matches!(self, Self::Submitted { .. } | Self::Heard { .. })
    }

    /// The conversation in which a tutor may be at work on the row's turn, or have recorded it.
    pub(crate) fn conversation(&self) -> Option<Uuid> {
        match self {
            Self::Submitted { session, .. } => Some(*session),
            Self::Taken | Self::Answered | Self::Asked { .. } | Self::Heard { .. } => None,
        }
    }
}
