//! `health`: is the running daemon well? Asked over the admin socket, so that no port is needed. Must not
//! know what makes it well.

use crate::admin::client::{AdminClient, ClientError, StoreLocation};
use crate::admin::request::{Item, Request};
use crate::config::Config;
use crate::domain::health::Health;
use crate::store::StoreError;
use std::time::Duration;

/// Longer than a healthy daemon takes, shorter than the 10 s or so that container health checks allow.
const DEADLINE: Duration = Duration::from_secs(9);

/// The error says why no daemon answers.
pub(crate) async fn ask(config: &Config) -> Result<Health, String> {
    let late = |_| format!("no answer within {} s", DEADLINE.as_secs());
    tokio::time::timeout(DEADLINE, asked(config)).await.map_err(late)?
}

async fn asked(config: &Config) -> Result<Health, String> {
    let at = StoreLocation { root: config.session_storage_path.clone(), socket: config.admin_socket() };
    // Without a daemon there is nothing to ask, and no reason to open the store.
    let mut client =
        AdminClient::open(&at, &|| Err(StoreError::Closed)).await.map_err(|error| match error {
            ClientError::Store(_) => {
                format!("no daemon listens on {} for the store in {}", at.socket.display(), at.root.display())
            }
            other => other.to_string(),
        })?;
    let mut found = None;
    let mut receive = |item| {
        if let Item::Health(health) = item {
            found = Some(*health);
        }
        Ok(())
    };
    client.ask(Request::Health, &mut receive).await.map_err(|error| error.to_string())?;
    found.ok_or_else(|| "the daemon does not say how it is".to_owned())
}

/// The daemon's own description of what is wrong.
pub(crate) fn problems(health: &Health) -> String {
    let checks = &health.checks;
    let problems =
        [&checks.polling.problem, &checks.workers.problem, &checks.store.problem, &checks.tutor.problem];
    let problems: Vec<&str> = problems.into_iter().flatten().map(String::as_str).collect();
    if problems.is_empty() { "it does not say why".to_owned() } else { problems.join("; ") }
}
