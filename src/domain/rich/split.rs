//! Decides where a text that is longer than a message is cut.
//!
//! Owns the rule which cut reads best. Must not know why a text has to be cut.

use super::{Kind, Rich, Span, is_blank};
use unicode_segmentation::UnicodeSegmentation;

/// Ends of a sentence, with the space after it.
const SENTENCE_ENDS: [&str; 5] = [". ", "! ", "? ", "… ", "。"];

impl Rich {
    /// Splits into texts of at most `limit` UTF-16 code units: after the last paragraph, line, sentence or
    /// word that leaves no tiny piece, otherwise between graphemes. A grapheme longer than a piece is cut,
    /// but never inside a surrogate pair. A heading stays with the text below it, and a code block is moved
    /// rather than cut. Blank pieces are dropped; a blank text gives none.
    pub fn split(&self, limit: usize) -> Vec<Rich> {
        let limit = limit.max(2);
        let text = self.to_plain();
        let blocks = self.blocks();
        let mut cutter = Cutter { spans: self.spans(), at: 0, within: 0 };
        let (mut pieces, mut from) = (Vec::new(), 0);
        while let Some(rest) = text.get(from..).filter(|rest| !rest.is_empty()) {
            let room = reach(rest, limit);
            let cut = if room == rest.len() { room } else { self.best_cut(&text, from, room, &blocks) };
            let piece = cutter.take(cut);
            from += cut;
            let skipped = skipped(text.get(from..).unwrap_or_default(), in_block(&blocks, from));
            cutter.take(skipped);
            from += skipped;
            if !piece.is_blank() {
                pieces.push(piece);
            }
        }
        pieces
    }

    /// Byte ranges of the code blocks.
    fn blocks(&self) -> Vec<(usize, usize)> {
        let mut at = 0;
        let ranges = self.spans().iter().map(|span| {
            let from = at;
            at += span.text.len();
            (span, from, at)
        });
        ranges
            .filter(|(span, ..)| matches!(span.format.kind, Kind::Pre(_)))
            .map(|(_, from, to)| (from, to))
            .collect()
    }

    /// How many bytes to take from `from` on, of which `room` bytes fit.
    fn best_cut(&self, text: &str, from: usize, room: usize, blocks: &[(usize, usize)]) -> usize {
        let head = text.get(from..from + room).unwrap_or_default();
        // A break in the first half would waste space; a lesser kind of break further on reads better.
        let floor = room / 2;
        let after = |needle: &str, inside: bool| {
            let ends = head.rmatch_indices(needle).map(|(at, _)| at + needle.len());
            ends.take_while(|at| *at > floor).find(|at| inside || !in_block(blocks, from + at))
        };
        let cut = after("\n\n", false)
            .or_else(|| after("\n", false))
            .or_else(|| after("\n", true))
            .or_else(|| SENTENCE_ENDS.iter().filter_map(|end| after(end, true)).max())
            .or_else(|| after(" ", true))
            .unwrap_or_else(|| within_word(head, text.get(from + room..).unwrap_or_default()));
        self.heading_before(text, from + cut)
            .and_then(|heading| heading.checked_sub(from))
            .filter(|heading| !is_blank(head.get(..*heading).unwrap_or_default()))
            .unwrap_or(cut)
    }

    /// Start of the last line before `end`, if it is completely bold: a heading.
    fn heading_before(&self, text: &str, end: usize) -> Option<usize> {
        let head = text.get(..end)?.trim_end();
        let start = head.rfind('\n').map_or(0, |at| at + 1);
        let mut at = 0;
        let all_bold = self.spans().iter().all(|span| {
            let from = at;
            at += span.text.len();
            let on_line = text.get(from.max(start)..at.min(head.len())).unwrap_or_default();
            span.format.bold || is_blank(on_line)
        });
        all_bold.then_some(start)
    }
}

/// Cuts inside a word. The next piece must not begin like a command: `and/or`.
fn within_word(head: &str, next: &str) -> usize {
    let last = head.char_indices().next_back().map(|(at, _)| at);
    last.filter(|at| *at > 0 && next.starts_with(['/', '@', '#', '$'])).unwrap_or(head.len())
}

/// The bytes of `text` that fit into `units` UTF-16 code units.
fn reach(text: &str, units: usize) -> usize {
    let (mut left, mut hard) = (units, text.len());
    for (at, c) in text.char_indices() {
        match left.checked_sub(c.len_utf16()) {
            Some(less) => left = less,
            None => {
                hard = at;
                break;
            }
        }
    }
    if hard == text.len() {
        return hard;
    }
    let next = text.get(hard..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    let seen = text.get(..hard + next).unwrap_or(text);
    // A grapheme may be longer than a piece.
    let last = seen.grapheme_indices(true).next_back().map(|(at, _)| at);
    last.filter(|at| *at > 0).unwrap_or(hard)
}

/// White space at a cut that can be dropped; the indentation of a code block stays.
fn skipped(text: &str, in_block: bool) -> usize {
    if in_block {
        return text.len() - text.trim_start_matches('\n').len();
    }
    text.len() - text.trim_start_matches([' ', '\n']).len()
}

/// Whether a cut at this byte is inside a code block.
fn in_block(blocks: &[(usize, usize)], at: usize) -> bool {
    let behind = blocks.partition_point(|(_, to)| *to <= at);
    blocks.get(behind).is_some_and(|(from, _)| *from < at)
}

/// Takes a text apart from its front.
struct Cutter<'a> {
    spans: &'a [Span],
    /// The current span, and how many of its bytes are gone.
    at: usize,
    within: usize,
}

