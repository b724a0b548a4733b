//! Practice aloud: which card or words a learner was asked to say, how well it was known, and what is missed again and again.
//!
//! Rows of the inbox are numbered in the order in which they came; by these numbers a voice finds what it answers, however late
//! it is worked on and whatever buttons were pressed since. Must not know how what was said is judged.

use super::card::Review;
use super::ids::{ChatId, Timestamp};
use super::incoming::Chat;
use serde::{Deserialize, Serialize};

/// How well a card was known, in the words of FSRS. All but the first are a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Grade {
    Again,
    Hard,
    Good,
    Easy,
}

impl Grade {
    pub const ALL: [Self; 4] = [Self::Again, Self::Hard, Self::Good, Self::Easy];

    /// For exports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Again => "again",
            Self::Hard => "hard",
            Self::Good => "good",
            Self::Easy => "easy",
        }
    }
}

/// What a learner is asked to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Item {
    Card(u32),
    /// A word that is missed often, or a pair that differs in one sound.
    Words(String),
    /// Nothing more: the practice ended here.
    Nothing,
}

/// A question, by the number of the row that asked it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    pub row: u64,
    pub chat: ChatId,
    pub thread: Option<i64>,
    pub item: Item,
    /// When it was asked or last answered.
    pub active_at: Timestamp,
}

/// The last grade that was given, which its learner may change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Graded {
    /// The row that asked for the card.
    pub row: u64,
    pub card: u32,
    pub grade: Grade,
    /// The card before.
    pub before: Review,
    /// The learner's local day of the review.
    pub day: i32,
    /// What was heard; empty where nothing was said.
    pub heard: String,
    /// Length of the voice, ms; 0 where nothing was said.
    pub voice_ms: u64,
    /// The words that counted as missed.
    pub missed: Vec<String>,
}

/// How often a word was missed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missed {
    pub word: String,
    pub times: u32,
}

/// A learner's practice.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Drill {
    /// The last questions, the newest at the end.
    pub asked: Vec<Asked>,
    pub graded: Option<Graded>,
    /// Words to say that were offered with the last answer.
    pub offered: Option<String>,
    /// The words that are missed now and then, the latest at the end.
    pub missed: Vec<Missed>,
}

// Its floats come from FSRS, which gives numbers.
impl Eq for Drill {}

/// What happens to a practice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum DrillChange {
    Asked(Asked),
    /// An answer to the question of this row was heard; `missed`: the words that count as missed, `said`: those that were practised alone.
    Heard {
        row: u64,
        missed: Vec<String>,
        said: Vec<String>,
        offered: Option<String>,
        at: Timestamp,
    },
    Graded(Graded),
    /// By this row, at this moment.
    Ended(u64, Timestamp),
}

impl Eq for DrillChange {}

/// A practice in which nothing happened for so long is over: a voice is conversation again.
const OVER_AFTER_MS: i64 = 30 * 60 * 1000;
/// Questions that are remembered, for voices that are late.
const QUESTIONS: usize = 16;
/// From so many times on a word is practised alone: less is chance.
const OFTEN: u32 = 3;
/// Missed words that are remembered.
const MISSED_WORDS: usize = 100;

impl Drill {
    /// What a voice in this chat answers, by its row and when that was taken in; `None`: it is conversation.
    pub fn answered_by(&self, chat: Chat, row: u64, at: Timestamp) -> Option<&Asked> {
        let asked = self.asked.iter().rev().find(|asked| asked.row < row)?;
        let here = asked.chat == chat.id && asked.thread == chat.thread;
        let over = asked.item == Item::Nothing || at.since_ms(asked.active_at) > OVER_AFTER_MS;
        Some(asked).filter(|_| here && !over)
    }

    /// The question that is open now.
    pub fn open(&self) -> Option<&Asked> {
        self.asked.last().filter(|asked| asked.item != Item::Nothing)
    }

    /// Words missed often, the most often first.
    pub fn weak_words(&self) -> Vec<&str> {
        let mut weak: Vec<&Missed> = self.missed.iter().filter(|missed| missed.times >= OFTEN).collect();
        weak.sort_by_key(|missed| std::cmp::Reverse(missed.times));
        weak.into_iter().map(|missed| missed.word.as_str()).collect()
    }

    pub(crate) fn apply(&mut self, change: DrillChange) {
        match change {
            DrillChange::Asked(asked) => {
                self.asked.push(asked);
                let old = self.asked.len().saturating_sub(QUESTIONS);
                self.asked.drain(..old);
                self.offered = None;
            }
            DrillChange::Heard { row, missed, said, offered, at } => {
                for word in missed {
                    self.count(word, true);
                }
                for word in said {
                    self.count(word, false);
                }
                if let Some(asked) = self.asked.iter_mut().find(|asked| asked.row == row) {
                    asked.active_at = asked.active_at.max(at);
                }
                // A late answer offers nothing: its learner is elsewhere by now.
                if self.asked.last().is_some_and(|last| last.row == row) {
                    self.offered = offered;
                }
            }
            DrillChange::Graded(graded) => {
                // Taken for missed by the recogniser alone, where the learner says so.
                if let Some(before) = self.graded.take().filter(|before| before.row == graded.row) {
                    before
                        .missed
                        .into_iter()
                        .filter(|word| !graded.missed.contains(word))
                        .for_each(|word| self.count(word, false));
                }
                self.graded = Some(graded);
            }
            DrillChange::Ended(row, at) => {
                if let Some(Asked { chat, thread, .. }) = self.open().cloned() {
                    let end = Asked { row, chat, thread, item: Item::Nothing, active_at: at };
                    self.apply(DrillChange::Asked(end));
                }
            }
        }
    }

