//! What can go wrong with the tutor, sorted by what to do next.
//!
//! Must not contain a URL, a body or the tutor's `detail`, because errors go to logs and people.

use crate::domain::stats::Failure;
use crate::http::{Fate, HttpError};
use crate::tutor::streak::Blame;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallError {
    /// The tutor never got the request (refused, name not found, TLS): sending again is safe.
    #[error("the tutor cannot be reached ({0}); check BACKEND_URL and that the tutor runs")]
    NotSent(String),
    /// The tutor, or a proxy in front of it, refuses work at the moment.
    #[error("the tutor is busy (HTTP {status})")]
    Busy {
        /// 429 or 503.
        status: u16,
        /// Seconds it asked us to wait, at most 3,600.
        retry_after: Option<u32>,
    },
    /// The tutor failed; it may have recorded the turn before that.
    #[error("the tutor failed (HTTP {status}, {blame}); its own log says why")]
    Failed {
        /// 500 to 508.
        status: u16,
        /// What its `detail` points at.
        blame: Blame,
    },
    /// The request was sent and no usable answer came: the turn may be recorded.
    #[error("the tutor's answer was lost ({0})")]
    Uncertain(String),
    /// The answer is larger than this many bytes; the turn may be recorded.
    #[error("the tutor's answer is larger than {0} bytes")]
    TooMuch(usize),
    /// The tutor rejects this audio for good.
    #[error("the tutor does not take this audio (HTTP {status}, {fault})")]
    Refused {
        /// 400, 413, 415 or 422.
        status: u16,
        fault: Refusal,
    },
    /// Key, signature or address is wrong: the admin must act, the message waits.
    #[error("the tutor does not let us in (HTTP {status}); check {}", advice(*status))]
    Denied {
        /// 401, 403, 404, a redirect and so on.
        status: u16,
    },
    /// No client can be built from these settings.
    #[error("the tutor cannot be set up: {0}")]
    Setup(String),
}

/// Why the tutor rejects the audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No speech in it.
    NoSpeech,
    /// Too large or too long.
    TooLarge,
    /// It cannot read the file.
    Format,
    /// It does not say.
    Other,
}

impl CallError {
    /// The kind it is counted as in statistics.
    pub(crate) fn failure(&self) -> Failure {
        match self {
            Self::NotSent(_) | Self::Busy { .. } => Failure::TutorDown,
            Self::Uncertain(_) | Self::TooMuch(_) => Failure::TutorTimeout,
            Self::Failed { .. } => Failure::TutorFailed,
            Self::Refused { .. } => Failure::TutorRefused,
            Self::Denied { .. } | Self::Setup(_) => Failure::TutorDenied,
        }
    }

    /// The pause it asked for, ms; 0: none.
    pub(crate) fn asked_pause_ms(&self) -> i64 {
        match self {
            Self::Busy { retry_after: Some(wait), .. } => i64::from((*wait).min(600)) * 1000,
            _ => 0,
        }
    }

    /// Sorts an answer without success. `fault` and `blame` come from its `detail`, if that was read.
    pub(super) fn from_status(status: u16, retry_after: Option<u32>, fault: Refusal, blame: Blame) -> Self {
        match status {
            413 => Self::Refused { status, fault: Refusal::TooLarge },
            415 => Self::Refused { status, fault: Refusal::Format },
            400 | 422 => Self::Refused { status, fault },
            429 | 503 => Self::Busy { status, retry_after },
            // A gateway lost the tutor or gave up waiting; what the tutor did is unknown.
            408 | 502 | 504 | 509.. => Self::Uncertain(format!("HTTP {status} from a proxy")),
            500..=508 => Self::Failed { status, blame },
            _ => Self::Denied { status },
        }
    }

    /// Whether the tutor itself does not answer (a gateway answered for it, or nobody did).
    pub(super) fn means_unreachable(&self) -> bool {
        matches!(self, Self::NotSent(_) | Self::Uncertain(_) | Self::Busy { status: 503, .. })
    }
}

impl From<HttpError> for CallError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Setup(why) => Self::Setup(why),
            HttpError::Connect(why) => Self::NotSent(why),
            HttpError::TooLarge(cap) => Self::TooMuch(cap),
            other => match other.fate() {
                Fate::NotSent => Self::NotSent(other.to_string()),
                Fate::Unknown => Self::Uncertain(other.to_string()),
            },
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NoSpeech => "no speech in it",
            Self::TooLarge => "too large",
            Self::Format => "unreadable format",
            Self::Other => "no reason given",
        })
    }
}

fn advice(status: u16) -> &'static str {
    match status {
        401 | 403 | 407 => "BACKEND_API_KEY and BOT_PRIVATE_KEY",
        _ => "BACKEND_URL",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_its_kind_of_failure() {
        for (status, expected) in [
            (400, Failure::TutorRefused),
            (413, Failure::TutorRefused),
            (415, Failure::TutorRefused),
            (422, Failure::TutorRefused),
            (401, Failure::TutorDenied),
            (403, Failure::TutorDenied),
            (404, Failure::TutorDenied),
            (301, Failure::TutorDenied),
            (429, Failure::TutorDown),
            (503, Failure::TutorDown),
            (500, Failure::TutorFailed),
            (501, Failure::TutorFailed),
            (502, Failure::TutorTimeout),
            (504, Failure::TutorTimeout),
            (408, Failure::TutorTimeout),
            (524, Failure::TutorTimeout),
        ] {
            let error = CallError::from_status(status, None, Refusal::Other, Blame::Unknown);
            assert_eq!(error.failure(), expected, "{status}");
        }
    }

    #[test]
    fn names_the_setting_to_check() {
        let text = CallError::Denied { status: 401 }.to_string();
        assert!(text.contains("BACKEND_API_KEY"), "{text}");
        assert!(CallError::Denied { status: 404 }.to_string().contains("BACKEND_URL"));
    }
}
