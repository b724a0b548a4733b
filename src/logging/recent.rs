//! The latest warnings and errors, kept in memory for the admin's live view (`top`).
//!
//! Holds nothing that may not be in the log; bounded in number and length. Must not know who asks.

use crate::domain::printable;
use std::collections::VecDeque;
use std::fmt::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

const KEPT: usize = 50;
/// Longest line kept, bytes.
const LONGEST: usize = 300;

static LINES: Mutex<VecDeque<RecentLine>> = Mutex::new(VecDeque::new());

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecentLine {
    /// Unix time, ms.
    pub at_ms: i64,
    /// An error rather than a warning.
    pub error: bool,
    /// The message with its fields.
    pub text: String,
}

/// Oldest first.
pub(crate) fn recent() -> Vec<RecentLine> {
    lines().iter().cloned().collect()
}

fn lines() -> MutexGuard<'static, VecDeque<RecentLine>> {
    LINES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A tracing layer that keeps warnings and errors.
pub(crate) struct Keeper;

impl<S: Subscriber> Layer<S> for Keeper {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let level = *event.metadata().level();
        if level > Level::WARN {
            return;
        }
        let mut text = Text::default();
        event.record(&mut text);
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let at_ms = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        let mut lines = lines();
        if lines.len() >= KEPT {
            lines.pop_front();
        }
        lines.push_back(RecentLine { at_ms, error: level == Level::ERROR, text: text.end() });
    }
}

/// The message first, then its fields.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Text {
    fn end(self) -> String {
        let text = self.message + &self.fields;
        let fits = text.char_indices().take_while(|(at, c)| at + c.len_utf8() <= LONGEST);
        fits.map(|(_, c)| if printable::is_acting(c) { ' ' } else { c }).collect()
    }
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a String cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            // For machines; the message says it to people.
            "event" => Ok(()),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing_subscriber::layer::SubscriberExt;

    #[test]
    fn the_latest_warnings_and_errors_are_kept_and_nothing_else() {
        let subscriber = tracing_subscriber::registry().with(Keeper);
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!("passes by");
            for n in 0..KEPT {
                tracing::warn!(n, "trouble");
            }
            tracing::error!(event = "trouble", seq = 5, what = %"x\n".repeat(500), "worse");
        });
        let lines = recent();
        assert_eq!(lines.len(), KEPT);
        assert_eq!((lines[0].text.as_str(), lines[0].error), ("trouble n=1", false));
        let last = &lines[KEPT - 1];
        assert!(last.error && last.text.starts_with("worse seq=5 what=x x x"), "{}", last.text);
        assert!(last.text.len() <= LONGEST && !last.text.contains('\n'));
    }
}
