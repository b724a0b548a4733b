//! What a learner said, and how it is better said: the data that cards and progress are made of.
//!
//! Must not know who noticed it.

use serde::{Deserialize, Serialize};

/// Most corrections of one turn: more than a learner reads.
pub const MOST: usize = 5;

/// One correction of a turn; the most useful one of its turn comes first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// The learner's own words.
    pub said: String,
    /// What to say instead.
    pub better: String,
    /// In a few words; may be empty.
    pub why: String,
    pub kind: CorrectionKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum CorrectionKind {
    Grammar,
    WordChoice,
    Pronunciation,
    Fluency,
}

impl CorrectionKind {
    pub const ALL: [Self; 4] = [Self::Grammar, Self::WordChoice, Self::Pronunciation, Self::Fluency];

    /// For machines: exports, and what a model is asked for.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grammar => "grammar",
            Self::WordChoice => "word choice",
            Self::Pronunciation => "pronunciation",
            Self::Fluency => "fluency",
        }
    }

    /// From what a model wrote, which is not always one of the names: `Word-Choice`, `vocabulary`, `tense`. What is not known is
    /// grammar, which most corrections are.
    pub fn from_word(word: &str) -> Self {
        let word: String = word.chars().filter(char::is_ascii_alphabetic).collect();
        let word = word.to_ascii_lowercase();
        let about = |stems: &[&str]| stems.iter().any(|stem| word.contains(stem));
        if about(&["pronun", "sound", "phon", "accent", "stress", "inton"]) {
            Self::Pronunciation
        } else if about(&["word", "vocab", "lexi", "colloc", "idiom", "choice"]) && word != "wordorder" {
            Self::WordChoice
        } else if about(&["fluen", "filler", "hesit", "pace", "pause"]) {
            Self::Fluency
        } else {
            Self::Grammar
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_known_however_a_model_spells_it() {
        use CorrectionKind::{Fluency, Grammar, Pronunciation, WordChoice};
        for kind in CorrectionKind::ALL {
            assert_eq!(CorrectionKind::from_word(kind.name()), kind);
        }
        for (word, expected) in [
            ("Word-Choice", WordChoice),
            ("WORD_CHOICE", WordChoice),
            ("wordChoice", WordChoice),
            ("vocabulary", WordChoice),
            ("word order", Grammar),
            ("verb tense", Grammar),
            (" Pronunciation ", Pronunciation),
            ("hesitation", Fluency),
            ("", Grammar),
            ("ортография", Grammar),
        ] {
            assert_eq!(CorrectionKind::from_word(word), expected, "{word}");
        }
    }
}
