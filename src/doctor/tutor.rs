//! The tutor: does it answer, is it PhonicFlow, is its language model well. Must not know its protocol.

use super::{Cause, CheckResult, Finding, Patient, now};
use crate::app;
use crate::tutor::{Identity, TutorError};
use std::time::Instant;

const TUTOR: &str = "tutor";
const HEALTH: &str = "tutor health";

pub(crate) async fn check(patient: &Patient) -> CheckResult {
    if patient.at_fault(&["BACKEND_", "BOT_PRIVATE_KEY"]) {
        let why = "the configuration has to be right first";
        return vec![Finding::skipped(TUTOR, why), Finding::skipped(HEALTH, why)].into();
    }
    let place = patient.loaded.shown("BACKEND_URL").unwrap_or("BACKEND_URL").to_owned();
    let tutor = match app::tutor_of(patient.config()) {
        Ok(tutor) => tutor,
        Err(error) => {
            let advice = "look at BACKEND_URL, BACKEND_CA_FILE and the keys";
            return vec![Finding::problem(TUTOR, Cause::Configuration, format!("{error:#}"), advice)].into();
        }
    };
    let asked = Instant::now();
    let clock = match tutor.identity().await {
        Ok(Identity::Tutor(clock)) => clock.map(|there| there - now()),
        Ok(Identity::Other(what)) => {
            let found = format!("{place} answers with {what}: this is not the PhonicFlow tutor");
            let advice =
                "BACKEND_URL is the address of something else: which host, port and path has the tutor?";
            let health = Finding::skipped(HEALTH, "the tutor has to be found first");
            return vec![Finding::problem(TUTOR, Cause::Configuration, found, advice), health].into();
        }
        Err(error) => {
            let health = Finding::skipped(HEALTH, "the tutor has to be reached first");
            return vec![failed(TUTOR, &place, &error), health].into();
        }
    };
    let found = format!("{place} answers in {} ms", asked.elapsed().as_millis());
    let asked = Instant::now();
    let health = match tutor.health().await {
        Ok(Some(says)) if says.sick.is_empty() => {
            let parts =
                if says.parts.is_empty() { String::new() } else { format!(" ({})", says.parts.join(", ")) };
            Finding::fine(
                HEALTH,
                format!("it says that all is well{parts}, in {:.1} s", asked.elapsed().as_secs_f64()),
            )
        }
        Ok(Some(says)) => Finding::problem(
            HEALTH,
            Cause::Here,
            format!("the tutor cannot answer: it says that it is not well ({})", says.sick.join(", ")),
            "its own log says why; mostly its language model (Ollama) does not run or has no model",
        ),
        Ok(None) => Finding::problem(
            HEALTH,
            Cause::Configuration,
            format!("{place} answers, but not as the tutor does"),
            "is BACKEND_URL the tutor's address, and not that of something else?",
        ),
        Err(TutorError::Failed { status, .. }) => Finding::problem(
            HEALTH,
            Cause::Here,
            format!("the tutor is there, but says that it is not well (HTTP {status})"),
            "its own log says why; mostly its language model (Ollama) does not run or has no model",
        ),
        Err(TutorError::Denied { status: 404 | 405 }) => {
            Finding::skipped(HEALTH, "this tutor has no /health")
        }
        Err(error) => failed(HEALTH, &place, &error),
    };
    CheckResult { findings: vec![Finding::fine(TUTOR, found), health], clock, ..CheckResult::default() }
}

fn failed(check: &'static str, place: &str, error: &TutorError) -> Finding {
    let (cause, advice) = match error {
        TutorError::NotSent(_) => (
            Cause::Unreachable,
            "is the tutor running, is BACKEND_URL right as seen from this machine, does a firewall stand between?",
        ),
        TutorError::Uncertain(_) | TutorError::Busy { .. } => (
            Cause::Unreachable,
            "it may be at work on a turn, during which it answers nobody: ask again. If it stays so, restart it",
        ),
        TutorError::Denied { status: 401 | 403 | 407 } => (
            Cause::Configuration,
            "it is there, but gives no access: compare BACKEND_API_KEY and BOT_PRIVATE_KEY with what it expects",
        ),
        TutorError::Setup(_) => (Cause::Configuration, "look at BACKEND_URL and the keys"),
        _ => (Cause::Configuration, "is BACKEND_URL the tutor's address, and not that of something else?"),
    };
    Finding::problem(check, cause, format!("{place}: {error}"), advice)
}
