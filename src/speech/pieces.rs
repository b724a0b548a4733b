//! A text in pieces that a server with a limit speaks one after the other. Pure.

/// Splits at the ends of sentences, else at commas, else between words, else anywhere; no piece is longer than
/// `most` characters (at least 1), and none is blank. Nothing but white space between pieces is lost.
pub fn pieces(text: &str, most: usize) -> Vec<&str> {
    let most = most.max(1);
    let mut found = Vec::new();
    let mut rest = text.trim();
    while let Some(limit) = rest.char_indices().nth(most).map(|(at, _)| at) {
        let head = rest.get(..limit).unwrap_or(rest);
        let next = rest.get(limit..).and_then(|tail| tail.chars().next());
        let at = cut(head, next).unwrap_or(limit);
        let (piece, tail) = rest.split_at(at);
        found.push(piece.trim_end());
        rest = tail.trim_start();
    }
    if !rest.is_empty() {
        found.push(rest);
    }
    found
}

/// Where to cut so that at most `head` remains before it; `next` is the character that follows it.
fn cut(head: &str, next: Option<char>) -> Option<usize> {
    let follows = |at: usize| head.get(at..).and_then(|rest| rest.chars().next()).or(next);
    let ends = |marks: &[char]| {
        // A mark ends something only if white space follows: "3.5", "e.g.,".
        let mut places = head.char_indices().rev().map(|(at, mark)| (at + mark.len_utf8(), mark));
        places.find(|(at, mark)| marks.contains(mark) && follows(*at).is_none_or(char::is_whitespace))
    };
    let sentence = ends(&['.', '!', '?', '…', '\n', '"', '”']);
    let clause = || ends(&[',', ';', ':', '–', '—', ')']);
    let word = || head.char_indices().rev().find(|(_, space)| space.is_whitespace());
    let word = || match next {
        Some(space) if space.is_whitespace() => Some(head.len()),
        _ => word().map(|(at, _)| at),
    };
    sentence.or_else(clause).map(|(at, _)| at).or_else(word).filter(|at| *at > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sentences_stay_whole_where_they_fit() {
        for (text, most, expected) in [
            ("", 10, vec![]),
            ("  Short.  ", 10, vec!["Short."]),
            ("One two. Three four! Five?", 12, vec!["One two.", "Three four!", "Five?"]),
            ("It costs 3.50 euros. Fine.", 21, vec!["It costs 3.50 euros.", "Fine."]),
            ("First this, then that and more", 14, vec!["First this,", "then that and", "more"]),
            ("abcdefghij", 4, vec!["abcd", "efgh", "ij"]),
            ("Olá, você está bem? Sim.", 20, vec!["Olá, você está bem?", "Sim."]),
            ("One.\n\nTwo.", 6, vec!["One.", "Two."]),
        ] {
            assert_eq!(pieces(text, most), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_is_too_long(text in "[a-z .,!?é\n]{0,300}|\\PC{0,80}", most in 1usize..60) {
            let found = pieces(&text, most);
            prop_assert!(found.iter().all(|piece| !piece.trim().is_empty() && piece.chars().count() <= most));
            let kept = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(kept(&found.concat()), kept(&text));
        }
    }
}
