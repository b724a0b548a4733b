//! The last filter before a log output: each event stays one line, and nothing in it can control a terminal.
//!
//! Code that logs foreign text cleans it already; this catches what was forgotten. Must not know what is
//! logged.

use crate::domain::printable;
use std::io::{self, Write};
use tracing::Metadata;
use tracing_subscriber::fmt::MakeWriter;

/// Makes writers that clean their output.
pub(crate) struct Clean<M> {
    pub inner: M,
    /// Let our own colour sequences pass.
    pub colour: bool,
}

pub(crate) struct Cleaning<W> {
    inner: W,
    colour: bool,
}

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for Clean<M> {
    type Writer = Cleaning<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        Cleaning { inner: self.inner.make_writer(), colour: self.colour }
    }

    fn make_writer_for(&'a self, meta: &Metadata<'_>) -> Self::Writer {
        Cleaning { inner: self.inner.make_writer_for(meta), colour: self.colour }
    }
}

impl<W: Write> Write for Cleaning<W> {
    /// tracing-subscriber passes each event as a whole, with its line end.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let mut clean = String::with_capacity(line.len() + 1);
        let mut rest = line;
        // Text between two of our own colour sequences is cleaned.
        while let Some((before, colour, after)) = self.colour.then(|| next_colour(rest)).flatten() {
            clean.push_str(&printable::line(before));
            clean.push_str(colour);
            rest = after;
        }
        clean.push_str(&printable::line(rest));
        clean.push('\n');
        self.inner.write_all(clean.as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// The next sequence that only changes colour or weight, with the text before and after it.
fn next_colour(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(at) = text.get(from..)?.find("\x1b[").map(|at| from + at) {
        let inside = text.get(at + 2..)?;
        let digits = inside.find(|c: char| !c.is_ascii_digit() && c != ';')?;
        let end = at + 2 + digits + 1;
        if inside.get(digits..)?.starts_with('m') {
            return Some((text.get(..at)?, text.get(at..end)?, text.get(end..)?));
        }
        from = at + 2;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str, colour: bool) -> String {
        let mut writer = Cleaning { inner: Vec::new(), colour };
        writer.write_all(text.as_bytes()).unwrap();
        String::from_utf8(writer.inner).unwrap()
    }

    #[test]
    fn an_event_is_one_line_in_which_nothing_acts() {
        let event = "INFO x: \x1b[2Jwhat\n2026 ERROR forged\r\u{202e}\x1b]0;t\x07 \x1b[31mred\n";
        let plain = "INFO x: \u{fffd}[2Jwhat\u{fffd}2026 ERROR forged\u{fffd}\u{fffd}\u{fffd}]0;t\u{fffd} \u{fffd}[31mred\n";
        assert_eq!(written(event, false), plain);
        assert_eq!(written(event, true), plain.replace("\u{fffd}[31m", "\x1b[31m"));
        assert_eq!(
            written("\x1b[2mt\x1b[0m \x1b[32m INFO\x1b[0m olá\n", true),
            "\x1b[2mt\x1b[0m \x1b[32m INFO\x1b[0m olá\n"
        );
    }
}
