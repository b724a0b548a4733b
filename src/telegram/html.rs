//! Writes [`Rich`] text as Telegram's HTML.
//!
//! Must not know where the text goes.

use crate::domain::Rich;
use crate::domain::rich::{Format, Kind, Quote, is_blank};

/// An open tag. Telegram allows bold, italic, underline and strikethrough in each other, around links and within a
/// quote; code only alone or in a quote (Bot API "Formatting options").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tag<'a> {
    Quote(Quote),
    Bold,
    Italic,
    Strike,
    Underline,
    Link(&'a str),
    Code,
    Pre(&'a str),
}

/// Everything that is not our own markup is escaped.
pub(super) fn html(rich: &Rich) -> String {
    let mut out = String::new();
    let mut open: Vec<Tag<'_>> = Vec::new();
    for span in rich.spans() {
        let tags = tags(&span.format);
        let kept = open.iter().zip(&tags).take_while(|(a, b)| a == b).count();
        close(&mut open, kept, &mut out);
        // Telegram has no format for invisible text.
        let fresh = if is_blank(&span.text) { &[] } else { tags.get(kept..).unwrap_or_default() };
        for tag in fresh {
            tag.begin(&mut out);
            open.push(*tag);
        }
        escape(&span.text, &mut out);
    }
    close(&mut open, 0, &mut out);
    out
}

/// Outermost first.
fn tags(format: &Format) -> Vec<Tag<'_>> {
    let quote = format.quote.map(Tag::Quote);
    let inner = match &format.kind {
        Kind::Code => return quote.into_iter().chain([Tag::Code]).collect(),
        Kind::Pre(language) => return quote.into_iter().chain([Tag::Pre(language)]).collect(),
        Kind::Link(address) => Some(Tag::Link(address)),
        Kind::Words => None,
    };
    let marks = [
        (format.bold, Tag::Bold),
        (format.italic, Tag::Italic),
        (format.strike, Tag::Strike),
        (format.underline, Tag::Underline),
    ];
    let marks = marks.into_iter().filter_map(|(is, tag)| is.then_some(tag));
    quote.into_iter().chain(marks).chain(inner).collect()
}

fn close(open: &mut Vec<Tag<'_>>, kept: usize, out: &mut String) {
    for tag in open.drain(kept.min(open.len())..).rev() {
        out.push_str(tag.end());
    }
}

impl Tag<'_> {
    fn begin(self, out: &mut String) {
        let (before, value, after) = match self {
            Self::Quote(Quote::Open) => ("<blockquote>", "", ""),
            Self::Quote(Quote::Folded) => ("<blockquote expandable>", "", ""),
            Self::Bold => ("<b>", "", ""),
            Self::Italic => ("<i>", "", ""),
            Self::Strike => ("<s>", "", ""),
            Self::Underline => ("<u>", "", ""),
            Self::Link(address) => ("<a href=\"", address, "\">"),
            Self::Code => ("<code>", "", ""),
            Self::Pre("") => ("<pre>", "", ""),
            Self::Pre(language) => ("<pre><code class=\"language-", language, "\">"),
        };
        out.push_str(before);
        escape(value, out);
        out.push_str(after);
    }

    fn end(self) -> &'static str {
        match self {
            Self::Quote(_) => "</blockquote>",
            Self::Bold => "</b>",
            Self::Italic => "</i>",
            Self::Strike => "</s>",
            Self::Underline => "</u>",
            Self::Link(_) => "</a>",
            Self::Code => "</code>",
            Self::Pre("") => "</pre>",
            Self::Pre(_) => "</code></pre>",
        }
    }
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
#[path = "html_tests.rs"]
mod tests;
