//! What can go wrong with a model server, sorted by what to do next.
//!
//! Must not hold a URL, a key, a body or a word of a conversation: these go to logs and people. What servers say in their
//! refusals is read to sort them and then dropped, since some repeat the question.

use crate::http::HttpError;
use std::fmt;
use std::sync::Arc;

/// Why there is no answer, and whose fault it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("model server {server}: {fault}")]
pub struct ModelError {
    /// Its name in the configuration: `ai` for `AI_API_URL`, else NAME of `[providers.NAME]`.
    pub server: Arc<str>,
    /// What happened.
    pub fault: Fault,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It never got the request (refused, name not found, TLS).
    #[error("it cannot be reached ({0}); check its URL and that it runs")]
    NotSent(String),
    /// It, or a proxy before it, takes no more questions at the moment.
    #[error("it takes no more questions for now (HTTP {status})")]
    Busy {
        /// 429, 503 or 529; also where they came inside of a stream.
        status: u16,
        /// Seconds it asked us to wait, at most ten minutes.
        retry_after: Option<u32>,
    },
    /// A fault of its own.
    #[error("it failed (HTTP {status}); its own log says why")]
    Failed {
        /// 500 and its kin; also where they came inside of a stream.
        status: u16,
    },
    /// An answer that ended before it was complete.
    #[error("its answer broke off ({0})")]
    Broken(String),
    /// Nothing came for too long, or the whole was not there within `AI_TIMEOUT`.
    #[error("{0}")]
    TooSlow(Slow),
    /// A complete answer without a word in it, perhaps of reasoning alone.
    #[error("its answer is empty")]
    Empty,
    /// What came is no answer of a model: a proxy's page, a structured answer that does not fit.
    #[error("what it sent is no answer of a model ({0})")]
    Unreadable(&'static str),
    /// The context does not fit into the model.
    #[error("the conversation is too long for this model")]
    ContextTooLong,
    /// It has no such model, or no longer.
    #[error("it has no such model (HTTP {status}); see MODELS and DEFAULT_MODEL")]
    Gone {
        /// 404 or 400; 0 where no server is configured for this name.
        status: u16,
    },
    /// The model takes no pictures.
    #[error("this model takes no pictures")]
    Blind,
    /// It does not take this question, now or later.
    #[error("it does not take this question (HTTP {status})")]
    Refused {
        /// 400, 413, 422 and the like.
        status: u16,
    },
    /// Key or address is wrong: a matter for the admin.
    #[error("it does not let us in (HTTP {status}); check {}", advice(*status))]
    Denied {
        /// 401, 403, 404, a redirect or the like.
        status: u16,
    },
    /// It failed several times in a row and is left alone for a while: nothing was sent.
    #[error("it failed too often and is left alone for {secs} s")]
    Resting {
        /// Seconds until it is asked again.
        secs: u32,
    },
    /// The client cannot be built from these settings.
    #[error("it cannot be set up: {0}")]
    Setup(String),
}

/// What took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slow {
    /// The whole answer.
    Answer,
    /// The next piece of it.
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

/// What may be done after an error. Asking again costs tokens and nothing else: model servers keep no conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Ask again after a pause of our own choosing.
    Later,
    /// Ask again after so many seconds.
    After(u32),
    /// Ask with half of the context.
    LessContext,
    /// Ask another model; this one will not come back by itself.
    OtherModel,
    /// Ask again, but seldom: a person has to change something.
    Slowly,
    /// Never.
    Never,
}

impl Fault {
    /// What may be done about it.
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

    /// Whether it says that the server is ill, rather than that it disliked this question or has enough to do.
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

    /// The kind it is counted as, in a word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotSent(_) => "unreachable",
            Self::Busy { .. } => "busy",
            Self::Failed { .. } => "failed",
            Self::Broken(_) => "broken",
            Self::TooSlow(_) => "slow",
            Self::Empty => "empty",
            Self::Unreadable(_) => "unreadable",
            Self::ContextTooLong => "context",
            Self::Gone { .. } => "gone",
            Self::Blind => "pictures",
            Self::Refused { .. } => "refused",
            Self::Denied { .. } => "denied",
            Self::Resting { .. } => "resting",
            Self::Setup(_) => "setup",
        }
    }
}

impl ModelError {
    /// What may be done about it.
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
