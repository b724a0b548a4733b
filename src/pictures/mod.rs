//! Pictures for learners, as PNG: progress, and how a voice sounded.
//!
//! Owns tiny-skia (drawing), skrifa (letters) and png. Only our own words are drawn, so the font has the letters they need.
//! Pure and blocking: a picture takes some milliseconds of CPU. Must not know where numbers come from or where pictures go.

mod canvas;
mod font;
mod intonation;
mod progress;

pub use intonation::intonation;
pub use progress::progress;

/// Width of every picture, px.
const WIDTH: u32 = 1_200;
/// Height of every picture, px.
const HEIGHT: u32 = 800;

#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    #[error("the picture cannot be drawn: {0}")]
    Draw(&'static str),
    #[error("the picture cannot be written as PNG: {0}")]
    Write(#[from] png::EncodingError),
}

#[cfg(test)]
mod tests;
