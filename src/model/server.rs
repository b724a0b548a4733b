//! One model server: its address and key, requests to it, and whether it works.
//!
//! Makes each request once, bounded in time and size (a request that names a field the server does not know
//! is repeated without it). Must not know when to ask again or which other server to ask.

use super::answer_stream::AnswerStream;
use super::ask::Ask;
use super::breaker::Breaker;
use super::error::{Fault, ModelError, Slow};
use super::wire::{self, Call, Format, LONGEST_WAIT, Quirks, Refusal};
use crate::domain::{ServerKind, Timestamp, Vision};
use crate::http::{self, Shared};
use crate::secret::Secret;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Bytes read of a refusal, to classify it.
const REFUSAL_CAP: usize = 64 << 10;
/// Largest answer in one piece, and largest list of models, bytes.
const WHOLE_CAP: usize = 4 << 20;
/// Deadline of the list of models.
const LIST_WITHIN: Duration = Duration::from_secs(15);
/// Most models accepted from a server, and longest name.
const MODELS_CAP: usize = 500;
const NAME_CAP: usize = 200;
/// Most models whose quirks are remembered.
const BOOK_CAP: usize = 200;

/// Time limits for a server.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For a whole answer: `AI_TIMEOUT`.
    pub answer: Duration,
    /// For the next piece of an answer that has begun. Before that a model may have to be loaded and the question read.
    pub stall: Duration,
}

impl Timeouts {
    /// With half a minute for the next piece.
    pub fn new(answer: Duration) -> Self {
        Self { answer, stall: Duration::from_secs(30) }
    }
}

/// The configuration of a server.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// `ai`, or NAME of `[providers.NAME]`.
    pub name: String,
    /// http or https, with `/v1` or similar, without a slash at the end.
    pub url: String,
    pub kind: ServerKind,
    /// Sent in the way the protocol requires.
    pub key: Option<Secret>,
    /// Models by the server's own names; empty: all that it lists.
    pub models: Vec<String>,
    /// Which of them accept pictures.
    pub vision: Vision,
    /// Context size of its models, tokens.
    pub context_tokens: u32,
}

/// What was learnt about a model.
#[derive(Debug, Clone, Copy, Default)]
struct Learnt {
    quirks: Quirks,
    no_format: NoFormat,
    blind: bool,
}

/// Which ways of requesting JSON a server has refused.
#[derive(Debug, Clone, Copy, Default)]
enum NoFormat {
    #[default]
    Nothing,
    Schema,
    None,
}

pub struct Server {
    pub(super) options: ServerOptions,
    name: Arc<str>,
    client: Shared,
    timeouts: Timeouts,
    built: Instant,
    breaker: Mutex<Breaker>,
    /// Until when its last `Retry-After` holds, and the status that came with it.
    retry_after: Mutex<Option<(u16, Timestamp)>>,
    learnt: Mutex<BTreeMap<String, Learnt>>,
}

/// Permission to ask. Reports the result to the breaker, unless it is dropped without one.
pub struct Permit {
    server: Arc<Server>,
    settled: bool,
}

impl Permit {
    pub fn succeeded(&mut self) {
        self.settled = true;
        self.server.breaker().succeeded();
    }

    /// Turns what happened into the caller's error, and reports it to the breaker.
    pub fn failed(&mut self, fault: Fault) -> ModelError {
        if !std::mem::replace(&mut self.settled, true) {
            let now = self.server.now();
            self.server.note_retry_after(&fault);
            if fault.counts_against_the_server() {
                self.server.breaker().failed(now);
            } else {
                // It answers, though not as hoped.
                self.server.breaker().succeeded();
            }
        }
        self.server.error(fault)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if !self.settled {
            let now = self.server.now();
            self.server.breaker().released(now);
        }
    }
}

impl Server {
    /// Connects to nothing.
    pub(super) fn new(
        options: ServerOptions,
        client: Shared,
        timeouts: Timeouts,
    ) -> Result<Self, ModelError> {
        let name: Arc<str> = options.name.as_str().into();
        let setup = |why: &str| ModelError { server: name.clone(), fault: Fault::Setup(why.to_owned()) };
        // The URL parser's errors contain no URL.
        let trial = client.get(&options.url).build().map_err(|_| setup("its URL is none"))?;
        if !matches!(trial.url().scheme(), "http" | "https") {
            return Err(setup("its URL must be http or https"));
        }
        let (breaker, retry_after, learnt) = Default::default();
        Ok(Self { options, name, client, timeouts, built: Instant::now(), breaker, retry_after, learnt })
    }

