//! What can go wrong with a Bot API call, and whether to try again.
//!
//! Must not know how Telegram words it (see `refusal`) or who called; contains no URL, token or message text.

use crate::domain::ChatId;
use crate::domain::stats::Failure;
use crate::http::{Fate, HttpError};

/// Largest file that `getFile` serves, bytes (Bot API "getFile").
pub(crate) const GET_FILE_LIMIT: u64 = 20 * 1024 * 1024;

/// Longest wait accepted from a 429, seconds: Telegram may ask for hours, a proxy for nonsense.
pub(crate) const LONGEST_WAIT_SECS: u64 = 600;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TelegramError {
    /// 429: nothing was done; wait this long.
    #[error("Telegram asks to wait {secs} s")]
    RetryAfter {
        /// 1 to [`LONGEST_WAIT_SECS`].
        secs: u64,
    },
    /// The learner blocked the bot or deleted the account, or the bot may not write in this chat.
    #[error("the bot may not write to this chat ({what})")]
    Blocked {
        /// Telegram's words.
        what: String,
    },
    /// The chat does not exist (any more).
    #[error("the chat is gone ({what})")]
    ChatGone {
        /// Telegram's words.
        what: String,
    },
    /// The group became a supergroup: send there instead.
    #[error("the group has moved to chat {to}")]
    Migrated { to: ChatId },
    /// Certainly not done, and may pass: no connection, or a 5xx (also a proxy's HTML page).
    #[error("Telegram is not available: {what}")]
    Transient { what: String },
    /// The connection broke or timed out after the request was sent: it may have been done.
    #[error("no answer from Telegram, the request may have been carried out: {what}")]
    Unknown { what: String },
    /// Another 4xx: the same request would fail again.
    #[error("Telegram refused the request ({code}): {what}")]
    Permanent {
        /// HTTP status or `error_code`.
        code: u16,
        /// Telegram's words, shortened.
        what: String,
    },
    /// 401, or a bare 404 "Not Found": the token is wrong or was revoked.
    #[error(
        "Telegram does not accept the bot token: check TELEGRAM_BOT_TOKEN (and TELEGRAM_API_URL where \
        it is set), or ask @BotFather for a new token"
    )]
    Unauthorized,
    /// The Bot API server cannot serve this bot, whatever the token, because of its own settings.
    #[error("the Bot API server says \"{what}\": {}", fault.advice())]
    Server {
        fault: ServerFault,
        /// Its words, shortened.
        what: String,
    },
    /// 409: somebody else takes this bot's updates.
    #[error("{}", if *webhook {
        "a webhook is set for this bot, so it cannot be polled: remove it with deleteWebhook"
    } else {
        "another program polls with the same bot token: stop it, or give one of them its own token"
    })]
    Conflict {
        /// A webhook rather than a second poller.
        webhook: bool,
    },
    /// The file is larger than allowed, to download or to send.
    #[error("the file is larger than {limit} bytes")]
    TooLarge {
        /// The limit, bytes.
        limit: u64,
    },
    /// The file can no longer be downloaded.
    #[error("Telegram does not have the file any more")]
    FileGone,
    /// The learner (a privacy setting) or the group accepts no voice messages, pictures or documents: send text instead.
    #[error("files of this kind are not allowed in this chat")]
    FileForbidden,
    /// Telegram did not understand the markup.
    #[error("Telegram did not understand the markup of the message")]
    ParseEntities,
    /// An edit that changes nothing; counts as done.
    #[error("the message already reads like this")]
    NotModified,
    /// The message to answer, edit or react to is gone, or the button press is too old to answer.
    #[error("the message this refers to is gone")]
    ReplyGone,
    /// The forum topic was deleted; nothing was sent.
    #[error("the topic is gone")]
    ThreadGone,
    /// A success status whose body is not Telegram's: it may have been done.
    #[error("the answer is not one of Telegram's: check TELEGRAM_API_URL and any proxy between ({what})")]
    Undecodable { what: String },
    /// The settings cannot work.
    #[error("{0}")]
    Setup(String),
}

/// Why a Bot API server (usually a self-hosted one) cannot serve a bot whose token may well be good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServerFault {
    /// It was started with an api_id that Telegram does not know.
    ApiId,
    /// It does not know a method that every Bot API server has.
    NoMethod,
    /// It is configured to serve other bots.
    OtherBots,
    /// The bot was logged out of it.
    LoggedOut,
    /// It denies access for a reason of its own.
    Access,
}

