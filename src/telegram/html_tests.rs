//! Tests: Markdown of every kind as Telegram will read it, by the strict double's parser.

use super::*;
use crate::domain::Style;
use crate::domain::markdown::{bare, markdown, preview};
use crate::domain::rich::{TEXT_LIMIT, utf16_len};
use crate::sandbox::markup::{Formatted, found, parse_html};
use proptest::prelude::*;

/// What the server makes of a text; nothing is lost.
fn sent(rich: &Rich) -> Formatted {
    let html = html(rich);
    let sent = parse_html(&html).unwrap_or_else(|why| panic!("{why}: {html}"));
    assert!(sent.lost.is_empty(), "{:?} of {html}", sent.lost);
    assert_eq!(sent.text, rich.to_plain().trim(), "{html}");
    sent
}

#[test]
fn formats_nest_as_telegram_has_them() {
    for (text, expected) in [
        ("**b *bi* b** ~~s~~", "<b>b <i>bi</i> b</b> <s>s</s>"),
        ("> q **b**\n> q", "<blockquote>q <b>b</b>\nq</blockquote>"),
        ("```rust\na < b\n```", "<pre><code class=\"language-rust\">a &lt; b</code></pre>"),
        ("> ```\n> x\n> ```", "<blockquote><pre>x</pre></blockquote>"),
        ("**b `c` b**", "<b>b </b><code>c</code><b> b</b>"),
        (
            "*[a](https://e.org/?b&c)*",
            concat!(
                "<i><a href=\"https://e.org/?b&amp;c\">a</a> ",
                "(<a href=\"https://e.org/?b&amp;c\">https://e.org/?b&amp;c</a>)</i>",
            ),
        ),
        (
            "[a **b**](https://e.org/?b&c)",
            concat!(
                "<a href=\"https://e.org/?b&amp;c\">a </a><b><a href=\"https://e.org/?b&amp;c\">b</a></b> ",
                "(<a href=\"https://e.org/?b&amp;c\">https://e.org/?b&amp;c</a>)",
            ),
        ),
        ("` ` x", "  x"),
    ] {
        let rich = markdown(text);
        assert_eq!(html(&rich), expected, "{text}");
        sent(&rich);
    }
    let folded = Rich::plain("a\n").push(Style::Quote, "q").push(Style::Bold, " ").push(Style::Bold, "b");
    assert_eq!(html(&folded), "a\n<blockquote expandable>q</blockquote><b> b</b>");
}

#[test]
fn without_markup_nothing_becomes_a_command() {
    let rich = markdown("`/delete` [/new](https://e.org) **x**");
    assert_eq!(found(&bare(&rich), &[]), Vec::<serde_json::Value>::new());
    assert_eq!(bare(&Rich::plain("/help")), "/help");
}

/// A piece of Markdown, complete or not.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z]{1,8}".prop_map(|word| format!("{word} ")),
        1 => Just("\n".to_owned()),
        1 => Just("\n\n".to_owned()),
        3 => proptest::sample::select(vec![
            "**", "*", "_", "__", "~~", "`", "``", "```", "```py\n", "\n```\n", "> ", "\n> ", "\n>> ", "\n- ", "\n1. ", "\n  - ",
            "\n    ", "# ", "\n## ", "\n---\n", "[", "](", ")", "](https://e.org/a)", "](javascript:x)", "![", "<b>", "</b>",
            "<div>\n", "&amp;", "&lt;", "&#0;", "\\", "|", "\n|a|b|\n|-|:-:|\n|", "\n[a]: b", "- [ ] ", "https://e.org/x_y?q=/z ",
            "/delete ", "@someone ", "#tag ", "/", "@", "#", "<!--", "-->", "\u{202e}", "\u{200d}", "👨‍👩‍👧", "🇧🇷", "e\u{301}",
            "\u{fffe}", "\0", "\t", "\u{2060}", "日本", "مرحبا ",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,12}",
    ]
}

/// What must hold for every message made from it.
fn holds(rich: &Rich, limit: usize) {
    for part in rich.split(limit) {
        let sent = sent(&part);
        assert!(utf16_len(&sent.text) <= limit);
        assert!(!sent.text.is_empty());
        assert_eq!(found(&sent.text, &sent.entities), Vec::<serde_json::Value>::new(), "{:?}", sent.text);
        assert_eq!(found(&bare(&part), &[]), Vec::<serde_json::Value>::new());
        for entity in &sent.entities {
            if let Some(url) = entity.get("url").and_then(|url| url.as_str()) {
                assert!(url.starts_with("http://") || url.starts_with("https://"), "{url}");
                assert!(rich.to_plain().contains(url), "{url} is not shown");
            }
        }
    }
}

fn cases() -> u32 {
    std::env::var("MARKDOWN_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(4_000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn hostile_markdown_makes_messages_that_lose_nothing(pieces in proptest::collection::vec(piece(), 0..40), limit in 2usize..400) {
        let text: String = pieces.concat();
        holds(&markdown(&text), TEXT_LIMIT);
        holds(&markdown(&text), limit);
        // Cut anywhere, as while it is being written.
        let cut = text.char_indices().map(|(at, _)| at).nth(limit).unwrap_or(text.len());
        holds(&preview(&text[..cut]), TEXT_LIMIT);
        holds(&markdown(&text[..cut]), TEXT_LIMIT);
    }
}
