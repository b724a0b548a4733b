//! One speech server: its address, key and model, requests to it, and what its refusals mean.
//!
//! Must not know what is sent or what an answer is for.

use super::error::{Fault, Part, SpeechError};
use crate::domain::Gate;
use crate::http::{self, ClientOptions, HttpError, Shared};
use crate::secret::Secret;
use crate::tolerant_json;
use crate::waiting::waiting;
use bytes::Bytes;
use reqwest::RequestBuilder;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// Bytes read of a refusal, to classify it.
const REFUSAL_CAP: usize = 64 << 10;
/// Largest list of models, bytes.
const LIST_CAP: usize = 4 << 20;
/// Deadline of the list of models.
const LIST_WITHIN: Duration = Duration::from_secs(15);
/// Most models listed, and longest name.
const MODELS_CAP: usize = 500;
const NAME_CAP: usize = 200;
/// Longest pause accepted from a server, seconds.
const LONGEST_WAIT: u32 = 600;

#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// http or https, with `/v1`, without a slash at the end.
    pub url: String,
    pub model: String,
    /// Sent as `Authorization: Bearer`.
    pub key: Option<Secret>,
    /// Deadline of one call, answer included.
    pub timeout: Duration,
    /// PEM of a private certificate authority.
    pub extra_ca_pem: Option<Vec<u8>>,
    pub gate: Gate,
}

/// The models a server says it has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    pub models: Vec<String>,
    /// It lists them the way speaches does, which fetches a model when it is told to.
    pub like_speaches: bool,
}

pub(super) struct Server {
    pub(super) part: Part,
    pub(super) model: String,
    client: Shared,
    url: String,
    key: Option<Secret>,
    timeout: Duration,
}

/// A refusal, and its text in lower case, which must not be passed on.
pub(super) struct Refusal {
    pub(super) fault: Fault,
    pub(super) status: u16,
    pub(super) words: String,
}

pub(super) struct Answer {
    pub(super) body: Bytes,
    /// In lower case, without parameters; empty when not given.
    pub(super) mime: String,
}

impl Server {
    /// Connects to nothing yet.
    pub(super) fn new(part: Part, options: ServerOptions) -> Result<Self, SpeechError> {
        let fail = |fault| SpeechError { part, fault };
        let extra_ca_pem = options.extra_ca_pem;
        let client =
            http::client(&ClientOptions { extra_ca_pem, gate: options.gate, ..ClientOptions::default() })
                .map_err(|error| fail(error.into()))?;
        let mut trial = client.get(&options.url);
        if let Some(key) = &options.key {
            trial = trial.bearer_auth(key.expose());
        }
        // The URL parser's errors contain no URL.
        let trial = trial
            .build()
            .map_err(|_| fail(Fault::Setup("its URL is none, or its key no header text".into())))?;
        if !matches!(trial.url().scheme(), "http" | "https") {
            return Err(fail(Fault::Setup("its URL must be http or https".into())));
        }
        let url = options.url.trim_end_matches('/').to_owned();
        let (model, key, timeout) = (options.model, options.key, options.timeout);
        Ok(Self { part, model, client: Arc::new(client), url, key, timeout })
    }

    /// A POST to this path, still without a body.
    pub(super) fn post(&self, path: &str) -> RequestBuilder {
        self.keyed(self.client.post(format!("{}{path}", self.url)))
    }

    fn keyed(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.key {
            Some(key) => request.bearer_auth(key.expose()),
            None => request,
        }
    }

    pub(super) fn error(&self, fault: Fault) -> SpeechError {
        SpeechError { part: self.part, fault }
    }

