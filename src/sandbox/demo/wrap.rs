//! Wraps text to a width in terminal columns. Pure; must not know what the text is.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Wide characters take two columns.
pub(crate) fn columns(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// Wraps at spaces; a word wider than a line is broken.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let width = width.max(2);
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for (n, word) in paragraph.split(' ').enumerate() {
            if n > 0 && columns(&line) + 1 + columns(word) <= width {
                line.push(' ');
            } else if n > 0 {
                lines.push(std::mem::take(&mut line));
            }
            for piece in pieces(word, width) {
                if columns(&line) + columns(&piece) > width {
                    lines.push(std::mem::take(&mut line));
                }
                line.push_str(&piece);
            }
        }
        lines.push(line);
    }
    lines
}

/// Cuts a word into pieces that each fit a line.
fn pieces(word: &str, width: usize) -> Vec<String> {
    if columns(word) <= width {
        return vec![word.to_owned()];
    }
    let (mut pieces, mut piece) = (Vec::new(), String::new());
    for char in word.chars() {
        if columns(&piece) + char.width().unwrap_or(0) > width {
            pieces.push(std::mem::take(&mut piece));
        }
        piece.push(char);
    }
    pieces.push(piece);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_break_at_spaces_and_wide_characters_count_twice() {
        for (text, width, expected) in [
            ("one two three", 7, &["one two", "three"][..]),
            ("one\n\ntwo", 7, &["one", "", "two"]),
            ("日本語 語", 4, &["日本", "語", "語"]),
            ("日本語 語", 5, &["日本", "語 語"]),
            ("a https://example.org/x", 8, &["a", "https://", "example.", "org/x"]),
            ("", 5, &[""]),
        ] {
            assert_eq!(wrapped(text, width), expected, "{text:?} {width}");
        }
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_no_word_is_lost(text in "\\PC{0,60}", width in 2_usize..40) {
            let lines = wrapped(&text, width);
            prop_assert!(lines.iter().all(|line| columns(line) <= width), "{lines:?}");
            let bare = |text: &str| text.chars().filter(|char| *char != ' ').collect::<String>();
            prop_assert_eq!(bare(&lines.concat()), bare(&text));
        }
    }
}
