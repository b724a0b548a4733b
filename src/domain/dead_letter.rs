//! A message that was given up: what is kept of it, and why.
//!
//! The reason is a value rather than a text: whoever shows it chooses the words. Must not know where it is
//! kept or shown.

use super::ids::Timestamp;
use super::job::{Job, WaitReason};
use serde::{Deserialize, Serialize};

/// A message that was given up, for an admin to look at and to retry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// The row as it was.
    pub job: Job,
    /// When it was given up.
    pub at: Timestamp,
    pub reason: DeadReason,
    /// Text of the error, without message text; may be empty.
    pub detail: String,
}

/// Why a message was given up. Stored as its index in this list, so new reasons go to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub enum DeadReason {
    /// A reason stored as text by an older version, which fits none of the others.
    #[default]
    Other,
    /// The tutor did not answer for `BACKEND_RETRY_MAX_AGE`.
    TutorDown,
    /// The tutor's answer was lost, and it is impossible to find out whether it recorded the turn.
    AnswerLost,
    /// For a day, Telegram did not hand out the recording or accept a message.
    TelegramDown,
    /// The handler failed again and again: a bug of ours.
    Fault,
    /// Open when the export was made from which the store was restored; may have been answered since.
    Restored,
    /// The process ended twice while working on this message.
    EndedDaemon,
    /// Telegram refuses what the bot sends.
    SendRefused,
    /// Sent several times without an answer from Telegram: it is unknown whether it arrived.
    SendUnknown,
    /// The tutor refuses what the bot sends.
    TutorRefused,
    /// The tutor fails on this recording again and again, and on no other.
    VoiceFailed,
    /// The chat model did not answer for `BACKEND_RETRY_MAX_AGE`.
    ModelDown,
    /// The chat model does not take this message.
    ModelRefused,
}

impl DeadReason {
    /// In the order of their stored numbers.
    pub const ALL: [Self; 13] = [
        Self::Other,
        Self::TutorDown,
        Self::AnswerLost,
        Self::TelegramDown,
        Self::Fault,
        Self::Restored,
        Self::EndedDaemon,
        Self::SendRefused,
        Self::SendUnknown,
        Self::TutorRefused,
        Self::VoiceFailed,
        Self::ModelDown,
        Self::ModelRefused,
    ];

    /// For a row that waited too long for this.
    pub(crate) fn waited_for(reason: WaitReason) -> Self {
        match reason {
            WaitReason::TutorDown | WaitReason::TutorFailing | WaitReason::RecogniserDown => Self::TutorDown,
            WaitReason::TutorUncertain => Self::AnswerLost,
            WaitReason::TelegramDown | WaitReason::Paced => Self::TelegramDown,
            WaitReason::Fault => Self::Fault,
            WaitReason::ModelDown => Self::ModelDown,
            WaitReason::GlobalRate => Self::Other,
        }
    }

    /// For JSON and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Other => "other",
            Self::TutorDown => "tutor_down",
            Self::AnswerLost => "answer_lost",
            Self::TelegramDown => "telegram_down",
            Self::Fault => "fault",
            Self::Restored => "restored",
            Self::EndedDaemon => "ended_daemon",
            Self::SendRefused => "send_refused",
            Self::SendUnknown => "send_unknown",
            Self::TutorRefused => "tutor_refused",
            Self::VoiceFailed => "voice_failed",
            Self::ModelDown => "model_down",
            Self::ModelRefused => "model_refused",
        }
    }

    /// For admins, on the command line and in the log.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Other => "given up",
            Self::TutorDown => "the tutor did not answer",
            Self::AnswerLost => "the tutor's answer was lost",
            Self::TelegramDown => "Telegram did not answer",
            Self::Fault => "the handler failed again and again",
            Self::Restored => {
                "open when the export was taken that the store was restored from; may have been answered since"
            }
            Self::EndedDaemon => "the daemon ended twice while it worked on this",
            Self::SendRefused => "Telegram refuses the message",
            Self::SendUnknown => "sent several times, and Telegram never said whether it arrived",
            Self::TutorRefused => "the tutor refuses what we send",
            Self::VoiceFailed => "the tutor failed on this message and on no other",
            Self::ModelDown => "the chat model did not answer",
            Self::ModelRefused => "the chat model does not take this message",
        }
    }

    /// Reason and error text together.
    pub(crate) fn with(self, detail: &str) -> String {
        match (self, detail) {
            (reason, "") => reason.as_str().to_owned(),
            (Self::Other, detail) => detail.to_owned(),
            (reason, detail) => format!("{} ({detail})", reason.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_listed_at_its_place_and_has_a_name_and_words_of_its_own() {
        for (place, reason) in DeadReason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, place, "{reason:?}");
        }
        let mut names = DeadReason::ALL.map(DeadReason::name).to_vec();
        let mut words = DeadReason::ALL.map(DeadReason::as_str).to_vec();
        for texts in [&mut names, &mut words] {
            texts.sort_unstable();
            texts.dedup();
            assert_eq!(texts.len(), DeadReason::ALL.len());
        }
        assert_eq!(DeadReason::Fault.with(""), "the handler failed again and again");
        assert_eq!(DeadReason::TutorDown.with("no route"), "the tutor did not answer (no route)");
        assert_eq!(DeadReason::Other.with("prose of old"), "prose of old");
    }
}
