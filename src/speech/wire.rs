//! The JSON that recognisers answer, read as tolerantly as possible: OpenAI, speaches, whisper.cpp and servers
//! that know the text alone.
//!
//! A field that is missing or of the wrong type counts as not given; what is no transcript at all is an error.
//! Must not know sockets.

use super::error::Fault;
use crate::domain::{SpokenWord, Transcript};
use crate::tolerant_json;
use serde_json::{Map, Value};

/// Most words read.
const WORDS: usize = 20_000;

pub(super) fn transcript(body: &[u8], mime: &str) -> Result<Transcript, Fault> {
    match tolerant_json::json(body) {
        Some(Value::Object(fields)) => of_object(&fields),
        Some(Value::String(text)) => Ok(of_text(&text)),
        Some(_) => Err(Fault::Unreadable("JSON without a text")),
        None => {
            // Asked for JSON, some servers send the text as it is.
            let text = String::from_utf8_lossy(body);
            let markup = text.trim_start().starts_with(['<', '{']);
            if mime == "text/plain" && !markup {
                Ok(of_text(&text))
            } else {
                Err(Fault::Unreadable(if markup { "a page or cut JSON" } else { "no JSON" }))
            }
        }
    }
}

fn of_object(fields: &Map<String, Value>) -> Result<Transcript, Fault> {
    let empty = Vec::new();
    let list = |name: &str| fields.get(name).and_then(Value::as_array).unwrap_or(&empty);
    let segments = list("segments");
    let mut words = words(list("words"));
    if words.is_empty() {
        // whisper.cpp lists them in their segments.
        let inner = segments.iter().filter_map(|segment| segment.get("words")?.as_array());
        words = self::words(&inner.flatten().cloned().collect::<Vec<_>>());
    }
    let text = match fields.get("text").and_then(Value::as_str) {
        Some(text) if !text.trim().is_empty() || (segments.is_empty() && words.is_empty()) => text.to_owned(),
        _ if !segments.is_empty() => {
            segments.iter().filter_map(|segment| segment.get("text")?.as_str()).collect()
        }
        None if words.is_empty() => return Err(Fault::Unreadable("JSON without a text")),
        _ => words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" "),
    };
    let no_speech = segments.iter().filter_map(|segment| probability(segment, &["no_speech_prob"]));
    Ok(Transcript {
        words,
        no_speech: no_speech.reduce(f32::min),
        avg_logprob: avg_logprob(segments),
        ..of_text(&text)
    })
}

/// Whisper models write noise as `[BLANK_AUDIO]` or `(wind blowing)`: no speech.
fn of_text(text: &str) -> Transcript {
    let text: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    let text = text.trim();
    let (mut depth, mut spoken) = (0i32, false);
    for c in text.chars() {
        match c {
            '[' | '(' => depth += 1,
            ']' | ')' => depth -= 1,
            c => spoken |= depth <= 0 && c.is_alphanumeric(),
        }
    }
    Transcript { text: if spoken { text.to_owned() } else { String::new() }, ..Transcript::default() }
}

/// The mean over the segments, weighted by their lengths where all of them have one.
fn avg_logprob(segments: &[Value]) -> Option<f32> {
    let each: Vec<(f64, f64)> = segments
        .iter()
        .filter_map(|segment| {
            let logprob = number(segment, "avg_logprob")?.min(0.0);
            let length = number(segment, "end").zip(number(segment, "start")).map(|(end, start)| end - start);
            Some((logprob, length.unwrap_or(0.0)))
        })
        .collect();
    let weigh = each.iter().all(|(_, length)| *length > 0.0);
    let weight = |length: f64| if weigh { length } else { 1.0 };
    let whole: f64 = each.iter().map(|(_, length)| weight(*length)).sum();
    let sum: f64 = each.iter().map(|(logprob, length)| logprob * weight(*length)).sum();
    (!each.is_empty() && whole > 0.0).then_some((sum / whole) as f32)
}

/// A word as it was listed.
struct Raw {
    text: String,
    start: Option<f64>,
    end: Option<f64>,
    confidence: Option<f32>,
}

