//! Maps Telegram's `ok: false` answers to errors.
//!
//! Owns the wording that Telegram is known to use. Must not know what was asked.

use super::error::{GET_FILE_LIMIT, LONGEST_WAIT_SECS, ServerFault, TelegramError};
use crate::domain::{ChatId, printable};
use serde_json::Value;

/// Wait after a 429 that names no time, seconds.
const DEFAULT_RETRY_SECS: u64 = 5;
/// Longest part of Telegram's description that is kept, characters.
const DESCRIPTION_LIMIT: usize = 160;

impl TelegramError {
    pub(super) fn from_answer(status: u16, answer: &Value) -> Self {
        let field = |name: &str| answer.get("parameters").and_then(|parameters| parameters.get(name));
        let code = answer
            .get("error_code")
            .and_then(Value::as_u64)
            .and_then(|code| u16::try_from(code).ok())
            .unwrap_or(status);
        let description = answer.get("description").and_then(Value::as_str).unwrap_or_default();
        if let Some(to) = field("migrate_to_chat_id").and_then(Value::as_i64) {
            return Self::Migrated { to: ChatId(to) };
        }
        if code == 429 {
            let secs = field("retry_after").and_then(number).or_else(|| number_in(description));
            return Self::retry_after(secs);
        }
        Self::from_description(code, description)
    }

    /// A 429 with the seconds it names. The one place that bounds a wait, for polls and sends alike.
    pub(super) fn retry_after(secs: Option<u64>) -> Self {
        Self::RetryAfter { secs: secs.unwrap_or(DEFAULT_RETRY_SECS).clamp(1, LONGEST_WAIT_SECS) }
    }

    fn from_description(code: u16, description: &str) -> Self {
        let lower = description.to_ascii_lowercase();
        let says = |any: &[&str]| any.iter().any(|words| lower.contains(words));
        let what = presentable(description);
        let server = |fault| Self::Server { fault, what: what.clone() };
        match code {
            // A self-hosted server answers like this while its own credentials are wrong.
            401 if says(&["api-id", "api_id", "api-hash", "api_hash"]) => server(ServerFault::ApiId),
            // Texts for a bad token: "Unauthorized", or "invalid token specified". Any other 401 comes from a
            // proxy.
            401 if matches!(lower.trim(), "" | "unauthorized") || says(&["token"]) => Self::Unauthorized,
            401 => server(ServerFault::Access),
            // "Not Found: method not found" comes from an older server that lacks one method.
            404 if lower.trim() == "not found" => Self::Unauthorized,
            421 => server(ServerFault::OtherBots),
            400 if says(&["logged out"]) => server(ServerFault::LoggedOut),
            409 => Self::Conflict { webhook: says(&["webhook"]) },
            413 => Self::TooLarge { limit: super::UPLOAD_LIMIT },
            500..=599 => Self::Transient { what: format!("{code} {what}") },
            _ if says(&[
                "chat not found",
                "user not found",
                "peer_id_invalid",
                "group chat was deactivated",
            ]) =>
            {
                Self::ChatGone { what }
            }
            _ if says(&["voice_messages_forbidden", "voices_forbidden", "voice notes", "voice messages"])
                || says(&["send_photos_forbidden", "send_docs_forbidden", "send_media_forbidden"])
                || says(&["rights to send photos", "rights to send documents", "rights to send media"]) =>
            {
                Self::FileForbidden
            }
            403 => Self::Blocked { what },
            _ if says(&[
                "chat_write_forbidden",
                "chat_restricted",
                "have no rights to send",
                "not enough rights to send",
                "user_is_blocked",
                "bot was blocked",
                "user is deactivated",
                "bot is not a member",
                "can't initiate conversation",
            ]) =>
            {
                Self::Blocked { what }
            }
            _ if says(&["can't parse entities", "can't parse message text", "entity_bounds_invalid"]) => {
                Self::ParseEntities
            }
            _ if says(&["message is not modified", "message_not_modified"]) => Self::NotModified,
            _ if says(&["message thread not found", "topic_deleted", "topic_id_invalid"]) => Self::ThreadGone,
            _ if says(&[
                "message to be replied not found",
                "message to reply not found",
                "replied message not found",
                "message to edit not found",
                "message can't be edited",
                "message to react not found",
                "message_id_invalid",
                "query is too old",
                "query_id_invalid",
            ]) =>
            {
                Self::ReplyGone
            }
            _ if says(&["file is too big"]) => Self::TooLarge { limit: GET_FILE_LIMIT },
            _ if says(&["file_id", "wrong remote file", "file reference"]) => Self::FileGone,
            _ => Self::Permanent { code, what },
        }
    }
}

/// Seconds, also as text, as a fraction (rounded up, so never too early) or beyond any of our numbers.
/// Negative numbers are ignored.
fn number(value: &Value) -> Option<u64> {
    let secs = value.as_f64().or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()))?;
    // Casting a float saturates.
    (secs >= 0.0).then_some(secs.ceil() as u64)
}

