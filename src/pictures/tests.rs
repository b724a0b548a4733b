//! Every picture in every language: whole, inside its margins, with letters for all it says, and readable by contrast.

use super::canvas::{BLUE, FAINT, GREEN, Ink, ORANGE, PAPER, PURPLE, TEXT};
use super::font::Fonts;
use super::*;
use crate::domain::phrases::tests::all_said;
use crate::domain::{CardTotals, Contour, Contours, Language, ProgressView, SpokenDay, Week};
use std::io::Cursor;

/// Nothing is drawn so near an edge, px.
const MARGIN: usize = 16;

/// The pixels of a PNG, three bytes each.
fn pixels(png: &[u8]) -> Vec<u8> {
    let mut reader = png::Decoder::new(Cursor::new(png)).read_info().unwrap();
    assert_eq!(reader.info().size(), (WIDTH, HEIGHT));
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    pixels
}

fn is_inside_its_margins(name: &str, png: &[u8]) {
    let pixels = pixels(png);
    let paper = &PAPER.to_be_bytes()[1..];
    let (width, height) = (WIDTH as usize, HEIGHT as usize);
    let mut drawn = 0;
    for (place, pixel) in pixels.chunks_exact(3).enumerate() {
        let (x, y) = (place % width, place / width);
        let is_margin = x < MARGIN || y < MARGIN || x >= width - MARGIN || y >= height - MARGIN;
        assert!(pixel == paper || !is_margin, "{name}: something is drawn at {x}, {y}");
        drawn += usize::from(pixel != paper);
    }
    assert!(drawn > 10_000, "{name}: {drawn} pixels are drawn");
}

#[test]
fn progress_stays_inside_its_margins_however_much_there_is_to_show() {
    let none = ProgressView { today: 20_785, goal: 5, ..ProgressView::default() };
    let mut one = none.clone();
    one.days[3] = SpokenDay { ms: 1, goal_met: false };
    let mut huge = none.clone();
    huge.goal = u16::MAX;
    huge.days = [SpokenDay { ms: u64::MAX, goal_met: true }; 28];
    huge.streak = u32::MAX;
    huge.weeks = [Week { words: 1, corrections: [u32::MAX; 4] }; 4];
    huge.cards = CardTotals { all: u32::MAX, due: u32::MAX, learnt: u32::MAX };
    let odd = ProgressView { today: i32::MIN, goal: 0, ..huge.clone() };
    for language in Language::ALL {
        for (name, view) in [("none", &none), ("one", &one), ("huge", &huge), ("odd", &odd)] {
            is_inside_its_margins(&format!("{name} {language:?}"), &progress(view, *language).unwrap());
        }
    }
    let [none, one] = [&none, &one].map(|view| pixels(&progress(view, Language::En).unwrap()));
    assert!(none != one, "a single second of a single day is seen");
}

#[test]
fn intonation_stays_inside_its_margins_whatever_the_contours_hold() {
    let flat = Contour { step_ms: 10, pitch: vec![0; 300], level: vec![255; 300] };
    let wild = Contour {
        step_ms: u16::MAX,
        pitch: vec![i16::MAX, i16::MIN + 1, Contour::NO_VOICE, 7],
        level: vec![0, 255, 9],
    };
    let empty = Contour::default();
    let all = [None, Some(flat), Some(wild), Some(empty)];
    for learner in &all {
        for reply in &all {
            let contours = Contours { turn: 1, learner: learner.clone(), reply: reply.clone() };
            is_inside_its_margins(&format!("{contours:?}"), &intonation(&contours, Language::Pt).unwrap());
        }
    }
}

#[test]
fn the_font_has_every_letter_of_every_language() {
    let fonts = Fonts::load().unwrap();
    let in_pictures = ["progress-", "intonation-", "kind-", "date-", "decimal"];
    for language in Language::ALL {
        // Captions and answers are Telegram's to draw.
        let is_drawn = |key: &str| {
            in_pictures.iter().any(|start| key.starts_with(start))
                && !key.contains("-caption")
                && !key.ends_with("-button")
                && key != "intonation-none"
        };
        for (key, text) in all_said(*language, "0").into_iter().filter(|(key, _)| is_drawn(key)) {
            let missing: String = text.chars().filter(|c| !fonts.has(*c)).collect();
            assert_eq!(missing, "", "{language:?}: {key}");
        }
    }
    assert!("0123456789+–…".chars().all(|c| fonts.has(c)) && !fonts.has('→'));
}

/// The contrast of two colours, 1..21 (WCAG 2.2, "contrast ratio").
fn contrast(a: Ink, b: Ink) -> f64 {
    let luminance = |ink: Ink| {
        let linear = |byte: u8| {
            let c = f64::from(byte) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        let [_, r, g, b] = ink.to_be_bytes();
        0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn what_is_drawn_stands_out_from_its_paper() {
    for ink in [TEXT, FAINT, BLUE, ORANGE, GREEN, PURPLE] {
        assert!(contrast(ink, PAPER) >= 4.5, "{ink:06x}: {}", contrast(ink, PAPER));
    }
}
