//! Text with a little emphasis, measured and split the way Telegram measures: in UTF-16 code units.
//!
//! Must not know HTML or any other markup (see `telegram::to_api`). Spans do not nest, so a split never breaks
//! an entity: it ends one and begins another.

use serde::{Deserialize, Serialize};

/// Longest message text, UTF-16 code units after parsing (Bot API "sendMessage").
pub(crate) const TEXT_LIMIT: usize = 4096;
/// Longest caption, UTF-16 code units after parsing (Bot API "sendVoice").
pub(crate) const CAPTION_LIMIT: usize = 1024;

/// How a span looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Style {
    /// As it is.
    Plain,
    /// Bold.
    Bold,
    /// Italic.
    Italic,
    /// Monospace.
    Code,
    /// A quote that folds open.
    Quote,
}

/// A run of text in one style.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Span {
    /// How it looks.
    pub style: Style,
    /// What it says, unescaped.
    pub text: String,
}

/// A text made of spans.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rich(Vec<Span>);

impl Rich {
    /// Plain text.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::default().push(Style::Plain, text)
    }

    /// This text with a span added; an empty one is left out, one of the same style is joined (quotes stay apart).
    #[must_use]
    pub fn push(mut self, style: Style, text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() {
            return self;
        }
        match self.0.last_mut() {
            Some(last) if last.style == style && style != Style::Quote => last.text.push_str(&text),
            _ => self.0.push(Span { style, text }),
        }
        self
    }

    /// This text followed by another.
    #[must_use]
    pub(crate) fn append(self, other: Rich) -> Self {
        other.0.into_iter().fold(self, |text, span| text.push(span.style, span.text))
    }

    /// The spans in order.
    pub(crate) fn spans(&self) -> &[Span] {
        &self.0
    }

    /// Length as Telegram counts it.
    pub(crate) fn utf16_len(&self) -> usize {
        self.0.iter().map(|span| utf16_len(&span.text)).sum()
    }

    /// Nothing a reader could see (Telegram refuses such a text as empty).
    pub(crate) fn is_blank(&self) -> bool {
        self.0.iter().all(|span| span.text.chars().all(is_blank_char))
    }

    /// The words alone.
    pub fn to_plain(&self) -> String {
        self.0.iter().map(|span| span.text.as_str()).collect()
    }

    /// What comes before a heading at the very end, and that heading; `None` where there is none, or nothing before it.
    fn heading_last(&self) -> Option<(Rich, Vec<Span>)> {
        let last = self.0.iter().rposition(|span| !span.text.trim().is_empty())?;
        if self.0.get(last)?.style != Style::Bold {
            return None;
        }
        let (above, heading) = self.0.split_at_checked(last)?;
        let above = Rich(above.to_vec());
        (!above.is_blank()).then(|| (above, heading.to_vec()))
    }

    /// Splits into texts of at most `limit` UTF-16 code units, at the last paragraph, line, sentence or word end
    /// that leaves no tiny remainder, else between characters (never inside a surrogate pair, nor between a base
    /// and what combines with it where that can be helped). Blank pieces are dropped; a blank text gives none.
    pub(crate) fn split(&self, limit: usize) -> Vec<Rich> {
        let limit = limit.max(2);
        let mut pieces = Vec::new();
        let mut rest: Vec<Span> = self.0.clone();
        rest.reverse();
        let mut piece = Rich::default();
        let mut room = limit;
        while let Some(span) = rest.pop() {
            let length = utf16_len(&span.text);
            if length <= room {
                room -= length;
                piece = piece.push(span.style, span.text);
                continue;
            }
            let fresh = piece.0.is_empty();
            let mut cut = cut_point(&span.text, room, fresh);
            if !fresh && span.text.get(..cut).is_none_or(|head| head.trim().is_empty()) {
                // A heading goes with what it stands above.
                if let Some((above, mut heading)) = piece.heading_last() {
                    rest.push(span);
                    heading.reverse();
                    rest.append(&mut heading);
                    finish(&mut pieces, above);
                    piece = Rich::default();
                    room = limit;
                    continue;
                }
                if piece.0.iter().any(|span| span.style == Style::Bold) {
                    cut = cut_point(&span.text, room, true);
                }
            }
            let (head, tail) = span.text.split_at(cut);
            piece = piece.push(span.style, head);
            rest.push(Span { style: span.style, text: tail.trim_start_matches([' ', '\n']).to_owned() });
            if rest.last().is_some_and(|tail| tail.text.is_empty()) {
                rest.pop();
            }
            finish(&mut pieces, std::mem::take(&mut piece));
            room = limit;
        }
        finish(&mut pieces, piece);
        pieces
    }
}

