//! The tutor: does it answer, is it what it should be, is it well. Must not know which tutor it is.

use super::{Cause, CheckResult, Finding, Patient, now};
use crate::app;
use crate::tutor::{Checkup, HEALTH, TUTOR};

pub(crate) async fn check(patient: &Patient) -> CheckResult {
    if patient.at_fault(&["BACKEND_", "BOT_PRIVATE_KEY"]) {
        let why = "the configuration has to be right first";
        return vec![Finding::skipped(TUTOR, why), Finding::skipped(HEALTH, why)].into();
    }
    let place = patient.loaded.shown("BACKEND_URL").unwrap_or("BACKEND_URL").to_owned();
    match app::examine_tutor(patient.config(), &place).await {
        Ok(Checkup { findings, clock }) => {
            CheckResult { findings, clock: clock.map(|there| there - now()), ..CheckResult::default() }
        }
        Err(error) => {
            let advice = "look at BACKEND_URL, BACKEND_CA_FILE and the keys";
            vec![Finding::problem(TUTOR, Cause::Configuration, format!("{error:#}"), advice)].into()
        }
    }
}
