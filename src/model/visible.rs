//! The part of an answer that a learner may see: everything but the reasoning that some models write into it
//! between tags.
//!
//! Must not know where the text comes from.

/// Tags around reasoning, opening and closing.
const TAGS: &[(&str, &str)] = &[
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("[think]", "[/think]"),
];

/// A growing text, without its reasoning.
#[derive(Debug, Default)]
pub struct Visible {
    text: String,
    /// May be the beginning of a tag; or, within reasoning, of its end.
    held: String,
    /// The closing tag, while within reasoning.
    until: Option<&'static str>,
}

/// The next tag in the text.
enum Mark {
    Opens(&'static str),
    /// The end of reasoning whose opening tag the server did not send.
    Closes,
}

impl Visible {
    pub fn push(&mut self, piece: &str) {
        self.held.push_str(piece);
        loop {
            let lower = self.held.to_ascii_lowercase();
            if let Some(end) = self.until {
                let Some(at) = lower.find(end) else {
                    let kept = tail(&lower, &[end]);
                    self.held = self.held.split_off(self.held.len() - kept);
                    return;
                };
                self.held = self.held.split_off(at + end.len());
                self.until = None;
                continue;
            }
            let Some((at, length, mark)) = self.first_mark(&lower) else {
                let tags: Vec<&str> = TAGS.iter().flat_map(|(open, close)| [*open, *close]).collect();
                let held = self.held.split_off(self.held.len() - tail(&lower, &tags));
                let shown = std::mem::replace(&mut self.held, held);
                return self.show(&shown);
            };
            let rest = self.held.split_off(at + length);
            self.held.truncate(at);
            let before = std::mem::replace(&mut self.held, rest);
            match mark {
                Mark::Opens(end) => {
                    self.show(&before);
                    self.until = Some(end);
                }
                Mark::Closes => self.text.clear(),
            }
        }
    }

    /// The text has ended: what was held back was no tag.
    pub fn finish(&mut self) {
        let held = std::mem::take(&mut self.held);
        if self.until.is_none() {
            self.show(&held);
        }
        let trimmed = self.text.trim_end().len();
        self.text.truncate(trimmed);
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    fn show(&mut self, words: &str) {
        let words = if self.text.is_empty() { words.trim_start() } else { words };
        self.text.push_str(words);
    }

    /// Position, length and meaning of the first tag. A tag quoted as code does not count.
    fn first_mark(&self, lower: &str) -> Option<(usize, usize, Mark)> {
        let quoted = |at: usize| {
            let before = lower.get(..at).unwrap_or_default();
            let before = if before.is_empty() { self.text.as_str() } else { before };
            before.ends_with('`')
        };
        let found = |tag: &str| lower.match_indices(tag).map(|(at, _)| at).find(|at| !quoted(*at));
        let opens =
            TAGS.iter().filter_map(|(open, close)| Some((found(open)?, open.len(), Mark::Opens(close))));
        let closes = TAGS.iter().filter_map(|(_, close)| Some((found(close)?, close.len(), Mark::Closes)));
        opens.chain(closes).min_by_key(|(at, ..)| *at)
    }
}

/// Length of the longest end of `text` that may be the beginning of a tag.
fn tail(text: &str, tags: &[&str]) -> usize {
    let begins = |kept: &usize| {
        let end = text.get(text.len() - kept..).unwrap_or_default();
        !end.is_empty() && tags.iter().any(|tag| tag.len() > end.len() && tag.starts_with(end))
    };
    let longest = tags.iter().map(|tag| tag.len()).max().unwrap_or(0);
    (1..longest).rev().filter(|kept| *kept <= text.len()).find(begins).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seen(pieces: &[&str]) -> String {
        let mut visible = Visible::default();
        pieces.iter().for_each(|piece| visible.push(piece));
        visible.finish();
        visible.text().to_owned()
    }

    const CASES: &[(&str, &str)] = &[
        ("Hello.", "Hello."),
        ("<think>secret</think>\n\nHello.", "Hello."),
        ("\n<THINK>secret</THINK>Hello.", "Hello."),
        ("One <think>secret</think>two", "One two"),
        ("<think>a</think>One<think>b</think> two", "One two"),
        ("<think>never ends", ""),
        ("secret, its beginning was kept back</think>Hello.", "Hello."),
        ("[THINK]secret[/THINK]Hello.", "Hello."),
        ("<thinking>secret</think> still</thinking>Hello.", "Hello."),
        ("5 < 7 <b>and</b> <thin", "5 < 7 <b>and</b> <thin"),
        ("the tag `<think>` is written so", "the tag `<think>` is written so"),
        ("<reasoning>é😀</reasoning>é😀", "é😀"),
        ("a < b\n", "a < b"),
        ("", ""),
    ];

    #[test]
    fn reasoning_is_not_seen() {
        for (sent, shown) in CASES {
            assert_eq!(seen(&[sent]), *shown, "{sent:?}");
        }
    }

    #[test]
    fn nor_where_it_comes_in_pieces() {
        for (sent, shown) in CASES {
            let letters: Vec<String> = sent.chars().map(String::from).collect();
            let pieces: Vec<&str> = letters.iter().map(String::as_str).collect();
            assert_eq!(seen(&pieces), *shown, "{sent:?}, letter by letter");
        }
    }

    #[test]
    fn no_word_of_it_shows_while_it_comes() {
        let mut visible = Visible::default();
        for letter in "Well <think>secret</think>then".chars() {
            visible.push(&letter.to_string());
            assert!("Well then".starts_with(visible.text()), "{:?}", visible.text());
        }
    }

    proptest! {
        #[test]
        fn text_without_tags_is_untouched(text in "[a-z<>/ é😀\\[\\]]{1,40}", cut in 0usize..40) {
            prop_assume!(!TAGS.iter().any(|(open, close)| text.contains(open) || text.contains(close)));
            let cut = text.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(text.len());
            let (a, b) = text.split_at(cut);
            prop_assert_eq!(seen(&[a, b]), text.trim());
        }
    }
}
