//! [`Rich`] text in Telegram's HTML.
//!
//! Must not know where the text goes.

use crate::domain::{Rich, Style};

/// Telegram's HTML; everything that is not our own markup is escaped.
pub(super) fn html(rich: &Rich) -> String {
    let mut out = String::new();
    for span in rich.spans() {
        let (open, close) = match span.style {
            Style::Plain => ("", ""),
            Style::Bold => ("<b>", "</b>"),
            Style::Italic => ("<i>", "</i>"),
            Style::Code => ("<code>", "</code>"),
            Style::Quote => ("<blockquote expandable>", "</blockquote>"),
        };
        out.push_str(open);
        escape(&span.text, &mut out);
        out.push_str(close);
    }
    out
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A tiny reader of Telegram's HTML: the text, and whether every tag closes the one that is open.
    fn read_html(html: &str) -> Option<String> {
        let (mut text, mut open, mut rest) = (String::new(), None::<String>, html);
        while let Some(c) = rest.chars().next() {
            if let Some(tag) = rest.strip_prefix('<') {
                let (tag, after) = tag.split_once('>')?;
                match tag.strip_prefix('/') {
                    Some(name) if open.as_deref() == Some(name) => open = None,
                    Some(_) => return None,
                    None if open.is_none() => open = tag.split(' ').next().map(str::to_owned),
                    None => return None,
                }
                rest = after;
            } else if let Some(entity) = rest.strip_prefix('&') {
                let (name, after) = entity.split_once(';')?;
                text.push(match name {
                    "amp" => '&',
                    "lt" => '<',
                    "gt" => '>',
                    "quot" => '"',
                    _ => return None,
                });
                rest = after;
            } else {
                text.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
        open.is_none().then_some(text)
    }

    proptest! {
        #[test]
        fn html_is_balanced_and_reads_back(spans in proptest::collection::vec((0..5u8, "([<>&\"/;b ]{0,20}|\\PC{0,20})"), 0..8)) {
            let mut rich = Rich::default();
            for (style, text) in spans {
                let style = [Style::Plain, Style::Bold, Style::Italic, Style::Code, Style::Quote][usize::from(style)];
                rich = rich.push(style, text);
            }
            prop_assert_eq!(read_html(&html(&rich)), Some(rich.to_plain()));
        }
    }
}
