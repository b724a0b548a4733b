//! What a learner has done in four weeks, as it is shown: minutes a day, days in a row, corrections per hundred words, cards.
//!
//! Pure: today is an argument. Must not know where the days are kept or how it is drawn.

use super::correction::CorrectionKind;
use super::day::Day;

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
    pub days: [SpokenDay; DAYS],
    /// Days in a row with the goal met, to today or, as today is not over, to yesterday.
    pub streak: u32,
    pub weeks: [Week; WEEKS],
    pub cards: CardTotals,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SpokenDay {
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
pub struct CardTotals {
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
    /// `days`: in order, as many as are kept.
    pub fn of(days: &[Day], today: i32, goal: u16, cards: CardTotals) -> Self {
        let mut view = Self { today, goal, cards, ..Self::default() };
        for day in days {
            let Some(place) =
                usize::try_from(today - day.day).ok().and_then(|ago| (DAYS - 1).checked_sub(ago))
            else {
                continue;
            };
            if let Some(spoken) = view.days.get_mut(place) {
                *spoken = SpokenDay { ms: day.voice_ms, goal_met: day.goal_met };
            }
            if let Some(week) = view.weeks.get_mut(place / 7) {
                week.words = week.words.saturating_add(day.words);
                for (kind, sum) in CorrectionKind::ALL.iter().zip(&mut week.corrections) {
                    *sum = sum.saturating_add(day.corrections.get(kind).copied().unwrap_or(0));
                }
            }
        }
        let met = |date: i32| days.iter().any(|day| day.day == date && day.goal_met);
        let last = if met(today) { today } else { today - 1 };
        view.streak = u32::try_from((0..).take_while(|ago| met(last - ago)).count()).unwrap_or(u32::MAX);
        view
    }

    /// Days on which anything was spoken.
    pub(crate) fn attended(&self) -> u32 {
        self.count(|day| day.ms > 0)
    }

    pub(crate) fn met(&self) -> u32 {
        self.count(|day| day.goal_met)
    }

    fn count(&self, fits: impl Fn(&SpokenDay) -> bool) -> u32 {
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

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: i32 = 20_055;

    fn day(ago: i32, minutes: u64, goal_met: bool) -> Day {
        Day { voice_ms: minutes * 60_000, goal_met, words: 100, ..Day::on(TODAY - ago) }
    }

    fn view(days: &[Day]) -> ProgressView {
        ProgressView::of(days, TODAY, 5, CardTotals::default())
    }

    #[test]
    fn a_row_of_days_ends_today_or_yesterday_and_may_be_longer_than_what_is_shown() {
        for (name, met, expected) in [
            ("none", vec![], 0),
            ("today alone", vec![0], 1),
            ("today is not over", vec![1, 2, 3], 3),
            ("with today", vec![0, 1, 2, 3], 4),
            ("broken yesterday", vec![0, 2, 3], 1),
            ("broken the day before", vec![2, 3, 4], 0),
            ("long", (0..40).collect(), 40),
        ] {
            let days: Vec<Day> = met.into_iter().rev().map(|ago| day(ago, 6, true)).collect();
            assert_eq!(view(&days).streak, expected, "{name}");
        }
        assert_eq!(view(&[day(1, 4, false), day(0, 6, true)]).streak, 1);
    }

    #[test]
    fn days_and_weeks_are_counted_to_today_and_older_ones_left_out() {
        let mut mistakes = day(27, 2, false);
        mistakes.corrections.insert(CorrectionKind::Pronunciation, 7);
        let view = view(&[day(28, 9, true), mistakes, day(6, 1, false), day(0, 6, true), day(-1, 9, true)]);
        assert_eq!((view.attended(), view.met()), (3, 1));
        assert_eq!((view.days[0].ms, view.days[27].ms), (120_000, 360_000));
        assert_eq!(view.weeks.map(|week| week.words), [100, 0, 0, 200]);
        assert_eq!(view.weeks[0].rates(), Some([0.0, 0.0, 7.0, 0.0]));
        assert_eq!((view.weeks[1].rate(), view.whole().rate()), (None, Some(7.0 / 3.0)));
        assert_eq!(self::view(&[]), ProgressView { today: TODAY, goal: 5, ..ProgressView::default() });
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (days, date) in [
            (0, (1, 1)),
            (59, (1, 3)),
            (11_016, (29, 2)),
            (19_782, (29, 2)),
            (-1, (31, 12)),
            (20_055, (28, 11)),
        ] {
            assert_eq!(civil(days), date, "{days}");
        }
    }
}
