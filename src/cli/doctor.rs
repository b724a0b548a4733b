//! `doctor`: reads the configuration as far as it goes, has everything looked at, prints and exits.

use super::Failure;
use super::commands::{self, Setup};
use crate::doctor::{self, Patient};

/// `doctor`.
pub fn doctor(setup: Setup, json: bool) -> Result<(), Failure> {
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
        2 => Err(Failure::Config(report.summary())),
        3 => Err(Failure::Unreachable(report.summary())),
        _ => Err(Failure::Failed(report.summary())),
    }
}
