//! The Markdown of a model as a [`Rich`] text: CommonMark with tables, struck text and task lists.
//!
//! Whatever comes is read once from front to end, nothing of it acts on its own (see `harmless`), and nothing but markup is
//! lost. Alone knows the parser. Must not know who wrote the text or where it goes.

mod harmless;
mod table;
mod unfinished;
mod writer;

pub(crate) use harmless::bare;

use super::rich::Rich;

/// The text with its markup shown.
pub(crate) fn markdown(text: &str) -> Rich {
    harmless::harmless(writer::write(text))
}

/// A text that is still being written, with its markup shown: what has begun counts as whole, so that nothing flickers
/// between bold and asterisks while it grows.
pub fn preview(text: &str) -> Rich {
    markdown(&unfinished::completed(text))
}

/// The words alone, without their signs.
pub fn unmarked(text: &str) -> String {
    markdown(text).to_plain()
}

#[cfg(test)]
mod tests;
