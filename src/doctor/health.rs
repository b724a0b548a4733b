//! The short question: is the running daemon well? For container and service checks, so it asks nobody but the daemon.

use crate::config::Config;
use crate::http;
use serde_json::Value;
use std::time::Duration;

/// Longer than a daemon that is well takes, shorter than a container's patience.
const DEADLINE: Duration = Duration::from_secs(8);
/// Largest answer, bytes.
const CAP: usize = 64 << 10;

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// All is well.
    Well,
    /// The daemon says what is not.
    Unwell(String),
    /// No daemon answers, and why.
    Silent(String),
}

/// Asks the daemon.
pub async fn ask(config: &Config) -> Health {
    let Some(address) = config.metrics_addr else {
        return Health::Silent("METRICS_ADDR is not set, so the daemon cannot be asked".to_owned());
    };
    match http::get(&format!("http://{address}/health"), DEADLINE, CAP).await {
        Ok((200, _)) => Health::Well,
        Ok((503, body)) => Health::Unwell(problems(&body)),
        Ok((status, _)) => {
            Health::Silent(format!("{address} answers with HTTP {status}: that is not this daemon"))
        }
        Err(error) => Health::Silent(format!("{address}: {error}; does the daemon run?")),
    }
}

/// The daemon's own words for what is wrong.
pub fn problems(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let checks = body.get("checks").and_then(Value::as_object);
    let problems: Vec<&str> =
        checks.into_iter().flatten().filter_map(|(_, check)| check.get("problem")?.as_str()).collect();
    if problems.is_empty() { "it does not say why".to_owned() } else { problems.join("; ") }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_daemon_s_words_are_taken_from_its_answer() {
        let body = br#"{"status":"failing","checks":{"polling":{"ok":false,"problem":"no poll for 5 min"},
            "store":{"ok":true,"problem":null},"tutor":{"ok":false,"problem":"out of reach"}}}"#;
        assert_eq!(super::problems(body), "no poll for 5 min; out of reach");
        assert_eq!(super::problems(b"<html>"), "it does not say why");
    }
}