    /// Everything together within the deadline of one call.
    pub(super) async fn within<T>(
        &self,
        work: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, SpeechError> {
        let done = tokio::time::timeout(self.timeout, work).await;
        done.unwrap_or(Err(Fault::TooSlow)).map_err(|fault| self.error(fault))
    }

    /// Sends one request; its answer may be `cap` bytes long.
    pub(super) async fn exchange(
        &self,
        request: RequestBuilder,
        cap: usize,
    ) -> Result<Result<Answer, Refusal>, Fault> {
        let response = waiting(self.client.send(request.build().map_err(HttpError::from)?)).await?;
        let status = response.status().as_u16();
        if response.status().is_success() {
            let mime = response.headers().get("content-type").and_then(|value| value.to_str().ok());
            let mime = mime.unwrap_or_default().split(';').next().unwrap_or_default();
            let mime = mime.trim().to_ascii_lowercase();
            return Ok(Ok(Answer { body: http::read_capped(response, cap).await?, mime }));
        }
        let retry_after = http::retry_after(&response, LONGEST_WAIT);
        // A refusal that breaks off or is too long is classified by its status.
        let words = http::read_capped(response, REFUSAL_CAP).await.unwrap_or_default();
        let words = String::from_utf8_lossy(&words).to_lowercase();
        let fault = fault(status, retry_after, &words);
        Ok(Err(Refusal { fault, status, words }))
    }

    /// The models it lists. Runs none.
    pub(super) async fn listed(&self) -> Result<Listed, SpeechError> {
        let asked = tokio::time::timeout(LIST_WITHIN.min(self.timeout), async {
            let request = self.keyed(self.client.get(format!("{}/models", self.url)));
            match self.exchange(request, LIST_CAP).await? {
                Ok(answer) => list(&answer.body).ok_or(Fault::Unreadable("no list of models")),
                // A page that does not exist names no model.
                Err(Refusal { fault: Fault::Gone { status }, .. }) => Err(Fault::Denied { status }),
                Err(refusal) => Err(refusal.fault),
            }
        });
        asked.await.unwrap_or(Err(Fault::TooSlow)).map_err(|fault| self.error(fault))
    }
}

fn list(body: &[u8]) -> Option<Listed> {
    let body = tolerant_json::json(body)?;
    // Some servers send the array without an object around it, some call it `models`.
    let entries = ["data", "models"].iter().find_map(|name| body.get(name)).unwrap_or(&body).as_array()?;
    let name = |entry: &Value| {
        let name =
            entry.as_str().or_else(|| ["id", "name"].iter().find_map(|key| entry.get(key)?.as_str()))?;
        let sane = !name.is_empty() && name.len() <= NAME_CAP && !name.chars().any(char::is_control);
        sane.then(|| name.to_owned())
    };
    let models = entries.iter().filter_map(name).take(MODELS_CAP).collect();
    let like_speaches = entries.iter().any(|entry| entry.get("task").is_some_and(Value::is_string));
    Some(Listed { models, like_speaches })
}

/// Phrases for a recording or a text that is longer than a server takes: OpenAI, pydantic, nginx, Kokoro.
const TOO_LONG: &[&str] = &[
    "too long",
    "too_long",
    "too large",
    "too_large",
    "too big",
    "at most",
    "maximum",
    "max length",
    "max_length",
    "exceed",
    "reduce the length",
    "longer than",
];

/// Phrases for a model or voice that is not there.
const NONE_SUCH: &[&str] = &[
    "not installed",
    "not found",
    "not_found",
    "does not exist",
    "doesn't exist",
    "invalid model",
    "invalid_model",
    "invalid voice",
    "unknown model",
    "unknown voice",
    "no such model",
    "unsupported model",
    "unsupported voice",
    "is not supported",
    "not available",
];

fn fault(status: u16, retry_after: Option<u32>, words: &str) -> Fault {
    let says = |any: &[&str]| any.iter().any(|part| words.contains(part));
    let page = words.trim_start().starts_with('<');
    let of_model = !page && (words.contains("model") || words.contains("voice"));
    match status {
        429 if says(&["insufficient_quota", "exceeded your current quota"]) && retry_after.is_none() => {
            Fault::Denied { status }
        }
        429 | 503 | 529 => Fault::Busy { status, retry_after },
        401 | 402 | 407 => Fault::Denied { status },
        400 | 403 | 404 | 422 if of_model && says(NONE_SUCH) => Fault::Gone { status },
        410 => Fault::Gone { status },
        413 => Fault::TooLong { status },
        400 | 422 if says(TOO_LONG) => Fault::TooLong { status },
        400 | 415 | 422 => Fault::Refused { status },
        408 | 500..=599 => Fault::Failed { status },
        _ => Fault::Denied { status },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_sorted_by_status_and_words() {
        for (status, words, expected) in [
            (
                404,
                r#"{"detail":"Model 'x' is not installed locally. You can download the model using `POST /v1/models`"}"#,
                "gone",
            ),
            (400, r#"{"detail":{"error":"invalid_model","message":"Unsupported model: x"}}"#, "gone"),
            (
                400,
                r#"{"detail":{"error":"validation_error","message":"Voice 'x' not found. Available voices: af_bella"}}"#,
                "gone",
            ),
            (404, r#"{"error":{"message":"The model `x` does not exist","code":"model_not_found"}}"#, "gone"),
            (404, r#"{"detail":"Not Found"}"#, "denied"),
            (404, "<html>model not found</html>", "denied"),
            (
                400,
                r#"{"error":{"message":"String should have at most 4096 characters","code":"string_above_max_length"}}"#,
                "long",
            ),
            (
                422,
                r#"{"detail":[{"type":"string_too_long","msg":"String should have at most 4096 characters"}]}"#,
                "long",
            ),
            (413, "<html>413 Request Entity Too Large</html>", "long"),
            (400, r#"{"error":{"message":"Maximum content size limit (26214400) exceeded"}}"#, "long"),
            (400, r#"{"error":"failed to read audio data"}"#, "refused"),
            (415, r#"{"detail":"Unsupported file format"}"#, "refused"),
            (401, "", "denied"),
            (429, r#"{"error":{"code":"insufficient_quota"}}"#, "denied"),
            (429, "", "busy"),
            (503, "", "busy"),
            (500, "Internal Server Error", "failed"),
            (502, "<html>", "failed"),
        ] {
            let kind = match fault(status, None, &words.to_lowercase()) {
                Fault::Gone { .. } => "gone",
                Fault::Denied { .. } => "denied",
                Fault::TooLong { .. } => "long",
                Fault::Refused { .. } => "refused",
                Fault::Busy { .. } => "busy",
                Fault::Failed { .. } => "failed",
                other => panic!("{status} {words}: {other:?}"),
            };
            assert_eq!(kind, expected, "{status} {words}");
        }
    }

    #[test]
    fn lists_of_models_in_all_their_shapes() {
        let names = |body: &str| list(body.as_bytes()).map(|listed| listed.models);
        for body in [
            r#"{"object":"list","data":[{"id":"a"},{"id":"b"},{"id":""},{}]}"#,
            r#"{"models":[{"name":"a"},{"id":"b"}]}"#,
            r#"["a","b"]"#,
        ] {
            assert_eq!(names(body), Some(vec!["a".to_owned(), "b".to_owned()]), "{body}");
        }
        assert_eq!(names("<html>"), None);
        assert_eq!(names(r#"{"status":"ok"}"#), None);
        let speaches = r#"{"data":[{"id":"x","owned_by":"Systran","task":"automatic-speech-recognition"}]}"#;
        assert!(list(speaches.as_bytes()).unwrap().like_speaches);
    }
}