    fn count(&mut self, word: String, missed: bool) {
        let place = self.missed.iter().position(|known| known.word == word);
        let times = place.map_or(0, |place| self.missed.remove(place).times);
        let times = if missed { times.saturating_add(1) } else { times.saturating_sub(1) };
        if times > 0 {
            self.missed.push(Missed { word, times });
        }
        let old = self.missed.len().saturating_sub(MISSED_WORDS);
        self.missed.drain(..old);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::incoming::ChatKind;

    const MINUTE: i64 = 60_000;

    fn chat(id: i64, thread: Option<i64>) -> Chat {
        Chat { id: ChatId(id), kind: ChatKind::Private, thread }
    }

    fn asked(drill: &mut Drill, row: u64, item: Item) {
        let active_at = Timestamp(i64::try_from(row).unwrap() * MINUTE);
        drill.apply(DrillChange::Asked(Asked { row, chat: ChatId(7), thread: None, item, active_at }));
    }

    fn heard(drill: &mut Drill, missed: &[&str], said: &[&str]) {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let (missed, said, at) = (words(missed), words(said), Timestamp(0));
        drill.apply(DrillChange::Heard { row: 1, missed, said, offered: None, at });
    }

    #[test]
    fn a_voice_answers_what_was_asked_before_it() {
        let mut drill = Drill::default();
        asked(&mut drill, 10, Item::Card(1));
        asked(&mut drill, 20, Item::Card(2));
        drill.apply(DrillChange::Ended(30, Timestamp(30 * MINUTE)));
        drill.apply(DrillChange::Ended(35, Timestamp(35 * MINUTE)));
        assert_eq!((drill.open(), drill.asked.len()), (None, 3));
        asked(&mut drill, 80, Item::Card(3));
        let here = chat(7, None);
        for (place, row, minute, expected) in [
            (here, 5, 20, None),
            (here, 11, 20, Some(Item::Card(1))),
            // Worked on late, but sent in time: each by what was open when it came.
            (here, 19, 40, Some(Item::Card(1))),
            (here, 21, 21, Some(Item::Card(2))),
            (here, 29, 50, Some(Item::Card(2))),
            // Half an hour after the question it is conversation again.
            (here, 29, 51, None),
            (here, 31, 31, None),
            (here, 79, 79, None),
            (here, 81, 81, Some(Item::Card(3))),
            (chat(8, None), 21, 21, None),
            (chat(7, Some(3)), 21, 21, None),
        ] {
            let found = drill.answered_by(place, row, Timestamp(minute * MINUTE));
            assert_eq!(found.map(|asked| asked.item.clone()), expected, "row {row} at {minute}");
        }
        assert_eq!(drill.open().map(|asked| asked.row), Some(80));
    }

    #[test]
    fn a_word_is_weak_from_the_third_time_on_until_it_is_said() {
        let mut drill = Drill::default();
        heard(&mut drill, &["ship", "think"], &[]);
        heard(&mut drill, &["think"], &[]);
        assert!(drill.weak_words().is_empty());
        heard(&mut drill, &["think", "ship"], &[]);
        heard(&mut drill, &["think", "ship"], &[]);
        assert_eq!(drill.weak_words(), ["think", "ship"]);
        heard(&mut drill, &[], &["think", "unknown"]);
        heard(&mut drill, &[], &["think"]);
        assert_eq!(drill.weak_words(), ["ship"]);
    }

    #[test]
    fn what_the_learner_did_say_was_not_missed() {
        let mut drill = Drill::default();
        let graded = |row, grade, missed: &[&str]| {
            let missed = missed.iter().map(|word| (*word).to_owned()).collect();
            let heard = String::new();
            DrillChange::Graded(Graded {
                row,
                card: 1,
                grade,
                before: Review::default(),
                day: 0,
                heard,
                voice_ms: 0,
                missed,
            })
        };
        for row in 1..=3 {
            heard(&mut drill, &["ship"], &[]);
            drill.apply(graded(row, Grade::Hard, &["ship"]));
        }
        assert_eq!(drill.weak_words(), ["ship"]);
        drill.apply(graded(3, Grade::Good, &[]));
        assert!(drill.weak_words().is_empty());
    }

    #[test]
    fn it_is_bounded() {
        let mut drill = Drill::default();
        for row in 0..1_000 {
            asked(&mut drill, row, Item::Card(1));
            heard(&mut drill, &[&format!("word{row}")], &[]);
        }
        assert_eq!((drill.asked.len(), drill.missed.len()), (QUESTIONS, MISSED_WORDS));
    }
}
