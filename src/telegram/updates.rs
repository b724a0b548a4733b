//! `getUpdates`: one batch as raw JSON values, each with its id.
//!
//! Must not know what is in an update. One that cannot be read never costs the others of its batch.

use super::client::{Client, encode};
use super::error::TelegramError;
use super::tolerant;
use frankenstein::methods::GetUpdatesParams;
use frankenstein::response::MethodResponse;
use frankenstein::types::AllowedUpdate;
use serde_json::Value;
use std::borrow::Cow;

/// One update as Telegram sent it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RawUpdate {
    /// `update_id`: identifies repeats; `id + 1` confirms it.
    pub id: i64,
    /// The whole object; `null` if only the id could be read.
    pub value: Value,
}

/// Fetches updates; fewer at a time if a batch is larger than we accept.
pub(super) async fn poll(
    client: &Client,
    offset: Option<i64>,
    limit: u32,
    poll_secs: u32,
) -> Result<Vec<RawUpdate>, TelegramError> {
    let mut limit = limit.clamp(1, 100);
    loop {
        let params = GetUpdatesParams::builder()
            .maybe_offset(offset)
            .limit(limit)
            .timeout(poll_secs)
            // Always sent, because the server remembers the previous list otherwise.
            .allowed_updates(vec![
                AllowedUpdate::Message,
                AllowedUpdate::CallbackQuery,
                AllowedUpdate::MyChatMember,
            ])
            .build();
        let answer = client.call("getUpdates", Some(encode(&params)?)).await?;
        if answer.is_oversize() && limit > 1 {
            limit = (limit / 4).max(1);
            continue;
        }
        let batch = split(&answer.accepted().map_err(TelegramError::of_a_method_all_have)?)?;
        if batch.unreadable > 0 {
            tracing::warn!(count = batch.unreadable, "skipped updates without a readable update_id");
        }
        return Ok(batch.updates);
    }
}

#[derive(Debug, Default, PartialEq)]
struct Batch {
    updates: Vec<RawUpdate>,
    /// Elements without a readable id.
    unreadable: usize,
}

impl Batch {
    fn take(&mut self, id: Option<i64>, value: Value) {
        match id {
            Some(id) => self.updates.push(RawUpdate { id, value }),
            None => self.unreadable += 1,
        }
    }
}

fn split(body: &[u8]) -> Result<Batch, TelegramError> {
    let mut batch = Batch::default();
    if let Ok(answer) = serde_json::from_slice::<MethodResponse<Vec<Value>>>(body) {
        for value in answer.result {
            batch.take(tolerant::int(value.get("update_id")), value);
        }
        return Ok(batch);
    }
    // Something in it is beyond the parser (half a surrogate pair, a number too large, nesting too deep):
    // find the updates by their brackets and parse each alone.
    let elements = elements_of_result(body).ok_or_else(|| TelegramError::Undecodable {
        what: format!("no list of updates in {} bytes", body.len()),
    })?;
    for element in elements {
        let text = mend(element);
        match serde_json::from_str::<Value>(&text) {
            Ok(value) => batch.take(tolerant::int(value.get("update_id")), value),
            Err(_) => batch.take(id_in(&text), Value::Null),
        }
    }
    Ok(batch)
}

/// The objects in the first array at the top level of a JSON object, found by counting brackets outside
/// strings.
fn elements_of_result(body: &[u8]) -> Option<Vec<&[u8]>> {
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    let (mut inside, mut start, mut elements) = (false, 0, Vec::new());
    for (at, byte) in body.iter().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                inside |= *byte == b'[' && depth == 1;
                if inside && depth == 2 {
                    start = at;
                }
                depth += 1;
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                if inside && depth == 2 {
                    elements.push(body.get(start..=at)?);
                }
                if inside && depth == 1 {
                    return Some(elements);
                }
            }
            _ => {}
        }
    }
    None
}

