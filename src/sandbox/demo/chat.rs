//! Draws the chat as a learner would see it. Knows nothing of where messages come from.

use crate::sandbox::bot_api::{ChatEntry, EntryKind};
use serde_json::Value;
use std::io::{IsTerminal, Write};
use std::time::Duration;

/// Columns of a bubble's text.
const WIDTH: usize = 86;

/// Where the chat is drawn.
pub struct Screen {
    colour: bool,
}

impl Screen {
    /// Standard output.
    pub fn new() -> Self {
        Self { colour: std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() }
    }

    /// A paragraph of the narrator.
    pub fn line(&self, text: &str) {
        let end = if text.ends_with('\n') { "\n" } else { "" };
        self.print(&format!("{}{end}", wrapped(text.trim_end(), WIDTH + 4).join("\n")));
    }

    /// What the learner does.
    pub fn learner(&self, text: &str) {
        let name = self.painted("36;1", "Ana");
        self.print(&format!("{name} ▸ {text}"));
    }

    /// What the bot sent.
    pub fn bot(&self, entry: &ChatEntry) {
        let mut lines = Vec::new();
        if entry.kind == EntryKind::Voice {
            let seconds = entry.file.as_ref().map_or(0, |file| file.duration);
            let bytes = entry.file.as_ref().map_or(0, |file| file.bytes.len());
            let length = format!("{}:{:02}", seconds / 60, seconds % 60);
            lines.push(format!(
                "▶ ▁▂▅▃▇▅▂▃▅▁▂▅▃ {length}   voice note, OGG/Opus, {:.1} kB",
                bytes as f64 / 1000.0
            ));
        }
        for piece in pieces(&entry.text, &entry.entities) {
            let (bar, width) = if piece.quote { ("❝ ", WIDTH - 2) } else { ("", WIDTH) };
            for line in wrapped(piece.text.trim_matches('\n'), width) {
                lines.push(format!("{bar}{line}"));
            }
        }
        for row in buttons(entry) {
            lines.push(format!("[ {} ]", row.join(" ] [ ")));
        }
        let note = match (entry.edit_date, entry.reply_to) {
            (Some(_), _) => " (edited)",
            (None, Some(_)) => " ↩",
            (None, None) => "",
        };
        let body: Vec<String> = lines.iter().map(|line| format!("  │ {line}")).collect();
        self.print(&format!("{}{note}\n{}", self.painted("33;1", "PhonicFlow"), body.join("\n")));
    }

    /// How long each step took.
    pub fn steps(&self, steps: &[(&str, Duration)]) {
        let told: Vec<String> =
            steps.iter().map(|(step, took)| format!("{step} {} ms", took.as_millis())).collect();
        self.print(&format!("  {}\n", self.painted("2", &told.join(" · "))));
    }

    fn painted(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn print(&self, text: &str) {
        // A reader that went away is no reason to fail.
        let _ = writeln!(std::io::stdout().lock(), "{text}");
    }
}

/// A run of text, quoted or not.
struct Piece {
    text: String,
    quote: bool,
}

/// Cuts a text at its quotes (entity offsets count UTF-16 code units).
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

fn buttons(entry: &ChatEntry) -> Vec<Vec<String>> {
    let rows = entry.keyboard.as_ref().and_then(|k| k.get("inline_keyboard")).and_then(Value::as_array);
    rows.into_iter()
        .flatten()
        .filter_map(Value::as_array)
        .map(|row| row.iter().filter_map(|button| Some(button.get("text")?.as_str()?.to_owned())).collect())
        .collect()
}

/// Breaks lines at spaces; a word longer than a line stays whole.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
                lines.push(std::mem::take(&mut line));
            } else if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}
