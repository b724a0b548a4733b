//! The words of the pictures, and those under them. Must not know how a picture is drawn.

use super::Phrases;
use crate::domain::CorrectionKind;
use crate::domain::contour::Contours;
use crate::domain::progress::{DAYS, ProgressView};
use crate::domain::rich::{Rich, Style};

impl Phrases {
    pub(crate) fn progress_title(self) -> String {
        phrase!(self, "progress-title")
    }

    pub(crate) fn minutes_a_day(self) -> String {
        phrase!(self, "progress-minutes-a-day")
    }

    pub(crate) fn legend_goal_met(self) -> String {
        phrase!(self, "progress-legend-goal-met")
    }

    pub(crate) fn legend_spoken(self) -> String {
        phrase!(self, "progress-legend-spoken")
    }

    /// Beside the line of the daily goal.
    pub(crate) fn goal_minutes(self, minutes: u16) -> String {
        phrase!(self, "progress-goal-line", minutes)
    }

    pub(crate) fn today(self) -> String {
        phrase!(self, "progress-today")
    }

    pub(crate) fn nothing_spoken(self) -> String {
        phrase!(self, "progress-nothing-spoken")
    }

    pub(crate) fn one_day_spoken(self) -> String {
        phrase!(self, "progress-one-day")
    }

    pub(crate) fn corrections_a_hundred(self) -> String {
        phrase!(self, "progress-corrections")
    }

    pub(crate) fn nothing_corrected(self) -> String {
        phrase!(self, "progress-nothing-corrected")
    }

    /// A kind of correction in a legend, in lower case.
    pub(crate) fn correction_kind(self, kind: CorrectionKind) -> String {
        match kind {
            CorrectionKind::Grammar => phrase!(self, "kind-grammar"),
            CorrectionKind::WordChoice => phrase!(self, "kind-word-choice"),
            CorrectionKind::Pronunciation => phrase!(self, "kind-pronunciation"),
            CorrectionKind::Fluency => phrase!(self, "kind-fluency"),
        }
    }

    /// A day of a month, short; `month` from 1.
    pub(crate) fn date(self, day: u32, month: u32) -> String {
        phrase!(self, "date-short", day, month)
    }

    pub(crate) fn week_from(self, day: u32, month: u32) -> String {
        phrase!(self, "progress-week-from", date = self.date(day, month))
    }

    /// With one digit behind the point; nothing below 0.
    pub(crate) fn decimal(self, value: f32) -> String {
        let tenths = (value * 10.0).round() as u64;
        phrase!(self, "decimal", whole = tenths / 10, tenth = tenths % 10)
    }

    pub(crate) fn attendance(self) -> String {
        phrase!(self, "progress-attendance")
    }

    /// Behind the number itself.
    pub(crate) fn days_in_a_row(self, days: u32) -> String {
        phrase!(self, "progress-days-in-a-row", days)
    }

    pub(crate) fn days_spoken(self, spoken: u32, days: u32) -> String {
        phrase!(self, "progress-days-spoken", spoken, days)
    }

    pub(crate) fn days_goal_met(self, met: u32, days: u32) -> String {
        phrase!(self, "progress-days-goal-met", met, days)
    }

    pub(crate) fn cards_title(self) -> String {
        phrase!(self, "progress-cards")
    }

    pub(crate) fn no_cards_yet(self) -> String {
        phrase!(self, "progress-no-cards")
    }

    pub(crate) fn cards_due(self) -> String {
        phrase!(self, "progress-cards-due")
    }

    pub(crate) fn cards_learnt(self) -> String {
        phrase!(self, "progress-cards-learnt")
    }

    pub(crate) fn cards_all(self) -> String {
        phrase!(self, "progress-cards-all")
    }

