//! Identifiers and timestamps as typed numbers.
//!
//! Must not know where they come from (Telegram, the store) or what time it is.

use serde::{Deserialize, Serialize};
use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UserId(pub i64);

/// Which of several tutors: a hash of its address, so that it is the same wherever it stands in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TutorId(pub u64);

impl TutorId {
    /// The address without scheme, user and password, and a slash at its end: these change without the tutor.
    pub fn of_address(url: &str) -> Self {
        let rest = url.trim().split_once("://").map_or(url, |(_, rest)| rest).trim_end_matches('/');
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let host = authority.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
        // FNV-1a: stored, so it must be the same in every version of this program.
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        Self(host.bytes().chain(path.bytes()).fold(0xcbf2_9ce4_8422_2325, step))
    }
}

/// Negative for groups, equal to the user id in a private chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ChatId(pub i64);

/// Unique within its chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MessageId(pub i64);

/// Unix time, ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Unix time, seconds, as Telegram dates its messages.
    pub fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1000))
    }

    /// Saturates.
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds since `earlier`; 0 if `earlier` is later (the clock may jump).
    pub(crate) fn since_ms(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0).max(0)
    }

    /// Unix time, seconds.
    pub(crate) fn secs(self) -> i64 {
        self.0.div_euclid(1000)
    }
}

/// How a channel is named to Telegram (Bot API "getChatMember", `chat_id`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChannelName {
    /// Without the `@`.
    Public(String),
    Private(ChatId),
}

impl ChannelName {
    /// Accepts `@name`, `name`, `https://t.me/name` or a negative id.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Ok(id) = text.parse() {
            return (id < 0).then_some(Self::Private(ChatId(id)));
        }
        let name = ["https://t.me/", "http://t.me/", "t.me/", "@"]
            .iter()
            .find_map(|prefix| text.strip_prefix(prefix))
            .unwrap_or(text);
        let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let named = (4..=32).contains(&name.len()) && name.bytes().all(fits);
        let begins = name.starts_with(|first: char| first.is_ascii_alphabetic());
        (named && begins).then(|| Self::Public(name.to_owned()))
    }
}

impl fmt::Display for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public(name) => write!(f, "@{name}"),
            Self::Private(id) => id.fmt(f),
        }
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for ChatId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tutor_is_known_by_its_address() {
        let id = TutorId::of_address;
        assert_eq!(id("http://Host:8000"), id("https://u:p@host:8000/"));
        assert_ne!(id("http://host:8000"), id("http://host:8001"));
        assert_ne!(id("http://host/a"), id("http://host/A"));
        assert_eq!(id("http://a"), TutorId(0xaf63_dc4c_8601_ec8c), "it is stored");
    }

    #[test]
    fn channels_are_named_by_link_by_name_or_by_id() {
        let public = |name: &str| Some(ChannelName::Public(name.to_owned()));
        for (text, channel) in [
            ("@phonicflow", public("phonicflow")),
            ("phonicflow", public("phonicflow")),
            ("https://t.me/phonic_flow", public("phonic_flow")),
            ("-1001234567890", Some(ChannelName::Private(ChatId(-1_001_234_567_890)))),
            ("1234567890", None),
            ("@1name", None),
            ("@a b c d", None),
            ("https://t.me/+AbCdEf", None),
            ("abc", None),
        ] {
            assert_eq!(ChannelName::parse(text), channel, "{text}");
        }
    }
}
