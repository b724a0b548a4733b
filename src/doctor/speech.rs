//! The speech servers: are they there, and have they got the models that are configured.
//! None is run.

use super::models::some;
use super::{Cause, CheckResult, Finding, Patient};
use crate::app;
use crate::config::TutorKind;
use crate::domain::Gate;
use crate::speech::{Fault, Listed, SpeechError};
use std::time::Instant;

const RECOGNISER: &str = "speech to text";
const SYNTHESISER: &str = "text to speech";

/// Nothing is said of a server that is not used.
pub(crate) async fn check(patient: &Patient) -> CheckResult {
    let config = patient.config();
    let builtin = config.tutor == TutorKind::Builtin;
    if !builtin && config.speech.recogniser.url.is_none() {
        return CheckResult::default();
    }
    if patient.at_fault(&["STT_", "TTS_", "TUTOR", "BACKEND_"]) {
        let why = "the configuration has to be right first";
        return vec![Finding::skipped(RECOGNISER, why), Finding::skipped(SYNTHESISER, why)].into();
    }
    let (heard, spoken) = tokio::join!(recogniser(patient), synthesiser(patient));
    heard.into_iter().chain(spoken.into_iter().filter(|_| builtin)).collect::<Vec<_>>().into()
}

async fn recogniser(patient: &Patient) -> Vec<Finding> {
    let server = Named {
        check: RECOGNISER,
        place: patient.loaded.shown("STT_URL").unwrap_or("STT_URL"),
        keys: ["STT_URL", "STT_MODEL", "STT_API_KEY"],
    };
    match app::recogniser_of(patient.config(), &Gate::default()) {
        Ok(Some(recogniser)) => {
            let asked = Instant::now();
            server.findings(recogniser.listed().await, recogniser.model(), asked)
        }
        Ok(None) => Vec::new(),
        Err(error) => server.unusable(format!("{error:#}")),
    }
}

async fn synthesiser(patient: &Patient) -> Vec<Finding> {
    let server = Named {
        check: SYNTHESISER,
        place: patient.loaded.shown("TTS_URL").unwrap_or("TTS_URL"),
        keys: ["TTS_URL", "TTS_MODEL", "TTS_API_KEY"],
    };
    match app::synthesiser_of(patient.config(), &Gate::default()) {
        Ok(Some(synthesiser)) => {
            let asked = Instant::now();
            server.findings(synthesiser.listed().await, synthesiser.model(), asked)
        }
        Ok(None) => vec![Finding::skipped(SYNTHESISER, "there is no TTS_URL: answers are text alone")],
        Err(error) => server.unusable(format!("{error:#}")),
    }
}

struct Named<'a> {
    check: &'static str,
    /// Its address, as it may be shown.
    place: &'a str,
    /// The options of its address, model and key.
    keys: [&'static str; 3],
}

impl Named<'_> {
    fn findings(&self, listed: Result<Listed, SpeechError>, model: &str, asked: Instant) -> Vec<Finding> {
        let (check, place, [url, key, _]) = (self.check, self.place, self.keys);
        let listed = match listed {
            Ok(listed) => listed,
            // whisper.cpp has one model and no list of it.
            Err(SpeechError {
                fault: Fault::Denied { status: 404 | 405 } | Fault::Unreadable(_), ..
            }) => {
                let found = format!(
                    "{place} answers, but lists no models: whether it has {model} only a voice will tell"
                );
                let advice = format!(
                    "whisper.cpp and some others have no list; else look at {url}: it mostly ends with /v1"
                );
                return vec![Finding::warning(check, found, advice)];
            }
            Err(error) => return vec![self.failed(&error)],
        };
        // Ollama-like names: `name:latest` is what `name` means.
        let is_it = |listed: &&String| **listed == model || listed.strip_suffix(":latest") == Some(model);
        if listed.models.iter().any(|name| is_it(&name)) {
            let took = asked.elapsed().as_millis();
            return vec![Finding::fine(check, format!("{place} answers in {took} ms and has {model}"))];
        }
        let has = if listed.models.is_empty() { "no model".to_owned() } else { some(&listed.models) };
        let found = format!("{place} answers, but does not list {model}, which {key} names");
        let advice = if listed.like_speaches || listed.models.is_empty() {
            format!("it has {has}; to fetch it, where this is speaches: curl -X POST {place}/models/{model}")
        } else {
            format!("it has {has}; name one of these in {key}, or give it that one")
        };
        // Some servers answer to names that they do not list.
        vec![match listed.like_speaches || listed.models.is_empty() {
            true => Finding::problem(check, Cause::Here, found, advice),
            false => Finding::warning(check, found, advice),
        }]
    }

    fn failed(&self, error: &SpeechError) -> Finding {
        let [url, _, key] = self.keys;
        let (cause, advice) = match error.fault {
            Fault::NotSent(_) => (
                Cause::Unreachable,
                format!(
                    "does it run, is {url} right as seen from this machine, does a firewall stand between?"
                ),
            ),
            Fault::Denied { status: 401 | 403 | 407 } => {
                (Cause::Configuration, format!("it is there, but gives no access: compare {key}"))
            }
            Fault::Denied { .. } | Fault::Setup(_) => (
                Cause::Configuration,
                format!("is {url} the address of something else? It mostly ends with /v1"),
            ),
            _ => (Cause::Unreachable, "its own log says why".to_owned()),
        };
        Finding::problem(self.check, cause, error.to_string(), advice)
    }

    fn unusable(&self, error: String) -> Vec<Finding> {
        let [url, _, key] = self.keys;
        let advice = format!("look at {url}, {key} and BACKEND_CA_FILE");
        vec![Finding::problem(self.check, Cause::Configuration, error, advice)]
    }
}
