//! What a learner has done in four weeks, as it is shown: minutes a day, days in a row, corrections per hundred words, cards.
//!
//! Pure: today is an argument. Must not know where the days are kept or how it is drawn.

use super::correction::CorrectionKind;

/// Days that are shown, today the last.
pub const DAYS: usize = 28;
/// Weeks of seven days, the last of which ends today.
pub const WEEKS: usize = 4;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProgressView {
    /// As days since 1970-01-01, in the learner's time zone.
    pub today: i32,
    /// Minutes a day; 0: none is set.
    pub goal: u16,
    /// Of each day, the oldest first.
    pub days: [Spoken; DAYS],
    /// Days in a row with the goal met, to today or, as today is not over, to yesterday.
    pub streak: u32,
    pub weeks: [Week; WEEKS],
    pub cards: Cards,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spoken {
    pub ms: u64,
    pub goal_met: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Week {
    pub words: u32,
    /// By kind, in the order of [`CorrectionKind::ALL`].
    pub corrections: [u32; CorrectionKind::ALL.len()],
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cards {
    pub all: u32,
    pub due: u32,
    pub learnt: u32,
}

impl Week {
    /// Corrections per hundred words, by kind; `None` where nothing was said.
    pub(crate) fn rates(&self) -> Option<[f32; CorrectionKind::ALL.len()]> {
        let words = self.words as f32;
        (self.words > 0).then(|| self.corrections.map(|count| count as f32 * 100.0 / words))
    }

    /// As [`Self::rates`], of all kinds together.
    pub(crate) fn rate(&self) -> Option<f32> {
        Some(self.rates()?.iter().sum())
    }
}

impl ProgressView {
    /// Days on which anything was spoken.
    pub(crate) fn attended(&self) -> u32 {
        self.count(|day| day.ms > 0)
    }

    pub(crate) fn met(&self) -> u32 {
        self.count(|day| day.goal_met)
    }

    fn count(&self, fits: impl Fn(&Spoken) -> bool) -> u32 {
        u32::try_from(self.days.iter().filter(|day| fits(day)).count()).unwrap_or(0)
    }

    /// All weeks together.
    pub(crate) fn whole(&self) -> Week {
        self.weeks.iter().fold(Week::default(), |mut whole, week| {
            whole.words = whole.words.saturating_add(week.words);
            for (sum, count) in whole.corrections.iter_mut().zip(week.corrections) {
                *sum = sum.saturating_add(count);
            }
            whole
        })
    }

    /// Day and month (from 1) of a day that lies so long ago.
    pub(crate) fn date(&self, ago: usize) -> (u32, u32) {
        civil(i64::from(self.today) - i64::try_from(ago).unwrap_or(0))
    }
}

/// Howard Hinnant, "chrono-compatible low-level date algorithms": day and month of a number of days since 1970-01-01.
fn civil(days: i64) -> (u32, u32) {
    let of_era = (days + 719_468).rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (u32::try_from(day).unwrap_or(1), u32::try_from(month).unwrap_or(1))
}
