//! Builds the parts of the daemon from the configuration.
//!
//! Must not know what the daemon does with them.

pub(crate) mod shared;
mod speech;
mod store;

pub(crate) use speech::{recogniser_of, synthesiser_of};
pub(crate) use store::{clear_at_stop, engine_name, home_of, store_place};

use crate::audio_worker::Workers;
use crate::bot::model_reach::ModelReach;
use crate::bot::{AiRules, Channel, Guests, HandlerContext, Rules, placement, placement_with_model};
use crate::config::{Config, TutorKind, shown_url};
use crate::domain::{Gate, Timestamp, Vision};
use crate::model::{self, ModelName, Models, ModelsOptions, ServerOptions, Timeouts};
use crate::secret::Secret;
use crate::speech::Recogniser;
use crate::store::{AcceptPolicy, Store, WaitingEach};
use crate::telegram::{Telegram, TelegramOptions};
use crate::telemetry::Telemetry;
use crate::tutor::builtin::BuiltinOptions;
use crate::tutor::phonicflow::PhonicFlowOptions;
use crate::tutor::{Checkup, Surroundings, Tutor, TutorOptions};
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::Notify;

/// What a process has, whatever becomes of its store.
#[derive(Clone)]
pub(crate) struct Common {
    pub config: Arc<Config>,
    pub token: Secret,
    pub telemetry: Arc<Telemetry>,
    /// Of the clients that are built.
    pub gate: Gate,
}

impl Common {
    pub(crate) fn new(config: Config, token: Secret) -> Self {
        Self { config: Arc::new(config), token, telemetry: Arc::default(), gate: Gate::default() }
    }
}

/// Everything that those share who work on one opened store.
pub(crate) struct App {
    pub common: Common,
    pub config: Arc<Config>,
    pub store: Store,
    pub telegram: Arc<Telegram>,
    pub tutor: Arc<dyn Tutor>,
    /// What handlers work with.
    pub context: Arc<HandlerContext>,
    /// Limits that apply when updates are accepted.
    pub policy: AcceptPolicy,
    pub telemetry: Arc<Telemetry>,
    /// Notified when there may be something to tell the admins.
    pub news: Arc<Notify>,
    /// The latest restore of the store, if it is recent.
    pub restored: Option<LateRestore>,
}

/// A restore of the store, as admins are told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LateRestore {
    pub at: Timestamp,
    /// Time of the export (RFC 3339); `None` when the store began empty.
    pub export_of: Option<String>,
}

impl App {
    /// Opens the store and builds the clients. Blocking, so it runs before the runtime has work. The error is
    /// in words for the person who starts the daemon.
    pub(crate) fn build(common: Common) -> Result<App> {
        let (store, restored) =
            store::open_store(&common.config, &common.telemetry).context("opening the store")?;
        Ok(App { restored, ..Self::assemble(common, store)? })
    }

    pub(crate) fn assemble(common: Common, store: Store) -> Result<App> {
        let Common { config, token, telemetry, gate } = common.clone();
        let telegram = Arc::new(telegram_of(&config, token, &gate)?);
        let models = models_of(&config, &gate)?.map(Arc::new);
        let placement = if models.is_some() { placement_with_model } else { placement };
        let (per_user, global) = (config.learner_rate(), config.global_rate());
        let news = Arc::new(Notify::new());
        let tutor = tutor_of(&config, models.clone(), &store, telemetry.clone(), news.clone(), &gate)?;
        let channel = config
            .required_channel
            .clone()
            .map(|name| Channel::new(name, telegram.clone(), config.bot_timeout, news.clone()));
        let context = Arc::new(HandlerContext {
            channel,
            started: wall_clock(),
            telemetry: telemetry.clone(),
            telegram: telegram.clone(),
            tutor: tutor.clone(),
            models,
            personas: config.ai.personas.clone(),
            model_reach: ModelReach::new(news.clone()),
            growing: Arc::default(),
            reader: store.reader(),
            rules: Rules {
                default_language: config.default_language,
                session_timeout_ms: millis(config.session_timeout),
                max_audio_bytes: config.max_audio_bytes() as u64,
                max_audio_secs: config.max_audio_seconds,
                per_user,
                guests: Guests {
                    allowed: config.allowed_users.iter().copied().collect(),
                    admins: config.admin_users.iter().copied().collect(),
                },
                database_keeps: config.store_url.is_some() && config.store_key.is_none(),
                retry_max_age_ms: millis(config.backend_retry_max_age),
                ai: ai_rules(&config),
            },
            audio: Workers::default(),
        });
        let policy = AcceptPolicy { per_user, global, waiting_each: Some(WAITING_EACH), placement };
        Ok(App { common, config, store, telegram, tutor, context, policy, telemetry, news, restored: None })
    }
}

/// Connects to nothing yet.
pub(crate) fn telegram_of(config: &Config, token: Secret, gate: &Gate) -> Result<Telegram> {
    Telegram::new(TelegramOptions {
        token,
        api_url: config.telegram_api_url.clone(),
        proxy: config.telegram_proxy.clone(),
        request_timeout: config.bot_timeout,
        poll_timeout: config.bot_polling_timeout,
        download_cap: config.max_audio_bytes(),
        local_folder: config.telegram_api_local.then(|| config.telegram_api_local_path.clone()),
        gate: gate.clone(),
    })
    .context("setting up the connection to Telegram")
}