fn words(entries: &[Value]) -> Vec<SpokenWord> {
    let raw = entries.iter().take(WORDS).filter_map(|entry| {
        let text = entry.get("word").or_else(|| entry.get("text"))?.as_str()?;
        let confidence = probability(entry, &["probability", "confidence", "score"]);
        Some(Raw {
            text: text.to_owned(),
            start: number(entry, "start"),
            end: number(entry, "end"),
            confidence,
        })
    });
    let mut raw: Vec<Raw> = joined(raw.collect());
    // Some servers list the words of parallel windows one after the other; the sort is stable.
    if raw.iter().all(|word| word.start.is_some()) {
        raw.sort_by(|one, other| one.start.unwrap_or(0.0).total_cmp(&other.start.unwrap_or(0.0)));
    }
    let mut before = 0;
    let mut words = Vec::with_capacity(raw.len());
    for word in raw {
        let start_ms = word.start.map_or(before, milliseconds).max(before);
        let end_ms = word.end.map_or(start_ms, milliseconds).max(start_ms);
        before = end_ms;
        let text = word.text.trim().to_owned();
        words.push(SpokenWord { text, start_ms, end_ms, confidence: word.confidence });
    }
    words
}

/// Tokens become words: where some begin with a space, those that do not continue the one before.
fn joined(raw: Vec<Raw>) -> Vec<Raw> {
    let tokens = raw.iter().skip(1).any(|word| word.text.starts_with(char::is_whitespace));
    let mut words: Vec<Raw> = Vec::with_capacity(raw.len());
    for word in raw {
        match words.last_mut() {
            Some(last) if tokens && !word.text.starts_with(char::is_whitespace) => {
                last.text.push_str(&word.text);
                last.end = word.end.or(last.end);
                // A comma is no doubt about the word before it.
                if word.text.chars().any(char::is_alphanumeric) {
                    last.confidence = match (last.confidence, word.confidence) {
                        (Some(one), Some(other)) => Some(one.min(other)),
                        (one, other) => one.or(other),
                    };
                }
            }
            _ => words.push(word),
        }
    }
    words.retain(|word| word.text.chars().any(|c| !c.is_whitespace()));
    words
}

/// The cast saturates: a negative time is 0.
fn milliseconds(secs: f64) -> u32 {
    (secs * 1_000.0).round() as u32
}

fn probability(of: &Value, names: &[&str]) -> Option<f32> {
    let found = names.iter().find_map(|name| number(of, name))?;
    Some(found.clamp(0.0, 1.0) as f32)
}

