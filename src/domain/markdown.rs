//! Converts a model's Markdown to a [`Rich`] text: CommonMark with tables, strikethrough and task lists.
//!
//! The input is read once from front to end, nothing in it becomes active in Telegram (see `harmless`), and
//! nothing but markup is lost. Alone knows the parser. Must not know who wrote the text or where it goes.

mod harmless;
mod table;
mod unfinished;
mod writer;

pub(crate) use harmless::bare;

use super::rich::Rich;

pub(crate) fn markdown(text: &str) -> Rich {
    harmless::harmless(writer::write(text))
}

/// A text put together of a model's words, with nothing in it active in Telegram.
pub(crate) fn disarmed(text: Rich) -> Rich {
    harmless::harmless(text)
}

/// For a text that is still being written: what has been opened counts as closed, so that nothing flickers
/// between bold and asterisks while it grows.
pub fn preview(text: &str) -> Rich {
    markdown(&unfinished::completed(text))
}

/// The text without any markup.
pub fn unmarked(text: &str) -> String {
    markdown(text).to_plain()
}

#[cfg(test)]
mod tests;