impl Cutter<'_> {
    fn take(&mut self, mut bytes: usize) -> Rich {
        let mut taken = Rich::default();
        while bytes > 0 {
            let Some(span) = self.spans.get(self.at) else { break };
            let left = span.text.get(self.within..).unwrap_or_default();
            let cut = bytes.min(left.len());
            taken.add(span.format.clone(), left.get(..cut).unwrap_or_default().to_owned());
            bytes -= cut;
            self.within += cut;
            if self.within == span.text.len() {
                (self.at, self.within) = (self.at + 1, 0);
            }
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Format, Quote, Style};
    use super::*;
    use proptest::prelude::*;

    fn squeeze(text: &str) -> String {
        text.chars().filter(|c| !is_blank(&c.to_string())).collect()
    }

    fn parts(text: &str, limit: usize) -> Vec<String> {
        Rich::plain(text).split(limit).iter().map(Rich::to_plain).collect()
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
            assert_eq!(parts(text, limit), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_seen_as_one_character_stays_one() {
        for (text, limit, expected) in [
            ("abcde\u{301}f", 5, vec!["abcd", "e\u{301}f"]),
            ("ab👨‍👩‍👧c", 9, vec!["ab", "👨‍👩‍👧c"]),
            ("abc🇧🇷d", 5, vec!["abc", "🇧🇷d"]),
            ("ab👍🏽", 4, vec!["ab", "👍🏽"]),
        ] {
            assert_eq!(parts(text, limit), expected, "{text:?}");
        }
        // Longer than a piece: cut all the same.
        assert_eq!(parts(&format!("e{}", "\u{301}".repeat(9)), 4).len(), 3);
    }

    #[test]
    fn a_heading_never_stands_alone_above_a_split() {
        let long = "word ".repeat(30);
        for gap in ["\n", "\n\n"] {
            let lesson = Rich::default()
                .push(Style::Bold, "You said")
                .push(Style::Plain, "\nshort\n\n")
                .push(Style::Bold, "Coaching")
                .push(Style::Plain, format!("{gap}{long}"));
            for limit in 20..120 {
                for part in &lesson.split(limit) {
                    let text = part.to_plain();
                    assert!(
                        !text.trim_end().ends_with("Coaching") && !text.trim_end().ends_with("said"),
                        "{limit}: {text}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_format_goes_on_in_the_next_piece() {
        let parts = Rich::plain("Heading\n").push(Style::Quote, "x ".repeat(40)).split(30);
        assert!(parts.len() > 2);
        let quoted = |span: &Span| span.format == Style::Quote.into();
        assert!(parts.iter().skip(1).all(|part| part.spans().iter().all(quoted)));
    }

    #[test]
    fn code_is_rather_moved_than_cut_and_keeps_its_indentation() {
        let code = Format { kind: Kind::Pre("py".into()), ..Format::default() };
        let block = "if a:\n\n    b()\n    c()";
        let rich = Rich::plain("Words before it.\n").push(code.clone(), block);
        let moved = rich.split(30);
        assert_eq!(moved[1].spans(), [Span { format: code.clone(), text: block.into() }]);
        let cut = Rich::default().push(code.clone(), block).split(18);
        assert!(cut.iter().all(|part| part.spans()[0].format == code));
        assert_eq!(cut[1].to_plain(), "    c()");
    }

    #[test]
    fn words_of_two_formats_are_no_place_to_cut() {
        let rich =
            Rich::plain("It is all so un").push(Style::Bold, "believ").push(Style::Plain, "able indeed");
        let parts: Vec<_> = rich.split(20).iter().map(Rich::to_plain).collect();
        assert_eq!(parts, ["It is all so ", "unbelievable indeed"]);
    }

    fn format(n: u8) -> Format {
        let kind = match n / 16 {
            0 | 1 => Kind::Words,
            2 => Kind::Code,
            3 => Kind::Pre("rust".into()),
            _ => Kind::Link("https://example.org/".into()),
        };
        let quote = if n & 8 > 0 { Some(Quote::Open) } else { None };
        Format { bold: n & 1 > 0, italic: n & 2 > 0, strike: n & 4 > 0, underline: n & 8 > 0, quote, kind }
    }

    proptest! {
        #[test]
        fn every_piece_fits_and_nothing_visible_is_lost(
            spans in proptest::collection::vec((0..80u8, "([a-z ]{0,40}|\\PC{0,30}|[\\n .😀é]{0,20})"), 0..8),
            limit in 2usize..60,
        ) {
            let rich = spans.into_iter().fold(Rich::default(), |rich, (n, text)| rich.push(format(n), text));
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
