//! Test of the bot's own sentences as Telegram is given them.

use super::html::html;
use crate::domain::Language;
use crate::domain::phrases::tests::all_said;
use crate::domain::rich::{Rich, Style};
use crate::sandbox::markup::parse_html;

#[test]
fn every_sentence_passes_telegram_with_any_values_in_every_language() {
    for hostile in [
        "</b><a href=\"x\">&lt;&",
        "<",
        "&#0;&nbsp;",
        "{ $x }",
        "\u{202e}a\u{0}\u{fe0f}",
        "👩‍👩‍👧‍👦".repeat(9).as_str(),
    ] {
        for language in Language::ALL {
            for (key, text) in all_said(*language, hostile) {
                for style in [Style::Plain, Style::Bold, Style::Italic] {
                    let sent = html(&Rich::default().push(style, text.as_str()));
                    let read = parse_html(&sent).unwrap_or_else(|error| panic!("{key}: {error}: {sent}"));
                    assert_eq!(read.text.trim(), text.trim(), "{language:?} {key}");
                }
            }
        }
    }
}
