//! When a card is due again: FSRS with its default parameters, on whole days of the learner's own calendar.
//!
//! Owns fsrs. Must not know what a card says. The days are numbers (0 is 1970-01-01), so that neither a change of the clocks
//! nor of the time zone can make one day longer than another.

use crate::domain::drill::Grade;
use fsrs::{FSRS, ItemState, MemoryState};

/// The share of cards that should still be known on the day they are due.
const RETENTION: f32 = 0.9;
/// Longest time to the next review, days.
pub const LONGEST_DAYS: i32 = 180;
/// New cards begun on one day, unless the learner chose another number.
pub const NEW_A_DAY: u32 = 10;
/// Cards reviewed on one day besides: after a long pause there may be hundreds due.
pub const REVIEWS_A_DAY: u32 = 100;
/// Stability, days: what FSRS itself keeps it within.
const STABILITY: std::ops::RangeInclusive<f32> = 0.001..=36_500.0;
/// Difficulty, from the easiest to the hardest, as FSRS defines it.
const DIFFICULTY: std::ops::RangeInclusive<f32> = 1.0..=10.0;

/// What FSRS knows of a card that was practised at least once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Memory {
    /// Days after which it is known with a probability of 90 %.
    pub stability: f32,
    /// 1 to 10.
    pub difficulty: f32,
    /// The local day of the last review.
    pub reviewed: i32,
}

/// The memory of a card after a review, and the local day of the next one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Review {
    pub memory: Memory,
    pub due: i32,
}

/// Cards that may still be asked for on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    pub reviews: u32,
    pub new: u32,
}

impl Room {
    /// After `reviewed` cards on that day, `introduced` of them for the first time; `new_a_day`: the learner's limit.
    pub fn after(reviewed: u32, introduced: u32, new_a_day: u32) -> Self {
        Self {
            reviews: REVIEWS_A_DAY.saturating_sub(reviewed.saturating_sub(introduced)),
            new: new_a_day.saturating_sub(introduced),
        }
    }
}

