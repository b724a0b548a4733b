//! `doctor`: looks at everything a running bot depends on and says what to do about what it finds.
//!
//! The checks stand alone, run side by side, each with a deadline, and are told in a fixed order. Nothing is changed and a
//! running daemon is not disturbed: no updates are taken, and a store that is held is left alone. No finding holds a secret.

mod clock;
mod daemon;
pub(crate) mod finding;
pub(crate) mod health;
mod permissions;
mod proxy;
mod settings;
mod store;
mod telegram;
mod tutor;
mod writable;

pub(crate) use finding::{Cause, Finding, Report};

use crate::app;
use crate::config::{Config, ConfigError, Loaded};
use crate::store::Home;
use std::path::PathBuf;
use std::time::Duration;

/// Deadline of what asks Telegram or this machine; the tutor's `/health` has `BACKEND_TIMEOUT`.
const DEADLINE: Duration = Duration::from_secs(30);
/// Deadline of reading the store and its newest export.
const STORE_DEADLINE: Duration = Duration::from_secs(120);

/// What is looked at.
#[derive(Debug, Clone)]
pub(crate) struct Patient {
    /// The configuration as far as it could be read.
    pub loaded: Loaded,
    /// What is wrong with it.
    pub faults: Vec<ConfigError>,
    /// Where relative names start.
    pub folder: PathBuf,
}

impl Patient {
    fn config(&self) -> &Config {
        &self.loaded.config
    }

    fn home(&self) -> Home {
        app::home_of(self.config())
    }

    /// Whether an option of this name, or one that begins so, or a whole source of options is at fault: then what
    /// depends on it is not what its owner meant.
    fn at_fault(&self, prefixes: &[&str]) -> bool {
        self.faults.iter().any(|fault| {
            let name = fault.key.to_ascii_uppercase();
            let known = crate::config::keys::all()
                .any(|key| name.trim_end_matches("_FILE") == key.name.trim_end_matches("_FILE"));
            !known || prefixes.iter().any(|prefix| name.starts_with(prefix))
        })
    }
}

/// Looks at everything.
pub(crate) async fn examine(patient: &Patient) -> Report {
    // Before anything opens the store: who may look at it.
    let permissions = permissions::check(patient);
    let health_deadline = patient.config().backend_timeout + DEADLINE;
    let (telegram, proxy, tutor, store) = tokio::join!(
        within(DEADLINE, "telegram", telegram::check(patient)),
        within(DEADLINE, "proxy", proxy::check(patient)),
        within(health_deadline, "tutor", tutor::check(patient)),
        within(STORE_DEADLINE, "store", store::check(patient)),
    );
    let daemon = within(DEADLINE, "daemon", daemon::check(patient, store.held)).await;
    let clock = clock::check(telegram.clock, tutor.clock);
    let parts = [
        settings::check(patient),
        writable::check(patient),
        telegram.findings,
        proxy.findings,
        tutor.findings,
        daemon.findings,
        store.findings,
        permissions,
        clock,
    ];
    Report(parts.into_iter().flatten().collect())
}

/// What a check has found.
#[derive(Debug, Default)]
struct Found {
    findings: Vec<Finding>,
    /// How far the other side's clock is ahead of ours, seconds.
    clock: Option<i64>,
    /// A process holds the store; `None`: that cannot be told.
    held: Option<bool>,
}

impl From<Vec<Finding>> for Found {
    fn from(findings: Vec<Finding>) -> Self {
        Self { findings, ..Self::default() }
    }
}

async fn within(deadline: Duration, check: &'static str, looking: impl Future<Output = Found>) -> Found {
    tokio::time::timeout(deadline, looking).await.unwrap_or_else(|_| {
        let found = format!("no answer within {} s", deadline.as_secs());
        vec![Finding::problem(check, Cause::Here, found, "look at the load of this machine and at its disk")]
            .into()
    })
}

/// Seconds since the epoch, by this machine's clock.
fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// A size as people read it.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    let mut value = bytes as f64 / 1024.0;
    let mut unit = UNITS.first();
    for next in UNITS.iter().skip(1) {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = Some(next);
    }
    format!("{value:.1} {}", unit.copied().unwrap_or_default())
}

/// A span as people read it.
fn span(secs: i64) -> String {
    match secs.max(0) {
        secs @ 0..120 => format!("{secs} s"),
        secs @ 120..7_200 => format!("{} min", secs / 60),
        secs @ 7_200..172_800 => format!("{} h", secs / 3_600),
        secs => format!("{} days", secs / 86_400),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn sizes_and_spans_read_well() {
        assert_eq!(super::size(0), "0.0 KB");
        assert_eq!(super::size(3 << 20), "3.0 MB");
        assert_eq!(super::size(5 << 40), "5.0 TB");
        assert_eq!(
            (super::span(-1), super::span(119), super::span(120)),
            ("0 s".into(), "119 s".into(), "2 min".into())
        );
        assert_eq!((super::span(7_200), super::span(172_800)), ("2 h".into(), "2 days".into()));
    }
}
