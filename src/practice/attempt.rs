//! What was heard of a phrase that was to be said: which of its words, whether a slip came back, the grade, the sound.
//!
//! Must not know cards or recognisers: it gets words. A grade is what the recogniser heard, and the learner may say otherwise.

use super::alignment::{Column, align};
use super::contractions::Split;
use super::grammar::is_function_word;
use super::sounds::Contrast;
use super::words::{Spoken, is_filler, joined_as_in, spoken, written};
use crate::domain::drill::Grade;

/// Said without thinking: this long before and after the words,
const PAUSE_MS: u64 = 1_500;
/// and this long for each.
const WORD_MS: u64 = 550;

/// A phrase that was said aloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The words of the phrase as they are written, and whether each was heard.
    pub words: Vec<(String, bool)>,
    pub grade: Grade,
    /// The sound that made another word of one.
    pub contrast: Option<Contrast>,
}

impl Attempt {
    /// The words that count as missed: where most of a phrase was said, and none that are a matter of grammar.
    pub fn weak(&self) -> Vec<String> {
        let missed = || self.words.iter().filter(|(_, heard)| !heard);
        if missed().count() * 3 > self.words.len() {
            return Vec::new();
        }
        let words = missed().flat_map(|(word, _)| spoken(word, Split::None)).map(|word| word.text);
        words.filter(|word| !is_function_word(word) && word.chars().all(char::is_alphabetic)).collect()
    }
}

/// Compares a phrase with what was heard. `slip`: the wrong phrase it corrects, or nothing. `voice_ms`: length of the voice,
/// 0 where it is not known.
pub fn judge(phrase: &str, slip: &str, heard: &str, voice_ms: u64) -> Attempt {
    let best = best(phrase, heard);
    let written = written(phrase);
    // The words that the correction is about, and those that it takes away.
    let (turned, taken) = if slip.trim().is_empty() { Default::default() } else { correction(phrase, slip) };
    let lost = best.missing.len();
    let clean = best.is_said_in_one_go();
    let again = turned.iter().any(|place| best.missing.contains(place))
        || (!clean && best.extra().any(|word| taken.contains(&word.text)))
        || lost * 3 > written.len();
    let fluent = voice_ms > 0
        && voice_ms <= PAUSE_MS + WORD_MS * u64::try_from(best.phrase.len()).unwrap_or(u64::MAX / WORD_MS);
    let grade = match lost {
        _ if best.phrase.is_empty() || again => Grade::Again,
        1.. => Grade::Hard,
        _ if clean && !best.hesitant && fluent && best.extra().next().is_none() => Grade::Easy,
        _ => Grade::Good,
    };
    let contrast = best.substituted().find_map(|(wanted, heard)| Contrast::of(&wanted.text, &heard.text));
    let is_heard = |place: usize| !best.missing.contains(&place);
    let words =
        written.iter().enumerate().map(|(place, word)| ((*word).to_owned(), is_heard(place))).collect();
    Attempt { words, grade, contrast }
}

/// A phrase and what was heard, side by side.
struct Compared {
    phrase: Vec<Spoken>,
    heard: Vec<Spoken>,
    columns: Vec<Column>,
    /// Places of the written words that were not heard, or not whole.
    missing: Vec<usize>,
    /// There was an "um".
    hesitant: bool,
}

/// The comparison that finds the most words again, over the ways in which contractions can be read.
fn best(phrase: &str, heard: &str) -> Compared {
    let mut best: Option<Compared> = None;
    for ours in Split::EACH {
        for theirs in Split::EACH {
            let one = Compared::new(spoken(phrase, ours), spoken(heard, theirs));
            let cost = |one: &Compared| (one.missing.len(), one.extra().count());
            if best.as_ref().is_none_or(|best| cost(&one) < cost(best)) {
                best = Some(one);
            }
        }
    }
    best.unwrap_or_else(|| Compared::new(Vec::new(), Vec::new()))
}

impl Compared {
    fn new(phrase: Vec<Spoken>, heard: Vec<Spoken>) -> Self {
        let all = heard.len();
        let is_meant =
            |word: &Spoken| !is_filler(&word.text) || phrase.iter().any(|one| one.text == word.text);
        let heard: Vec<Spoken> = heard.into_iter().filter(is_meant).collect();
        let hesitant = heard.len() < all;
        let phrase = joined_as_in(phrase, &heard);
        let heard = joined_as_in(heard, &phrase);
        let columns = align(&phrase, &heard, |one, other| if one.is(other) { 4 } else { -3 });
        let mut compared = Self { phrase, heard, columns, missing: Vec::new(), hesitant };
        let lost = compared.columns.iter().filter_map(|column| match *column {
            Column::Both(ours, theirs) if !compared.same(ours, theirs) => compared.phrase.get(ours),
            Column::Left(ours) => compared.phrase.get(ours),
            _ => None,
        });
        compared.missing = lost.flat_map(|word| word.from.0..=word.from.1).collect();
        compared.missing.sort_unstable();
        compared.missing.dedup();
        compared
    }

    fn same(&self, ours: usize, theirs: usize) -> bool {
        matches!((self.phrase.get(ours), self.heard.get(theirs)), (Some(one), Some(other)) if one.is(other))
    }

    /// What was heard and is not in the phrase.
    fn extra(&self) -> impl Iterator<Item = &Spoken> {
        self.columns.iter().filter_map(|column| match *column {
            Column::Right(theirs) => self.heard.get(theirs),
            Column::Both(ours, theirs) if !self.same(ours, theirs) => self.heard.get(theirs),
            _ => None,
        })
    }

