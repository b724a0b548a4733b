//! The progress picture: minutes a day with the goal, corrections per hundred words by kind, days in a row, cards.
//!
//! Must not know where the numbers come from.

use super::canvas::{BLUE, Canvas, FAINT, GREEN, Ink, Mark, ORANGE, PURPLE, RULE, TEXT, Type};
use super::{PictureError, WIDTH};
use crate::domain::phrases::Phrases;
use crate::domain::progress::{DAYS, ProgressView};
use crate::domain::{CorrectionKind, Language};

const MARGIN: f32 = 48.0;
const RIGHT: f32 = WIDTH as f32 - MARGIN;
/// Left edge of the plots: room for the numbers of their axes.
const AXIS: f32 = 96.0;
/// The plot of the days.
const DAYS_TOP: f32 = 164.0;
const DAYS_BOTTOM: f32 = 404.0;
/// The plot of the weeks, and the numbers beside it.
const WEEKS_TOP: f32 = 560.0;
const WEEKS_BOTTOM: f32 = 712.0;
const WEEKS_RIGHT: f32 = 700.0;
const NUMBERS: f32 = 768.0;

const KINDS: [Ink; CorrectionKind::ALL.len()] = [BLUE, ORANGE, PURPLE, GREEN];

/// PNG, 1200 by 800 px.
pub fn progress(view: &ProgressView, language: Language) -> Result<Vec<u8>, PictureError> {
    let (mut canvas, phrases) = (Canvas::new()?, Phrases(language));
    let (day, month) = view.date(0);
    let dates = phrases.date(day, month);
    let (first_day, first_month) = view.date(DAYS - 1);
    let dates = format!("{} – {dates}", phrases.date(first_day, first_month));
    let title = Type::bold(38.0, TEXT);
    canvas.text((MARGIN, 68.0), &phrases.progress_title(), title, 760.0);
    canvas.text((RIGHT, 66.0), &dates, Type::regular(24.0, FAINT).to_the_left_of(), 330.0);
    days(&mut canvas, view, phrases);
    weeks(&mut canvas, view, phrases);
    numbers(&mut canvas, view, phrases);
    canvas.png()
}

fn days(canvas: &mut Canvas, view: &ProgressView, phrases: Phrases) {
    let heading = canvas.text((MARGIN, 122.0), &phrases.minutes_a_day(), Type::bold(26.0, TEXT), 620.0);
    if view.goal > 0 {
        let words = [phrases.legend_goal_met(), phrases.legend_spoken(), phrases.goal_minutes(view.goal)];
        let marks = [Mark::Dot(GREEN), Mark::Dot(BLUE), Mark::Dashes];
        let legend: Vec<(Mark, &str)> = marks.into_iter().zip(words.iter().map(String::as_str)).collect();
        canvas.legend((MARGIN + heading + 40.0, 121.0), RIGHT, &legend);
    }
    let minutes = |ms: u64| ms as f32 / 60_000.0;
    let longest = view.days.iter().map(|day| minutes(day.ms)).fold(f32::from(view.goal), f32::max);
    let (top, each) = axis(longest.max(1.0));
    let y = |minutes: f32| DAYS_BOTTOM - (DAYS_BOTTOM - DAYS_TOP) * minutes / top;
    grid(canvas, (AXIS, RIGHT), top, each, y);
    let slot = (RIGHT - AXIS) / DAYS as f32;
    let x = |place: usize| AXIS + slot * (place as f32 + 0.5);
    for (place, day) in view.days.iter().enumerate().filter(|(_, day)| day.ms > 0) {
        let ink = if day.goal_met { GREEN } else { BLUE };
        let height = (DAYS_BOTTOM - y(minutes(day.ms))).max(4.0);
        canvas.rect((x(place) - slot * 0.33, DAYS_BOTTOM - height), (slot * 0.66, height), ink);
    }
    canvas.line(&[(AXIS, DAYS_BOTTOM), (RIGHT, DAYS_BOTTOM)], 2.0, FAINT);
    if view.goal > 0 {
        let at = y(f32::from(view.goal));
        canvas.dashes(&[(AXIS, at), (RIGHT, at)], 2.5, TEXT);
    }
    let set = Type::regular(20.0, FAINT).centred();
    for place in (0..DAYS).step_by(7) {
        let (day, month) = view.date(DAYS - 1 - place);
        canvas.text((x(place).max(AXIS + 24.0), DAYS_BOTTOM + 30.0), &phrases.date(day, month), set, 120.0);
    }
    canvas.text((RIGHT, DAYS_BOTTOM + 30.0), &phrases.today(), set.to_the_left_of(), 120.0);
    let words = match view.attended() {
        0 => phrases.nothing_spoken(),
        1 => phrases.one_day_spoken(),
        _ => return,
    };
    canvas.lines((WIDTH as f32 / 2.0, 262.0), &words, Type::regular(26.0, FAINT).centred(), 760.0);
}

