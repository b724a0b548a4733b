//! The intonation picture: the pitch of the learner's voice and of the reply, each in semitones from its speaker's median,
//! above their waveforms, on one time axis.
//!
//! Must not know where the contours come from.

use super::canvas::{BLUE, Canvas, FAINT, Ink, Mark, ORANGE, RULE, TEXT, Type};
use super::{PictureError, WIDTH};
use crate::domain::phrases::Phrases;
use crate::domain::{Contour, Contours, Language};

const MARGIN: f32 = 48.0;
const LEFT: f32 = 176.0;
const RIGHT: f32 = WIDTH as f32 - MARGIN;
const PITCH_TOP: f32 = 150.0;
const PITCH_BOTTOM: f32 = 500.0;
/// Middle of each waveform, and half of its height.
const WAVES: [f32; 2] = [572.0, 670.0];
const WAVE: f32 = 42.0;
/// Semitones above and below the median that are shown at least; more where the voice goes further, up to two octaves.
const SPAN: f32 = 6.0;
const WIDEST: f32 = 24.0;

/// PNG, 1200 by 800 px.
pub fn intonation(contours: &Contours, language: Language) -> Result<Vec<u8>, PictureError> {
    let (mut canvas, phrases) = (Canvas::new()?, Phrases(language));
    let voices: [(Option<&Contour>, Ink, String); 2] = [
        (contours.learner.as_ref(), BLUE, phrases.voice_yours()),
        (contours.reply.as_ref(), ORANGE, phrases.voice_tutors()),
    ];
    let title = canvas.text((MARGIN, 68.0), &phrases.intonation_title(), Type::bold(38.0, TEXT), 700.0);
    let legend: Vec<(Mark, &str)> =
        voices.iter().map(|(_, ink, name)| (Mark::Dot(*ink), name.as_str())).collect();
    canvas.legend((MARGIN + title + 48.0, 66.0), RIGHT, &legend);
    canvas.text((MARGIN, 116.0), &phrases.pitch_in_semitones(), Type::regular(22.0, FAINT), RIGHT - MARGIN);
    let there = || voices.iter().filter_map(|(contour, ..)| *contour);
    let length_ms = there().map(Contour::duration_ms).max().unwrap_or(0).max(1_000) as f32;
    let reach =
        there().flat_map(Contour::semitones).flatten().fold(SPAN, |most, pitch| most.max(pitch.abs()));
    let reach = (reach.min(WIDEST) / 3.0).ceil() * 3.0;
    let x = |ms: f32| LEFT + (RIGHT - LEFT) * ms / length_ms;
    let y = |semitones: f32| {
        let share = (semitones / reach).clamp(-1.0, 1.0);
        (PITCH_TOP + PITCH_BOTTOM) / 2.0 - (PITCH_BOTTOM - PITCH_TOP) / 2.0 * share
    };
    axes(&mut canvas, length_ms, reach, x, y, phrases);
    for (middle, (contour, ink, name)) in WAVES.into_iter().zip(&voices) {
        canvas.text((MARGIN, middle + 8.0), name, Type::bold(22.0, *ink), LEFT - MARGIN - 10.0);
        canvas.line(&[(LEFT, middle), (RIGHT, middle)], 1.5, RULE);
        match contour {
            Some(contour) => wave(&mut canvas, contour, middle, *ink, x),
            None => {
                let set = Type::regular(22.0, FAINT).centred();
                let at = ((LEFT + RIGHT) / 2.0, middle + 8.0);
                canvas.lines(at, &phrases.voice_missing(), set, RIGHT - LEFT);
            }
        }
    }
    // The learner's is the thinner one and lies on the other, so that both are seen where they are one.
    for ((contour, ink, _), width) in voices.iter().zip([4.0, 8.0]).rev() {
        if let Some(contour) = contour {
            melody(&mut canvas, contour, (*ink, width), x, y);
        }
    }
    if !there().any(|contour| contour.range().is_some()) {
        let at = ((LEFT + RIGHT) / 2.0, 270.0);
        canvas.lines(at, &phrases.no_pitch(), Type::regular(26.0, FAINT).centred(), 760.0);
    }
    canvas.png()
}

fn axes(
    canvas: &mut Canvas,
    length_ms: f32,
    reach: f32,
    x: impl Fn(f32) -> f32,
    y: impl Fn(f32) -> f32,
    phrases: Phrases,
) {
    let set = Type::regular(20.0, FAINT);
    let each = if reach > 12.0 { 6.0 } else { 3.0 };
    let mut semitones = -(reach / each).floor() * each;
    while semitones <= reach {
        let is_middle = semitones == 0.0;
        let (width, ink) = if is_middle { (2.5, FAINT) } else { (1.5, RULE) };
        canvas.line(&[(LEFT, y(semitones)), (RIGHT, y(semitones))], width, ink);
        let sign = if semitones > 0.0 {
            "+"
        } else if is_middle {
            ""
        } else {
            "–"
        };
        let label = format!("{sign}{:.0}", semitones.abs());
        canvas.text((LEFT - 12.0, y(semitones) + 7.0), &label, set.to_the_left_of(), 60.0);
        semitones += each;
    }
    let bottom = WAVES.iter().fold(0.0_f32, |lowest, middle| lowest.max(*middle)) + WAVE + 12.0;
    canvas.line(&[(LEFT, bottom), (RIGHT, bottom)], 2.0, FAINT);
    let seconds = length_ms / 1_000.0;
    let each = [0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0]
        .into_iter()
        .find(|each| seconds / each <= 12.0)
        .unwrap_or(120.0);
    let mut at = 0.0;
    while at <= seconds + 0.001 {
        let place = x(at * 1_000.0);
        canvas.line(&[(place, PITCH_TOP), (place, bottom)], 1.0, RULE);
        canvas.line(&[(place, bottom), (place, bottom + 8.0)], 2.0, FAINT);
        let number = if each < 1.0 { phrases.decimal(at) } else { format!("{at:.0}") };
        canvas.text((place, bottom + 32.0), &number, set.centred(), 80.0);
        at += each;
    }
    canvas.text((RIGHT, bottom + 52.0), &phrases.seconds(), set.to_the_left_of(), 300.0);
}

fn wave(canvas: &mut Canvas, contour: &Contour, middle: f32, ink: Ink, x: impl Fn(f32) -> f32) {
    let each = f32::from(contour.step_ms);
    for (step, level) in contour.level.iter().enumerate() {
        let (from, to) = (x(step as f32 * each), x((step + 1) as f32 * each));
        let half = (WAVE * f32::from(*level) / 255.0).max(0.75);
        // A little over the next one, so that no seam is seen between two.
        canvas.rect((from, middle - half), (to - from + 0.4, half * 2.0), ink);
    }
}

/// A line through each stretch of voice, and none between two.
fn melody(
    canvas: &mut Canvas,
    contour: &Contour,
    (ink, width): (Ink, f32),
    x: impl Fn(f32) -> f32,
    y: impl Fn(f32) -> f32,
) {
    let each = f32::from(contour.step_ms);
    let mut stretch = Vec::new();
    for (step, pitch) in contour.semitones().chain([None]).enumerate() {
        match pitch {
            Some(pitch) => stretch.push((x((step as f32 + 0.5) * each), y(pitch))),
            None => canvas.line(&std::mem::take(&mut stretch), width, ink),
        }
    }
}
