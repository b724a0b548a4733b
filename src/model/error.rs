//! What can go wrong with a model server, sorted by what to do next.
//!
//! Must not contain a URL, a key, a body or any text of a conversation, because errors go to logs and people.
//! The text of a refusal is read to classify it and then dropped, because some servers repeat the question in
//! it.

use crate::domain::stats::Failure;
use crate::http::HttpError;
use std::fmt;
use std::sync::Arc;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("model server {server}: {fault}")]
pub struct ModelError {
    /// Its name in the configuration: `ai` for `AI_API_URL`, else NAME of `[providers.NAME]`.
    pub server: Arc<str>,
    pub fault: Fault,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It never got the request (refused, name not found, TLS).
    #[error("it cannot be reached ({0}); check its URL and that it runs")]
    NotSent(String),
    /// It, or a proxy in front of it, refuses questions at the moment.
    #[error("it takes no more questions for now (HTTP {status})")]
    Busy {
        /// 429, 503 or 529, also inside a stream.
        status: u16,
        /// Seconds it asked us to wait, at most 600.
        retry_after: Option<u32>,
    },
    /// The server failed.
    #[error("it failed (HTTP {status}); its own log says why")]
    Failed {
        /// 500 and similar, also inside a stream.
        status: u16,
    },
    /// The answer ended before it was complete.
    #[error("its answer broke off ({0})")]
    Broken(String),
    /// No piece arrived for too long, or the whole answer not within `AI_TIMEOUT`.
    #[error("{0}")]
    TooSlow(Slow),
    /// A complete answer without any text, perhaps only reasoning.
    #[error("its answer is empty")]
    Empty,
    /// Not a model's answer: a proxy's page, or a structured answer that does not fit.
    #[error("what it sent is no answer of a model ({0})")]
    Unreadable(&'static str),
    /// The context does not fit into the model.
    #[error("the conversation is too long for this model")]
    ContextTooLong,
    /// The server does not have this model (any more).
    #[error("it has no such model (HTTP {status}); see MODELS and DEFAULT_MODEL")]
    Gone {
        /// 404 or 400; 0 if no server is configured for this name.
        status: u16,
    },
    /// The model accepts no pictures.
    #[error("this model takes no pictures")]
    Blind,
    /// It rejects this question for good.
    #[error("it does not take this question (HTTP {status})")]
    Refused {
        /// 400, 413, 422 and so on.
        status: u16,
    },
    /// Key or address is wrong: the admin must act.
    #[error("it does not let us in (HTTP {status}); check {}", advice(*status))]
    Denied {
        /// 401, 403, 404, a redirect and so on.
        status: u16,
    },
    /// It failed several times in a row and is not asked for a while: nothing was sent.
    #[error("it failed too often and is left alone for {secs} s")]
    Resting {
        /// Until it is asked again.
        secs: u32,
    },
    /// No client can be built from these settings.
    #[error("it cannot be set up: {0}")]
    Setup(String),
}

/// What took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slow {
    Answer,
    Stalled,
}

impl fmt::Display for Slow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Answer => "no whole answer within AI_TIMEOUT",
            Self::Stalled => "its answer came to a standstill",
        })
    }
}

/// What may be done after an error. Asking again costs only tokens: model servers keep no conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Ask again after a pause of our choice.
    Later,
    /// Ask again after this many seconds.
    After(u32),
    /// Ask with half of the context.
    LessContext,
    /// Ask another model; this one will not recover by itself.
    OtherModel,
    /// Ask again, but seldom: a person has to change something.
    Slowly,
    Never,
}

impl Fault {
    pub fn retry(&self) -> Retry {
        match self {
            Self::Busy { retry_after: Some(secs), .. } | Self::Resting { secs } => Retry::After(*secs),
            Self::NotSent(_)
            | Self::Busy { .. }
            | Self::Failed { .. }
            | Self::Broken(_)
            | Self::TooSlow(_)
            | Self::Empty
            | Self::Unreadable(_) => Retry::Later,
            Self::ContextTooLong => Retry::LessContext,
            Self::Gone { .. } => Retry::OtherModel,
            Self::Denied { .. } | Self::Setup(_) => Retry::Slowly,
            Self::Blind | Self::Refused { .. } => Retry::Never,
        }
    }

    /// Whether its server seems not to be there, rather than to refuse or to fail.
    pub(crate) fn means_unreachable(&self) -> bool {
        matches!(self, Self::NotSent(_) | Self::Broken(_) | Self::TooSlow(_) | Self::Resting { .. })
    }

    /// Whether the server is at fault, rather than this question or the load.
    pub(super) fn counts_against_the_server(&self) -> bool {
        match self {
            Self::NotSent(_)
            | Self::Failed { .. }
            | Self::Broken(_)
            | Self::TooSlow(_)
            | Self::Unreadable(_) => true,
            Self::Busy { status, .. } => *status != 429,
            _ => false,
        }
    }

    /// As it is counted.
    pub(crate) fn failure(&self) -> Failure {
        match self {
            Self::NotSent(_) => Failure::ModelUnreachable,
            Self::Busy { .. } => Failure::ModelBusy,
            Self::Failed { .. } => Failure::ModelFailed,
            Self::Broken(_) => Failure::ModelBroken,
            Self::TooSlow(_) => Failure::ModelSlow,
            Self::Empty => Failure::ModelEmpty,
            Self::Unreadable(_) => Failure::ModelUnreadable,
            Self::ContextTooLong => Failure::ModelContext,
            Self::Gone { .. } => Failure::ModelGone,
            Self::Blind => Failure::ModelPictures,
            Self::Refused { .. } => Failure::ModelRefused,
            Self::Denied { .. } => Failure::ModelDenied,
            Self::Resting { .. } => Failure::ModelResting,
            Self::Setup(_) => Failure::ModelSetup,
        }
    }

    #[cfg(test)]
    pub fn kind(&self) -> &'static str {
        self.failure().name().trim_start_matches("model_")
    }
}

impl ModelError {
    pub fn retry(&self) -> Retry {
        self.fault.retry()
    }
}

impl From<HttpError> for Fault {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Setup(why) => Self::Setup(why),
            HttpError::Connect(why) => Self::NotSent(why),
            HttpError::TimedOut => Self::TooSlow(Slow::Answer),
            HttpError::TooLarge(_) => Self::Unreadable("too large"),
            HttpError::Broken(why) => Self::Broken(why),
        }
    }
}

fn advice(status: u16) -> &'static str {
    match status {
        401 | 403 | 407 => "its key",
        _ => "its URL (it ends with /v1 mostly) and kind",
    }
}