/// Seconds in a header; `None` for a date or anything else.
pub(super) fn seconds(header: &str) -> Option<u64> {
    let digits = !header.is_empty() && header.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| header.parse().unwrap_or(u64::MAX))
}

/// The last number in a text ("Too Many Requests: retry after 35"); negative ones are ignored.
fn number_in(text: &str) -> Option<u64> {
    let start = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let digits = start.get(start.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + 1)..)?;
    let before = start.strip_suffix(digits)?;
    if digits.is_empty() || before.ends_with('-') {
        return None;
    }
    // More digits than fit are a very long time.
    Some(digits.parse().unwrap_or(u64::MAX))
}

/// Telegram's description made fit for people and logs: short, on one line, without quoted parts of the
/// message, addresses, anything that looks like a token, or control characters.
fn presentable(description: &str) -> String {
    let outside_quotes: Vec<&str> = description.split('"').step_by(2).collect();
    let words: Vec<&str> = outside_quotes
        .iter()
        .flat_map(|part| part.split(|c: char| c.is_whitespace() || c.is_control() || is_invisible(c)))
        .filter(|word| !word.is_empty() && !word.contains("://") && !holds_a_token(word))
        .collect();
    let text: String = words.join(" ").chars().take(DESCRIPTION_LIMIT).collect();
    if text.is_empty() { "no reason given".to_owned() } else { printable::line(&text).into_owned() }
}

