//! How something was said, as far as the words that were heard tell: how fluently, by their times, and which the recogniser was
//! not sure of. An indication, no more: recognisers leave fillers out and guess at times.
//!
//! Must not know who recognised the words.

use super::speech::SpokenWord;
use serde::{Deserialize, Serialize};

/// Measured of one voice; only where there were times, and words enough for it to mean something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fluency {
    /// From the first word's beginning to the last one's end, without fillers.
    pub words_per_minute: u32,
    /// Share of that time in pauses, percent.
    pub pauses_percent: u32,
    pub longest_pause_ms: u32,
    /// "um", "uh" and the like.
    pub fillers: u32,
}

/// Fewer words than this say nothing of a rate.
const ENOUGH_WORDS: usize = 6;
/// Nor does less time, ms.
const ENOUGH_MS: u32 = 2_000;
/// Shorter gaps are part of speaking: the usual bound of research on second languages (De Jong & Bosker, 2013), ms.
const PAUSE_MS: u32 = 250;
/// What English speakers fill pauses with. Words that are also words ("like", "well") are not counted.
const FILLERS: [&str; 12] = ["um", "umm", "uhm", "uh", "uhh", "er", "err", "erm", "hm", "hmm", "mm", "mmm"];
/// Below this probability the recogniser was not sure of a word.
const UNSURE: f32 = 0.5;

impl Fluency {
    pub fn of(words: &[SpokenWord]) -> Option<Self> {
        let (first, last) = (words.first()?, words.last()?);
        let span_ms = last.end_ms.checked_sub(first.start_ms)?;
        let fillers = words.iter().filter(|word| is_filler(&word.text)).count();
        let spoken = words.len() - fillers;
        if spoken < ENOUGH_WORDS || span_ms < ENOUGH_MS {
            return None;
        }
        let gaps = words.iter().zip(words.iter().skip(1));
        let gaps = gaps.map(|(before, after)| after.start_ms.saturating_sub(before.end_ms));
        let pauses: Vec<u32> = gaps.filter(|gap| *gap >= PAUSE_MS).collect();
        let paused: u64 = pauses.iter().copied().map(u64::from).sum();
        let share = |part: u64, of: u32| u32::try_from(part.checked_div(u64::from(of))?).ok();
        Some(Self {
            words_per_minute: share(spoken as u64 * 60_000, span_ms)?,
            pauses_percent: share(paused * 100, span_ms)?.min(100),
            longest_pause_ms: pauses.into_iter().max().unwrap_or_default(),
            fillers: u32::try_from(fillers).ok()?,
        })
    }
}

fn is_filler(word: &str) -> bool {
    FILLERS.contains(&core(word).to_lowercase().as_str())
}

/// The word without punctuation around it.
pub(crate) fn core(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

/// The words that the recogniser was not sure of; at most a third of all, the least sure, because a text that is underlined
/// throughout says nothing.
pub fn unsure(words: &[SpokenWord]) -> Vec<&SpokenWord> {
    let doubt =
        |word: &SpokenWord| word.confidence.filter(|sure| *sure < UNSURE && !core(&word.text).is_empty());
    let mut found: Vec<(f32, usize, &SpokenWord)> =
        words.iter().enumerate().filter_map(|(at, word)| Some((doubt(word)?, at, word))).collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    found.truncate(words.len().div_ceil(3));
    found.sort_by_key(|(_, at, _)| *at);
    found.into_iter().map(|(_, _, word)| word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words of 200 ms after these gaps, ms.
    fn said(words: &[(&str, u32)]) -> Vec<SpokenWord> {
        let mut now = 500;
        let each = words.iter().map(|(text, gap)| {
            let start_ms = now + gap;
            now = start_ms + 200;
            SpokenWord { text: (*text).to_owned(), start_ms, end_ms: now, confidence: None }
        });
        each.collect()
    }

    #[test]
    fn rate_and_pauses_are_measured_from_the_words() {
        // 8 words, 2 fillers among them: 0.2 s each, and gaps of 0.1, 0.4, 1.0, 0.25, 0.249, 0.1 and 0.301 s make 4 s.
        let words = said(&[
            ("Um,", 0),
            ("I", 100),
            ("went", 400),
            ("to", 1_000),
            ("the", 250),
            ("big", 249),
            ("uh", 100),
            ("market.", 301),
        ]);
        let fluency = Fluency::of(&words).unwrap();
        let expected =
            Fluency { words_per_minute: 90, pauses_percent: 48, longest_pause_ms: 1_000, fillers: 2 };
        assert_eq!(fluency, expected);
    }

    #[test]
    fn nothing_is_said_of_too_little() {
        let many = [("word", 200); 20];
        assert!(Fluency::of(&said(&many)).is_some());
        assert_eq!(Fluency::of(&[]), None);
        assert_eq!(Fluency::of(&said(&many[..5])), None, "too few words");
        assert_eq!(Fluency::of(&said(&[("word", 0); 6])), None, "too short");
        assert_eq!(Fluency::of(&said(&[("um", 300); 20])), None, "no words");
        let timeless = vec![SpokenWord { text: "word".into(), ..SpokenWord::default() }; 20];
        assert_eq!(Fluency::of(&timeless), None, "no times");
        // Times that cannot be true are no reason to stop.
        let mut wild = said(&many);
        wild[0].start_ms = u32::MAX;
        assert_eq!(Fluency::of(&wild), None);
        wild[0].start_ms = 0;
        wild[19].end_ms = u32::MAX;
        assert!(Fluency::of(&wild).is_some_and(|fluency| fluency.words_per_minute == 0));
    }

    #[test]
    fn at_most_a_third_of_the_words_are_unsure() {
        let heard = |sure: &[f32]| -> Vec<SpokenWord> {
            let word = |(at, sure): (usize, &f32)| SpokenWord {
                text: format!("w{at}"),
                confidence: Some(*sure),
                ..SpokenWord::default()
            };
            sure.iter().enumerate().map(word).collect()
        };
        for (sure, expected) in [
            (&[0.9, 0.3, 0.8][..], &["w1"][..]),
            (&[0.9, 0.5, 0.8], &[]),
            (&[0.4, 0.1, 0.3, 0.2, 0.45, 0.49], &["w1", "w3"]),
            (&[0.4], &["w0"]),
        ] {
            let words = heard(sure);
            let found: Vec<&str> = unsure(&words).iter().map(|word| word.text.as_str()).collect();
            assert_eq!(found, expected, "{sure:?}");
        }
        let unknown = [SpokenWord { text: "a".into(), ..SpokenWord::default() }];
        let mark = [SpokenWord { text: "…".into(), confidence: Some(0.0), ..SpokenWord::default() }];
        assert!(unsure(&unknown).is_empty() && unsure(&mark).is_empty());
    }
}