    /// Under the progress picture: its numbers, for who cannot see it.
    pub(crate) fn progress_caption(self, view: &ProgressView) -> Rich {
        let days = u32::try_from(DAYS).unwrap_or(0);
        let ms = view.days.iter().fold(0, |sum: u64, day| sum.saturating_add(day.ms));
        // Of a first short day, the whole minutes would be none.
        let minutes =
            if ms < 600_000 { self.decimal(ms as f32 / 60_000.0) } else { (ms / 60_000).to_string() };
        let mut lines = vec![
            phrase!(self, "progress-caption-spoken", minutes),
            phrase!(
                self,
                "progress-caption-attendance",
                spoken = view.attended(),
                days,
                streak = view.streak
            ),
        ];
        if view.goal > 0 {
            lines.push(phrase!(self, "progress-caption-goal", minutes = view.goal, met = view.met()));
        }
        if let Some(rates) = view.whole().rates() {
            let kinds = CorrectionKind::ALL.iter().zip(rates).filter(|(_, rate)| *rate >= 0.05);
            let kinds =
                kinds.map(|(kind, rate)| format!("{} {}", self.correction_kind(*kind), self.decimal(rate)));
            let (rate, kinds) = (self.decimal(rates.iter().sum()), kinds.collect::<Vec<_>>().join(", "));
            lines.push(phrase!(self, "progress-caption-corrections", rate));
            if !kinds.is_empty() {
                lines.push(format!("– {kinds}"));
            }
            let weeks = view.weeks.iter().filter_map(|week| week.rate()).map(|rate| self.decimal(rate));
            let weeks: Vec<String> = weeks.collect();
            if weeks.len() > 1 {
                lines.push(phrase!(self, "progress-caption-weeks", rates = weeks.join(" → ")));
            }
        }
        if view.cards.all > 0 {
            let (due, learnt, all) = (view.cards.due, view.cards.learnt, view.cards.all);
            lines.push(phrase!(self, "progress-caption-cards", due, learnt, all));
        }
        let title = Rich::default().push(Style::Bold, format!("📊 {}", self.progress_title()));
        lines.into_iter().fold(title, |text, line| text.push(Style::Plain, format!("\n{line}")))
    }

    pub(crate) fn intonation_title(self) -> String {
        phrase!(self, "intonation-title")
    }

    pub(crate) fn pitch_in_semitones(self) -> String {
        phrase!(self, "intonation-pitch")
    }

    pub(crate) fn voice_yours(self) -> String {
        phrase!(self, "intonation-you")
    }

    pub(crate) fn voice_tutors(self) -> String {
        phrase!(self, "intonation-tutor")
    }

    pub(crate) fn voice_missing(self) -> String {
        phrase!(self, "intonation-no-voice")
    }

    pub(crate) fn no_pitch(self) -> String {
        phrase!(self, "intonation-no-pitch")
    }

    pub(crate) fn seconds(self) -> String {
        phrase!(self, "intonation-seconds")
    }

    /// Under the intonation picture: its numbers, for who cannot see it.
    pub(crate) fn intonation_caption(self, contours: &Contours) -> Rich {
        let mut text = Rich::default().push(Style::Bold, format!("🎵 {}", self.intonation_title()));
        let voices = [(&contours.learner, self.voice_yours()), (&contours.reply, self.voice_tutors())];
        for (contour, name) in voices {
            let Some(contour) = contour else { continue };
            let seconds = self.decimal(contour.duration_ms() as f32 / 1_000.0);
            let line = match contour.range() {
                Some(range) => {
                    phrase!(self, "intonation-caption-range", name, seconds, semitones = self.decimal(range))
                }
                None => phrase!(self, "intonation-caption-no-pitch", name, seconds),
            };
            text = text.push(Style::Plain, format!("\n{line}"));
        }
        text.push(Style::Plain, format!("\n{}", phrase!(self, "intonation-caption-meaning")))
    }

    pub(crate) fn slower_button(self) -> String {
        phrase!(self, "slower-button")
    }

    pub(crate) fn intonation_button(self) -> String {
        phrase!(self, "intonation-button")
    }

    /// Asked for the melody of a turn of which none is kept.
    pub(crate) fn no_contours(self) -> Rich {
        Rich::plain(phrase!(self, "intonation-none"))
    }

    /// Asked for a slower reply that was not spoken, or is no longer there.
    pub(crate) fn nothing_to_slow(self) -> Rich {
        Rich::plain(phrase!(self, "slower-none"))
    }
}
