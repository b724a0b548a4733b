//! The words of the message that a text answers. Must not know what is done with them.

use super::tolerant::{clip, text};
use crate::domain::Body;
use serde_json::Value;

/// Longest quotation kept, characters.
const QUOTED_LIMIT: usize = 4096;

/// Plain words with those they answer: the part that was marked, else the whole of that message.
pub(super) fn quoting(body: Body, message: &Value) -> Body {
    let Body::Text(words) = body else { return body };
    let words_of = |holder: &str, field: &str| {
        text(message.get(holder).and_then(|holder| holder.get(field)), usize::MAX)
    };
    let quoted = words_of("quote", "text")
        .or_else(|| words_of("reply_to_message", "text"))
        .or_else(|| words_of("reply_to_message", "caption"));
    match quoted.map(str::trim).filter(|quoted| !quoted.is_empty()) {
        Some(quoted) => {
            let quoted = clip(quoted, QUOTED_LIMIT).to_owned();
            Body::Quoting { text: words, quoted }
        }
        None => Body::Text(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_text_brings_the_words_it_answers() {
        let said = |message: Value| quoting(Body::Text("why?".into()), &message);
        for (message, quoted) in [
            (json!({ "reply_to_message": { "text": "I goes home" } }), "I goes home"),
            (json!({ "reply_to_message": { "text": "I goes home" }, "quote": { "text": "goes" } }), "goes"),
            (json!({ "reply_to_message": { "caption": "beneath" } }), "beneath"),
        ] {
            let expected = Body::Quoting { text: "why?".into(), quoted: quoted.into() };
            assert_eq!(said(message), expected, "{quoted}");
        }
        for message in [
            json!({}),
            json!({ "reply_to_message": { "voice": {} } }),
            json!({ "reply_to_message": { "text": "  " } }),
            json!({ "reply_to_message": 7, "quote": [] }),
        ] {
            assert_eq!(said(message.clone()), Body::Text("why?".into()), "{message}");
        }
    }
}