fn weeks(canvas: &mut Canvas, view: &ProgressView, phrases: Phrases) {
    canvas.text(
        (MARGIN, 490.0),
        &phrases.corrections_a_hundred(),
        Type::bold(26.0, TEXT),
        WEEKS_RIGHT - MARGIN,
    );
    let names = CorrectionKind::ALL.map(|kind| phrases.correction_kind(kind));
    let marks = KINDS.into_iter().map(Mark::Dot);
    let legend: Vec<(Mark, &str)> = marks.zip(names.iter().map(String::as_str)).collect();
    canvas.legend((MARGIN, 526.0), WEEKS_RIGHT, &legend);
    let highest = view.weeks.iter().filter_map(|week| week.rate()).fold(0.0, f32::max);
    let (top, each) = axis(highest.max(2.0));
    let y = |rate: f32| WEEKS_BOTTOM - (WEEKS_BOTTOM - WEEKS_TOP) * rate / top;
    grid(canvas, (AXIS, WEEKS_RIGHT), top, each, y);
    let slot = (WEEKS_RIGHT - AXIS) / view.weeks.len() as f32;
    let (label, number) = (Type::regular(20.0, FAINT).centred(), Type::bold(20.0, TEXT).centred());
    for (place, week) in view.weeks.iter().enumerate() {
        let x = AXIS + slot * (place as f32 + 0.5);
        let (day, month) = view.date(DAYS - 1 - place * 7);
        canvas.text((x, WEEKS_BOTTOM + 30.0), &phrases.week_from(day, month), label, slot - 8.0);
        let Some(rates) = week.rates() else { continue };
        let mut below = 0.0;
        for (rate, ink) in rates.into_iter().zip(KINDS).filter(|(rate, _)| *rate > 0.0) {
            let (from, to) = (y(below), y(below + rate));
            // A line of paper between two kinds, for those who tell no colours apart.
            canvas.rect((x - 38.0, to), (76.0, (from - to - 2.0).max(1.0)), ink);
            below += rate;
        }
        if below == 0.0 {
            canvas.dot((x, WEEKS_BOTTOM), 6.0, FAINT);
        }
        canvas.text((x, y(below) - 8.0), &phrases.decimal(below), number, slot);
    }
    canvas.line(&[(AXIS, WEEKS_BOTTOM), (WEEKS_RIGHT, WEEKS_BOTTOM)], 2.0, FAINT);
    if view.whole().words == 0 {
        let at = ((AXIS + WEEKS_RIGHT) / 2.0, 640.0);
        canvas.lines(at, &phrases.nothing_corrected(), Type::regular(24.0, FAINT).centred(), 520.0);
    }
}

fn numbers(canvas: &mut Canvas, view: &ProgressView, phrases: Phrases) {
    let (heading, words) = (Type::bold(26.0, TEXT), Type::regular(22.0, FAINT));
    let room = RIGHT - NUMBERS;
    canvas.text((NUMBERS, 490.0), &phrases.attendance(), heading, room);
    let streak = canvas.text((NUMBERS, 560.0), &view.streak.to_string(), Type::bold(64.0, GREEN), 160.0);
    canvas.text(
        (NUMBERS + streak + 16.0, 560.0),
        &phrases.days_in_a_row(view.streak),
        words,
        room - streak - 16.0,
    );
    let days = u32::try_from(DAYS).unwrap_or(0);
    let shares = match view.goal {
        0 => phrases.days_spoken(view.attended(), days),
        _ => phrases.days_goal_met(view.met(), days),
    };
    canvas.text((NUMBERS, 600.0), &shares, words, room);
    canvas.line(&[(NUMBERS, 624.0), (RIGHT, 624.0)], 1.5, RULE);
    canvas.text((NUMBERS, 664.0), &phrases.cards_title(), heading, room);
    if view.cards.all == 0 {
        canvas.lines((NUMBERS, 704.0), &phrases.no_cards_yet(), words, room);
        return;
    }
    let third = room / 3.0;
    let shown = [
        (view.cards.due, ORANGE, phrases.cards_due()),
        (view.cards.learnt, GREEN, phrases.cards_learnt()),
        (view.cards.all, TEXT, phrases.cards_all()),
    ];
    for (place, (count, ink, name)) in shown.into_iter().enumerate() {
        let x = NUMBERS + third * place as f32;
        canvas.text((x, 716.0), &count.to_string(), Type::bold(40.0, ink), third - 12.0);
        canvas.text((x, 748.0), &name, words, third - 12.0);
    }
}

/// Horizontal lines with their numbers.
fn grid(canvas: &mut Canvas, (left, right): (f32, f32), top: f32, each: f32, y: impl Fn(f32) -> f32) {
    let set = Type::regular(20.0, FAINT).to_the_left_of();
    let mut value = 0.0;
    while value <= top + each * 0.01 {
        canvas.line(&[(left, y(value)), (right, y(value))], 1.5, RULE);
        canvas.text((left - 12.0, y(value) + 7.0), &format!("{value:.0}"), set, 64.0);
        value += each;
    }
}

/// The top of an axis for values up to `highest`, and the distance of its lines: three to six of them, at round numbers.
fn axis(highest: f32) -> (f32, f32) {
    const STEPS: [f32; 11] = [1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 240.0, 480.0, 1_440.0];
    // Room above the highest for its number.
    let wanted = highest * 1.08;
    let each = STEPS.into_iter().find(|step| wanted / step <= 5.0).unwrap_or(wanted / 5.0);
    ((wanted / each).ceil() * each, each)
}