const TUTOR_SETUP: &str = "setting up the connection to the tutor";

/// Which tutor is configured, made of these parts where it needs them.
fn tutor_options(
    config: &Config,
    models: Option<Arc<Models>>,
    recogniser: Option<Arc<Recogniser>>,
    gate: &Gate,
) -> Result<TutorOptions> {
    Ok(match config.tutor {
        TutorKind::PhonicFlow => {
            let ca = config.backend_ca_file.as_ref();
            let read = |path: &PathBuf| {
                std::fs::read(path).with_context(|| format!("reading BACKEND_CA_FILE {}", path.display()))
            };
            let extra_ca_pem = ca.map(read).transpose()?;
            let mut all = config.backend_urls.iter().map(|url| PhonicFlowOptions {
                base_url: url.clone(),
                place: shown_url(url),
                timeout: config.backend_timeout,
                at_once: config.backend_concurrency,
                api_key: config.backend_api_key.clone(),
                private_key: config.bot_private_key.clone(),
                extra_ca_pem: extra_ca_pem.clone(),
                gate: gate.clone(),
            });
            let first = all.next().context("BACKEND_URL names no tutor")?;
            TutorOptions::PhonicFlow(first, all.collect())
        }
        TutorKind::Builtin => TutorOptions::Builtin(Box::new(BuiltinOptions {
            recogniser: recogniser.context("TUTOR=builtin needs STT_URL")?,
            models: models.context("TUTOR=builtin needs AI_API_URL")?,
            synthesiser: synthesiser_of(config, gate)?.map(Arc::new),
            personas: config.ai.personas.clone(),
            ai: ai_rules(config),
            default_language: config.default_language,
            at_once: config.backend_concurrency,
            speech_timeout: config.backend_timeout,
            model_timeout: config.ai.timeout,
        })),
    })
}

fn ai_rules(config: &Config) -> AiRules {
    AiRules {
        max_tokens: config.ai.max_tokens,
        temperature: config.ai.temperature,
        conversation_length: config.ai.conversation_length,
        tokens_per_day: config.ai.tokens_per_day,
    }
}

/// The tutor that is configured; connects to nothing yet. `models`: the chat models, where there are any.
pub(crate) fn tutor_of(
    config: &Config,
    models: Option<Arc<Models>>,
    store: &Store,
    telemetry: Arc<Telemetry>,
    news: Arc<Notify>,
    gate: &Gate,
) -> Result<Arc<dyn Tutor>> {
    let recogniser = recogniser_of(config, gate)?.map(Arc::new);
    let options = tutor_options(config, models, recogniser.clone(), gate)?;
    let surroundings = Surroundings { telemetry, reader: store.reader(), news, recogniser };
    options.build(surroundings).context(TUTOR_SETUP)
}

/// Whether the tutor is there and well.
pub(crate) async fn examine_tutor(config: &Config) -> Result<Checkup> {
    let gate = Gate::default();
    let recogniser = recogniser_of(config, &gate)?.map(Arc::new);
    let options = tutor_options(config, models_of(config, &gate)?.map(Arc::new), recogniser, &gate)?;
    options.examine().await.context(TUTOR_SETUP)
}

/// Connects to nothing yet.
pub(crate) fn models_of(config: &Config, gate: &Gate) -> Result<Option<Models>> {
    let ai = &config.ai;
    if !ai.is_configured() {
        return Ok(None);
    }
    let mut servers = Vec::new();
    servers.extend(ai.url.clone().map(|url| ServerOptions {
        name: model::MAIN.to_owned(),
        url,
        kind: ai.kind,
        key: ai.key.clone(),
        models: Vec::new(),
        vision: Vision::Unknown,
        context_tokens: ai.context_tokens,
    }));
    servers.extend(ai.providers.iter().map(|of| ServerOptions {
        name: of.name.clone(),
        url: of.url.clone(),
        kind: of.kind,
        key: of.key.clone(),
        models: of.models.clone(),
        vision: of.vision.clone(),
        context_tokens: of.context.unwrap_or(ai.context_tokens),
    }));
    let models = Models::new(ModelsOptions {
        servers,
        default_model: ai.default_model.as_ref().map(ModelName::new),
        offered: ai.models.iter().map(ModelName::new).collect(),
        fallback: ai.fallback_model.as_ref().map(ModelName::new),
        timeouts: Timeouts::new(ai.timeout),
        gate: gate.clone(),
    })
    .context("setting up the chat models")?;
    Ok(Some(models))
}

/// Rows of one learner that may wait at once, so that nobody fills the inbox alone.
const WAITING_EACH: WaitingEach = WaitingEach { messages: 20, commands_beside: 10 };
pub(crate) fn wall_clock() -> Timestamp {
    Timestamp(millis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()))
}

/// `ms`: Unix time. RFC 3339.
pub(crate) fn moment(ms: i64) -> String {
    jiff::Timestamp::from_second(Timestamp(ms).secs()).map_or_else(|_| ms.to_string(), |at| at.to_string())
}

/// Saturates.
pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
