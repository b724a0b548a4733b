//! What can go wrong with a speech server, sorted by what to do next.
//!
//! Must not contain a URL, a key, a body or any text that was spoken, because errors go to logs and people.

use crate::domain::stats::Failure;
use crate::http::HttpError;
use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part}: {fault}")]
pub struct SpeechError {
    pub part: Part,
    pub fault: Fault,
}

/// Which of the two servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Speech to text, `STT_URL`.
    Recogniser,
    /// Text to speech, `TTS_URL`.
    Synthesiser,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Recogniser => "the speech recogniser (STT_URL)",
            Self::Synthesiser => "the speech synthesiser (TTS_URL)",
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It never got the request (refused, name not found, TLS).
    #[error("it cannot be reached ({0}); check its URL and that it runs")]
    NotSent(String),
    /// It, or a proxy in front of it, takes no work at the moment.
    #[error("it takes no work for now (HTTP {status})")]
    Busy {
        /// 429, 503 or 529.
        status: u16,
        /// Seconds it asked us to wait, at most 600.
        retry_after: Option<u32>,
    },
    #[error("it failed (HTTP {status}); its own log says why")]
    Failed { status: u16 },
    #[error("its answer broke off ({0})")]
    Broken(String),
    /// No whole answer before the deadline.
    #[error("no whole answer within BACKEND_TIMEOUT")]
    TooSlow,
    /// What came with a success is not what was asked for: a proxy's page, an error object, text for audio.
    #[error("what it sent is no answer ({0})")]
    Unreadable(&'static str),
    /// The text is longer than it speaks, or the recording longer than it hears, at once: send
    /// [`pieces`](super::pieces).
    #[error("this is too long for it (HTTP {status})")]
    TooLong { status: u16 },
    /// It has not got this model, or not this voice.
    #[error("it has no such model or voice (HTTP {status}); doctor says which it has")]
    Gone { status: u16 },
    /// It rejects this recording or this text for good.
    #[error("it does not take this (HTTP {status})")]
    Refused { status: u16 },
    /// Key or address is wrong: the admin must act.
    #[error("it does not let us in (HTTP {status}); check {}", advice(*status))]
    Denied { status: u16 },
    /// No client can be built from these settings.
    #[error("it cannot be set up: {0}")]
    Setup(String),
}

/// What may be done after an error. Neither server keeps anything, so asking again costs only time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Ask again after a pause of our choice.
    Later,
    /// Ask again after this many seconds.
    After(u32),
    /// Ask again, but seldom: a person has to change something.
    Slowly,
    /// It will refuse the same again.
    Never,
}

impl SpeechError {
    pub fn retry(&self) -> Retry {
        match self.fault {
            Fault::Busy { retry_after: Some(secs), .. } => Retry::After(secs),
            Fault::NotSent(_)
            | Fault::Busy { .. }
            | Fault::Failed { .. }
            | Fault::Broken(_)
            | Fault::TooSlow
            | Fault::Unreadable(_) => Retry::Later,
            Fault::Gone { .. } | Fault::Denied { .. } | Fault::Setup(_) => Retry::Slowly,
            Fault::TooLong { .. } | Fault::Refused { .. } => Retry::Never,
        }
    }

    /// Whether the server is at fault, rather than this recording, this text or the load.
    pub fn is_of_the_server(&self) -> bool {
        !matches!(self.fault, Fault::TooLong { .. } | Fault::Refused { .. } | Fault::Busy { status: 429, .. })
    }

    /// Whether it seems not to be there, rather than to refuse or to fail.
    pub fn means_unreachable(&self) -> bool {
        matches!(self.fault, Fault::NotSent(_) | Fault::Broken(_) | Fault::TooSlow)
    }

    /// As it is counted.
    pub fn failure(&self) -> Failure {
        let pair = match self.fault {
            Fault::NotSent(_) | Fault::Busy { .. } => (Failure::RecogniserDown, Failure::SynthesiserDown),
            Fault::Broken(_) | Fault::TooSlow => (Failure::RecogniserTimeout, Failure::SynthesiserTimeout),
            Fault::Failed { .. } | Fault::Unreadable(_) => {
                (Failure::RecogniserFailed, Failure::SynthesiserFailed)
            }
            Fault::TooLong { .. } | Fault::Refused { .. } => {
                (Failure::RecogniserRefused, Failure::SynthesiserRefused)
            }
            Fault::Gone { .. } | Fault::Denied { .. } | Fault::Setup(_) => {
                (Failure::RecogniserDenied, Failure::SynthesiserDenied)
            }
        };
        match self.part {
            Part::Recogniser => pair.0,
            Part::Synthesiser => pair.1,
        }
    }
}

impl From<HttpError> for Fault {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Setup(why) => Self::Setup(why),
            HttpError::Connect(why) => Self::NotSent(why),
            HttpError::TimedOut => Self::TooSlow,
            HttpError::TooLarge(_) => Self::Unreadable("too large"),
            HttpError::Broken(why) => Self::Broken(why),
        }
    }
}

fn advice(status: u16) -> &'static str {
    match status {
        401 | 402 | 403 | 407 => "its key",
        _ => "its URL (it ends with /v1 mostly)",
    }
}
