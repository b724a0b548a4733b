//! All model servers together: which models exist, and which server has which.
//!
//! Must not know any protocol.

use super::answer::Usage;
use super::answer_stream::AnswerStream;
use super::ask::{Ask, ModelName};
use super::error::{Fault, ModelError};
use super::server::{Server, ServerOptions, Timeouts};
use super::structured::Completed;
use crate::domain::Gate;
use crate::http::{self, ClientOptions};
use futures_util::future::join_all;
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long a server's list of models is cached.
const LIST_HOLDS: Duration = Duration::from_secs(60);
/// Name of the server of `AI_API_URL`, whose models need no prefix.
pub const MAIN: &str = "ai";

/// The configuration.
#[derive(Debug, Clone)]
pub struct ModelsOptions {
    /// At least one; the one of `AI_API_URL` first, if there is one.
    pub servers: Vec<ServerOptions>,
    /// `DEFAULT_MODEL`.
    pub default_model: Option<ModelName>,
    /// `MODELS`; empty: what the servers list.
    pub offered: Vec<ModelName>,
    /// `FALLBACK_MODEL`.
    pub fallback: Option<ModelName>,
    /// Time limits for its servers.
    pub timeouts: Timeouts,
    pub gate: Gate,
}

/// The chat models. Cheap to share behind an `Arc`.
pub struct Models {
    servers: Vec<Arc<Server>>,
    default_model: Option<ModelName>,
    offered: Vec<ModelName>,
    fallback: Option<ModelName>,
    listed: Mutex<Option<(Instant, Vec<ModelName>)>>,
}

impl Models {
    /// Connects to nothing.
    pub fn new(options: ModelsOptions) -> Result<Self, ModelError> {
        let setup = |error: http::HttpError| ModelError { server: MAIN.into(), fault: error.into() };
        let gate = options.gate;
        let client =
            Arc::new(http::client(&ClientOptions { gate, ..ClientOptions::default() }).map_err(setup)?);
        let server = |server| Server::new(server, client.clone(), options.timeouts).map(Arc::new);
        let servers = options.servers.into_iter().map(server).collect::<Result<_, _>>()?;
        Ok(Self {
            servers,
            default_model: options.default_model,
            offered: options.offered,
            fallback: options.fallback,
            listed: Mutex::default(),
        })
    }

    /// Asks `model`; the answer grows, see [`AnswerStream::next`]. On an error no answer has begun.
    pub async fn stream(&self, model: &ModelName, ask: &Ask) -> Result<AnswerStream, ModelError> {
        let (server, name) = self.server_of(model)?;
        server.begin(name, ask, None).await
    }

    /// Asks `model` for one JSON object of this schema; returns its token counts too. An answer that is no
    /// such object is asked for a second time.
    pub async fn complete(
        &self,
        model: &ModelName,
        ask: &Ask,
        schema: &Value,
    ) -> Result<(Completed, Option<Usage>), ModelError> {
        let (server, name) = self.server_of(model)?;
        server.complete(name, ask, schema).await
    }

    /// The models that learners may choose, those of `AI_API_URL` first. Servers that do not answer are left
    /// out; an error if none answers.
    pub async fn list(&self) -> Result<Vec<ModelName>, ModelError> {
        if !self.offered.is_empty() {
            return Ok(self.offered.clone());
        }
        if let Some((at, names)) = &*self.listed()
            && at.elapsed() < LIST_HOLDS
        {
            return Ok(names.clone());
        }
        let (mut names, mut error, mut complete) = (Vec::new(), None, true);
        let asked = join_all(self.servers.iter().map(|server| server.models())).await;
        for (server, models) in self.servers.iter().zip(asked) {
            match models {
                Ok(models) => {
                    let chats = models.iter().filter(|model| !is_for_other_work(model));
                    names.extend(chats.map(|model| full_name(server, model)));
                }
                Err(failed) => {
                    error = Some(failed);
                    complete = false;
                }
            }
        }
        if let (Some(error), true) = (error, names.is_empty()) {
            return Err(error);
        }
        if complete {
            *self.listed() = Some((Instant::now(), names.clone()));
        }
        Ok(names)
    }

    /// The model of a learner who has chosen none: `DEFAULT_MODEL`, otherwise the first one.
    pub async fn default_model(&self) -> Result<ModelName, ModelError> {
        if let Some(model) = &self.default_model {
            return Ok(model.clone());
        }
        let first = self.list().await?.into_iter().next();
        first.ok_or_else(|| self.error(Fault::Gone { status: 0 }))
    }

    /// Models that may answer instead of `model`, best first: `FALLBACK_MODEL` and, if the learner chose
    /// `model`, the default one.
    pub async fn stand_ins(&self, model: &ModelName) -> Vec<ModelName> {
        let mut names: Vec<ModelName> = self.fallback.iter().cloned().collect();
        names.extend(self.default_model().await.ok());
        names.retain(|name| name != model);
        names.dedup();
        names
    }

    /// Whether a model accepts pictures; `None` if only trying will tell ([`Fault::Blind`]).
    pub fn sees(&self, model: &ModelName) -> Option<bool> {
        let (server, name) = self.server_of(model).ok()?;
        server.sees(name)
    }

    /// Context size of a model, tokens.
    pub fn context_tokens(&self, model: &ModelName) -> Option<u32> {
        Some(self.server_of(model).ok()?.0.options.context_tokens)
    }

    /// The server that has a model, by its name in the configuration.
    pub fn server_name(&self, model: &ModelName) -> Option<&str> {
        Some(self.server_of(model).ok()?.0.name())
    }

    /// The server's own name of a model.
    pub fn own_name<'a>(&self, model: &'a ModelName) -> &'a str {
        self.server_of(model).map_or(model.as_str(), |(_, name)| name)
    }

    pub fn servers(&self) -> &[Arc<Server>] {
        &self.servers
    }

    /// The server of a model, and its name there. A slash in a name may follow a name of `[providers.NAME]`,
    /// or belong to the model's name.
    fn server_of<'a>(&self, model: &'a ModelName) -> Result<(&Arc<Server>, &'a str), ModelError> {
        let name = model.as_str();
        let named = |wanted: &str| self.servers.iter().find(|server| server.name() == wanted);
        if let Some((prefix, rest)) = name.split_once('/')
            && prefix != MAIN
            && let Some(server) = named(prefix)
        {
            return Ok((server, rest));
        }
        let has = |server: &&Arc<Server>| server.options.models.iter().any(|known| known == name);
        let server = named(MAIN).or_else(|| self.servers.iter().find(has)).or_else(|| self.servers.first());
        server.map(|server| (server, name)).ok_or_else(|| self.error(Fault::Gone { status: 0 }))
    }

    fn error(&self, fault: Fault) -> ModelError {
        let server = self.servers.first().map_or(MAIN, |server| server.name());
        ModelError { server: server.into(), fault }
    }

    fn listed(&self) -> MutexGuard<'_, Option<(Instant, Vec<ModelName>)>> {
        self.listed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Servers also list models that are not for conversation; only the name tells.
fn is_for_other_work(model: &str) -> bool {
    let model = model.to_lowercase();
    ["embed", "rerank", "whisper", "tts-"].iter().any(|work| model.contains(work))
}

/// A model's name as learners know it.
fn full_name(server: &Server, model: &str) -> ModelName {
    if server.name() == MAIN {
        ModelName::new(model)
    } else {
        ModelName::new(format!("{}/{model}", server.name()))
    }
}
