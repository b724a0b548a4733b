//! The tutor: does it answer, is it what it should be, is it well. Must not know which tutor it is.

use super::{Cause, CheckResult, Finding, Patient, now};
use crate::app;
use crate::config::TutorKind;
use crate::tutor::{Checkup, HEALTH, TUTOR};

pub(crate) async fn check(patient: &Patient) -> CheckResult {
    let builtin = patient.config().tutor == TutorKind::Builtin;
    let of_others = ["STT_", "TTS_", "AI_", "PROVIDERS"];
    if patient.at_fault(&["TUTOR", "BACKEND_", "BOT_PRIVATE_KEY"]) || builtin && patient.at_fault(&of_others)
    {
        let why = "the configuration has to be right first";
        return vec![Finding::skipped(TUTOR, why), Finding::skipped(HEALTH, why)].into();
    }
    match app::examine_tutor(patient.config()).await {
        Ok(Checkup { findings, clock }) => {
            CheckResult { findings, clock: clock.map(|there| there - now()), ..CheckResult::default() }
        }
        Err(error) => {
            let advice = "look at BACKEND_URL, BACKEND_CA_FILE and the keys";
            vec![Finding::problem(TUTOR, Cause::Configuration, format!("{error:#}"), advice)].into()
        }
    }
}
