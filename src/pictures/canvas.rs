//! The sheet a picture is drawn on: shapes, lines of text, and the PNG of it. Knows tiny-skia and png; must not know what is
//! shown.

use std::io::Write;

use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, StrokeDash, Transform,
};

use super::font::{Fonts, Weight};
use super::{HEIGHT, PictureError, WIDTH};

/// 0xRRGGBB.
pub(super) type Ink = u32;

/// The colours are told apart by people who see no red or green, and stand at least 4.5 to 1 against the paper where they are
/// letters, 3 to 1 where they are shapes (WCAG 2.2). The paper is the same on a dark and on a light chat.
pub(super) const PAPER: Ink = 0xfa_fb_fc;
pub(super) const TEXT: Ink = 0x1b_22_2b;
pub(super) const FAINT: Ink = 0x55_61_6e;
pub(super) const RULE: Ink = 0xd6_dc_e2;
pub(super) const BLUE: Ink = 0x1f_6f_b5;
pub(super) const ORANGE: Ink = 0xad_4e_00;
pub(super) const GREEN: Ink = 0x0b_7a_5c;
pub(super) const PURPLE: Ink = 0x8e_4a_9e;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Centre,
    Right,
}

/// What stands before a word of a legend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Dot(Ink),
    Dashes,
}

/// How a line of text is set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Type {
    /// px an em.
    pub size: f32,
    pub weight: Weight,
    pub ink: Ink,
    pub align: Align,
}

impl Type {
    pub(super) fn regular(size: f32, ink: Ink) -> Self {
        Self { size, weight: Weight::Regular, ink, align: Align::Left }
    }

    pub(super) fn bold(size: f32, ink: Ink) -> Self {
        Self { weight: Weight::Bold, ..Self::regular(size, ink) }
    }

    pub(super) fn centred(self) -> Self {
        Self { align: Align::Centre, ..self }
    }

    pub(super) fn to_the_left_of(self) -> Self {
        Self { align: Align::Right, ..self }
    }
}

pub(super) struct Canvas {
    pixels: Pixmap,
    fonts: Fonts,
}

impl Canvas {
    pub(super) fn new() -> Result<Self, PictureError> {
        let mut pixels = Pixmap::new(WIDTH, HEIGHT).ok_or(PictureError::Draw("its size"))?;
        pixels.fill(colour(PAPER));
        Ok(Self { pixels, fonts: Fonts::load()? })
    }

    pub(super) fn rect(&mut self, at: (f32, f32), size: (f32, f32), ink: Ink) {
        if let Some(rect) = Rect::from_xywh(at.0, at.1, size.0, size.1) {
            self.pixels.fill_rect(rect, &paint(ink), Transform::identity(), None);
        }
    }

    pub(super) fn dot(&mut self, at: (f32, f32), radius: f32, ink: Ink) {
        if let Some(path) = PathBuilder::from_circle(at.0, at.1, radius) {
            self.fill(&path, ink);
        }
    }

    /// A line through these points; one alone is a dot.
    pub(super) fn line(&mut self, points: &[(f32, f32)], width: f32, ink: Ink) {
        self.stroke(points, width, ink, None);
    }

    pub(super) fn dashes(&mut self, points: &[(f32, f32)], width: f32, ink: Ink) {
        self.stroke(points, width, ink, StrokeDash::new(vec![10.0, 8.0], 0.0));
    }