    /// Words of the phrase with what was heard in their place.
    fn substituted(&self) -> impl Iterator<Item = (&Spoken, &Spoken)> {
        self.columns.iter().filter_map(|column| match *column {
            Column::Both(ours, theirs) if !self.same(ours, theirs) => {
                self.phrase.get(ours).zip(self.heard.get(theirs))
            }
            _ => None,
        })
    }

    /// The whole phrase was said without a word in between; what came before may have been a start that failed.
    fn is_said_in_one_go(&self) -> bool {
        let is_phrase = |said: &[Spoken]| said.iter().zip(&self.phrase).all(|(theirs, ours)| ours.is(theirs));
        !self.phrase.is_empty() && self.heard.windows(self.phrase.len()).any(is_phrase)
    }
}

/// What turns a slip into the right phrase: places of the written words that are new in it, and the words that went.
fn correction(phrase: &str, slip: &str) -> (Vec<usize>, Vec<String>) {
    let compared = best(phrase, slip);
    let kept = |word: &&Spoken| !compared.phrase.iter().any(|ours| ours.is(word));
    let taken = compared.extra().filter(kept).map(|word| word.text.clone()).collect();
    (compared.missing, taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Grade::{Again, Easy, Good, Hard};

    /// The words that were not heard stand in brackets.
    fn shown(attempt: &Attempt) -> String {
        let one = |(word, heard): &(String, bool)| if *heard { word.clone() } else { format!("[{word}]") };
        attempt.words.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_missed_words_are_marked_and_the_grade_follows() {
        for (phrase, slip, heard, expected, grade) in [
            ("I am 20 years old.", "I have 20 years", "I am twenty years old", "I am 20 years old.", Easy),
            ("I am 20 years old.", "I have 20 years", "I'm 20 years old", "I am 20 years old.", Easy),
            ("I am 20 years old.", "I have 20 years", "I have 20 years old", "I [am] 20 years old.", Again),
            ("I am 20 years old.", "I have 20 years", "I am 20 years", "I am 20 years [old.]", Again),
            ("I am 20 years old.", "", "I am 20 years", "I am 20 years [old.]", Hard),
            // What the correction takes away must not come back; a start that failed and was mended is none.
            ("I agree with you.", "I am agree with you", "I am agree with you", "I agree with you.", Again),
            (
                "I agree with you.",
                "I am agree with you",
                "I am... I agree with you",
                "I agree with you.",
                Good,
            ),
            ("I agree with you.", "I am agree with you", "I agree with you", "I agree with you.", Easy),
            ("Let's go home", "", "uh let us go, um, home", "Let's go home", Good),
            ("Let's go home", "", "well let's go home now", "Let's go home", Good),
            ("My brother's here", "", "my brother is here", "My brother's here", Easy),
            ("John's car", "", "Johns car", "John's car", Easy),
            ("They're late", "", "there late", "They're late", Easy),
            ("It's late", "", "its late", "It's late", Easy),
            ("Send me an e-mail", "", "send me an email", "Send me an e-mail", Easy),
            ("Anyone can come", "", "any one can come", "Anyone can come", Easy),
            (
                "It takes one hundred and five minutes",
                "",
                "it takes 105 minutes",
                "It takes one hundred and five minutes",
                Easy,
            ),
            (
                "It takes one hundred and five minutes",
                "",
                "it takes 15 minutes",
                "It takes [one] [hundred] [and] [five] minutes",
                Again,
            ),
            ("I like the colour", "", "I like the color", "I like the colour", Easy),
            ("I want to go", "", "", "[I] [want] [to] [go]", Again),
            ("I want to go", "", "completely different words here", "[I] [want] [to] [go]", Again),
            ("", "", "hello", "", Again),
            ("!!!", "", "hello", "!!!", Again),
        ] {
            let attempt = judge(phrase, slip, heard, 1_500);
            assert_eq!((shown(&attempt).as_str(), attempt.grade), (expected, grade), "{phrase} / {heard}");
        }
    }

    #[test]
    fn easy_is_what_was_said_without_thinking() {
        let grade = |voice_ms| judge("I agree with you", "", "I agree with you", voice_ms).grade;
        assert_eq!([0, 2_000, 3_700, 3_701, 60_000].map(grade), [Good, Easy, Easy, Good, Good]);
    }

    #[test]
    fn a_sound_is_named_where_one_word_became_another() {
        let named = |phrase: &str, heard: &str| {
            let contrast = judge(phrase, "", heard, 0).contrast?;
            let sounds = (contrast.wanted_sound.sign(), contrast.heard_sound.sign());
            Some((contrast.wanted, contrast.heard, sounds.0, sounds.1))
        };
        let found = named("We went by ship.", "we went by sheep").unwrap();
        assert_eq!(found, ("ship".into(), "sheep".into(), "ɪ", "iː"));
        assert_eq!(named("We went by ship.", "we went by boat"), None);
        assert_eq!(named("She walks home", "she walked home"), None);
        assert_eq!(named("We went by ship.", "we went by"), None);
    }

    #[test]
    fn only_words_of_their_own_count_as_missed() {
        let weak = |phrase: &str, heard: &str| judge(phrase, "", heard, 0).weak();
        assert_eq!(weak("I thought about the ship.", "I thought about the sheep"), ["ship"]);
        assert!(weak("I thought about the ship.", "I thought about a ship").is_empty(), "grammar");
        assert!(weak("I thought about the ship.", "good morning").is_empty(), "another phrase");
        assert!(weak("I have 21 ships and boats", "I have 12 ships and boats").is_empty(), "a number");
    }

    #[test]
    fn long_voices_are_compared_in_bounded_time() {
        let long = "the same words again and again ".repeat(500);
        let attempt = judge(&long, &long, &long, 0);
        assert_eq!(attempt.words.len(), super::super::words::MOST_WORDS);
    }
}