/// A finite number, also where it is written as text.
fn number(of: &Value, name: &str) -> Option<f64> {
    let value = of.get(name)?;
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(body: &str) -> Transcript {
        transcript(body.as_bytes(), "application/json").unwrap_or_else(|fault| panic!("{body}: {fault}"))
    }

    fn listed(body: &str) -> Vec<(String, u32, u32, Option<f32>)> {
        let words = read(body).words.into_iter();
        words.map(|word| (word.text, word.start_ms, word.end_ms, word.confidence)).collect()
    }

    #[test]
    fn words_of_openai_and_of_speaches() {
        let openai = r#"{"task":"transcribe","language":"english","duration":2.5,"text":" Hello, world. ",
            "words":[{"word":"Hello","start":0.1,"end":0.5},{"word":"world","start":0.7,"end":1.2}]}"#;
        assert_eq!(read(openai).text, "Hello, world.");
        assert_eq!(
            listed(openai),
            [("Hello".to_owned(), 100, 500, None), ("world".to_owned(), 700, 1_200, None)]
        );
        let speaches = r#"{"text":"I has it.","segments":[{"start":0.0,"end":2.0,"avg_logprob":-0.25,"no_speech_prob":0.02,
            "text":" I has it.","words":null}],"words":[{"word":" I","start":0,"end":0.2,"probability":0.99},
            {"word":" has","start":0.2,"end":0.6,"probability":0.5},{"word":" it.","start":0.6,"end":0.9,"probability":1.5}]}"#;
        let heard = read(speaches);
        assert_eq!((heard.no_speech, heard.avg_logprob), (Some(0.02), Some(-0.25)));
        let sure: Vec<_> = heard.words.iter().map(|word| word.confidence).collect();
        assert_eq!(sure, [Some(0.99), Some(0.5), Some(1.0)]);
    }

    #[test]
    fn the_tokens_of_whisper_cpp_become_words() {
        let body = r#"{"text":" I'm prac-tising.\n","segments":[{"text":" I'm prac-tising.","avg_logprob":-0.2,"words":[
            {"word":" I","start":0.0,"end":0.1,"probability":0.9},{"word":"'m","start":0.1,"end":0.2,"probability":0.8},
            {"word":" prac","start":0.3,"end":0.5,"probability":0.7},{"word":"tising","start":0.5,"end":0.8,"probability":0.6},
            {"word":".","start":0.8,"end":0.9,"probability":0.1}]}]}"#;
        assert_eq!(
            listed(body),
            [("I'm".to_owned(), 0, 200, Some(0.8)), ("practising.".to_owned(), 300, 900, Some(0.6))]
        );
    }

    #[test]
    fn odd_times_end_up_in_order() {
        let times = |words: &str| {
            let found = listed(&format!(r#"{{"text":"a b","words":[{words}]}}"#)).into_iter();
            found.map(|(text, start, end, _)| (text, start, end)).collect::<Vec<_>>()
        };
        let (a, b) = ("a".to_owned(), "b".to_owned());
        for (words, expected) in [
            // Overlapping.
            (
                r#"{"word":"a","start":0,"end":0.9},{"word":"b","start":0.5,"end":1}"#,
                [(&a, 0, 900), (&b, 900, 1_000)],
            ),
            // In another order.
            (
                r#"{"word":"b","start":2,"end":3},{"word":"a","start":0,"end":1}"#,
                [(&a, 0, 1_000), (&b, 2_000, 3_000)],
            ),
            // As texts, negative, backward.
            (
                r#"{"word":"a","start":"-1","end":"0.5"},{"word":"b","start":"0.7","end":"0.1"}"#,
                [(&a, 0, 500), (&b, 700, 700)],
            ),
            // Missing, null, NaN.
            (r#"{"word":"a","end":0.4},{"word":"b","start":NaN,"end":null}"#, [(&a, 0, 400), (&b, 400, 400)]),
            (r#"{"word":"a"},{"word":"b"}"#, [(&a, 0, 0), (&b, 0, 0)]),
            (
                r#"{"word":"a","start":0,"end":1e300},{"word":"b","start":1,"end":2}"#,
                [(&a, 0, u32::MAX), (&b, u32::MAX, u32::MAX)],
            ),
        ] {
            let expected = expected.map(|(text, start, end)| (text.clone(), start, end));
            assert_eq!(times(words), expected, "{words}");
        }
        assert!(!read(r#"{"text":"a","words":[{"word":"a"}]}"#).is_timed());
    }

    #[test]
    fn a_text_is_found_wherever_it_stands() {
        for (body, text) in [
            (r#"{"text":"Hello"}"#, "Hello"),
            (r#"{"text":""}"#, ""),
            (r#""Hello""#, "Hello"),
            (r#"{"text":null,"segments":[{"text":" Hello"},{"text":" you."}]}"#, "Hello you."),
            (r#"{"words":[{"word":"Hello"},{"word":"you"}]}"#, "Hello you"),
            (r#"{"text":" [BLANK_AUDIO]"}"#, ""),
            (r#"{"text":"(wind blowing) [MUSIC]"}"#, ""),
            (r#"{"text":"Yes (I think)."}"#, "Yes (I think)."),
            (r#"{"text":"...","segments":[]}"#, ""),
        ] {
            assert_eq!(read(body).text, text, "{body}");
        }
        let plain = |body: &str, mime| transcript(body.as_bytes(), mime).map(|heard| heard.text);
        assert_eq!(plain("Hello there\n", "text/plain"), Ok("Hello there".to_owned()));
        for (body, mime) in [
            ("Hello", "application/json"),
            ("<html>busy</html>", "text/plain"),
            ("<html>busy</html>", "text/html"),
            (r#"{"text":"cut"#, "text/plain"),
            (r#"{"error":"no 'file' field in the request"}"#, "application/json"),
            ("[]", "application/json"),
            ("", "application/json"),
        ] {
            assert!(matches!(plain(body, mime), Err(Fault::Unreadable(_))), "{body}");
        }
    }

    #[test]
    fn the_most_spoken_segment_speaks_for_all() {
        let heard = read(
            r#"{"text":"a","segments":[{"no_speech_prob":0.9,"avg_logprob":-1,"start":0,"end":3},
            {"no_speech_prob":"0.1","avg_logprob":-0.2,"start":3,"end":4},{"no_speech_prob":NaN}]}"#,
        );
        assert_eq!(heard.no_speech, Some(0.1));
        assert!((heard.avg_logprob.unwrap() + 0.8).abs() < 1e-6);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(body in proptest::collection::vec(any::<u8>(), 0..200), json in "\\{(\"(text|words|segments)\":(\\[\\{\"word\":\"a\",\"start\":-?[0-9]{1,30}\\}\\]|\"x\"|null|7),?){0,3}\\}") {
            for bytes in [&body[..], json.as_bytes()] {
                if let Ok(heard) = transcript(bytes, "text/plain") {
                    prop_assert!(heard.words.windows(2).all(|two| two[0].end_ms <= two[1].start_ms));
                }
            }
        }
    }
}