    /// Its name in the configuration.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Seconds for which it is not asked after failures; `None`: it is asked.
    pub fn open_secs(&self) -> Option<u32> {
        self.breaker().open_secs(self.now())
    }

    /// The models it lists, by its own names; those configured if it must not be asked or has no list. A
    /// failure does not count against the server.
    pub async fn models(&self) -> Result<Vec<String>, ModelError> {
        if !self.options.models.is_empty() || !self.lists() {
            return Ok(self.options.models.clone());
        }
        self.listed().await
    }

    /// Whether its protocol has a list of models.
    pub fn lists(&self) -> bool {
        self.options.kind != ServerKind::Core
    }

    /// Configured models, by the server's own names.
    pub fn configured(&self) -> &[String] {
        &self.options.models
    }

    /// As [`Self::models`], from the server itself; empty if its protocol has no list.
    pub async fn listed(&self) -> Result<Vec<String>, ModelError> {
        if !self.lists() {
            return Ok(Vec::new());
        }
        let within = LIST_WITHIN.min(self.timeouts.answer);
        let asked = tokio::time::timeout(within, self.ask_for_models()).await;
        asked.unwrap_or(Err(Fault::TooSlow(Slow::Answer))).map_err(|fault| self.error(fault))
    }

    async fn ask_for_models(&self) -> Result<Vec<String>, Fault> {
        let request = self.keyed(self.client.get(format!("{}/models", self.options.url)));
        let response = self.client.send(request.build().map_err(http::HttpError::from)?).await?;
        let status = response.status().as_u16();
        if !response.status().is_success() {
            return Err(match status {
                429 | 500.. => Fault::Failed { status },
                _ => Fault::Denied { status },
            });
        }
        let body = http::read_capped(response, WHOLE_CAP).await?;
        let no_list = Fault::Unreadable("no list of models");
        let body: Value = serde_json::from_slice(&body).map_err(|_| no_list.clone())?;
        let mut names = wire::models(self.options.kind, &body).ok_or(no_list)?;
        names
            .retain(|name| !name.is_empty() && name.len() <= NAME_CAP && !name.chars().any(char::is_control));
        names.truncate(MODELS_CAP);
        Ok(names)
    }

    /// Whether a model accepts pictures, as far as known.
    pub(super) fn sees(&self, model: &str) -> Option<bool> {
        match &self.options.vision {
            _ if self.options.kind == ServerKind::Core => Some(false),
            Vision::All(sees) => Some(*sees),
            Vision::Of(models) => Some(models.iter().any(|known| known == model)),
            Vision::Unknown => self.learnt(model).blind.then_some(false),
        }
    }

    /// Asks for an answer, with this schema if there is one.
    pub(super) async fn begin(
        self: &Arc<Self>,
        model: &str,
        ask: &Ask,
        schema: Option<&Value>,
    ) -> Result<AnswerStream, ModelError> {
        let deadline = Instant::now() + self.timeouts.answer;
        let mut permit = self.admit()?;
        let asked = tokio::time::timeout_at(deadline, self.post(model, ask, schema)).await;
        match asked.unwrap_or(Err(Fault::TooSlow(Slow::Answer))) {
            Ok(response) => {
                Ok(AnswerStream::new(self.options.kind, response, deadline, self.timeouts.stall, permit))
            }
            Err(fault) => Err(permit.failed(fault)),
        }
    }

    fn admit(self: &Arc<Self>) -> Result<Permit, ModelError> {
        self.check_retry_after().map_err(|fault| self.error(fault))?;
        let admitted = self.breaker().admit(self.now());
        admitted.map_err(|secs| self.error(Fault::Resting { secs }))?;
        Ok(Permit { server: self.clone(), settled: false })
    }

    /// A `Retry-After` holds for every caller: the limit behind it is mostly that of the key.
    fn check_retry_after(&self) -> Result<(), Fault> {
        let held = *self.retry_after.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((status, until)) = held else { return Ok(()) };
        let left = until.since_ms(self.now());
        if left <= 0 {
            return Ok(());
        }
        let secs = u32::try_from(left.saturating_add(999) / 1_000).unwrap_or(LONGEST_WAIT);
        Err(Fault::Busy { status, retry_after: Some(secs) })
    }

