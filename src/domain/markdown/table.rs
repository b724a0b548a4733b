//! Draws a table as monospace text. Must not know where its text comes from.

use pulldown_cmark::Alignment;
use unicode_width::UnicodeWidthStr;

/// A table whose padding is more than this many times its text is drawn without padding: one long cell would
/// widen every row.
const MOST_PADDING: usize = 4;

/// Rows of cells; the first is the head.
#[derive(Debug, Default)]
pub(super) struct Table {
    columns: Vec<Alignment>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(columns: Vec<Alignment>) -> Self {
        Self { columns, rows: Vec::new() }
    }

    pub(super) fn row(&mut self) {
        self.rows.push(Vec::new());
    }

    pub(super) fn cell(&mut self) {
        self.rows.iter_mut().last().into_iter().for_each(|row| row.push(String::new()));
    }

    /// Appends to the last cell.
    pub(super) fn write(&mut self, text: &str) {
        if let Some(cell) = self.rows.last_mut().and_then(|row| row.last_mut()) {
            cell.push_str(&text.replace(['\n', '\t'], " "));
        }
    }

    /// Aligned columns, with a line below the head.
    pub(super) fn drawn(&self) -> String {
        let width = |text: &String| UnicodeWidthStr::width(text.as_str());
        let mut widths = vec![0; self.columns.len()];
        for row in &self.rows {
            for (most, cell) in widths.iter_mut().zip(row) {
                *most = width(cell).max(*most);
            }
        }
        let words: usize = self.rows.iter().flatten().map(String::len).sum();
        let cells = self.rows.len().saturating_mul(widths.len());
        let drawn = widths.iter().sum::<usize>().saturating_mul(self.rows.len());
        if drawn > words.saturating_add(cells).saturating_mul(MOST_PADDING) {
            widths.fill(0);
        }
        let mut lines = Vec::new();
        for (n, row) in self.rows.iter().enumerate() {
            let cells = widths.iter().zip(&self.columns).enumerate().map(|(column, (most, alignment))| {
                let cell = row.get(column).map_or("", String::as_str);
                let free = most.saturating_sub(UnicodeWidthStr::width(cell));
                let before = match alignment {
                    Alignment::Right => free,
                    Alignment::Center => free / 2,
                    Alignment::Left | Alignment::None => 0,
                };
                format!("{}{cell}{}", " ".repeat(before), " ".repeat(free - before))
            });
            lines.push(cells.collect::<Vec<_>>().join(" | ").trim_end().to_owned());
            if n == 0 {
                let dashes = widths.iter().map(|most| "-".repeat((*most).max(1)));
                lines.push(dashes.collect::<Vec<_>>().join("-+-"));
            }
        }
        lines.join("\n")
    }
}
