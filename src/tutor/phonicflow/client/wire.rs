//! The tutor's bytes: the multipart body we send and the JSON it answers, read as tolerantly as possible.
//!
//! A field that is missing, null, empty or of the wrong type counts as not given; unknown fields are ignored.
//! Must not know sockets or what an answer is used for.

use super::History;
use super::error::Refusal;
use crate::domain::{Assessment, RecordedTurn};
use crate::tolerant_json::json;
use crate::tutor::streak::Blame;
use bytes::{BufMut, Bytes, BytesMut};
use serde_json::{Map, Value};
use uuid::Uuid;

/// Body of `POST /process` and its content type. Built here rather than by the HTTP client because the
/// signature covers these very bytes.
pub(crate) fn multipart_wav(wav: &[u8]) -> (String, Bytes) {
    // 122 random bits do not occur in audio by chance.
    multipart_with(&format!("phonicflow-{}", Uuid::new_v4().simple()), wav)
}

fn multipart_with(boundary: &str, wav: &[u8]) -> (String, Bytes) {
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"audio.wav\"\r\nContent-Type: audio/wav\r\n\r\n"
    );
    let tail = format!("\r\n--{boundary}--\r\n");
    let mut body = BytesMut::with_capacity(head.len() + wav.len() + tail.len());
    body.put_slice(head.as_bytes());
    body.put_slice(wav);
    body.put_slice(tail.as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body.freeze())
}

/// Reads the answer to `/process`; `None` when it is no JSON object. An object without a usable field is an
/// empty answer: the tutor did its turn and had nothing to say.
pub(crate) fn assessment(body: &[u8]) -> Option<Assessment> {
    let fields = object(body)?;
    Some(Assessment {
        transcript: text(&fields, "user_transcript"),
        coaching: text(&fields, "coaching_feedback"),
        coaching_translated: text(&fields, "coaching_feedback_portuguese"),
        reply: text(&fields, "conversational_response"),
        reply_translated: text(&fields, "conversational_response_portuguese"),
        coaching_audio: !text(&fields, "coaching_audio_path").is_empty(),
        reply_audio: !text(&fields, "conversational_audio_path").is_empty(),
    })
}

/// A readable answer to `GET /conversation`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum HistoryBody {
    Kept(History),
    /// An object without any history in it.
    NotOffered,
}

/// `None` when it is not readable.
pub(crate) fn history(body: &[u8]) -> Option<HistoryBody> {
    let fields = object(body)?;
    let list = fields.get("history").and_then(Value::as_array);
    let count = fields.get("conversation_count").and_then(sane_count);
    if list.is_none() && count.is_none() && !fields.contains_key("history") {
        return Some(HistoryBody::NotOffered);
    }
    let turns: Vec<RecordedTurn> = list.into_iter().flatten().map(recorded).collect();
    let len = u32::try_from(turns.len()).unwrap_or(u32::MAX);
    // A count below the number of listed turns cannot be right; a higher one means that only the latest are
    // listed.
    Some(HistoryBody::Kept(History { count: count.unwrap_or(0).max(len), len, turns }))
}

/// Whether a 404 comes from the web framework (no such path) or a proxy. The tutor's own 404 says what it did
/// not find.
pub(crate) fn is_of_the_router(body: &[u8]) -> bool {
    match object(body).and_then(|mut fields| fields.remove("detail")) {
        Some(Value::String(words)) => words.trim().eq_ignore_ascii_case("not found"),
        Some(_) => false,
        None => true,
    }
}

/// Classifies the `detail` of a refusal. It is never passed on, since it may quote the learner.
pub(crate) fn refusal(body: &[u8]) -> Refusal {
    let words = detail(body);
    let says = |signs: &[&str]| signs.iter().any(|sign| words.contains(sign));
    if says(&NO_SPEECH) || says(&["no audio"]) {
        Refusal::NoSpeech
    } else if says(&["too large", "too long", "too big", "exceed", "maximum"]) {
        Refusal::TooLarge
    } else if says(&[
        "format",
        "unsupported",
        "codec",
        "decode",
        "corrupt",
        "content type",
        "content-type",
        "invalid audio",
    ]) {
        Refusal::Format
    } else {
        Refusal::Other
    }
}

/// Phrases that mean that no speech was found.
const NO_SPEECH: [&str; 6] =
    ["no speech", "not understand", "empty transcri", "silen", "inaudible", "nothing was said"];

