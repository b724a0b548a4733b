//! The servers of the chat models: are they there, and have they got the models that are configured. None is run.

use super::{Cause, CheckResult, Finding, Patient};
use crate::app;
use crate::domain::Gate;
use crate::model::{Fault, ModelError, ModelName, Models, Server};
use futures_util::future::join_all;
use std::time::Instant;

const MODELS: &str = "chat model";

/// Looks at them. Nothing is said where there are none.
pub async fn check(patient: &Patient) -> CheckResult {
    let ai = &patient.config().ai;
    if patient.at_fault(&["AI_", "PROVIDERS", "DEFAULT_MODEL", "MODELS", "FALLBACK_MODEL"]) {
        return vec![Finding::skipped(MODELS, "the configuration has to be right first")].into();
    }
    let models = match app::models_of(patient.config(), &Gate::default()) {
        Ok(Some(models)) => models,
        Ok(None) => return CheckResult::default(),
        Err(error) => {
            let advice = "look at AI_API_URL and [providers]";
            return vec![Finding::problem(MODELS, Cause::Configuration, format!("{error:#}"), advice)].into();
        }
    };
    let named = [("DEFAULT_MODEL", &ai.default_model), ("FALLBACK_MODEL", &ai.fallback_model)];
    let named = named.into_iter().filter_map(|(key, name)| Some((key, name.as_ref()?)));
    let named: Vec<(&str, &String)> = named.chain(ai.models.iter().map(|name| ("MODELS", name))).collect();
    let looked = join_all(models.servers().iter().map(|server| look(&models, server, &named))).await;
    looked.into_iter().flatten().collect::<Vec<_>>().into()
}

async fn look(models: &Models, server: &Server, named: &[(&str, &String)]) -> Vec<Finding> {
    let name = server.name();
    let asked = Instant::now();
    let listed = match server.listed().await {
        Ok(listed) => listed,
        Err(error) => return vec![failed(&error)],
    };
    let took = asked.elapsed().as_millis();
    if !server.lists() {
        return vec![Finding::skipped(
            MODELS,
            format!("{name}: its kind of server cannot be asked for its models"),
        )];
    }
    if listed.is_empty() {
        let advice = "give it one; for Ollama: ollama pull NAME";
        return vec![Finding::problem(
            MODELS,
            Cause::Here,
            format!("{name} answers, but has no model"),
            advice,
        )];
    }
    let mut findings =
        vec![Finding::fine(MODELS, format!("{name} answers in {took} ms and has {}", some(&listed)))];
    let own = server.configured().iter().map(|model| ("[providers] models", model.clone()));
    let elsewhere = named.iter().filter_map(|(key, model)| {
        let full = ModelName::new(model);
        (models.server_name(&full) == Some(name)).then(|| (*key, models.own_name(&full).to_owned()))
    });
    for (key, model) in elsewhere.chain(own) {
        // Ollama lists `name:latest` and answers to `name`.
        let known =
            |listed: &String| *listed == model || listed.strip_suffix(":latest") == Some(model.as_str());
        if !listed.iter().any(known) {
            findings.push(Finding::warning(
                MODELS,
                format!("{name} does not list {model}, which {key} names"),
                format!("it has {}; {}", some(&listed), how_to_fetch(&model, &listed)),
            ));
        }
    }
    findings
}

/// Ollama alone names its models with a tag.
fn how_to_fetch(model: &str, listed: &[String]) -> String {
    if listed.iter().any(|listed| listed.contains(':')) {
        format!("to fetch it: ollama pull {model}")
    } else {
        "for Ollama, ollama pull NAME fetches one".to_owned()
    }
}

/// The first few of many.
pub(super) fn some(listed: &[String]) -> String {
    let shown = listed.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
    match listed.len().saturating_sub(5) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn failed(error: &ModelError) -> Finding {
    let (cause, advice) = match error.fault {
        Fault::NotSent(_) => (
            Cause::Unreachable,
            "does it run, is its URL right as seen from this machine, does a firewall stand between?",
        ),
        Fault::Denied { status: 401 | 403 | 407 } => {
            (Cause::Configuration, "it is there, but gives no access: compare its key")
        }
        Fault::Denied { .. } | Fault::Unreadable(_) | Fault::Setup(_) => (
            Cause::Configuration,
            "is its URL the address of something else? It mostly ends with /v1; and is its kind right?",
        ),
        _ => (Cause::Unreachable, "its own log says why"),
    };
    Finding::problem(MODELS, cause, error.to_string(), advice)
}
