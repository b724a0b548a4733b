//! Formatted text, measured as Telegram does: in UTF-16 code units.
//!
//! A text is a flat list of spans, each with its complete format, so that it can be cut anywhere; whoever
//! writes the markup works out the nesting. Must not know HTML or any other markup (see `telegram::html`,
//! `markdown`).

mod split;

use serde::{Deserialize, Serialize};

/// Longest message text, UTF-16 code units after parsing (Bot API "sendMessage").
pub(crate) const TEXT_LIMIT: usize = 4096;
/// Longest caption, UTF-16 code units after parsing (Bot API "sendVoice").
pub(crate) const CAPTION_LIMIT: usize = 1024;

/// The formats that the bot's own sentences use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Plain,
    Bold,
    Italic,
    Code,
    /// A quote that can be unfolded.
    Quote,
    Underline,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Encoded", into = "Encoded")]
pub struct Format {
    /// Bold; of no effect on code.
    pub bold: bool,
    /// Italic; of no effect on code.
    pub italic: bool,
    /// Struck through; of no effect on code.
    pub strike: bool,
    /// Underlined; of no effect on code.
    pub underline: bool,
    /// Part of a quote.
    pub quote: Option<Quote>,
    pub kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Quote {
    /// Shown completely.
    Open,
    /// Folded until it is tapped.
    Folded,
}

/// What a span is; these exclude each other: code has no other format and no link.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    #[default]
    Words,
    /// Text with this link.
    Link(String),
    /// Monospace within a line.
    Code,
    /// A monospace block and its language (may be empty).
    Pre(String),
}

impl From<Style> for Format {
    fn from(style: Style) -> Self {
        let plain = Self::default();
        match style {
            Style::Plain => plain,
            Style::Bold => Self { bold: true, ..plain },
            Style::Italic => Self { italic: true, ..plain },
            Style::Code => Self { kind: Kind::Code, ..plain },
            Style::Quote => Self { quote: Some(Quote::Folded), ..plain },
            Style::Underline => Self { underline: true, ..plain },
        }
    }
}

/// A format as stored. Formats that fit the first five are still written that way, so that older versions can
/// read them.
#[derive(Serialize, Deserialize)]
enum Encoded {
    Plain,
    Bold,
    Italic,
    Code,
    Quote,
    Any {
        bold: bool,
        italic: bool,
        strike: bool,
        quote: Option<Quote>,
        kind: Kind,
    },
    /// As `Any`, and underlined.
    Underlined {
        bold: bool,
        italic: bool,
        strike: bool,
        quote: Option<Quote>,
        kind: Kind,
    },
}

impl From<Encoded> for Format {
    fn from(encoded: Encoded) -> Self {
        match encoded {
            Encoded::Plain => Style::Plain.into(),
            Encoded::Bold => Style::Bold.into(),
            Encoded::Italic => Style::Italic.into(),
            Encoded::Code => Style::Code.into(),
            Encoded::Quote => Style::Quote.into(),
            Encoded::Any { bold, italic, strike, quote, kind } => {
                Self { bold, italic, strike, underline: false, quote, kind }
            }
            Encoded::Underlined { bold, italic, strike, quote, kind } => {
                Self { bold, italic, strike, underline: true, quote, kind }
            }
        }
    }
}

impl From<Format> for Encoded {
    fn from(format: Format) -> Self {
        for (style, encoded) in [
            (Style::Plain, Self::Plain),
            (Style::Bold, Self::Bold),
            (Style::Italic, Self::Italic),
            (Style::Code, Self::Code),
            (Style::Quote, Self::Quote),
        ] {
            if format == Format::from(style) {
                return encoded;
            }
        }
        let Format { bold, italic, strike, underline, quote, kind } = format;
        if underline {
            return Self::Underlined { bold, italic, strike, quote, kind };
        }
        Self::Any { bold, italic, strike, quote, kind }
    }
}

/// A run of text in one format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Span {
    pub format: Format,
    /// Not escaped.
    pub text: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rich(Vec<Span>);

impl Rich {
    /// Plain text.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::default().push(Style::Plain, text)
    }

    /// Empty spans are left out; a span of the same format is joined to the last one.
    #[must_use]
    pub fn push(mut self, format: impl Into<Format>, text: impl Into<String>) -> Self {
        self.add(format.into(), text.into());
        self
    }

    /// As [`Self::push`].
    pub(super) fn add(&mut self, format: Format, text: String) {
        match self.0.last_mut() {
            _ if text.is_empty() => {}
            Some(last) if last.format == format => last.text.push_str(&text),
            _ => self.0.push(Span { format, text }),
        }
    }

    #[must_use]
    pub fn append(self, other: Rich) -> Self {
        other.0.into_iter().fold(self, |text, span| text.push(span.format, span.text))
    }

    /// All of this text as one quote.
    #[must_use]
    pub fn quoted(mut self, quote: Quote) -> Self {
        self.0.iter_mut().for_each(|span| span.format.quote = Some(quote));
        self
    }

    pub(crate) fn spans(&self) -> &[Span] {
        &self.0
    }

    pub(crate) fn utf16_len(&self) -> usize {
        self.0.iter().map(|span| utf16_len(&span.text)).sum()
    }

    /// Nothing a reader could see (Telegram refuses such a text as empty).
    pub fn is_blank(&self) -> bool {
        self.0.iter().all(|span| is_blank(&span.text))
    }

    pub fn to_plain(&self) -> String {
        self.0.iter().map(|span| span.text.as_str()).collect()
    }
}

impl FromIterator<Span> for Rich {
    fn from_iter<T: IntoIterator<Item = Span>>(spans: T) -> Self {
        spans.into_iter().fold(Self::default(), |text, span| text.push(span.format, span.text))
    }
}

pub(crate) fn utf16_len(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Whether nothing is visible: only white space and characters without a glyph, which Telegram strips.
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(|c| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{3164}')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_as_telegram_counts() {
        for (text, units) in [("", 0), ("abc", 3), ("é", 1), ("😀", 2), ("👨‍👩‍👧", 8)] {
            assert_eq!(utf16_len(text), units, "{text}");
        }
    }

    #[test]
    fn what_an_older_program_wrote_is_read_and_written_as_it_was() {
        #[derive(Serialize, Deserialize)]
        enum Old {
            Plain,
            Bold,
            Italic,
            Code,
            Quote,
        }
        let styles = [Style::Plain, Style::Bold, Style::Italic, Style::Code, Style::Quote];
        for (old, style) in [Old::Plain, Old::Bold, Old::Italic, Old::Code, Old::Quote].iter().zip(styles) {
            let written = serde_json::to_value(old).unwrap();
            assert_eq!(serde_json::to_value(Format::from(style)).unwrap(), written);
            assert_eq!(serde_json::from_value::<Format>(written).unwrap(), Format::from(style));
        }
    }
}
