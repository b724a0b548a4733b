//! What is configured of the chat models.
//!
//! Must not know how a model is asked.

use super::keys::{Key, Kind, Unit};
use super::providers::Provider;
use crate::domain::{Personas, ServerKind};
use crate::secret::Secret;
use std::time::Duration;

/// The `AI_*` options and their kin.
#[derive(Debug, Clone, Default)]
pub struct Ai {
    /// `AI_API_URL`, without a trailing slash; `None`: no chat model, unless there are `providers`.
    pub url: Option<String>,
    /// `AI_API_KEY`.
    pub key: Option<Secret>,
    /// `AI_API_KIND`.
    pub kind: ServerKind,
    /// `DEFAULT_MODEL`.
    pub default_model: Option<String>,
    /// `MODELS`; empty: what the servers list.
    pub models: Vec<String>,
    /// `FALLBACK_MODEL`.
    pub fallback_model: Option<String>,
    /// `AI_TIMEOUT`.
    pub timeout: Duration,
    /// `AI_CONCURRENCY`.
    pub concurrency: usize,
    /// `AI_MAX_TOKENS`.
    pub max_tokens: u32,
    /// `AI_TEMPERATURE`.
    pub temperature: f64,
    /// `MAX_CONVERSATION_LENGTH`, messages.
    pub conversation_length: usize,
    /// `AI_CONTEXT_TOKENS`.
    pub context_tokens: u32,
    /// `AI_TOKENS_PER_DAY`; 0: as many as they like.
    pub tokens_per_day: u32,
    /// `PERSONAS_PATH`: those that come along, replaced and added to by its files.
    pub personas: Personas,
    /// `[providers.NAME]` of config.toml, by name.
    pub providers: Vec<Provider>,
}

impl Ai {
    /// Whether there is any chat model.
    pub fn is_configured(&self) -> bool {
        self.url.is_some() || !self.providers.is_empty()
    }
}

/// Their options.
pub const OPTIONS: &[Key] = &[
    Key {
        name: "AI_API_URL",
        default: "",
        kind: Kind::OptionalUrl(|c| &mut c.ai.url),
        doc: "Base URL of a chat model's server, /v1 included, for instance http://localhost:11434/v1 for Ollama. Without one the bot does not answer written messages.",
    },
    Key {
        name: "AI_API_KEY",
        default: "",
        kind: Kind::Secret(|c| &mut c.ai.key),
        doc: "Sent to that server in the way of its kind, mostly as \"Authorization: Bearer\".",
    },
    Key {
        name: "AI_API_KIND",
        default: "openai",
        kind: Kind::Choice(ServerKind::NAMES, |c, word| {
            c.ai.kind = ServerKind::parse(word).unwrap_or_default()
        }),
        doc: "What that server speaks. openai: Ollama, llama.cpp, vLLM, LiteLLM and OpenAI itself.",
    },
    Key {
        name: "DEFAULT_MODEL",
        default: "",
        kind: Kind::Name(|c| &mut c.ai.default_model),
        doc: "The model of a learner who has chosen none; without it the first that the server lists. A model of [providers.NAME] is written NAME/model.",
    },
    Key {
        name: "MODELS",
        default: "",
        kind: Kind::Names(|c| &mut c.ai.models),
        doc: "The models that learners may choose from; without it what the servers list.",
    },
    Key {
        name: "FALLBACK_MODEL",
        default: "",
        kind: Kind::Name(|c| &mut c.ai.fallback_model),
        doc: "The model that answers when another is gone or its server is down.",
    },
    Key {
        name: "AI_TIMEOUT",
        default: "120",
        kind: Kind::Time { unit: Unit::Seconds, min: 0.05, max: 3_600.0, field: |c| &mut c.ai.timeout },
        doc: "Deadline of a whole answer.",
    },
    Key {
        name: "AI_CONCURRENCY",
        default: "4",
        kind: Kind::Count { min: 1, max: 64, field: |c| &mut c.ai.concurrency },
        doc: "Answers of chat models in flight at the same time.",
    },
    Key {
        name: "AI_MAX_TOKENS",
        default: "512",
        kind: Kind::Whole { min: 1, max: 131_072, field: |c| &mut c.ai.max_tokens },
        doc: "Longest answer, in tokens.",
    },
    Key {
        name: "AI_TEMPERATURE",
        default: "0.7",
        kind: Kind::Number { min: 0.0, max: 2.0, field: |c| &mut c.ai.temperature },
        doc: "How freely a model chooses its words.",
    },
    Key {
        name: "MAX_CONVERSATION_LENGTH",
        default: "50",
        kind: Kind::Count { min: 1, max: 1_000, field: |c| &mut c.ai.conversation_length },
        doc: "Most messages of a conversation that a model is shown.",
    },
    Key {
        name: "AI_CONTEXT_TOKENS",
        default: "4096",
        kind: Kind::Whole { min: 64, max: 2_000_000, field: |c| &mut c.ai.context_tokens },
        doc: "Most tokens of it, by estimate; [providers.NAME] may say otherwise for its models.",
    },
    Key {
        name: "AI_TOKENS_PER_DAY",
        default: "0",
        kind: Kind::Whole { min: 0, max: 1_000_000_000, field: |c| &mut c.ai.tokens_per_day },
        doc: "Tokens a learner may use in a day; 0 is off.",
    },
    Key {
        name: "PERSONAS_PATH",
        default: "",
        kind: Kind::Personas(|c| &mut c.ai.personas),
        doc: "A folder of persona files (*.md): whom learners can choose with /persona. A file replaces the one of the same name that comes along, or is added.",
    },
];
