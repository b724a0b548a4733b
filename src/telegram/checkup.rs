//! What the daemon's start and `doctor` ask Telegram: who the bot is, whether a webhook is set, what time it
//! is there.
//!
//! Changes nothing and takes no updates, so that a polling daemon is not disturbed. Must not know what is
//! done about the answers.

use super::{Me, Telegram, TelegramError, tolerant};
use crate::domain::{UserId, printable};
use frankenstein::AsyncTelegramApi;
use frankenstein::response::MethodResponse;
use serde_json::Value;

/// Longest text of Telegram's that is shown, characters.
const SHOWN: usize = 200;

/// The answer to `getMe`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Greeting {
    pub me: Me,
    /// Telegram's clock in Unix seconds, from the `Date` header.
    pub clock: Option<i64>,
}

/// The answer to `getWebhookInfo`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Webhook {
    /// The host it points to (the path may hold secrets); `None`: no webhook is set.
    pub host: Option<String>,
    /// Updates that wait to be fetched.
    pub pending: u64,
    /// Telegram's text about the last failed call of the webhook.
    pub last_error: Option<String>,
}

impl Telegram {
    /// [`TelegramError::Unauthorized`] for a bad token.
    pub(crate) async fn greeting(&self) -> Result<Greeting, TelegramError> {
        let answer = self.api.call("getMe", None).await?;
        let clock = answer.clock();
        let me = match answer.decode::<MethodResponse<Value>>() {
            Err(error) => {
                return Err(match error.of_a_method_all_have() {
                    // Telegram answers a bad token with 404 in its own words; a proxy's 404 page says nothing
                    // about the token.
                    TelegramError::Permanent { code: 404, .. } => TelegramError::Unauthorized,
                    other => other,
                });
            }
            Ok(answer) => answer.result,
        };
        let id = tolerant::int(me.get("id"));
        // It goes into logs and onto terminals.
        let plain = |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let username = tolerant::text(me.get("username"), 64).filter(plain);
        match (id, username) {
            (Some(id), Some(username)) => Ok(Greeting {
                me: Me { id: UserId(id), username: printable::line(username).into_owned() },
                clock,
            }),
            _ => Err(TelegramError::Undecodable { what: "getMe names no id and username".into() }),
        }
    }

    pub(crate) async fn webhook(&self) -> Result<Webhook, TelegramError> {
        let reply: super::Answered = self.api.request("getWebhookInfo", None::<()>).await;
        let info = reply?.result;
        let host = tolerant::text(info.get("url"), 4096).map(|url| {
            let host = reqwest::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
            host.map_or_else(
                || "an unreadable address".to_owned(),
                |host| printable::line(&host).into_owned(),
            )
        });
        let last_error = tolerant::text(info.get("last_error_message"), 4096);
        Ok(Webhook {
            host,
            pending: tolerant::size(info.get("pending_update_count")).unwrap_or(0),
            last_error: last_error.map(|words| printable::line(tolerant::clip(words, SHOWN)).into_owned()),
        })
    }
}
