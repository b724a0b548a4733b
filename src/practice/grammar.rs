//! Words that differ by their grammar, so that what differs in their sound is no matter of pronunciation.
//!
//! Must not know how words sound.

/// Forms of one word that differ in one sound within it.
const FORMS: &[&[&str]] = &[
    &["man", "men"],
    &["woman", "women"],
    &["foot", "feet"],
    &["tooth", "teeth"],
    &["goose", "geese"],
    &["this", "these"],
    &["that", "those"],
    &["begin", "began", "begun"],
    &["drink", "drank", "drunk"],
    &["ring", "rang", "rung"],
    &["sing", "sang", "sung"],
    &["sink", "sank", "sunk"],
    &["swim", "swam", "swum"],
    &["run", "ran"],
    &["come", "came"],
    &["become", "became"],
    &["get", "got"],
    &["forget", "forgot"],
    &["give", "gave"],
    &["sit", "sat"],
    &["meet", "met"],
    &["lead", "led"],
    &["feed", "fed"],
    &["bleed", "bled"],
    &["speed", "sped"],
    &["hold", "held"],
    &["write", "wrote"],
    &["ride", "rode"],
    &["drive", "drove"],
    &["rise", "rose"],
    &["shine", "shone"],
    &["win", "won"],
    &["find", "found"],
    &["bind", "bound"],
    &["fall", "fell"],
    &["know", "knew"],
    &["grow", "grew"],
    &["blow", "blew"],
    &["throw", "threw"],
    &["fly", "flew"],
    &["draw", "drew"],
    &["see", "saw"],
    &["eat", "ate"],
    &["speak", "spoke"],
    &["steal", "stole"],
    &["freeze", "froze"],
    &["choose", "chose"],
    &["break", "broke"],
    &["wake", "woke"],
    &["wear", "wore"],
    &["tear", "tore"],
    &["bear", "bore"],
    &["take", "took"],
    &["shake", "shook"],
    &["stand", "stood"],
    &["dig", "dug"],
    &["stick", "stuck"],
    &["strike", "struck"],
    &["hang", "hung"],
    &["shoot", "shot"],
    &["light", "lit"],
    &["bite", "bit"],
    &["slide", "slid"],
    &["hide", "hid"],
    &["make", "made"],
    &["send", "sent"],
    &["spend", "spent"],
    &["lend", "lent"],
    &["bend", "bent"],
    &["build", "built"],
    &["has", "had", "have"],
    &["life", "live"],
    &["advice", "advise"],
    &["use", "used"],
];

/// Words of grammar alone: one in the place of another is a choice, not a sound.
const FUNCTION_WORDS: &[&str] = &[
    "a", "am", "an", "and", "are", "as", "at", "be", "been", "but", "by", "can", "could", "did", "do",
    "does", "for", "from", "had", "has", "have", "he", "her", "here", "him", "his", "how", "i", "if", "in",
    "into", "is", "it", "its", "may", "me", "might", "must", "my", "no", "not", "of", "off", "on", "or",
    "our", "shall", "she", "should", "so", "than", "that", "the", "their", "them", "then", "there", "these",
    "they", "this", "those", "to", "up", "us", "was", "we", "were", "what", "when", "where", "which", "who",
    "whose", "why", "will", "with", "would", "you", "your",
];

const ENDINGS: [&str; 15] =
    ["'s", "s'", "s", "es", "ies", "ed", "d", "ied", "ing", "er", "est", "ier", "iest", "y", "e"];

/// Whether one word in the place of the other is a matter of grammar.
pub fn is_grammar(one: &str, other: &str) -> bool {
    (is_function_word(one) && is_function_word(other))
        || FORMS.iter().any(|forms| forms.contains(&one) && forms.contains(&other))
        || stems(one).any(|stem| stems(other).any(|other| other == stem))
}

pub fn is_function_word(word: &str) -> bool {
    FUNCTION_WORDS.contains(&word)
}

/// What may be the stem of a word of three letters or more: itself, or without an ending.
fn stems(word: &str) -> impl Iterator<Item = &str> {
    let without = ENDINGS.iter().filter_map(|ending| word.strip_suffix(ending));
    [word].into_iter().chain(without).filter(|stem| stem.len() > 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_one_word_are_grammar_and_other_words_are_not() {
        for (one, other, expected) in [
            ("walks", "walked", true),
            ("plays", "played", true),
            ("plays", "play", true),
            ("sing", "sang", true),
            ("in", "on", true),
            ("has", "had", true),
            ("he", "she", true),
            ("cities", "city", true),
            ("ship", "sheep", false),
            ("live", "leave", false),
            ("bad", "bed", false),
            ("think", "sink", false),
            ("cart", "card", false),
            ("sit", "seat", false),
        ] {
            assert_eq!(is_grammar(one, other), expected, "{one} {other}");
            assert_eq!(is_grammar(other, one), expected, "{other} {one}");
        }
    }
}
