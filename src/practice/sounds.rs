//! The one sound that tells two words apart, and pairs of words to practise it with. American, as the dictionary is.
//!
//! Must not know what a learner said: a recogniser heard a word, which is less than how it was pronounced.

use super::alignment::{Column, align};
use super::dictionary::{Pronunciations, Sound, sounds_of};
use super::grammar::is_grammar;

/// Two words that differ in one sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contrast {
    /// The word that was to be said.
    pub wanted: String,
    /// The one that was heard.
    pub heard: String,
    pub wanted_sound: Sound,
    pub heard_sound: Sound,
}

impl Contrast {
    /// Of two words in lower case, if both are known and exactly one sound is another. Neither a sound too many nor forms of
    /// one word count: those are mostly grammar (walk, walked).
    pub fn of(wanted: &str, heard: &str) -> Option<Self> {
        if is_grammar(wanted, heard) {
            return None;
        }
        let ways = ways(wanted, heard);
        // "Live" has two pronunciations, of which one is "leave" but for a sound that learners mix up.
        let (wanted_sound, heard_sound) = match ways.as_slice() {
            [only] => *only,
            several => *several.iter().find(|sounds| pairs_of(**sounds).next().is_some())?,
        };
        Some(Self { wanted: wanted.to_owned(), heard: heard.to_owned(), wanted_sound, heard_sound })
    }

    /// Two words for the same two sounds, in the same order: others than these where there are any.
    pub fn minimal_pair(&self) -> (String, String) {
        let is_other = |word: &str| word != self.wanted && word != self.heard;
        let mut others = pairs_of((self.wanted_sound, self.heard_sound))
            .filter(|(one, other)| is_other(one) && is_other(other))
            .map(|(one, other)| (one.to_owned(), other.to_owned()));
        others.next().unwrap_or_else(|| (self.wanted.clone(), self.heard.clone()))
    }
}

/// Every pair of sounds in which two words may differ; empty where they may sound the same.
fn ways(wanted: &str, heard: &str) -> Vec<(Sound, Sound)> {
    let (ours, theirs) = (Pronunciations::of(wanted), Pronunciations::of(heard));
    let mut ways = Vec::new();
    if !ours.meet(theirs) {
        for one in ours.each() {
            let found = theirs.each().filter_map(|other| only_difference(one, other));
            let found: Vec<_> = found.filter(|sounds| !ways.contains(sounds)).collect();
            ways.extend(found);
        }
    }
    ways
}

/// The pairs of words for two sounds, in their order.
fn pairs_of(sounds: (Sound, Sound)) -> impl Iterator<Item = (&'static str, &'static str)> {
    let both_ways = PAIRS.iter().flat_map(|(one, other)| [(*one, *other), (*other, *one)]);
    both_ways.filter(move |(one, other)| ways(one, other).first() == Some(&sounds))
}

/// The sounds in which two pronunciations differ, if everything else is the same.
fn only_difference(one: &[u8], other: &[u8]) -> Option<(Sound, Sound)> {
    let (one, other) = (sounds_of(one), sounds_of(other));
    let mut found = None;
    for column in align(&one, &other, |a, b| if a == b { 2 } else { -1 }) {
        let Column::Both(here, there) = column else { return None };
        let (here, there) = (*one.get(here)?, *other.get(there)?);
        if here != there && found.replace((here, there)).is_some() {
            return None;
        }
    }
    found
}

/// Common words, a pair or two for each two sounds that learners mix up; the dictionary tells which sounds.
const PAIRS: [(&str, &str); 50] = [
    ("ship", "sheep"),
    ("sit", "seat"),
    ("bad", "bed"),
    ("sad", "said"),
    ("cat", "cut"),
    ("bag", "bug"),
    ("cup", "cop"),
    ("luck", "lock"),
    ("full", "fool"),
    ("pull", "pool"),
    ("pen", "pin"),
    ("bell", "bill"),
    ("hat", "hot"),
    ("boat", "bought"),
    ("coat", "caught"),
    ("late", "let"),
    ("pain", "pen"),
    ("back", "bike"),
    ("think", "sink"),
    ("thick", "sick"),
    ("three", "tree"),
    ("thank", "tank"),
    ("thin", "fin"),
    ("they", "day"),
    ("then", "den"),
    ("clothing", "closing"),
    ("very", "berry"),
    ("vest", "best"),
    ("vine", "fine"),
    ("vet", "wet"),
    ("hat", "rat"),
    ("home", "roam"),
    ("light", "right"),
    ("glass", "grass"),
    ("sip", "zip"),
    ("price", "prize"),
    ("she", "see"),
    ("chip", "ship"),
    ("cheap", "jeep"),
    ("chess", "yes"),
    ("jet", "yet"),
    ("tin", "chin"),
    ("bat", "pat"),
    ("cold", "gold"),
    ("try", "dry"),
    ("sin", "sing"),
    ("some", "sun"),
    ("word", "bird"),
    ("cold", "called"),
    ("bird", "bed"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn named(wanted: &str, heard: &str) -> Option<(&'static str, &'static str)> {
        Contrast::of(wanted, heard).map(|c| (c.wanted_sound.sign(), c.heard_sound.sign()))
    }

    #[test]
    fn a_sound_is_named_only_where_it_is_the_one_that_differs() {
        for (wanted, heard, expected) in [
            ("ship", "sheep", Some(("ɪ", "iː"))),
            ("think", "sink", Some(("θ", "s"))),
            ("live", "leave", Some(("ɪ", "iː"))),
            ("cart", "card", Some(("t", "d"))),
            ("very", "berry", Some(("v", "b"))),
            ("thought", "taught", Some(("θ", "t"))),
            // The same word, or sounds.
            ("ship", "ship", None),
            ("their", "there", None),
            // More than one sound, or one too many.
            ("ship", "sheet", None),
            ("ship", "shipped", None),
            ("tree", "street", None),
            // Unknown to the dictionary.
            ("ship", "shxp", None),
            ("qqq", "ship", None),
            // Grammar.
            ("sing", "sang", None),
            ("in", "on", None),
            ("plays", "played", None),
        ] {
            assert_eq!(named(wanted, heard), expected, "{wanted} {heard}");
        }
    }

    #[test]
    fn every_pair_differs_in_one_sound() {
        for (one, other) in PAIRS.into_iter() {
            assert!(!ways(one, other).is_empty(), "{one} {other}");
        }
    }

    #[test]
    fn a_pair_has_the_same_two_sounds() {
        for (wanted, heard, expected) in [
            ("chip", "cheap", ("ship", "sheep")),
            ("cheap", "chip", ("sheep", "ship")),
            ("ship", "sheep", ("sit", "seat")),
            ("thorn", "torn", ("three", "tree")),
            // Nothing else at hand: the two themselves.
            ("measure", "mesher", ("measure", "mesher")),
        ] {
            let pair = Contrast::of(wanted, heard).map(|contrast| contrast.minimal_pair());
            let expected = (expected.0.to_owned(), expected.1.to_owned());
            assert_eq!(pair.unwrap_or((wanted.to_owned(), heard.to_owned())), expected, "{wanted} {heard}");
        }
    }
}
