//! Whether there is a PhonicFlow tutor at the address, and whether it is well; for `doctor`.

use super::PhonicFlowOptions;
use super::client::{CallError, Client, Identity};
use crate::domain::finding::{Cause, Finding};
use crate::tutor::{Checkup, HEALTH, TUTOR, TutorError};
use std::sync::Arc;
use std::time::Instant;

pub(in crate::tutor) async fn examine(options: PhonicFlowOptions) -> Result<Checkup, TutorError> {
    let place = options.place.clone();
    let place = place.as_str();
    let client = Client::new(options, Arc::default())?;
    let asked = Instant::now();
    let clock = match client.identity().await {
        Ok(Identity::Tutor(clock)) => clock,
        Ok(Identity::Other(what)) => {
            let found = format!("{place} answers with {what}: this is not the PhonicFlow tutor");
            let advice =
                "BACKEND_URL is the address of something else: which host, port and path has the tutor?";
            let health = Finding::skipped(HEALTH, "the tutor has to be found first");
            return Ok(vec![Finding::problem(TUTOR, Cause::Configuration, found, advice), health].into());
        }
        Err(error) => {
            let health = Finding::skipped(HEALTH, "the tutor has to be reached first");
            return Ok(vec![failed(TUTOR, place, &error), health].into());
        }
    };
    let found = format!("{place} answers in {} ms", asked.elapsed().as_millis());
    let asked = Instant::now();
    let health = match client.health().await {
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
        Err(CallError::Failed { status, .. }) => Finding::problem(
            HEALTH,
            Cause::Here,
            format!("the tutor is there, but says that it is not well (HTTP {status})"),
            "its own log says why; mostly its language model (Ollama) does not run or has no model",
        ),
        Err(CallError::Denied { status: 404 | 405 }) => Finding::skipped(HEALTH, "this tutor has no /health"),
        Err(error) => failed(HEALTH, place, &error),
    };
    Ok(Checkup { findings: vec![Finding::fine(TUTOR, found), health], clock })
}

fn failed(check: &'static str, place: &str, error: &CallError) -> Finding {
    let (cause, advice) = match error {
        CallError::NotSent(_) => (
            Cause::Unreachable,
            "is the tutor running, is BACKEND_URL right as seen from this machine, does a firewall stand between?",
        ),
        CallError::Uncertain(_) | CallError::Busy { .. } => (
            Cause::Unreachable,
            "it may be at work on a turn, during which it answers nobody: ask again. If it stays so, restart it",
        ),
        CallError::Denied { status: 401 | 403 | 407 } => (
            Cause::Configuration,
            "it is there, but gives no access: compare BACKEND_API_KEY and BOT_PRIVATE_KEY with what it expects",
        ),
        CallError::Setup(_) => (Cause::Configuration, "look at BACKEND_URL and the keys"),
        _ => (Cause::Configuration, "is BACKEND_URL the tutor's address, and not that of something else?"),
    };
    Finding::problem(check, cause, format!("{place}: {error}"), advice)
}
