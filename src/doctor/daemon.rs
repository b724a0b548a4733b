//! The running daemon: is there one, and do its doors answer.

use super::health::problems;
use super::{Cause, Finding, Found, Patient};
use crate::http;
use std::time::Duration;

const DAEMON: &str = "daemon";
const NUMBERS: &str = "metrics";

/// Looks at it. `held`: a process holds the store.
pub async fn check(patient: &Patient, held: bool) -> Found {
    if patient.at_fault(&["SESSION_STORAGE_PATH", "STORE_", "METRICS_", "ADMIN_SOCKET"]) {
        return Found::default();
    }
    if !held {
        return vec![Finding::warning(
            DAEMON,
            "does not run (nobody holds the store)",
            "start it: `systemctl start phonicflow-bot`; `journalctl -u phonicflow-bot -n 50` says why it ended",
        )]
        .into();
    }
    let mut findings = vec![Finding::fine(DAEMON, "runs (a process holds the store)")];
    if let Some(address) = patient.config().metrics_addr {
        let url = format!("http://{address}/health");
        findings.push(match http::get(&url, Duration::from_secs(5), 64 << 10).await {
            Ok((200, _)) => Finding::fine(NUMBERS, format!("{address} answers, /health is well")),
            Ok((503, body)) => Finding::problem(
                NUMBERS,
                Cause::Here,
                format!("the daemon is not well: {}", problems(&body)),
                format!("`curl -s {url}` says more, and so does its log"),
            ),
            Ok((status, _)) => Finding::warning(
                NUMBERS,
                format!("{address} answers with HTTP {status}, which is not this program's word"),
                "does something else listen at METRICS_ADDR?",
            ),
            Err(error) => Finding::problem(
                NUMBERS,
                Cause::Here,
                format!("{address}: {error}"),
                "METRICS_ADDR counts from the daemon's next start: restart it",
            ),
        });
    }
    findings.into()
}
