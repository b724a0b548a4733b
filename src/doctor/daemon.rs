//! The running daemon: is there one, and do its admin socket and its metrics address answer. Must not know
//! what it does.

use super::health;
use super::{Cause, CheckResult, Finding, Patient, span};
use crate::domain::health::Status;
use crate::http;
use std::time::Duration;

const DAEMON: &str = "daemon";
const NUMBERS: &str = "metrics";

/// Whether the configured address is in use by another program, or may not be bound.
async fn taken(patient: &Patient) -> Option<Finding> {
    let address = patient.config().metrics_addr?;
    let error = tokio::net::TcpListener::bind(address).await.err()?;
    Some(Finding::problem(
        NUMBERS,
        Cause::Here,
        format!("METRICS_ADDR {address} cannot be listened on ({error}): `run` would end at once"),
        "what listens there? `ss -ltnp`; or choose another port",
    ))
}

/// `held`: whether a process holds the store, where that is known.
pub(crate) async fn check(patient: &Patient, held: Option<bool>) -> CheckResult {
    if patient.at_fault(&["SESSION_STORAGE_PATH", "STORE_", "METRICS_", "ADMIN_SOCKET"]) {
        return CheckResult::default();
    }
    let daemon = match health::ask(patient.config()).await {
        Ok(health) if health.status == Status::Ok => {
            let up = i64::try_from(health.uptime_seconds).unwrap_or(i64::MAX);
            Finding::fine(DAEMON, format!("runs for {}, and is well", span(up)))
        }
        Ok(health) => Finding::problem(
            DAEMON,
            Cause::Here,
            format!("runs, but is not well: {}", health::problems(&health)),
            "its log says more: `journalctl -u phonicflow-bot -n 50`",
        ),
        Err(why) if held == Some(true) => Finding::problem(
            DAEMON,
            Cause::Here,
            format!("a process holds the store, but no daemon answers: {why}"),
            "its log says why it has no admin socket; run doctor as root or as the bot's user",
        ),
        Err(_) if held.is_none() => {
            return vec![Finding::skipped(DAEMON, "cannot be told; run doctor as root or as the bot's user")]
                .into();
        }
        Err(_) => {
            let stopped = Finding::warning(
                DAEMON,
                match patient.config().store_url {
                    Some(_) => "does not run on this machine",
                    None => "does not run (nobody holds the store)",
                },
                "start it: `systemctl start phonicflow-bot`; `journalctl -u phonicflow-bot -n 50` says why it ended",
            );
            return std::iter::once(stopped).chain(taken(patient).await).collect::<Vec<_>>().into();
        }
    };
    let mut findings = vec![daemon];
    // With port 0 the system chooses the port, which only the daemon's log tells.
    if let Some(address) = patient.config().metrics_addr.filter(|address| address.port() != 0) {
        let url = format!("http://{address}/health");
        findings.push(match http::get(&url, Duration::from_secs(5), 64 << 10).await {
            Ok((200, _)) => Finding::fine(NUMBERS, format!("{address} answers")),
            // 503 is an answer too; the daemon's own state is reported by another finding.
            Ok((503, _)) => Finding::fine(NUMBERS, format!("{address} answers")),
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