    fn stroke(&mut self, points: &[(f32, f32)], width: f32, ink: Ink, dash: Option<StrokeDash>) {
        let Some(((x, y), more)) = points.split_first() else { return };
        if more.is_empty() {
            return self.dot((*x, *y), width, ink);
        }
        let mut path = PathBuilder::new();
        path.move_to(*x, *y);
        more.iter().for_each(|(x, y)| path.line_to(*x, *y));
        let Some(path) = path.finish() else { return };
        let stroke =
            Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, dash, ..Stroke::default() };
        self.pixels.stroke_path(&path, &paint(ink), &stroke, Transform::identity(), None);
    }

    fn fill(&mut self, path: &Path, ink: Ink) {
        self.pixels.fill_path(path, &paint(ink), FillRule::Winding, Transform::identity(), None);
    }

    pub(super) fn width(&self, text: &str, set: Type) -> f32 {
        self.fonts.width(text, set.size, set.weight)
    }

    /// A line of text, its baseline at this point; returns its width. One that is wider than `room` is set smaller, to three
    /// quarters of its size, and then cut.
    pub(super) fn text(&mut self, at: (f32, f32), text: &str, set: Type, room: f32) -> f32 {
        let mut set = set;
        let mut shown = text.to_owned();
        let width = self.width(&shown, set);
        if width > room {
            set.size *= (room / width).max(0.75);
        }
        while self.width(&shown, set) > room && shown.chars().count() > 1 {
            let kept = shown.chars().count().saturating_sub(2);
            shown = shown.chars().take(kept).collect::<String>().trim_end().to_owned();
            shown.push('…');
        }
        let width = self.width(&shown, set);
        let x = match set.align {
            Align::Left => at.0,
            Align::Centre => at.0 - width / 2.0,
            Align::Right => at.0 - width,
        };
        if let Some(path) = self.fonts.outline(&shown, set.size, set.weight, (x, at.1)).finish() {
            self.fill(&path, set.ink);
        }
        width
    }

    /// Text broken into lines no wider than `room`, the first baseline at this point; returns the number of lines.
    pub(super) fn lines(&mut self, at: (f32, f32), text: &str, set: Type, room: f32) -> usize {
        let mut lines: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            match lines.last_mut() {
                Some(line) if self.fonts.width(&format!("{line} {word}"), set.size, set.weight) <= room => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(word.to_owned()),
            }
        }
        for (n, line) in lines.iter().enumerate() {
            let baseline = at.1 + n as f32 * set.size * 1.35;
            if set.align == Align::Centre {
                // Centred words stand over a grid: on paper of their own.
                let width = self.width(line, set).min(room) + set.size;
                self.rect((at.0 - width / 2.0, baseline - set.size), (width, set.size * 1.35), PAPER);
            }
            self.text((at.0, baseline), line, set, room);
        }
        lines.len()
    }

    /// A mark and a word for each, between these two places; long words are set smaller.
    pub(super) fn legend(&mut self, from: (f32, f32), until: f32, entries: &[(Mark, &str)]) {
        const SIZE: f32 = 22.0;
        let marked = |mark: Mark, size: f32| if mark == Mark::Dashes { size * 2.6 } else { size * 1.2 };
        let set = Type::regular(SIZE, TEXT);
        let wanted = |(mark, word): &(Mark, &str)| self.width(word, set) + marked(*mark, SIZE) + SIZE;
        let wanted: f32 = entries.iter().map(wanted).sum();
        let set = Type { size: SIZE * ((until - from.0) / wanted).clamp(0.7, 1.0), ..set };
        let (mut x, y) = (from.0, from.1 - set.size * 0.35);
        for (mark, word) in entries {
            match mark {
                Mark::Dot(ink) => self.dot((x + set.size * 0.4, y), set.size * 0.4, *ink),
                Mark::Dashes => self.dashes(&[(x, y), (x + set.size * 2.1, y)], 2.5, TEXT),
            }
            x += marked(*mark, set.size);
            x += self.text((x, from.1), word, set, (until - x).max(0.0)) + set.size;
        }
    }

    /// Writes it row by row, so that there is never a second whole picture in memory.
    pub(super) fn png(self) -> Result<Vec<u8>, PictureError> {
        let mut bytes = Vec::with_capacity(96 * 1024);
        let mut encoder = png::Encoder::new(&mut bytes, WIDTH, HEIGHT);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        let mut rows = writer.stream_writer()?;
        let mut row = Vec::with_capacity(WIDTH as usize * 3);
        // Nothing is transparent, so that premultiplied colours are the colours.
        for line in self.pixels.data().chunks(WIDTH as usize * 4) {
            row.clear();
            row.extend(line.chunks_exact(4).flat_map(|pixel| pixel.iter().take(3).copied()));
            rows.write_all(&row).map_err(png::EncodingError::from)?;
        }
        rows.finish()?;
        drop(writer);
        Ok(bytes)
    }
}

fn colour(ink: Ink) -> Color {
    let [_, r, g, b] = ink.to_be_bytes();
    Color::from_rgba8(r, g, b, 255)
}

fn paint(ink: Ink) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color(colour(ink));
    paint
}