/// What follows from a review on the local day `today`. `before`: `None` for a card that is new.
pub fn review(before: Option<Memory>, grade: Grade, today: i32) -> Review {
    // FSRS makes nonsense of a stability of 0 and of what is no number, without an error: such a card begins anew.
    let sound = before
        .filter(|memory| STABILITY.contains(&memory.stability) && DIFFICULTY.contains(&memory.difficulty));
    let state =
        sound.map(|memory| MemoryState { stability: memory.stability, difficulty: memory.difficulty });
    // A day before the last review: the learner has moved to a zone where it is still yesterday.
    let passed = sound.map_or(0, |memory| today.saturating_sub(memory.reviewed).max(0));
    let fsrs = FSRS::default();
    let Ok(next) = fsrs.next_states(state, RETENTION, passed.unsigned_abs()) else {
        let memory = Memory { stability: 1.0, difficulty: 5.0, reviewed: today };
        return Review { memory, due: today.saturating_add(1) };
    };
    let ItemState { memory, interval } = match grade {
        Grade::Again => next.again,
        Grade::Hard => next.hard,
        Grade::Good => next.good,
        Grade::Easy => next.easy,
    };
    let memory = Memory {
        stability: memory.stability.clamp(*STABILITY.start(), *STABILITY.end()),
        difficulty: memory.difficulty.clamp(*DIFFICULTY.start(), *DIFFICULTY.end()),
        reviewed: today,
    };
    // The cast of a float saturates; what is no number becomes 0.
    let days = (interval.round() as i32).clamp(1, LONGEST_DAYS);
    Review { memory, due: today.saturating_add(days) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::drill::Grade::{Again, Easy, Good, Hard};

    const GRADES: [Grade; 4] = [Again, Hard, Good, Easy];

    /// Where FSRS itself says so: the first intervals of its default parameters are 0.2, 1.3, 2.3 and 8.3 days.
    #[test]
    fn a_new_card_comes_again_after_the_days_of_its_grade() {
        for (grade, days) in [(Again, 1), (Hard, 1), (Good, 2), (Easy, 8)] {
            assert_eq!(review(None, grade, 100).due, 100 + days, "{grade:?}");
        }
    }

    #[test]
    fn a_better_grade_never_brings_a_card_back_sooner() {
        for seed in 0..300 {
            let mut random = fastrand::Rng::with_seed(seed);
            let mut today = 20_000;
            let mut memory = None;
            for _ in 0..20 {
                let reviews = GRADES.map(|grade| review(memory, grade, today));
                assert!(reviews.is_sorted_by_key(|review| review.due), "{reviews:?}");
                for review in &reviews {
                    assert!((1..=LONGEST_DAYS).contains(&(review.due - today)), "{review:?}");
                    assert!(STABILITY.contains(&review.memory.stability), "{review:?}");
                    assert!(DIFFICULTY.contains(&review.memory.difficulty), "{review:?}");
                }
                let chosen = reviews[random.usize(0..4)];
                memory = Some(chosen.memory);
                today = chosen.due + random.i32(0..9);
            }
        }
    }

    /// Hard is a pass: the card comes back later than before. Again is none: it is there on the next days.
    #[test]
    fn hard_is_a_pass() {
        let mut memory = review(None, Good, 0).memory;
        let mut due = 2;
        for _ in 0..4 {
            let next = review(Some(memory), Hard, due);
            assert!(next.due - due >= due - memory.reviewed, "{next:?} after {memory:?}");
            assert!(next.memory.stability > memory.stability);
            (memory, due) = (next.memory, next.due);
        }
        assert!(review(Some(memory), Again, due).due - due < 5);
    }

    #[test]
    fn a_memory_that_cannot_be_begins_anew() {
        let new = review(None, Good, 50);
        for (stability, difficulty) in
            [(0.0, 5.0), (-1.0, 5.0), (f32::NAN, 5.0), (f32::INFINITY, 5.0), (3.0, 0.0), (3.0, f32::NAN)]
        {
            let broken = Memory { stability, difficulty, reviewed: 40 };
            assert_eq!(review(Some(broken), Good, 50), new, "{broken:?}");
        }
        let edge = Memory { stability: 1.0, difficulty: 5.0, reviewed: i32::MIN };
        assert_eq!(review(Some(edge), Easy, i32::MAX).due, i32::MAX);
    }

    /// Flown east to west over the date line, and set back: the same day again, or the day before.
    #[test]
    fn a_day_that_comes_twice_is_no_time_passed() {
        let first = review(None, Good, 100);
        let same = review(Some(first.memory), Good, 100);
        assert_eq!(review(Some(first.memory), Good, 99).memory.stability, same.memory.stability);
        assert!(same.due > 100);
    }

    #[derive(Default)]
    struct Simulated {
        memory: Option<Memory>,
        due: i32,
    }

    /// Sixty days of a learner who practises at one moment of each, with 300 cards, through the night in which clocks are put
    /// forward and two flights around the world.
    #[test]
    fn sixty_days_of_practice_keep_the_limits_and_the_days() {
        use crate::domain::Timestamp;
        use crate::domain::local_day::local_day;
        const DAY_MS: i64 = 86_400_000;
        // 2026-02-20 at 04:30 UTC: an hour before midnight in New York, after it once the clocks are put forward there.
        let start = Timestamp(1_771_561_800_000);
        let zone = |day| match day {
            0..30 => "America/New_York",
            30..45 => "Pacific/Kiritimati",
            _ => "Pacific/Midway",
        };
        let mut random = fastrand::Rng::with_seed(7);
        let mut cards: Vec<Simulated> = (0..300).map(|_| Simulated::default()).collect();
        let mut counted: std::collections::BTreeMap<i32, (u32, u32)> = Default::default();
        let mut days = Vec::new();
        for day in 0..60 {
            let today = local_day(Timestamp(start.0 + day * DAY_MS), Some(zone(day)));
            days.push(today);
            let (mut reviewed, mut introduced) = counted.get(&today).copied().unwrap_or_default();
            for new in [false, true] {
                for card in cards.iter_mut().filter(|card| card.memory.is_none() == new) {
                    let room = Room::after(reviewed, introduced, NEW_A_DAY);
                    let left = if new { room.new } else { room.reviews };
                    if left == 0 || (!new && card.due > today) {
                        continue;
                    }
                    let next = review(card.memory, GRADES[random.usize(0..4)], today);
                    assert!(next.due > today && next.due - today <= LONGEST_DAYS);
                    *card = Simulated { memory: Some(next.memory), due: next.due };
                    reviewed += 1;
                    introduced += u32::from(new);
                }
            }
            counted.insert(today, (reviewed, introduced));
        }
        // Two moments a day apart fall on one date or leave one out only where clocks are changed or somebody flies.
        let steps: Vec<i32> = days.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let odd: Vec<(usize, i32)> =
            steps.iter().copied().enumerate().filter(|(_, step)| *step != 1).collect();
        assert_eq!(odd, [(16, 2), (44, 0)]);
        for (day, (reviewed, introduced)) in &counted {
            assert!(*introduced <= NEW_A_DAY && reviewed - introduced <= REVIEWS_A_DAY, "{day}");
        }
        let begun = cards.iter().filter(|card| card.memory.is_some()).count();
        assert_eq!(begun, 300, "ten a day are begun until there are none left");
        // Nothing that was due is left over: a hundred reviews a day are enough for three hundred cards.
        let last = *days.last().unwrap();
        assert!(cards.iter().all(|card| card.due > last));
    }
}
