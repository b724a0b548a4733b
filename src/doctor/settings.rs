//! Turns the configuration's faults and warnings into findings. Must not know any single option.

use super::{Cause, Finding, Patient};

pub(crate) fn check(patient: &Patient) -> Vec<Finding> {
    let mut findings: Vec<Finding> = patient
        .faults
        .iter()
        .map(|fault| {
            Finding::problem(
                "configuration",
                Cause::Configuration,
                fault.to_string(),
                "correct it; `phonicflow-bot config` shows what is in force and where it comes from",
            )
        })
        .collect();
    findings.extend(patient.loaded.warnings.iter().map(|warning| {
        Finding::warning(
            "configuration",
            warning.clone(),
            "`phonicflow-bot config` shows where each value comes from",
        )
    }));
    if !patient.config().telegram_bot_enabled {
        findings.push(Finding::warning(
            "configuration",
            "TELEGRAM_BOT_ENABLED is false: the daemon idles and answers nobody",
            "set it to true, or remove it",
        ));
    }
    if findings.is_empty() {
        let given = patient.loaded.origins.iter().filter(|setting| setting.origin != "default").count();
        findings.push(Finding::fine("configuration", format!("{given} options set, no fault")));
    }
    findings
}