/// Characters that change the writing direction or take no space.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Digits, a colon (also as `%3A`) and a long run of characters that tokens are made of.
fn holds_a_token(word: &str) -> bool {
    let word = word.replace("%3A", ":").replace("%3a", ":");
    let mut parts = word.split(':').peekable();
    while let Some(before) = parts.next() {
        let digits = before.chars().rev().take_while(char::is_ascii_digit).count();
        let secret = |part: &&str| {
            part.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).count() >= 10
        };
        if digits >= 5 && parts.peek().is_some_and(secret) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telegram::Retry;
    use serde_json::json;

    fn read(code: u16, description: &str) -> TelegramError {
        TelegramError::from_answer(
            code,
            &json!({"ok": false, "error_code": code, "description": description}),
        )
    }

    #[test]
    fn telegrams_answers_are_told_apart() {
        let blocked = |what: &str| TelegramError::Blocked { what: what.into() };
        let gone = |what: &str| TelegramError::ChatGone { what: what.into() };
        let server = |fault, what: &str| TelegramError::Server { fault, what: what.into() };
        for (code, description, expected) in [
            (401, "Unauthorized", TelegramError::Unauthorized),
            (401, "Unauthorized: invalid token specified", TelegramError::Unauthorized),
            (
                401,
                "Unauthorized: invalid api-id/api-hash",
                server(ServerFault::ApiId, "Unauthorized: invalid api-id/api-hash"),
            ),
            (401, "Unauthorized: who are you?", server(ServerFault::Access, "Unauthorized: who are you?")),
            (400, "Logged out", server(ServerFault::LoggedOut, "Logged out")),
            (
                421,
                "Misdirected Request: unallowed token specified",
                server(ServerFault::OtherBots, "Misdirected Request: unallowed token specified"),
            ),
            (404, "Not Found", TelegramError::Unauthorized),
            (
                404,
                "Not Found: method not found",
                TelegramError::Permanent { code: 404, what: "Not Found: method not found".into() },
            ),
            (
                409,
                "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
                TelegramError::Conflict { webhook: false },
            ),
            (
                409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
                TelegramError::Conflict { webhook: true },
            ),
            (
                403,
                "Forbidden: bot was blocked by the user",
                blocked("Forbidden: bot was blocked by the user"),
            ),
            (403, "Forbidden: user is deactivated", blocked("Forbidden: user is deactivated")),
            (
                403,
                "Forbidden: bot was kicked from the supergroup chat",
                blocked("Forbidden: bot was kicked from the supergroup chat"),
            ),
            (
                403,
                "Forbidden: bot can't initiate conversation with a user",
                blocked("Forbidden: bot can't initiate conversation with a user"),
            ),
            (400, "Bad Request: CHAT_WRITE_FORBIDDEN", blocked("Bad Request: CHAT_WRITE_FORBIDDEN")),
            (
                400,
                "Bad Request: not enough rights to send text messages to the chat",
                blocked("Bad Request: not enough rights to send text messages to the chat"),
            ),
            (400, "Bad Request: chat not found", gone("Bad Request: chat not found")),
            (400, "Bad Request: PEER_ID_INVALID", gone("Bad Request: PEER_ID_INVALID")),
            (400, "Bad Request: VOICE_MESSAGES_FORBIDDEN", TelegramError::FileForbidden),
            (403, "Forbidden: user restricted receiving of voice messages", TelegramError::FileForbidden),
            (
                400,
                "Bad Request: not enough rights to send voice notes to the chat",
                TelegramError::FileForbidden,
            ),
            (400, "Bad Request: not enough rights to send photos to the chat", TelegramError::FileForbidden),
            (400, "Bad Request: have no rights to send documents", TelegramError::FileForbidden),
            (400, "Bad Request: CHAT_SEND_PHOTOS_FORBIDDEN", TelegramError::FileForbidden),
            (
                400,
                "Bad Request: can't parse entities: Unsupported start tag \"my secret\" at byte offset 3",
                TelegramError::ParseEntities,
            ),
            (
                400,
                "Bad Request: message is not modified: specified new message content and reply markup are exactly the same",
                TelegramError::NotModified,
            ),
            (400, "Bad Request: message to be replied not found", TelegramError::ReplyGone),
            (400, "Bad Request: message to edit not found", TelegramError::ReplyGone),
            (
                400,
                "Bad Request: query is too old and response timeout expired or query ID is invalid",
                TelegramError::ReplyGone,
            ),
            (400, "Bad Request: message thread not found", TelegramError::ThreadGone),
            (400, "Bad Request: file is too big", TelegramError::TooLarge { limit: GET_FILE_LIMIT }),
            (
                400,
                "Bad Request: wrong file_id or the file is temporarily unavailable",
                TelegramError::FileGone,
            ),
            (413, "Request Entity Too Large", TelegramError::TooLarge { limit: super::super::UPLOAD_LIMIT }),
            (502, "Bad Gateway", TelegramError::Transient { what: "502 Bad Gateway".into() }),
            (
                400,
                "Bad Request: message is too long",
                TelegramError::Permanent { code: 400, what: "Bad Request: message is too long".into() },
            ),
        ] {
            assert_eq!(read(code, description), expected, "{description}");
        }
    }

    #[test]
    fn the_wait_is_found_wherever_it_stands() {
        for (answer, secs) in [
            (json!({"error_code": 429, "parameters": {"retry_after": 35}}), 35),
            (json!({"error_code": 429, "parameters": {"retry_after": "35"}}), 35),
            (json!({"error_code": 429, "parameters": {"retry_after": 0.5}}), 1),
            (json!({"error_code": 429, "parameters": {"retry_after": 600}}), 600),
            (json!({"error_code": 429, "parameters": {"retry_after": 70_000}}), 600),
            (json!({"error_code": 429, "parameters": {"retry_after": 1_000_000_000_000_u64}}), 600),
            (json!({"error_code": 429, "parameters": {"retry_after": 1e300}}), 600),
            (json!({"error_code": 429, "parameters": {"retry_after": "99999999999999999999999"}}), 600),
            (json!({"error_code": 429, "parameters": {"retry_after": "soon"}}), 5),
            (json!({"error_code": 429, "parameters": {"retry_after": null}}), 5),
            (json!({"error_code": 429, "parameters": {"retry_after": "-3"}}), 5),
            (json!({"error_code": 429, "description": "retry after 99999999999999999999999999"}), 600),
            (json!({"error_code": 429, "description": "Too Many Requests: retry after -12"}), 5),
            (json!({"error_code": 429, "description": "Too Many Requests: retry after 12"}), 12),
            (json!({"error_code": 429, "description": "Too Many Requests"}), 5),
            (json!({"error_code": 429, "parameters": {"retry_after": -3}}), 5),
            (json!({"error_code": 429, "parameters": {"retry_after": 0}}), 1),
            (json!({}), 5),
        ] {
            assert_eq!(TelegramError::from_answer(429, &answer).retry(), Retry::After(secs), "{answer}");
        }
        for (header, secs) in [
            ("35", Some(35)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("-3", None),
            ("", None),
            ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ] {
            assert_eq!(seconds(header), secs, "{header}");
        }
        let moved = json!({"ok": false, "error_code": 400, "description": "Bad Request: group chat was upgraded to a supergroup chat",
            "parameters": {"migrate_to_chat_id": -1_001_234_567_890_i64}});
        assert_eq!(
            TelegramError::from_answer(400, &moved),
            TelegramError::Migrated { to: ChatId(-1_001_234_567_890) }
        );
    }

    #[test]
    fn what_people_see_holds_no_quote_no_address_no_flood() {
        let error = read(
            400,
            &format!("Bad Request: button \"my words\" https://x.example/y\nwrong {}", "z".repeat(900)),
        );
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("my words") && !shown.contains("x.example") && !shown.contains('\n'));
        assert!(shown.len() < 600);
        assert!(TelegramError::Unauthorized.to_string().contains("TELEGRAM_BOT_TOKEN"));
        let error =
            read(421, "Misdirected \u{1b}[31mRequest\u{202e} /bot4200000001:AAsecret_of-the-bot/getMe bot");
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("Misdirected [31mRequest bot") && !shown.contains("AAsecret"), "{shown}");
        assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'), "{shown}");
    }
}
