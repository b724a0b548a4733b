//! What a text says to the bot: a command, a mention, or plain words.
//!
//! Must not know about chats or media. Entity positions are UTF-16 code units, as Telegram counts.

use super::Me;
use super::tolerant::{clip, int, text};
use crate::domain::Body;
use serde_json::Value;
use std::ops::Range;

/// Longest command name kept, characters (Telegram's own are at most 32).
const NAME_LIMIT: usize = 64;
/// Longest command arguments kept, characters.
const ARGS_LIMIT: usize = 1024;
/// Longest plain text kept, characters (Telegram's own are at most 4096 UTF-16 code units).
const TEXT_LIMIT: usize = 8192;
/// Entities looked at (Telegram sends at most 100 or so).
const ENTITY_LIMIT: usize = 256;

/// Where the bot is mentioned, as byte ranges, in order.
pub(super) fn mentions(words: &str, entities: Option<&Value>, me: &Me) -> Vec<Range<usize>> {
    let entities = entities.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut found: Vec<Range<usize>> = entities
        .iter()
        .take(ENTITY_LIMIT)
        .filter_map(|entity| {
            let range = range(words, entity)?;
            let named = words.get(range.clone())?;
            let ours = match text(entity.get("type"), 32)? {
                "mention" => named.strip_prefix('@').is_some_and(|name| is_me(name, me)),
                "text_mention" => int(entity.get("user").and_then(|user| user.get("id"))) == Some(me.id.0),
                _ => false,
            };
            ours.then_some(range)
        })
        .collect();
    found.sort_by_key(|range| range.start);
    found.dedup_by(|later, earlier| later.start < earlier.end);
    found
}

/// `words` without the mentions, and without the comma or colon that follows a leading mention.
pub(super) fn without(words: &str, mentions: &[Range<usize>]) -> String {
    let mut left = String::with_capacity(words.len());
    let mut from = 0;
    for mention in mentions {
        left.push_str(words.get(from..mention.start).unwrap_or_default());
        from = mention.end;
    }
    left.push_str(words.get(from..).unwrap_or_default());
    let left = left.trim();
    if mentions.is_empty() { left.to_owned() } else { left.trim_start_matches([',', ':', ' ']).to_owned() }
}

/// What a text is, and for whom.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// A command for this bot or for any bot.
    Command(Body),
    /// A command that names another bot.
    ForAnother,
    /// Any other text.
    Words(Body),
    /// An empty text.
    Nothing,
}

/// A command begins with a slash, whether or not Telegram marked it as one.
pub(super) fn said(words: &str, me: &Me) -> Said {
    let words = words.trim();
    if words.is_empty() {
        return Said::Nothing;
    }
    let plain = || Said::Words(Body::Text(clip(words, TEXT_LIMIT).to_owned()));
    let Some(command) = words.strip_prefix('/') else { return plain() };
    let (name, rest) = word(command);
    if name.is_empty() {
        return plain();
    }
    let (suffix, args) = match rest.strip_prefix('@') {
        Some(rest) => {
            let (suffix, args) = word(rest);
            (Some(suffix), args)
        }
        None => (None, rest),
    };
    if suffix.is_some_and(|suffix| !is_me(suffix, me)) {
        return Said::ForAnother;
    }
    Said::Command(Body::Command {
        name: clip(name, NAME_LIMIT).to_lowercase(),
        args: clip(args.trim(), ARGS_LIMIT).to_owned(),
    })
}

/// Splits off the leading letters, digits and underscores.
fn word(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len()))
}

fn is_me(name: &str, me: &Me) -> bool {
    !me.username.is_empty() && name.eq_ignore_ascii_case(&me.username)
}

/// An entity's byte range; `None` if it lies outside the text or inside a character.
fn range(words: &str, entity: &Value) -> Option<Range<usize>> {
    let offset = usize::try_from(int(entity.get("offset"))?).ok()?;
    let length = usize::try_from(int(entity.get("length"))?).ok()?;
    let start = byte_at(words, offset)?;
    let end = byte_at(words, offset.checked_add(length)?)?;
    Some(start..end)
}

fn byte_at(words: &str, units: usize) -> Option<usize> {
    let mut passed = 0;
    for (at, c) in words.char_indices() {
        if passed >= units {
            return (passed == units).then_some(at);
        }
        passed += c.len_utf16();
    }
    (passed == units).then_some(words.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::UserId;
    use proptest::prelude::*;
    use serde_json::json;

    fn me() -> Me {
        Me { id: UserId(42), username: "PhonicFlowBot".into() }
    }

    fn command(name: &str, args: &str) -> Said {
        Said::Command(Body::Command { name: name.into(), args: args.into() })
    }

    #[test]
    fn commands_in_every_dress() {
        for (words, expected) in [
            ("/start", command("start", "")),
            ("  /START   abc  ", command("start", "abc")),
            ("/start\nabc", command("start", "abc")),
            ("/Help@phonicflowBOT", command("help", "")),
            ("/help@phonicflowbot  me please ", command("help", "me please")),
            ("/histórico", command("histórico", "")),
            ("/help@OtherBot", Said::ForAnother),
            ("/help@", Said::ForAnother),
            ("/", Said::Words(Body::Text("/".into()))),
            ("/ help", Said::Words(Body::Text("/ help".into()))),
            ("//help", Said::Words(Body::Text("//help".into()))),
            ("say /help", Said::Words(Body::Text("say /help".into()))),
            (" \n ", Said::Nothing),
        ] {
            assert_eq!(said(words, &me()), expected, "{words:?}");
        }
        let Said::Command(Body::Command { name, args }) =
            said(&format!("/{} {}", "n".repeat(9000), "a".repeat(9000)), &me())
        else {
            panic!("no command")
        };
        assert_eq!((name.len(), args.len()), (NAME_LIMIT, ARGS_LIMIT));
    }

    #[test]
    fn mentions_are_found_by_utf16_position() {
        let words = "😀 @phonicflowbot, hello @other";
        let entities = json!([
            {"type": "mention", "offset": 3, "length": 14},
            {"type": "mention", "offset": 25, "length": 6},
            {"type": "a_kind_of_the_future", "offset": 0, "length": 2},
            {"type": "mention", "offset": 1, "length": 3},
            {"type": "mention", "offset": 3000, "length": 3},
            {"type": "mention", "offset": -3, "length": 3},
            {"type": 5}, null, "x"
        ]);
        let found = mentions(words, Some(&entities), &me());
        assert_eq!(found, vec![5..19]);
        assert_eq!(without(words, &found), "😀 , hello @other");
        let words = "@PhonicFlowBot: hello";
        let found = mentions(words, Some(&json!([{"type": "mention", "offset": 0, "length": 14}])), &me());
        assert_eq!(without(words, &found), "hello");
        let named = json!([{"type": "text_mention", "offset": 0, "length": 3, "user": {"id": 42}}]);
        assert_eq!(mentions("bot hi", Some(&named), &me()), vec![0..3]);
    }

    proptest! {
        #[test]
        fn hostile_entities_never_panic(words in "\\PC{0,40}", places in proptest::collection::vec((-5i64..60, -5i64..60), 0..6)) {
            let entities: Vec<Value> = places
                .into_iter()
                .map(|(offset, length)| json!({"type": "text_mention", "offset": offset, "length": length, "user": {"id": 42}}))
                .collect();
            let found = mentions(&words, Some(&Value::Array(entities)), &me());
            let _ = without(&words, &found);
            let _ = said(&words, &me());
        }
    }
}
