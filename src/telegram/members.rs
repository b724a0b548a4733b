//! Who is in a channel, and how it can be joined.
//!
//! Must not know who has to be a member or how long an answer is valid.

use super::error::TelegramError;
use super::{Telegram, tolerant};
use crate::domain::{ChannelName, UserId, membership};
use frankenstein::methods::{GetChatMemberParams, GetChatParams};
use frankenstein::types::ChatId;
use serde_json::Value;

/// What people who are not in the channel may see of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ChannelCard {
    pub title: Option<String>,
    /// A link to join by, if the bot may know one.
    pub invite: Option<String>,
}

impl Telegram {
    /// Where [`TelegramError::hides_members`] holds, asking again is useless until a person changes
    /// something.
    pub(crate) async fn is_member(&self, channel: &ChannelName, user: UserId) -> Result<bool, TelegramError> {
        let Some(member) = self.member(channel, user).await? else { return Ok(false) };
        let status = tolerant::text(member.get("status"), 32).unwrap_or_default();
        let still_in = member.get("is_member").map(|still_in| tolerant::is_true(Some(still_in)));
        membership::is_in(status, still_in)
            .ok_or_else(|| TelegramError::Undecodable { what: "getChatMember names no known status".into() })
    }

    /// Whether the bot is an administrator of the channel; only then does Telegram reliably tell who is in
    /// it.
    pub(crate) async fn runs(&self, channel: &ChannelName, bot: UserId) -> Result<bool, TelegramError> {
        let member = self.member(channel, bot).await?;
        let status = member.as_ref().and_then(|member| tolerant::text(member.get("status"), 32));
        Ok(matches!(status, Some("administrator" | "creator")))
    }

    /// The `ChatMember` of a user; `None` if this user was never there.
    async fn member(&self, channel: &ChannelName, user: UserId) -> Result<Option<Value>, TelegramError> {
        // User ids are positive.
        let Ok(user_id) = u64::try_from(user.0) else { return Ok(None) };
        let params = GetChatMemberParams { chat_id: chat_id(channel), user_id };
        match self.ask("getChatMember", &params).await {
            Err(error) if error.knows_no_such_user() => Ok(None),
            asked => asked.map(Some),
        }
    }

    pub(crate) async fn channel_card(&self, channel: &ChannelName) -> Result<ChannelCard, TelegramError> {
        let chat = self.ask("getChat", &GetChatParams { chat_id: chat_id(channel) }).await?;
        let title =
            tolerant::text(chat.get("title"), 1024).map(|title| tolerant::clip(title, 128).to_owned());
        let invite = tolerant::text(chat.get("invite_link"), 256);
        let invite = invite.filter(|link| link.starts_with("https://")).map(str::to_owned);
        Ok(ChannelCard { title, invite })
    }
}

fn chat_id(channel: &ChannelName) -> ChatId {
    match channel {
        ChannelName::Public(_) => ChatId::String(channel.to_string()),
        ChannelName::Private(id) => ChatId::Integer(id.0),
    }
}

impl TelegramError {
    /// Whether Telegram refuses to tell who is in the channel until a person changes something: the channel
    /// does not exist, or the bot is not its administrator.
    pub(crate) fn hides_members(&self) -> bool {
        matches!(
            self,
            Self::Permanent { .. } | Self::Blocked { .. } | Self::ChatGone { .. } | Self::Migrated { .. }
        ) && !self.knows_no_such_user()
    }

    /// Whether the error means that this user was never in the chat.
    fn knows_no_such_user(&self) -> bool {
        let (Self::Permanent { what, .. } | Self::ChatGone { what }) = self else { return false };
        let what = what.to_ascii_lowercase();
        ["user not found", "participant_id_invalid", "user_id_invalid", "user_not_participant"]
            .iter()
            .any(|words| what.contains(words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ChatId as Id;
    use crate::telegram::tests::{Act, decent, no, ok, server, telegram};

    async fn asked(act: Act) -> Result<bool, TelegramError> {
        let (url, _asked) = server(vec![act]).await;
        let channel = ChannelName::Public("school".into());
        telegram(&url).is_member(&channel, UserId(7)).await.map_err(decent)
    }

    #[tokio::test]
    async fn the_answer_is_read_tolerantly() {
        for (result, expected) in [
            (r#"{"status":"member","user":"whoever","until_date":"never"}"#, true),
            (r#"{"status":"restricted","is_member":true}"#, true),
            (r#"{"status":"restricted","is_member":false}"#, false),
            (r#"{"status":"restricted"}"#, false),
            (r#"{"status":"kicked","until_date":0}"#, false),
        ] {
            assert_eq!(asked(ok(result)).await, Ok(expected), "{result}");
        }
        for result in [r#"{"status":"hologram"}"#, r#"{"status":7}"#, "[]", "true"] {
            let error = asked(ok(result)).await.unwrap_err();
            assert!(matches!(error, TelegramError::Undecodable { .. }) && !error.hides_members(), "{result}");
        }
    }

    #[tokio::test]
    async fn refusals_are_told_from_failures() {
        for (code, words, hides) in [
            (400, "Bad Request: chat not found", true),
            (400, "Bad Request: member list is inaccessible", true),
            (400, "Bad Request: CHAT_ADMIN_REQUIRED", true),
            (403, "Forbidden: bot is not a member of the channel chat", true),
            (403, "Forbidden: bot was kicked from the channel chat", true),
            (502, "Bad Gateway", false),
            (401, "Unauthorized", false),
            (429, "Too Many Requests: retry after 3", false),
        ] {
            let error = asked(no(code, &format!(r#""description":"{words}""#))).await.unwrap_err();
            assert_eq!(error.hides_members(), hides, "{words}: {error:?}");
        }
        for words in ["Bad Request: user not found", "Bad Request: PARTICIPANT_ID_INVALID"] {
            assert_eq!(asked(no(400, &format!(r#""description":"{words}""#))).await, Ok(false), "{words}");
        }
    }

    #[tokio::test]
    async fn the_question_names_channel_and_user() {
        for (channel, named) in [
            (ChannelName::Public("school".into()), r#""chat_id":"@school""#),
            (ChannelName::Private(Id(-1_001)), r#""chat_id":-1001"#),
        ] {
            let member = ok(r#"{"status":"left"}"#);
            let card = ok(r#"{"title":"School","invite_link":"https://t.me/+abc","type":"channel"}"#);
            let (url, mut asked) = server(vec![member, card]).await;
            let telegram = telegram(&url);
            assert_eq!(telegram.is_member(&channel, UserId(7)).await, Ok(false));
            let question = asked.recv().await.unwrap();
            assert!(question.contains(named) && question.contains(r#""user_id":7"#), "{question}");
            let card = telegram.channel_card(&channel).await.unwrap();
            assert_eq!(
                (card.title.as_deref(), card.invite.as_deref()),
                (Some("School"), Some("https://t.me/+abc"))
            );
        }
    }
}
