//! The progress bar of commands that take long, and how its amounts are written. Must not know what progresses.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// Progress bar, shown only on a terminal.
pub(super) struct Bar {
    shown: bool,
    wanted: bool,
    last: Instant,
    /// Formats an amount.
    unit: fn(u64) -> String,
}

impl Bar {
    pub(super) fn new(unit: fn(u64) -> String) -> Self {
        Self { shown: false, wanted: io::stderr().is_terminal(), last: Instant::now(), unit }
    }

    pub(super) fn show(&mut self, done: u64, whole: u64) {
        if !self.wanted || self.last.elapsed() < Duration::from_millis(100) {
            return;
        }
        (self.last, self.shown) = (Instant::now(), true);
        let tenths = (done.saturating_mul(30) / whole.max(1)).min(30) as usize;
        let (full, empty) = ("#".repeat(tenths), ".".repeat(30 - tenths));
        let _ = write!(io::stderr(), "\r[{full}{empty}] {} of {} ", (self.unit)(done), (self.unit)(whole));
    }

    pub(super) fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = write!(io::stderr(), "\r{:70}\r", "");
        }
    }
}

pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..=9_999 => format!("{bytes} bytes"),
        10_000..=9_999_999 => format!("{} kB", bytes / 1_000),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

pub(super) fn records(count: u64) -> String {
    format!("{count} records")
}
