//! When a card is due again: FSRS with its default parameters, on whole days of the learner's own calendar.
//!
//! Owns fsrs. Must not know what a card says. The days are numbers (0 is 1970-01-01), so that neither a change of the clocks
//! nor of the time zone can make one day longer than another.

use crate::domain::card::{Memory, Review};
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

/// What follows from a review on the local day `today`.
pub fn review(before: Review, grade: Grade, today: i32) -> Review {
    let Review { memory, reps, lapses, .. } = before;
    let (memory, days) = remembered(memory, grade, today);
    let forgotten = grade == Grade::Again && reps > 0;
    Review {
        memory,
        due: today.saturating_add(days),
        reps: reps.saturating_add(1),
        lapses: lapses.saturating_add(u32::from(forgotten)),
    }
}

/// The memory of a card after a review, and the days until the next.
fn remembered(before: Memory, grade: Grade, today: i32) -> (Memory, i32) {
    // FSRS makes nonsense of a stability of 0 and of what is no number, without an error: such a card begins anew.
    let sound = STABILITY.contains(&before.stability) && DIFFICULTY.contains(&before.difficulty);
    let known = before.reviewed.filter(|_| sound);
    let state = known.map(|_| MemoryState { stability: before.stability, difficulty: before.difficulty });
    // A day before the last review: the learner has moved to a zone where it is still yesterday.
    let passed = known.map_or(0, |reviewed| today.saturating_sub(reviewed).max(0));
    let fsrs = FSRS::default();
    let Ok(next) = fsrs.next_states(state, RETENTION, passed.unsigned_abs()) else {
        return (Memory { stability: 1.0, difficulty: 5.0, reviewed: Some(today) }, 1);
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
        reviewed: Some(today),
    };
    // The cast of a float saturates; what is no number becomes 0.
    (memory, (interval.round() as i32).clamp(1, LONGEST_DAYS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::drill::Grade::{Again, Easy, Good, Hard};

    const NEW: Review = Review {
        memory: Memory { stability: 0.0, difficulty: 0.0, reviewed: None },
        due: 0,
        reps: 0,
        lapses: 0,
    };
    const GRADES: [Grade; 4] = [Again, Hard, Good, Easy];

    /// Where FSRS itself says so: the first intervals of its default parameters are 0.2, 1.3, 2.3 and 8.3 days.
    #[test]
    fn a_new_card_comes_again_after_the_days_of_its_grade() {
        for (grade, days) in [(Again, 1), (Hard, 1), (Good, 2), (Easy, 8)] {
            assert_eq!(review(NEW, grade, 100).due, 100 + days, "{grade:?}");
        }
    }

    #[test]
    fn a_better_grade_never_brings_a_card_back_sooner() {
        for seed in 0..300 {
            let mut random = fastrand::Rng::with_seed(seed);
            let mut today = 20_000;
            let mut card = NEW;
            for _ in 0..20 {
                let reviews = GRADES.map(|grade| review(card, grade, today));
                assert!(reviews.is_sorted_by_key(|review| review.due), "{reviews:?}");
                for review in &reviews {
                    assert!((1..=LONGEST_DAYS).contains(&(review.due - today)), "{review:?}");
                    assert!(STABILITY.contains(&review.memory.stability), "{review:?}");
                    assert!(DIFFICULTY.contains(&review.memory.difficulty), "{review:?}");
                }
                let chosen = reviews[random.usize(0..4)];
                card = chosen;
                today = chosen.due + random.i32(0..9);
            }
        }
    }

    /// Hard is a pass: the card comes back later than before. Again is none: it is there on the next days.
    #[test]
    fn hard_is_a_pass() {
        let mut card = review(NEW, Good, 0);
        let mut waited = 2;
        for _ in 0..4 {
            let next = review(card, Hard, card.due);
            assert!(next.due - card.due >= waited, "{next:?} after {card:?}");
            assert!(next.memory.stability > card.memory.stability && next.lapses == 0);
            (waited, card) = (next.due - card.due, next);
        }
        let forgotten = review(card, Again, card.due);
        assert!(forgotten.due - card.due < 5);
        assert_eq!((forgotten.reps, forgotten.lapses), (6, 1));
    }

    #[test]
    fn a_memory_that_cannot_be_begins_anew() {
        let new = review(NEW, Good, 50);
        for (stability, difficulty) in
            [(0.0, 5.0), (-1.0, 5.0), (f32::NAN, 5.0), (f32::INFINITY, 5.0), (3.0, 0.0), (3.0, f32::NAN)]
        {
            let memory = Memory { stability, difficulty, reviewed: Some(40) };
            let next = review(Review { memory, ..NEW }, Good, 50);
            assert_eq!((next.memory, next.due), (new.memory, new.due), "{memory:?}");
        }
        let memory = Memory { stability: 1.0, difficulty: 5.0, reviewed: Some(i32::MIN) };
        assert_eq!(review(Review { memory, ..NEW }, Easy, i32::MAX).due, i32::MAX);
    }

    /// Flown east to west over the date line, and set back: the same day again, or the day before.
    #[test]
    fn a_day_that_comes_twice_is_no_time_passed() {
        let first = review(NEW, Good, 100);
        let same = review(first, Good, 100);
        assert_eq!(review(first, Good, 99).memory.stability, same.memory.stability);
        assert!(same.due > 100);
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
        let mut cards = vec![NEW; 300];
        let mut counted: std::collections::BTreeMap<i32, (u32, u32)> = Default::default();
        let mut days = Vec::new();
        for day in 0..60 {
            let today = local_day(Timestamp(start.0 + day * DAY_MS), Some(zone(day)));
            days.push(today);
            let (mut reviewed, mut introduced) = counted.get(&today).copied().unwrap_or_default();
            for new in [false, true] {
                for card in cards.iter_mut().filter(|card| (card.reps == 0) == new) {
                    let room = Room::after(reviewed, introduced, NEW_A_DAY);
                    let left = if new { room.new } else { room.reviews };
                    if left == 0 || (!new && card.due > today) {
                        continue;
                    }
                    let next = review(*card, GRADES[random.usize(0..4)], today);
                    assert!(next.due > today && next.due - today <= LONGEST_DAYS);
                    *card = next;
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
        let begun = cards.iter().filter(|card| card.reps > 0).count();
        assert_eq!(begun, 300, "ten a day are begun until there are none left");
        // Nothing that was due is left over: a hundred reviews a day are enough for three hundred cards.
        let last = *days.last().unwrap();
        assert!(cards.iter().all(|card| card.due > last));
    }
}
