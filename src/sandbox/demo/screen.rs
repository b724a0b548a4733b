//! Draws the chat in the terminal, at its width. Must not know where messages come from.

use super::wrap::{columns, wrapped};
use crate::sandbox::bot_api::{ChatEntry, EntryKind};
use rustix::termios::tcgetwinsize;
use serde_json::Value;
use std::io::{IsTerminal, Write};
use std::time::Duration;

/// Most columns used: wider lines are hard to read.
const WIDEST: usize = 90;
/// Fewest columns: below, the terminal breaks the lines itself.
const NARROWEST: usize = 24;
/// Precedes each line of a bubble.
const MARGIN: &str = "  │ ";
/// Precedes what the learner says.
const LEARNER: &str = "Ana ▸ ";

pub(crate) struct Screen {
    colour: bool,
    /// Buttons show the number that presses them.
    numbered: bool,
}

impl Screen {
    /// `numbered`: the demo is interactive, so buttons can be pressed.
    pub(crate) fn new(numbered: bool) -> Self {
        let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { colour, numbered }
    }

    /// Columns now: the window may have been resized.
    fn width() -> usize {
        let of_terminal = tcgetwinsize(std::io::stdout()).ok().map(|size| usize::from(size.ws_col));
        let told = || std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let width = of_terminal.filter(|columns| *columns > 0).or_else(told).unwrap_or(WIDEST);
        width.clamp(NARROWEST, WIDEST)
    }

    /// A paragraph of the narrator.
    pub(crate) fn line(&self, text: &str) {
        let end = if text.ends_with('\n') { "\n" } else { "" };
        self.print(&format!("{}{end}", wrapped(text.trim_end(), Self::width()).join("\n")));
    }

    /// The same, in a dimmer colour.
    pub(crate) fn note(&self, text: &str) {
        let lines: Vec<String> = wrapped(text, Self::width() - 2)
            .iter()
            .map(|line| format!("  {}", self.painted("2", line)))
            .collect();
        self.print(&format!("{}\n", lines.join("\n")));
    }

    pub(crate) fn prompt(&self) {
        let mut out = std::io::stdout().lock();
        let _ = write!(out, "{}", self.painted("36;1", LEARNER));
        let _ = out.flush();
    }

    pub(crate) fn learner(&self, text: &str) {
        let lines = wrapped(text, Self::width() - columns(LEARNER));
        let indent = format!("\n{}", " ".repeat(columns(LEARNER)));
        self.print(&format!("{}{}", self.painted("36;1", LEARNER), lines.join(&indent)));
    }

    pub(crate) fn bot(&self, entry: &ChatEntry) {
        let width = Self::width() - columns(MARGIN);
        let mut lines = Vec::new();
        if entry.kind == EntryKind::Voice {
            let seconds = entry.file.as_ref().map_or(0, |file| file.duration);
            let bytes = entry.file.as_ref().map_or(0, |file| file.bytes.len());
            let length = format!("{}:{:02}", seconds / 60, seconds % 60);
            let told =
                format!("▶ ▁▂▅▃▇▅▂▃▅▁▂▅▃ {length}   voice note, OGG/Opus, {:.1} kB", bytes as f64 / 1000.0);
            lines.extend(wrapped(&told, width));
        }
        if let (Some(file), Some(what)) = (&entry.file, attached(entry)) {
            lines.extend(wrapped(&format!("{what}, {:.1} kB", file.bytes.len() as f64 / 1000.0), width));
        }
        for piece in pieces(&entry.text, &entry.entities) {
            let bar = if piece.quote { "❝ " } else { "" };
            for line in wrapped(piece.text.trim_matches('\n'), width - columns(bar)) {
                lines.push(format!("{bar}{line}"));
            }
        }
        for row in self.buttons(entry) {
            lines.extend(wrapped(&format!("[ {} ]", row.join(" ] [ ")), width));
        }
        let note = match (entry.edit_date, entry.reply_to) {
            (Some(_), _) => " (edited)",
            (None, Some(_)) => " ↩",
            (None, None) => "",
        };
        let body: Vec<String> = lines.iter().map(|line| format!("{MARGIN}{line}")).collect();
        self.print(&format!("{}{note}\n{}", self.painted("33;1", "PhonicFlow"), body.join("\n")));
    }

    pub(crate) fn steps(&self, steps: &[(&str, Duration)]) {
        let told: Vec<String> =
            steps.iter().map(|(step, took)| format!("{step} {} ms", took.as_millis())).collect();
        self.note(&told.join(" · "));
    }

    /// Labels by row; with numbers if they can be pressed.
    fn buttons(&self, entry: &ChatEntry) -> Vec<Vec<String>> {
        let rows = entry.keyboard.as_ref().and_then(|k| k.get("inline_keyboard")).and_then(Value::as_array);
        let mut number = 0;
        let mut label = |button: &Value| {
            let text = button.get("text")?.as_str()?;
            if button.get("callback_data").is_none() || !self.numbered {
                return Some(text.to_owned());
            }
            number += 1;
            Some(format!("#{number} {text}"))
        };
        rows.into_iter()
            .flatten()
            .filter_map(Value::as_array)
            .map(|row| row.iter().filter_map(&mut label).collect())
            .collect()
    }

    fn painted(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn print(&self, text: &str) {
        // A reader that has gone away is no reason to fail.
        let _ = writeln!(std::io::stdout().lock(), "{text}");
    }
}

/// A line for a picture or a document.
fn attached(entry: &ChatEntry) -> Option<String> {
    let file = entry.file.as_ref()?;
    match (entry.kind, file.pixels) {
        (EntryKind::Photo, Some((width, height))) => Some(format!("🖼 picture, {width}×{height} PNG")),
        (EntryKind::Photo, None) => Some("🖼 picture".to_owned()),
        (EntryKind::Document, _) => Some(format!("📎 {}", file.file_name.as_deref().unwrap_or("document"))),
        _ => None,
    }
}

/// A run of text, quoted or not.
struct Piece {
    text: String,
    quote: bool,
}

/// Cuts a text at its quotes (entity offsets are UTF-16 code units).
fn pieces(text: &str, entities: &[Value]) -> Vec<Piece> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let number = |entity: &Value, name: &str| {
        entity.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok()).unwrap_or(0)
    };
    let quotes = entities
        .iter()
        .filter(|entity| {
            entity.get("type").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("blockquote"))
        })
        .map(|entity| (number(entity, "offset"), number(entity, "offset") + number(entity, "length")));
    let mut pieces = Vec::new();
    let mut done = 0;
    let mut push = |from: usize, to: usize, quote: bool| {
        let text = String::from_utf16_lossy(units.get(from..to.min(units.len())).unwrap_or_default());
        if !text.trim().is_empty() {
            pieces.push(Piece { text, quote });
        }
    };
    for (from, to) in quotes {
        push(done, from, false);
        push(from, to, true);
        done = to;
    }
    push(done, units.len(), false);
    pieces
}
