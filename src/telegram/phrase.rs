//! The phrase of a card: what `/card` answers, and what is forwarded to the bot. Must not know what becomes of it.

use super::tolerant::text;
use crate::domain::{Body, CARD};
use serde_json::Value;

/// Longest text that is a phrase when it is forwarded, characters: a longer one is something to talk about.
const PHRASE_CHARS: usize = 200;

/// Longest text of a message, bytes.
const TEXT_BYTES: usize = 4096 * 4;

/// `/card` without a phrase takes the marked part of the message it answers, else its text; any other command stays as it is.
pub(super) fn answered(command: Body, message: &Value) -> Body {
    match command {
        Body::Command { name, args } if name == CARD && args.is_empty() => {
            let marked = message.get("quote").and_then(|quote| text(quote.get("text"), TEXT_BYTES));
            let whole = || {
                let answered = message.get("reply_to_message")?;
                text(answered.get("text"), 4096).or_else(|| text(answered.get("caption"), TEXT_BYTES))
            };
            let args = marked.or_else(whole).unwrap_or_default().trim().to_owned();
            Body::Command { name, args }
        }
        other => other,
    }
}

/// A short text that was forwarded means `/card`.
pub(super) fn forwarded(body: Body, message: &Value) -> Body {
    let is_forwarded = ["forward_origin", "forward_date"].iter().any(|field| message.get(field).is_some());
    match body {
        Body::Text(phrase) if is_forwarded && phrase.chars().count() <= PHRASE_CHARS => {
            Body::Command { name: CARD.to_owned(), args: phrase.trim().to_owned() }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn command(name: &str, args: &str) -> Body {
        Body::Command { name: name.to_owned(), args: args.to_owned() }
    }

    #[test]
    fn card_takes_the_text_it_answers_where_it_has_none() {
        let reply = json!({ "reply_to_message": { "text": " I agree. Do you? " } });
        let marked =
            json!({ "quote": { "text": "I agree." }, "reply_to_message": { "text": "I agree. Do you?" } });
        let caption = json!({ "reply_to_message": { "caption": "I agree." } });
        for (before, message, expected) in [
            (command("card", ""), &reply, "I agree. Do you?"),
            (command("card", ""), &marked, "I agree."),
            (command("card", ""), &caption, "I agree."),
            (command("card", "Mine"), &reply, "Mine"),
            (command("card", ""), &json!({}), ""),
            (command("card", ""), &json!({ "reply_to_message": [3], "quote": 7 }), ""),
        ] {
            assert_eq!(answered(before, message), command("card", expected), "{message}");
        }
        assert_eq!(answered(command("help", ""), &reply), command("help", ""));
    }

    #[test]
    fn a_short_text_that_is_forwarded_is_a_card() {
        let origin = json!({ "forward_origin": { "type": "hidden_user" } });
        let body = |text: &str| Body::Text(text.to_owned());
        assert_eq!(forwarded(body("I agree."), &origin), command("card", "I agree."));
        assert_eq!(forwarded(body("I agree."), &json!({})), body("I agree."));
        let long = "I agree. ".repeat(40);
        assert_eq!(forwarded(body(&long), &origin), body(&long));
    }
}
