//! Letters as paths: Noto Sans, a Latin subset (see `assets/fonts/README.md`). Knows skrifa; must not know what is written.

use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{FontRef, MetadataProvider};
use tiny_skia::PathBuilder;

use super::PictureError;

const REGULAR: &[u8] = include_bytes!("../../assets/fonts/NotoSans-Regular-Latin.ttf");
const BOLD: &[u8] = include_bytes!("../../assets/fonts/NotoSans-Bold-Latin.ttf");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

pub(super) struct Fonts {
    regular: FontRef<'static>,
    bold: FontRef<'static>,
}

impl Fonts {
    pub(super) fn load() -> Result<Self, PictureError> {
        let font = |bytes| FontRef::new(bytes).map_err(|_| PictureError::Draw("a font cannot be read"));
        Ok(Self { regular: font(REGULAR)?, bold: font(BOLD)? })
    }

    fn of(&self, weight: Weight) -> &FontRef<'static> {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }

    /// Whether it has a letter of its own for this.
    #[cfg(test)]
    pub(super) fn has(&self, c: char) -> bool {
        self.regular.charmap().map(c).is_some() && self.bold.charmap().map(c).is_some()
    }

    /// Width of a line, px. `size`: px an em.
    pub(super) fn width(&self, text: &str, size: f32, weight: Weight) -> f32 {
        let font = self.of(weight);
        let (letters, metrics) =
            (font.charmap(), font.glyph_metrics(Size::new(size), LocationRef::default()));
        let advance = |c| metrics.advance_width(letters.map(c).unwrap_or_default()).unwrap_or_default();
        text.chars().map(advance).sum()
    }

    /// The outlines of a line whose baseline begins at this point.
    pub(super) fn outline(&self, text: &str, size: f32, weight: Weight, at: (f32, f32)) -> PathBuilder {
        let font = self.of(weight);
        let (letters, outlines) = (font.charmap(), font.outline_glyphs());
        let metrics = font.glyph_metrics(Size::new(size), LocationRef::default());
        let mut pen = Pen { path: PathBuilder::new(), x: at.0, y: at.1 };
        for c in text.chars() {
            // A letter the font does not have becomes its empty box, the first glyph.
            let glyph = letters.map(c).unwrap_or_default();
            if let Some(outline) = outlines.get(glyph) {
                // Fails for damaged outlines alone; the font is our own.
                let _ =
                    outline.draw(DrawSettings::unhinted(Size::new(size), LocationRef::default()), &mut pen);
            }
            pen.x += metrics.advance_width(glyph).unwrap_or_default();
        }
        pen.path
    }
}

/// Turns a font's upward axis into the picture's downward one.
struct Pen {
    path: PathBuilder,
    x: f32,
    y: f32,
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.path.move_to(self.x + x, self.y - y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.path.line_to(self.x + x, self.y - y);
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        self.path.quad_to(self.x + cx, self.y - cy, self.x + x, self.y - y);
    }

    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        self.path.cubic_to(self.x + ax, self.y - ay, self.x + bx, self.y - by, self.x + x, self.y - y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}
