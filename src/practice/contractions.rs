//! Contractions, taken apart into the words they stand for.
//!
//! Must not know what they are compared with.

/// Which contractions are taken apart. None is right for all: "they're" may be written "there", "John's" "Johns", and "my
/// brother's here" is "my brother is here"; whoever compares tries each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    None,
    /// Those of the words that have no possessive with an apostrophe: it's, I'd, don't.
    Closed,
    /// Every `'s`, too.
    All,
}

impl Split {
    pub const EACH: [Self; 3] = [Self::Closed, Self::All, Self::None];
}

const WHOLE: [(&str, &[&str]); 13] = [
    ("cannot", &["can", "not"]),
    ("can't", &["can", "not"]),
    ("won't", &["will", "not"]),
    ("shan't", &["shall", "not"]),
    ("let's", &["let", "us"]),
    ("'tis", &["it", "is"]),
    ("'cause", &["because"]),
    ("gonna", &["going", "to"]),
    ("wanna", &["want", "to"]),
    ("gotta", &["got", "to"]),
    ("kinda", &["kind", "of"]),
    ("gimme", &["give", "me"]),
    ("lemme", &["let", "me"]),
];

const ENDINGS: [(&str, &str); 5] =
    [("n't", "not"), ("'re", "are"), ("'ve", "have"), ("'ll", "will"), ("'m", "am")];

/// After these, `'s` is "is" or "has".
const NO_POSSESSIVE: [&str; 16] = [
    "it",
    "he",
    "she",
    "that",
    "this",
    "there",
    "here",
    "what",
    "who",
    "where",
    "when",
    "why",
    "how",
    "everything",
    "something",
    "nothing",
];

/// The words a word stands for; itself, where it is no contraction.
pub(super) fn taken_apart(word: &str, split: Split) -> Vec<String> {
    let word = if split == Split::None { return vec![word.to_owned()] } else { word };
    if let Some((_, words)) = WHOLE.iter().find(|(whole, _)| *whole == word) {
        return words.iter().map(|word| (*word).to_owned()).collect();
    }
    for (ending, meant) in ENDINGS {
        if let Some(stem) = word.strip_suffix(ending).filter(|stem| !stem.is_empty()) {
            // "I'd've", "couldn't've".
            return taken_apart(stem, split).into_iter().chain([meant.to_owned()]).collect();
        }
    }
    for ending in ["'s", "'d"] {
        let Some(stem) = word.strip_suffix(ending).filter(|stem| !stem.is_empty()) else { continue };
        if ending == "'d" || split == Split::All || NO_POSSESSIVE.contains(&stem) {
            return vec![stem.to_owned(), ending.to_owned()];
        }
    }
    vec![word.to_owned()]
}

/// Whether the rest of a contraction may be this word.
pub(super) fn may_stand_for(rest: &str, word: &str) -> bool {
    match rest {
        "'s" => matches!(word, "is" | "has"),
        "'d" => matches!(word, "would" | "had" | "did"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_contraction_is_taken_apart_where_it_is_one() {
        for (word, closed, all) in [
            ("don't", "do not", "do not"),
            ("can't", "can not", "can not"),
            ("it's", "it 's", "it 's"),
            ("john's", "john's", "john 's"),
            ("i'd", "i 'd", "i 'd"),
            ("i'd've", "i 'd have", "i 'd have"),
            ("couldn't've", "could not have", "could not have"),
            ("they're", "they are", "they are"),
            ("we'll", "we will", "we will"),
            ("let's", "let us", "let us"),
            ("word", "word", "word"),
            ("'s", "'s", "'s"),
            ("n't", "n't", "n't"),
            ("", "", ""),
        ] {
            assert_eq!(taken_apart(word, Split::None), [word]);
            assert_eq!(taken_apart(word, Split::Closed).join(" "), closed);
            assert_eq!(taken_apart(word, Split::All).join(" "), all);
        }
    }
}
