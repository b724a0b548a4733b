//! `doctor` and `health`: examine everything, or ask the running daemon alone; print and exit. Must not know
//! the single checks.

use super::Failure;
use super::commands::{self, Setup};
use crate::config::{ConfigError, ConfigErrors};
use crate::doctor::health::{ask, problems};
use crate::doctor::{self, Patient};

pub(crate) fn doctor(setup: Setup, json: bool) -> Result<(), Failure> {
    let (loaded, faults, folder) = setup.inspect()?;
    let patient = Patient { loaded, faults, folder };
    let runtime = commands::runtime()?;
    let report = runtime.block_on(doctor::examine(&patient));
    // A disk that hangs must not keep the person waiting.
    runtime.shutdown_background();
    let text = if json { format!("{:#}", report.json()) } else { report.text() };
    commands::print_line(text.trim_end())?;
    match report.exit_code() {
        0 => Ok(()),
        code => Err(Failure::Told(code)),
    }
}

pub(crate) fn health(setup: Setup, ready: bool) -> Result<(), Failure> {
    let (loaded, faults, _) = setup.inspect()?;
    // Somebody who may ask the daemon need not be able to read the token.
    let matters =
        |fault: &ConfigError| ["", "SESSION_STORAGE_PATH", "ADMIN_SOCKET"].contains(&fault.key.as_str());
    let faults: Vec<ConfigError> = faults.into_iter().filter(matters).collect();
    if !faults.is_empty() {
        return Err(Failure::Config(ConfigErrors(faults).to_string()));
    }
    let runtime = commands::runtime()?;
    match runtime.block_on(ask(&loaded.config)) {
        Ok(health) if health.is_live() => match health.unready().join("; ") {
            why if why.is_empty() => commands::print_line("well"),
            why if ready => Err(Failure::Failed(format!("the daemon works, but is not ready: {why}"))),
            why => commands::print_line(&format!("works; not ready: {why}")),
        },
        Ok(health) => Err(Failure::Failed(format!("the daemon is not well: {}", problems(&health)))),
        Err(why) => Err(Failure::Unreachable(why)),
    }
}
