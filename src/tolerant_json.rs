//! Reads JSON with the faults that other programs produce: invalid UTF-8, `NaN`, half a surrogate pair, raw
//! line breaks in strings. One such character must not make a whole conversation unreadable.
//!
//! Valid JSON is read as it is; only if that fails is the text repaired and read again. Must not know what is
//! in it.

use serde_json::Value;
use std::iter::Peekable;
use std::str::Chars;

/// `None` if even the repaired text is not JSON.
pub(crate) fn json(body: &[u8]) -> Option<Value> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    serde_json::from_slice(body).ok().or_else(|| serde_json::from_str(&mended(&text(body))).ok())
}

/// Bytes that are not UTF-8 are most likely Latin-1.
fn text(body: &[u8]) -> String {
    let mut text = String::with_capacity(body.len());
    for chunk in body.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| char::from(*byte)));
    }
    text
}

/// The text without what JSON does not allow.
fn mended(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let mut word = String::new();
    while let Some(c) = rest.next() {
        if c.is_ascii_alphabetic() || (c == '-' && rest.peek() == Some(&'I')) {
            word.push(c);
            while let Some(more) = rest.next_if(char::is_ascii_alphanumeric) {
                word.push(more);
            }
            let no_number = ["NaN", "Infinity", "-Infinity", "None", "undefined"].contains(&word.as_str());
            out.push_str(if no_number { "null" } else { &word });
            word.clear();
        } else {
            out.push(c);
            if c == '"' {
                string(&mut rest, &mut out);
            }
        }
    }
    out
}

/// Copies the rest of a string, its end included.
fn string(rest: &mut Peekable<Chars<'_>>, out: &mut String) {
    while let Some(c) = rest.next() {
        match c {
            '"' => return out.push('"'),
            '\\' => match rest.next() {
                Some('u') => escape(rest, out),
                Some(other) => out.extend(['\\', other]),
                None => return,
            },
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
}

/// Copies what follows `\u`; half a surrogate pair becomes U+FFFD.
fn escape(rest: &mut Peekable<Chars<'_>>, out: &mut String) {
    const LOST: &str = "\\ufffd";
    let unit = |rest: &mut Peekable<Chars<'_>>| {
        let mut digits = String::new();
        while digits.len() < 4 {
            match rest.next_if(char::is_ascii_hexdigit) {
                Some(digit) => digits.push(digit),
                None => return None,
            }
        }
        u16::from_str_radix(&digits, 16).ok()
    };
    let Some(first) = unit(rest) else { return out.push_str(LOST) };
    if !(0xd800..0xe000).contains(&first) {
        return out.push_str(&format!("\\u{first:04x}"));
    }
    // A pair is valid only if its second half follows at once.
    let mut ahead = rest.clone();
    let second =
        (ahead.next() == Some('\\') && ahead.next() == Some('u')).then(|| unit(&mut ahead)).flatten();
    match second.filter(|second| first < 0xdc00 && (0xdc00..0xe000).contains(second)) {
        Some(second) => {
            *rest = ahead;
            out.push_str(&format!("\\u{first:04x}\\u{second:04x}"));
        }
        None => out.push_str(LOST),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn what_other_programs_write_is_read() {
        for (body, expected) in [
            (&br#"{"a":"b"}"#[..], json!({"a": "b"})),
            (
                br#"{"count":NaN,"b":[Infinity,-Infinity,-1,true]}"#,
                json!({"count": null, "b": [null, null, -1, true]}),
            ),
            (br#"{"a":"NaN \" Infinity","b":NaN}"#, json!({"a": "NaN \" Infinity", "b": null})),
            (br#"{"a":"x\ud800y"}"#, json!({"a": "x\u{fffd}y"})),
            (br#"{"a":"\udc00\ud83d\ude00\ud83d"}"#, json!({"a": "\u{fffd}\u{1f600}\u{fffd}"})),
            (br#"{"a":"\ud83d\ud83d\ude00 \u00e9"}"#, json!({"a": "\u{fffd}\u{1f600} \u{e9}"})),
            (br#"{"a":"\ud8"}"#, json!({"a": "\u{fffd}"})),
            (b"{\"a\":\"caf\xe9\",\"b\":\"caf\xc3\xa9\"}", json!({"a": "café", "b": "café"})),
            (b"{\"a\":\"one\ntwo\"}", json!({"a": "one\ntwo"})),
        ] {
            assert_eq!(json(body), Some(expected), "{}", String::from_utf8_lossy(body));
        }
        for body in
            [&b""[..], b"{", b"{\"a\":\"cut", b"<html>", b"\x1f\x8b\x08\x00gzip", &b"[".repeat(100_000)]
        {
            assert_eq!(json(body), None);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(body in proptest::collection::vec(any::<u8>(), 0..200), text in "[\\[\\]{}\":,\\\\udN0-9a ]{0,60}") {
            let _ = (json(&body), json(text.as_bytes()));
        }

        #[test]
        fn what_is_right_stays_as_it_is(text in "\\PC{0,40}") {
            let value = json!({ "text": text });
            prop_assert_eq!(serde_json::from_str::<Value>(&mended(&value.to_string())).ok(), Some(value));
        }
    }
}