    fn note_retry_after(&self, fault: &Fault) {
        if let Fault::Busy { status, retry_after: Some(secs) } = fault {
            let until = self.now().plus_ms(i64::from(*secs) * 1_000);
            *self.retry_after.lock().unwrap_or_else(PoisonError::into_inner) = Some((*status, until));
        }
    }

    /// Returns once a successful answer begins.
    async fn post(&self, model: &str, ask: &Ask, schema: Option<&Value>) -> Result<reqwest::Response, Fault> {
        if ask.has_images() && self.sees(model) == Some(false) {
            return Err(Fault::Blind);
        }
        loop {
            let learnt = self.learnt(model);
            let format = match (schema, learnt.no_format) {
                (None, _) | (_, NoFormat::None) => Format::Text,
                (_, NoFormat::Schema) => Format::Json,
                (Some(schema), NoFormat::Nothing) => Format::Schema(schema),
            };
            let call = wire::call(self.options.kind, model, ask, learnt.quirks, format);
            let (fault, words) = match self.exchange(call, ask.has_images()).await? {
                Ok(response) => return Ok(response),
                Err(refused) => refused,
            };
            match fault {
                Fault::Refused { status: 400 | 422 } if self.options.kind == ServerKind::OpenAi => {
                    // Each round leaves something out; there are five at most.
                    let quirks = learnt.quirks.learned_from(&words);
                    let no_format = match format {
                        Format::Text => None,
                        Format::Json => Some(NoFormat::None),
                        Format::Schema(_) => Some(NoFormat::Schema),
                    };
                    match (quirks, no_format) {
                        (Some(quirks), _) => self.learn(model, |learnt| learnt.quirks = quirks),
                        (None, Some(no_format)) => self.learn(model, |learnt| learnt.no_format = no_format),
                        (None, None) => return Err(fault),
                    }
                }
                Fault::Blind => {
                    self.learn(model, |learnt| learnt.blind = true);
                    return Err(fault);
                }
                fault => return Err(fault),
            }
        }
    }

    /// Sends one request. A refusal's text is in lower case.
    async fn exchange(
        &self,
        call: Call,
        images: bool,
    ) -> Result<Result<reqwest::Response, (Fault, String)>, Fault> {
        let request = self.keyed(self.client.post(format!("{}{}", self.options.url, call.path)));
        let request = request.header("content-type", "application/json").body(call.body.to_string());
        let response = self.client.send(request.build().map_err(http::HttpError::from)?).await?;
        if response.status().is_success() {
            return Ok(Ok(response));
        }
        let status = response.status().as_u16();
        let retry_after = http::retry_after(&response, LONGEST_WAIT);
        // A refusal that breaks off or is too long is classified by its status.
        let words = http::read_capped(response, REFUSAL_CAP).await.unwrap_or_default();
        let words = String::from_utf8_lossy(&words).to_lowercase();
        let fault = wire::fault(&Refusal { status, retry_after, words: &words, images });
        Ok(Err((fault, words)))
    }

    fn keyed(&self, mut request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        let key = self.options.key.as_ref().map(Secret::expose);
        for (name, value) in wire::headers(self.options.kind, key) {
            let Ok(mut value) = reqwest::header::HeaderValue::from_str(&value) else { continue };
            value.set_sensitive(true);
            request = request.header(name, value);
        }
        request
    }

    pub(super) fn error(&self, fault: Fault) -> ModelError {
        ModelError { server: self.name.clone(), fault }
    }

    fn now(&self) -> Timestamp {
        Timestamp(i64::try_from(self.built.elapsed().as_millis()).unwrap_or(i64::MAX))
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn learnt(&self, model: &str) -> Learnt {
        self.book().get(model).copied().unwrap_or_default()
    }

    fn learn(&self, model: &str, change: impl FnOnce(&mut Learnt)) {
        let mut book = self.book();
        if book.len() >= BOOK_CAP {
            book.clear();
        }
        change(book.entry(model.to_owned()).or_default());
    }

    fn book(&self) -> MutexGuard<'_, BTreeMap<String, Learnt>> {
        self.learnt.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