/// Length in UTF-16 code units.
pub(crate) fn utf16_len(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

fn finish(pieces: &mut Vec<Rich>, piece: Rich) {
    if !piece.is_blank() {
        pieces.push(piece);
    }
}

/// White space and characters without a glyph, which Telegram strips.
fn is_blank_char(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{3164}')
}

/// The byte index to cut `text` at so that the head has at most `room` UTF-16 units. 0 when nothing should be
/// taken (only when the piece is not `fresh`: it can end before this span).
fn cut_point(text: &str, room: usize, fresh: bool) -> usize {
    let (mut units, mut hard, mut last_base) = (0, 0, 0);
    for (at, c) in text.char_indices() {
        if !joins_previous(c) {
            last_base = at;
        }
        if units + c.len_utf16() > room {
            // Step back to the start of a combined character where that leaves anything at all.
            hard = if joins_previous(c) && last_base > 0 { last_base } else { at };
            break;
        }
        units += c.len_utf16();
        hard = at + c.len_utf8();
    }
    let head = text.get(..hard).unwrap_or_default();
    // A break in the first half would waste the message; a lesser kind of break further on reads better.
    let floor = if fresh { head.len() / 2 } else { 0 };
    let after = |needle: &str| head.rfind(needle).map(|at| at + needle.len()).filter(|at| *at > floor);
    let sentence = [". ", "! ", "? ", "… ", "。"].iter().filter_map(|end| after(end)).max();
    after("\n\n").or_else(|| after("\n")).or(sentence).or_else(|| after(" ")).unwrap_or(if fresh {
        hard
    } else {
        0
    })
}

/// Characters that belong to the one before: combining marks, joiners, variation selectors, skin tones.
fn joins_previous(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036f}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{20e3}'
        | '\u{e0020}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn squeeze(text: &str) -> String {
        text.chars().filter(|c| !is_blank_char(*c)).collect()
    }

    #[test]
    fn counts_as_telegram_counts() {
        for (text, units) in [("", 0), ("abc", 3), ("é", 1), ("😀", 2), ("👨‍👩‍👧", 8)] {
            assert_eq!(utf16_len(text), units, "{text}");
        }
    }

    #[test]
    fn splits_at_paragraphs_then_sentences_then_words() {
        for (text, limit, expected) in [
            ("one two\n\nthree four", 12, vec!["one two\n\n", "three four"]),
            ("One is. Two is three", 12, vec!["One is. ", "Two is three"]),
            ("alpha beta gamma", 11, vec!["alpha beta ", "gamma"]),
            ("abcdefghij", 4, vec!["abcd", "efgh", "ij"]),
            ("a😀😀😀", 4, vec!["a😀", "😀😀"]),
            (" \n ", 4, vec![]),
        ] {
            let got: Vec<String> = Rich::plain(text).split(limit).iter().map(Rich::to_plain).collect();
            assert_eq!(got, expected, "{text:?}");
        }
    }

    #[test]
    fn a_heading_never_stands_alone_above_a_split() {
        let long = "word ".repeat(30);
        let lesson = Rich::default()
            .push(Style::Bold, "You said")
            .push(Style::Plain, "\nshort\n\n")
            .push(Style::Bold, "Coaching")
            .push(Style::Plain, format!("\n{long}"));
        for limit in 20..120 {
            let parts = lesson.split(limit);
            for part in &parts {
                let text = part.to_plain();
                assert!(
                    !text.trim_end().ends_with("Coaching") && !text.trim_end().ends_with("said"),
                    "{limit}: {text}"
                );
            }
        }
    }

    #[test]
    fn a_style_goes_on_in_the_next_piece() {
        let parts = Rich::plain("Heading\n").push(Style::Quote, "x ".repeat(40)).split(30);
        assert!(parts.len() > 2);
        assert!(parts.iter().skip(1).all(|part| part.spans().iter().all(|span| span.style == Style::Quote)));
    }

    proptest! {
        #[test]
        fn every_piece_fits_and_nothing_visible_is_lost(
            spans in proptest::collection::vec((0..5u8, "([a-z ]{0,40}|\\PC{0,30}|[\\n .😀é]{0,20})"), 0..8),
            limit in 2usize..60,
        ) {
            let mut rich = Rich::default();
            for (style, text) in spans {
                let style = [Style::Plain, Style::Bold, Style::Italic, Style::Code, Style::Quote][usize::from(style)];
                rich = rich.push(style, text);
            }
            let parts = rich.split(limit);
            for part in &parts {
                prop_assert!(part.utf16_len() <= limit);
                prop_assert!(!part.is_blank());
            }
            let joined: String = parts.iter().map(Rich::to_plain).collect();
            prop_assert_eq!(squeeze(&joined), squeeze(&rich.to_plain()));
        }
    }
}
