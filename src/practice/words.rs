//! A phrase as the words one says: without case and punctuation, with numbers, contractions and spellings made alike.
//!
//! Must not know what they are compared with, or why.

use super::contractions::{self, Split};
use super::dictionary::Pronunciations;
use super::numbers;

/// Words looked at in one phrase: a card has a few, a voice of minutes hundreds.
pub const MOST_WORDS: usize = 400;

/// One word as it is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoken {
    /// In lower case; a number by its value.
    pub text: String,
    /// The first and the last of the written words it stands for.
    pub from: (usize, usize),
    pub sounds: Pronunciations,
}

impl Spoken {
    pub(super) fn new(text: impl Into<String>, from: (usize, usize)) -> Self {
        let text = text.into();
        let sounds = Pronunciations::of(&text);
        Self { text, from, sounds }
    }

    /// Whether both may be one word: the same one, or a recogniser's other spelling of the same sounds.
    pub fn is(&self, other: &Self) -> bool {
        self.text == other.text
            || self.sounds.meet(other.sounds)
            || contractions::may_stand_for(&self.text, &other.text)
            || contractions::may_stand_for(&other.text, &self.text)
    }
}

/// The written words of a phrase, with their punctuation.
pub fn written(phrase: &str) -> Vec<&str> {
    phrase.split_whitespace().take(MOST_WORDS).collect()
}

/// The words one says for a phrase. `split`: which of its contractions are taken apart.
pub fn spoken(phrase: &str, split: Split) -> Vec<Spoken> {
    let mut words = Vec::new();
    for (place, written) in written(phrase).into_iter().enumerate() {
        let from = (place, place);
        let folded: String = written.chars().flat_map(folded).collect();
        for part in folded.split(['-', '/', '\u{2010}', '\u{2011}', '\u{2013}', '\u{2014}', '…']) {
            for text in numbers::written_out(part) {
                let text =
                    text.trim_matches(|c: char| !c.is_alphanumeric() && c != '\'').trim_end_matches('\'');
                let text = plain_spelling(text);
                words.extend(
                    contractions::taken_apart(&text, split)
                        .into_iter()
                        .filter(|text| !text.is_empty())
                        .map(|text| Spoken::new(text, from)),
                );
            }
        }
    }
    words.truncate(MOST_WORDS);
    numbers::joined(words)
}

/// One character in the form that is compared: lower case, a plain apostrophe, Latin letters without their accents.
fn folded(letter: char) -> impl Iterator<Item = char> {
    let plain = match letter {
        '\u{2018}' | '\u{2019}' | '\u{02BC}' | '`' | '´' => '\'',
        'á' | 'à' | 'â' | 'ã' | 'ä' | 'Á' | 'À' | 'Â' | 'Ã' | 'Ä' => 'a',
        'é' | 'è' | 'ê' | 'ë' | 'É' | 'È' | 'Ê' | 'Ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' | 'Í' | 'Ì' | 'Î' | 'Ï' => 'i',
        'ó' | 'ò' | 'ô' | 'õ' | 'ö' | 'Ó' | 'Ò' | 'Ô' | 'Õ' | 'Ö' => 'o',
        'ú' | 'ù' | 'û' | 'ü' | 'Ú' | 'Ù' | 'Û' | 'Ü' => 'u',
        'ç' | 'Ç' => 'c',
        'ñ' | 'Ñ' => 'n',
        other => other,
    };
    plain.to_lowercase()
}