/// Classifies the `detail` of a failure (500), never passed on either.
pub(crate) fn blame(body: &[u8]) -> Blame {
    let words = detail(body);
    let says = |signs: &[&str]| signs.iter().any(|sign| words.contains(sign));
    // Includes phrases for a model's answer that is empty or malformed, which may differ next time.
    if says(&NO_SPEECH) || says(&["empty", "expecting value", "json", "parse", "transcript"]) {
        Blame::Voice
    } else if says(&[
        "ollama",
        "llm",
        "model",
        "connect",
        "refused",
        "unavailable",
        "timed out",
        "timeout",
        "cuda",
        "memory",
    ]) {
        Blame::Model
    } else {
        Blame::Unknown
    }
}

/// The `detail` in lower case; empty where there is none.
fn detail(body: &[u8]) -> String {
    let mut words = String::new();
    if let Some(detail) = object(body).and_then(|mut fields| fields.remove("detail")) {
        collect(&detail, 4, &mut words);
    }
    words.to_lowercase()
}

pub(crate) fn object(body: &[u8]) -> Option<Map<String, Value>> {
    match json(body) {
        Some(Value::Object(fields)) => Some(fields),
        _ => None,
    }
}

/// A text field, trimmed, without characters that no message can show.
fn text(fields: &Map<String, Value>, name: &str) -> String {
    let raw = fields.get(name).and_then(Value::as_str).unwrap_or_default().trim();
    raw.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

fn recorded(entry: &Value) -> RecordedTurn {
    // An entry that cannot be read still counts as a turn.
    entry.as_object().map_or_else(RecordedTurn::default, |fields| RecordedTurn {
        user: text(fields, "user"),
        coaching: text(fields, "coaching"),
        conversational: text(fields, "conversational"),
    })
}

/// A whole number that can be a count of turns. Some JSON writers produce `3.0`.
fn sane_count(value: &Value) -> Option<u32> {
    let whole = value.as_u64().or_else(|| {
        let float = value.as_f64().filter(|float| float.fract() == 0.0 && (0.0..1e9).contains(float))?;
        Some(float as u64)
    })?;
    u32::try_from(whole).ok()
}

/// Collects every string in a `detail`, which may be a text, a list or a list of objects.
fn collect(value: &Value, depth: u8, words: &mut String) {
    const ENOUGH: usize = 4_096;
    if depth == 0 || words.len() > ENOUGH {
        return;
    }
    match value {
        Value::String(text) => {
            words.extend(text.chars().take(ENOUGH));
            words.push(' ');
        }
        Value::Array(items) => items.iter().take(64).for_each(|item| collect(item, depth - 1, words)),
        Value::Object(fields) => {
            // `input` would be what we sent, not what was wrong with it.
            for item in
                ["msg", "message", "error", "detail", "type"].iter().filter_map(|name| fields.get(*name))
            {
                collect(item, depth - 1, words);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn multipart_is_what_the_tutor_reads() {
        let (kind, body) = multipart_with("b0", b"RIFF\r\n--");
        assert_eq!(kind, "multipart/form-data; boundary=b0");
        let expected: &[u8] =
            b"--b0\r\nContent-Disposition: form-data; name=\"file\"; filename=\"audio.wav\"\r\n\
            Content-Type: audio/wav\r\n\r\nRIFF\r\n--\r\n--b0--\r\n";
        assert_eq!(&body[..], expected);
        assert_ne!(multipart_wav(b"").0, multipart_wav(b"").0);
    }

    #[test]
    fn a_full_answer() {
        let got = assessment(
            br#"{"user_transcript":" Hi ","coaching_feedback":"Good","coaching_feedback_portuguese":"Bom",
            "conversational_response":"Hello","conversational_response_portuguese":"Ol\u00e1",
            "coaching_audio_path":"/x/c.wav","conversational_audio_path":"/x/v.wav","new_field":[1]}"#,
        );
        let expected = Assessment {
            transcript: "Hi".into(),
            coaching: "Good".into(),
            coaching_translated: "Bom".into(),
            reply: "Hello".into(),
            reply_translated: "Olá".into(),
            coaching_audio: true,
            reply_audio: true,
        };
        assert_eq!(got, Some(expected));
    }

    #[test]
    fn odd_fields_count_as_not_given() {
        for body in [
            r#"{}"#,
            r#"{"user_transcript":null,"coaching_feedback":7,"conversational_response":["a"],"coaching_audio_path":true}"#,
            r#"{"user_transcript":"  \n ","conversational_audio_path":"","coaching_audio_path":" "}"#,
            "\u{feff}{\"other\":{}}",
        ] {
            assert_eq!(assessment(body.as_bytes()), Some(Assessment::default()), "{body}");
        }
    }

    #[test]
    fn what_is_no_object_is_no_answer() {
        let deep = "[".repeat(100_000);
        for body in ["", "null", "[]", "\"text\"", "<html></html>", "{\"user_transcript\":\"cut", &deep] {
            assert_eq!(assessment(body.as_bytes()), None);
            assert_eq!(history(body.as_bytes()), None);
        }
    }

    fn kept(body: &str) -> (u32, u32) {
        match history(body.as_bytes()) {
            Some(HistoryBody::Kept(history)) => (history.count, history.len),
            other => panic!("{body}: {other:?}"),
        }
    }

    #[test]
    fn history_counts() {
        for (body, expected) in [
            (r#"{"history":[]}"#, (0, 0)),
            (r#"{"history":[{"user":"a"}],"conversation_count":1}"#, (1, 1)),
            (r#"{"history":[{"user":"a"}],"conversation_count":12}"#, (12, 1)),
            (r#"{"history":[{"user":"a"},null,3],"conversation_count":0}"#, (3, 3)),
            (r#"{"history":[{"user":"a"}],"conversation_count":-4}"#, (1, 1)),
            (r#"{"history":[{"user":"a"}],"conversation_count":"9"}"#, (1, 1)),
            (r#"{"history":[{"user":"a"}],"conversation_count":1e300}"#, (1, 1)),
            (r#"{"history":null,"conversation_count":2.0}"#, (2, 0)),
        ] {
            assert_eq!(kept(body), expected, "{body}");
        }
        assert_eq!(history(br#"{"status":"ok"}"#), Some(HistoryBody::NotOffered));
    }

    #[test]
    fn history_turns() {
        let body = br#"{"session_id":"x","history":[{"user":"u","coaching":null,"conversational":"c","timestamp":5},7]}"#;
        let Some(HistoryBody::Kept(history)) = history(body) else { panic!("not kept") };
        let first = RecordedTurn { user: "u".into(), coaching: String::new(), conversational: "c".into() };
        assert_eq!(history.turns, vec![first, RecordedTurn::default()]);
    }

    #[test]
    fn refusals_are_sorted_by_their_detail() {
        for (body, fault) in [
            (r#"{"detail":"No speech detected"}"#, Refusal::NoSpeech),
            (r#"{"detail":"File too large"}"#, Refusal::TooLarge),
            (
                r#"{"detail":[{"loc":["body"],"msg":"Unsupported format","input":"silence"}]}"#,
                Refusal::Format,
            ),
            (r#"{"detail":[{"msg":"field required"}]}"#, Refusal::Other),
            (r#"{"detail":3}"#, Refusal::Other),
            ("<html>", Refusal::Other),
        ] {
            assert_eq!(refusal(body.as_bytes()), fault, "{body}");
        }
    }

    #[test]
    fn failures_are_sorted_by_their_detail() {
        for (body, fault) in [
            (r#"{"detail":"Feedback text cannot be empty"}"#, Blame::Voice),
            (r#"{"detail":"Expecting value: line 1 column 1 (char 0)"}"#, Blame::Voice),
            (r#"{"detail":"HTTPConnectionPool: Connection refused"}"#, Blame::Model),
            (r#"{"detail":"CUDA out of memory"}"#, Blame::Model),
            (r#"{"detail":"boom"}"#, Blame::Unknown),
            ("Internal Server Error", Blame::Unknown),
        ] {
            assert_eq!(blame(body.as_bytes()), fault, "{body}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(body in proptest::collection::vec(any::<u8>(), 0..200), json in "\\{(\"(history|detail|user_transcript|conversation_count)\":(\\[\\]|\"x\"|-?[0-9]{1,20}|null|\\{\\}),?){0,3}\\}") {
            for bytes in [&body[..], json.as_bytes()] {
                let _ = (assessment(bytes), history(bytes), refusal(bytes));
            }
        }
    }
}