impl ServerFault {
    pub(crate) fn advice(self) -> &'static str {
        match self {
            Self::ApiId => {
                "it was started with a wrong --api-id or --api-hash (my.telegram.org shows both); the bot token is not at fault"
            }
            Self::NoMethod => {
                "check the address in TELEGRAM_API_URL (it ends before /bot) and the server's version; the bot token is not at fault"
            }
            Self::OtherBots => "it is set to serve other bots (its --filter); the bot token is not at fault",
            Self::LoggedOut => {
                "the bot was logged out of this server (logOut): wait some minutes, or restart it, or point TELEGRAM_API_URL \
                 to the server that holds the bot now; the bot token is not at fault"
            }
            Self::Access => {
                "the server, or what stands before it, does not let us in: check TELEGRAM_API_URL and what the server asks for"
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Retry {
    /// Certainly not done: retry without limit, with growing pauses.
    Yes,
    /// Certainly not done: retry after this many seconds.
    After(u64),
    /// May have been done: retry a few times, each only after Telegram has answered some other call.
    Unsure,
    /// The same request would fail again.
    No,
}

impl TelegramError {
    /// A refused token or a misconfigured server is `Yes`: waiting messages must survive until a person has
    /// corrected it.
    pub(crate) fn retry(&self) -> Retry {
        match self {
            Self::RetryAfter { secs } => Retry::After(*secs),
            Self::Transient { .. } | Self::Unauthorized | Self::Server { .. } | Self::Conflict { .. } => {
                Retry::Yes
            }
            Self::Unknown { .. } | Self::Undecodable { .. } => Retry::Unsure,
            Self::Blocked { .. }
            | Self::ChatGone { .. }
            | Self::Migrated { .. }
            | Self::Permanent { .. }
            | Self::TooLarge { .. }
            | Self::FileGone
            | Self::FileForbidden
            | Self::ParseEntities
            | Self::NotModified
            | Self::ReplyGone
            | Self::ThreadGone
            | Self::Setup(_) => Retry::No,
        }
    }
}

impl TelegramError {
    /// For a method that every Bot API server has: a server that does not know it is no Bot API server, or
    /// the address is wrong.
    pub(super) fn of_a_method_all_have(self) -> Self {
        match self {
            Self::Permanent { code: 404 | 405, what } if what.to_ascii_lowercase().contains("method") => {
                Self::Server { fault: ServerFault::NoMethod, what }
            }
            other => other,
        }
    }

    /// The kind it is counted as; `None` for what is no failure (asked to wait, chat migrated, nothing to
    /// change).
    pub(crate) fn failure(&self) -> Option<Failure> {
        match self {
            Self::RetryAfter { .. } | Self::Migrated { .. } | Self::NotModified => None,
            Self::Blocked { .. } | Self::ChatGone { .. } => Some(Failure::Blocked),
            Self::TooLarge { .. } => Some(Failure::AudioTooLarge),
            Self::Transient { .. } | Self::Unknown { .. } | Self::Undecodable { .. } => {
                Some(Failure::TelegramDown)
            }
            _ => Some(Failure::TelegramRefused),
        }
    }
}

impl From<HttpError> for TelegramError {
    fn from(error: HttpError) -> Self {
        match (&error, error.fate()) {
            (HttpError::Setup(what), _) => Self::Setup(what.clone()),
            (_, Fate::NotSent) => Self::Transient { what: error.to_string() },
            (_, Fate::Unknown) => Self::Unknown { what: error.to_string() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_from_an_unknown_fate() {
        let error = |error: HttpError| TelegramError::from(error).retry();
        assert_eq!(error(HttpError::Connect("refused".into())), Retry::Yes);
        assert_eq!(error(HttpError::TimedOut), Retry::Unsure);
        assert_eq!(error(HttpError::Broken("reset".into())), Retry::Unsure);
        assert_eq!(error(HttpError::Setup("bad".into())), Retry::No);
        assert_eq!(TelegramError::Blocked { what: String::new() }.retry(), Retry::No);
        // A message waits for a corrected token; it is not dropped.
        assert_eq!(TelegramError::Unauthorized.retry(), Retry::Yes);
    }
}
