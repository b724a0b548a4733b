//! Makes foreign text safe for a terminal and a log: nothing in it controls the terminal, changes the
//! direction of neighbouring text or begins a new line.
//!
//! Applied where such text becomes part of an error or a listing, and again where text leaves the program, in
//! case a place was forgotten. Whatever is removed leaves a mark, so that a reader sees that something was
//! there. Must not know where text comes from.

use std::borrow::Cow;
use std::path::Path;

/// Replaces what was removed.
const MARK: char = '\u{fffd}';

/// One line: names, refusals, file names.
pub(crate) fn line(words: &str) -> Cow<'_, str> {
    cleaned(words, |_| false)
}

/// Our own text, which may have several lines and contain foreign text.
pub(crate) fn text(words: &str) -> Cow<'_, str> {
    cleaned(words, |c| c == '\n')
}

pub(crate) fn path(path: &Path) -> String {
    line(&path.to_string_lossy()).into_owned()
}

fn cleaned(words: &str, may: impl Fn(char) -> bool) -> Cow<'_, str> {
    let acts = |c: char| is_acting(c) && !may(c);
    if !words.contains(acts) {
        return Cow::Borrowed(words);
    }
    Cow::Owned(words.chars().map(|c| if acts(c) { MARK } else { c }).collect())
}

/// Whether a character acts rather than being seen: control characters (terminal escapes begin with one),
/// line ends, direction marks and overrides, and invisible characters.
pub fn is_acting(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_stay_and_what_acts_leaves_a_mark() {
        assert_eq!(line("Olá, 世界 ünïcode 🦀 'q' \u{301}"), "Olá, 世界 ünïcode 🦀 'q' \u{301}");
        assert_eq!(line("a\x1b[31mb\r\nc\x07\u{9b}1m"), "a\u{fffd}[31mb\u{fffd}\u{fffd}c\u{fffd}\u{fffd}1m");
        assert_eq!(line("gpj.\u{202e}exe\u{2066}\u{200f}"), "gpj.\u{fffd}exe\u{fffd}\u{fffd}");
        assert_eq!(text("one\ntwo\x1b]0;t\x07"), "one\ntwo\u{fffd}]0;t\u{fffd}");
        assert_eq!(path(Path::new("a\nb\x1b[2J.ogg")), "a\u{fffd}b\u{fffd}[2J.ogg");
    }

    proptest! {
        #[test]
        fn nothing_that_acts_passes_and_all_else_does(words in any::<String>(), controls in "[\x00-\x1f\x7f-\u{9f}\u{202a}-\u{202e}\u{2066}-\u{2069}]{0,9}") {
            let words = format!("{words}{controls}");
            let clean = line(&words);
            prop_assert!(!clean.contains(is_acting));
            prop_assert_eq!(clean.chars().count(), words.chars().count());
            for (was, is) in words.chars().zip(clean.chars()) {
                prop_assert!(was == is || (is_acting(was) && is == MARK));
            }
            prop_assert_eq!(line(&clean), clean.as_ref());
        }
    }
}