/// A word in the spelling that stands for all of its spellings: the American one, where its ending says so and the dictionary
/// knows that word.
fn plain_spelling(word: &str) -> String {
    for (one, other) in [
        ("ok", "okay"),
        ("mr", "mister"),
        ("mrs", "missus"),
        ("dr", "doctor"),
        ("&", "and"),
        ("tv", "television"),
        ("grey", "gray"),
        ("tyre", "tire"),
        ("kerb", "curb"),
        ("plough", "plow"),
        ("programme", "program"),
        ("cheque", "check"),
        ("pyjamas", "pajamas"),
        ("mum", "mom"),
        ("aeroplane", "airplane"),
        ("learnt", "learned"),
        ("burnt", "burned"),
        ("dreamt", "dreamed"),
        ("spelt", "spelled"),
        ("practise", "practice"),
        ("licence", "license"),
    ] {
        if word == one {
            return other.to_owned();
        }
    }
    // Abbreviations: a.m., u.s.a.
    let letters: Vec<&str> = word.split('.').filter(|part| !part.is_empty()).collect();
    let is_letter = |part: &&str| part.chars().count() == 1 && part.chars().all(char::is_alphabetic);
    if letters.len() > 1 && letters.iter().all(is_letter) {
        return letters.concat();
    }
    for (british, american) in [
        ("our", "or"),
        ("ours", "ors"),
        ("oured", "ored"),
        ("ouring", "oring"),
        ("ourite", "orite"),
        ("ourites", "orites"),
        ("ourful", "orful"),
        ("ourless", "orless"),
        ("ourhood", "orhood"),
        ("ise", "ize"),
        ("ised", "ized"),
        ("ises", "izes"),
        ("ising", "izing"),
        ("isation", "ization"),
        ("isations", "izations"),
        ("yse", "yze"),
        ("ysed", "yzed"),
        ("ysing", "yzing"),
        ("tre", "ter"),
        ("tres", "ters"),
        ("bre", "ber"),
        ("ogue", "og"),
        ("ence", "ense"),
        ("lled", "led"),
        ("lling", "ling"),
        ("ller", "ler"),
        ("llers", "lers"),
        ("ellery", "elry"),
        ("aemia", "emia"),
        ("oeuvre", "euver"),
    ] {
        let Some(stem) = word.strip_suffix(british) else { continue };
        let respelt = format!("{stem}{american}");
        // Where both are words of their own (called, our, hour), neither stands for the other.
        if stem.chars().count() > 1
            && Pronunciations::of(&respelt).is_known()
            && !Pronunciations::of(word).is_known()
        {
            return respelt;
        }
    }
    word.to_owned()
}

/// Joins neighbours that the other side writes as one word: "e mail", "any one", "web site".
pub fn joined_as_in(words: Vec<Spoken>, other: &[Spoken]) -> Vec<Spoken> {
    let mut joined: Vec<Spoken> = Vec::with_capacity(words.len());
    for word in words {
        if let Some(last) = joined.last_mut() {
            let both = format!("{}{}", last.text, word.text);
            if other.iter().any(|one| one.text == both) {
                *last = Spoken::new(both, (last.from.0, word.from.1));
                continue;
            }
        }
        joined.push(word);
    }
    joined
}

/// Sounds of somebody who thinks; no recogniser writes all of them, so none counts.
pub fn is_filler(word: &str) -> bool {
    matches!(
        word,
        "um" | "umm" | "uh" | "uhh" | "uhm" | "er" | "erm" | "hm" | "hmm" | "mm" | "mhm" | "ah" | "eh"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn are_alike(one: &str, other: &str) -> bool {
        let (one, other) = (spoken(one, Split::All), spoken(other, Split::All));
        one.len() == other.len() && one.iter().zip(&other).all(|(one, other)| one.is(other))
    }

    #[test]
    fn what_sounds_alike_is_written_alike() {
        for (one, other) in [
            ("Hello, World!", "hello world"),
            ("“Well…” he said", "well he said"),
            ("I’m fine", "I am fine"),
            ("We can't", "we cannot"),
            ("we cannot go", "We can not go"),
            ("won't", "will not"),
            ("a twenty-one year old", "a 21-year-old"),
            ("It costs $5.", "it costs five dollars"),
            ("10%", "ten percent"),
            ("at 7:30 a.m.", "at seven thirty AM"),
            ("the 3rd of May", "the third of may"),
            ("Colour and organise", "color and organize"),
            ("my favourite theatre", "my favorite theater"),
            ("the travellers were travelling", "the travelers were traveling"),
            ("OK, Mr. Smith", "okay mister Smith"),
            ("a café — tonight", "a cafe tonight"),
            ("gonna go", "going to go"),
        ] {
            assert!(are_alike(one, other), "{one} / {other}");
        }
        for (one, other) in [
            ("walk", "walked"),
            ("hour", "hor"),
            ("called", "caled"),
            ("15", "50"),
            ("ship", "sheep"),
            ("a", "an"),
            ("thirteen", "thirty"),
        ] {
            assert!(!are_alike(one, other), "{one} / {other}");
        }
        assert!(spoken(" … — !? ", Split::All).is_empty());
    }

    #[test]
    fn homophones_are_one_word_to_a_recogniser() {
        for (one, other, expected) in [
            ("their", "there", true),
            ("its", "it's", true),
            ("two", "too", true),
            ("2", "to", true),
            ("colour", "color", true),
            ("johns", "john's", true),
            ("ship", "sheep", false),
            ("qqq", "zzz", false),
        ] {
            let word = |text: &str| spoken(text, Split::None).remove(0);
            assert_eq!(word(one).is(&word(other)), expected, "{one} {other}");
        }
    }
}