/// Replaces invalid UTF-8 and `\u` escapes of half a surrogate pair by U+FFFD.
fn mend(bytes: &[u8]) -> String {
    let text: Cow<'_, str> = String::from_utf8_lossy(bytes);
    let mut mended = String::with_capacity(text.len());
    let mut rest: &str = &text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        mended.push_str(before);
        let length = match unit(escape) {
            Some(0xD800..=0xDBFF) if escape.get(6..).and_then(unit).is_some_and(is_low) => 12,
            Some(0xD800..=0xDFFF) => {
                mended.push('\u{fffd}');
                rest = escape.get(6..).unwrap_or_default();
                continue;
            }
            Some(_) => 6,
            None => 1 + escape.get(1..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8),
        };
        mended.push_str(escape.get(..length).unwrap_or_default());
        rest = escape.get(length..).unwrap_or_default();
    }
    mended.push_str(rest);
    mended
}

fn is_low(unit: u32) -> bool {
    (0xDC00..=0xDFFF).contains(&unit)
}

/// The code unit of a leading `\uXXXX`.
fn unit(escape: &str) -> Option<u32> {
    u32::from_str_radix(escape.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

/// The id of an update that cannot be parsed: Telegram puts it first.
fn id_in(text: &str) -> Option<i64> {
    let (_, after) = text.split_once("\"update_id\"")?;
    let after = after.trim_start().strip_prefix(':')?.trim_start();
    let end = after.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(after.len());
    after.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ids(body: &str) -> (Vec<i64>, usize) {
        let batch = split(body.as_bytes()).unwrap();
        (batch.updates.iter().map(|update| update.id).collect(), batch.unreadable)
    }

    #[test]
    fn one_bad_update_does_not_cost_the_others() {
        let deep = format!("{{\"update_id\":3,\"x\":{}{}}}", "[".repeat(500), "]".repeat(500));
        for (name, bad, expected) in [
            ("no id", r#"{"message":{}}"#, (vec![1, 9], 1)),
            ("not an object", "17", (vec![1, 9], 1)),
            ("id as text", r#"{"update_id":"3"}"#, (vec![1, 3, 9], 0)),
            ("half a surrogate pair", r#"{"update_id":3,"x":"\ud83d!"}"#, (vec![1, 3, 9], 0)),
            ("a huge number", r#"{"update_id":3,"x":1e999}"#, (vec![1, 3, 9], 0)),
            ("nested too deep", &deep, (vec![1, 3, 9], 0)),
            ("brackets in strings", r#"{"update_id":3,"x":"]}\"]}","y":1e999}"#, (vec![1, 3, 9], 0)),
        ] {
            let body = format!(r#"{{"ok":true,"result":[{{"update_id":1}}, {bad} ,{{"update_id":9}}]}}"#);
            assert_eq!(ids(&body), expected, "{name}");
        }
    }

    #[test]
    fn what_is_mended_is_read() {
        let batch =
            split(br#"{"ok":true,"result":[{"update_id":3,"x":"\ud83d a \ud83d\ude00 \\ud83d \xff"}]}"#);
        assert!(batch.is_ok());
        let text = mend(br#""\ud83d a \ud83d\ude00 \\ud83d \ude00""#);
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), "\u{fffd} a 😀 \\ud83d \u{fffd}");
    }

    #[test]
    fn an_answer_that_is_no_list_is_an_error() {
        for body in ["", "<html>", "[]", r#"{"ok":true}"#, r#"{"ok":true,"result":["#, "}}}}"] {
            assert!(split(body.as_bytes()).is_err(), "{body}");
        }
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = split(&body);
            let _ = mend(&body);
        }

        #[test]
        fn hostile_json_never_panics(body in r#"[\[\]{}":,\\u0-9d8ef update_id]{0,120}"#) {
            let _ = split(body.as_bytes());
            let _ = id_in(&body);
        }
    }
}
