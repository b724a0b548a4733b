//! `doctor`: checks everything a running bot depends on and says what to do about what it finds.
//!
//! The checks are independent, run concurrently, each with a deadline, and are printed in a fixed order. They
//! change nothing and do not disturb a running daemon: no updates are taken, and a store in use is not
//! opened. No finding contains a secret. Must not know Telegram's or the tutor's protocol.

mod clock;
mod daemon;
pub(crate) mod finding;
pub(crate) mod health;
mod models;
mod permissions;
mod proxy;
mod settings;
mod shared_store;
mod speech;
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

/// For checks of Telegram and this machine; the tutor's `/health` gets `BACKEND_TIMEOUT`.
const DEADLINE: Duration = Duration::from_secs(30);
/// For reading the store and its newest export.
const STORE_DEADLINE: Duration = Duration::from_secs(120);

/// What all checks are given.
#[derive(Debug, Clone)]
pub(crate) struct Patient {
    /// The configuration, as far as it could be read.
    pub loaded: Loaded,
    /// What is wrong with it.
    pub faults: Vec<ConfigError>,
    /// Start of relative paths.
    pub folder: PathBuf,
}

impl Patient {
    fn config(&self) -> &Config {
        &self.loaded.config
    }

    fn home(&self) -> Home {
        app::home_of(self.config())
    }

    /// Whether an option whose name begins with one of these, or a whole source of options, is at fault. What
    /// depends on it would be checked with a value that nobody meant.
    fn at_fault(&self, prefixes: &[&str]) -> bool {
        self.faults.iter().any(|fault| {
            let name = fault.key.to_ascii_uppercase();
            let known = crate::config::keys::all()
                .any(|key| name.trim_end_matches("_FILE") == key.name.trim_end_matches("_FILE"));
            let known = known || name.starts_with("PROVIDERS.");
            !known || prefixes.iter().any(|prefix| name.starts_with(prefix))
        })
    }
}

/// Runs all checks.
pub(crate) async fn examine(patient: &Patient) -> Report {
    // First, because opening the store may create files and so change what is checked.
    let permissions = permissions::check(patient);
    let health_deadline = patient.config().backend_timeout + DEADLINE;
    let (telegram, proxy, tutor, models, speech, store) = tokio::join!(
        within(DEADLINE, "telegram", telegram::check(patient)),
        within(DEADLINE, "proxy", proxy::check(patient)),
        within(health_deadline, "tutor", tutor::check(patient)),
        within(DEADLINE, "chat model", models::check(patient)),
        within(DEADLINE, "speech", speech::check(patient)),
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
        models.findings,
        speech.findings,
        daemon.findings,
        store.findings,
        permissions,
        clock,
    ];
    Report(parts.into_iter().flatten().collect())
}

/// Result of one check.
#[derive(Debug, Default)]
struct CheckResult {
    findings: Vec<Finding>,
    /// Seconds by which the other side's clock is ahead of ours.
    clock: Option<i64>,
    /// Whether a process holds the store; `None`: unknown.
    held: Option<bool>,
}

impl From<Vec<Finding>> for CheckResult {
    fn from(findings: Vec<Finding>) -> Self {
        Self { findings, ..Self::default() }
    }
}

async fn within(
    deadline: Duration,
    check: &'static str,
    looking: impl Future<Output = CheckResult>,
) -> CheckResult {
    tokio::time::timeout(deadline, looking).await.unwrap_or_else(|_| {
        let found = format!("no answer within {} s", deadline.as_secs());
        vec![Finding::problem(check, Cause::Here, found, "look at the load of this machine and at its disk")]
            .into()
    })
}

/// Unix seconds by this machine's clock.
fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

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
