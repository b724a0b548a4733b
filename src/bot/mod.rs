//! From a claimed message to a verdict: what to commit, put off or give up.
//!
//! Handlers await what they need (the tutor, a download, reads of the store) and return; they never send and never
//! save. Must not know frankenstein, sled or the daemon's loops.

pub mod access;
mod aside;
pub mod buttons;
pub mod channel;
pub mod commands;
pub mod draw;
pub(crate) mod drill;
pub(crate) mod files;
pub mod growing;
pub mod handlers;
pub mod model_reach;
pub mod new_conversation;
mod recordings;
pub mod reminder;
mod retry_policy;
mod route;
pub mod under_answer;

pub use crate::domain::dialogue::AiRules;
pub use channel::Channel;
pub use route::{Guests, Route, placement, placement_with_model, route};

use crate::audio_worker::Workers;
use crate::domain::outcome::Keyboard;
use crate::domain::phrases::Phrases;
use crate::domain::rate::PerMinute;
use crate::domain::{
    Content, DeadReason, Language, Learner, OtherKind, Outcome, Personas, Reply, Task, Timestamp,
};
use crate::model::Models;
use crate::store::Reader;
use crate::store::{Burial, Deferral};
use crate::store::{Claim, StoreError};
use crate::telegram::Telegram;
use crate::telemetry::Telemetry;
use crate::tutor::Tutor;
use commands::settings::zone;
use growing::Growing;
use model_reach::ModelReach;
use std::sync::Arc;

/// The product's rules that come from the configuration.
#[derive(Debug, Clone)]
pub struct Rules {
    /// `DEFAULT_LANGUAGE`; `None` is auto.
    pub default_language: Option<Language>,
    /// `SESSION_TIMEOUT_HOURS`, milliseconds.
    pub session_timeout_ms: i64,
    /// `MAX_AUDIO_SIZE_MB`, bytes.
    pub max_audio_bytes: u64,
    /// `MAX_AUDIO_SECONDS`.
    pub max_audio_secs: u32,
    /// `BOT_RATE_LIMIT_MPM` where the limit is on.
    pub per_user: Option<PerMinute>,
    /// `ALLOWED_USERS` and `ADMIN_USERS`.
    pub guests: Guests,
    /// What is deleted stays readable in the log and the backups of a shared database.
    pub database_keeps: bool,
    /// `BACKEND_RETRY_MAX_AGE`, milliseconds.
    pub retry_max_age_ms: i64,
    /// Written conversations.
    pub ai: AiRules,
}

/// What handlers work with.
pub struct HandlerContext {
    /// The numbers of this process.
    pub telemetry: Arc<Telemetry>,
    /// For downloads alone; who is in the channel is asked by [`Channel`].
    pub telegram: Arc<Telegram>,
    /// The tutor.
    pub tutor: Arc<dyn Tutor>,
    /// The chat models, where there are any.
    pub models: Option<Arc<Models>>,
    /// Whom a chat model can be.
    pub personas: Personas,
    /// Whether texts are answered.
    pub model_reach: ModelReach,
    /// The answers that are being written now.
    pub growing: Arc<Growing>,
    /// Reads of the store.
    pub reader: Reader,
    /// `REQUIRED_CHANNEL`.
    pub channel: Option<Channel>,
    /// The rules.
    pub rules: Rules,
    /// When this process began.
    pub started: Timestamp,
    /// Where foreign audio is decoded and encoded.
    pub audio: Workers,
}

/// What is to become of a claimed message.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one a message, and moved a few times")]
pub enum Disposition {
    /// Answered: keep the facts, send the replies.
    Commit(Outcome),
    /// Not now.
    Defer(Deferral),
    /// Given up.
    Bury(Burial),
}

impl HandlerContext {
    /// The sentences in the learner's language.
    pub fn phrases(&self, learner: &Learner) -> Phrases {
        Phrases(learner.speaks(self.rules.default_language))
    }
}

/// How a message is given up whose handler fails again and again, or takes the daemon with it.
pub fn give_up_broken(context: &HandlerContext, claim: &Claim, reason: DeadReason) -> Burial {
    let replies = match &claim.job.task {
        Task::Handle(incoming, _) => {
            Reply::texts(incoming, context.phrases(&claim.learner).stumbled(), Keyboard::default())
        }
        // An answer that cannot be sent: its learner hears of that in the place of it.
        Task::Draw { .. } => Vec::new(),
        Task::Deliver { .. } => {
            let text = context.phrases(&claim.learner).stumbled();
            claim
                .outbox
                .first()
                .map(|first| {
                    let content = Content::Text { text, keyboard: Keyboard::default() };
                    Reply { content, ..first.reply.clone() }
                })
                .into_iter()
                .collect()
        }
    };
    Burial { reason, replies, ..Burial::default() }
}

/// Whether a claim is a voice to be taken to the tutor (and not, say, a stranger's).
pub fn is_voice_turn(context: &HandlerContext, claim: &Claim) -> bool {
    matches!(&claim.job.task, Task::Handle(incoming, admission)
        if route(incoming, *admission, &context.rules.guests) == Route::Voice)
}

/// Whether a claim is a voice that answers a question of a practice.
pub fn is_drill_answer(context: &HandlerContext, claim: &Claim) -> bool {
    is_voice_turn(context, claim) && handlers::drill::DrillAnswer::of(context, claim).is_some()
}

/// Whether a claim is a text for a chat model.
pub fn is_text_turn(context: &HandlerContext, claim: &Claim) -> bool {
    let Task::Handle(incoming, admission) = &claim.job.task else { return false };
    let route = route(incoming, *admission, &context.rules.guests);
    context.models.is_some()
        && matches!(route, Route::Text | Route::Files)
        && !zone::is_answer(&claim.learner, incoming, claim.job.accepted_at)
}

/// Handles everything that needs no turn of the tutor. (Voice has stages of its own: [`handlers::voice`].)
///
/// # Errors
/// As the store's, when reading.
pub async fn handle_local(
    context: &HandlerContext,
    claim: &Claim,
    now: Timestamp,
) -> Result<Outcome, StoreError> {
    let Task::Handle(incoming, admission) = &claim.job.task else { return Ok(Outcome::default()) };
    let phrases = context.phrases(&claim.learner);
    let case = handlers::Case { incoming, row: claim.job.seq, learner: &claim.learner, phrases, now };
    match route(incoming, *admission, &context.rules.guests) {
        Route::Command(command) => (command.handler)(context, &case).await,
        Route::UnknownCommand(name) => Ok(commands::unknown(&case, &name)),
        Route::Text if zone::is_answer(case.learner, incoming, now) => Ok(zone::typed(&case)),
        Route::Text => Ok(handlers::text::handle(&case)),
        Route::Located => Ok(zone::located(&case)
            .unwrap_or_else(|| handlers::text::other(context, &case, OtherKind::Location))),
        Route::Files => Ok(handlers::text::files(context, &case)),
        Route::Press(press) if press.owner != incoming.user => Ok(case.pressed(&phrases.not_yours(), None)),
        Route::Press(press) => (press.button.handler)(context, &case, press.choice).await,
        Route::OutdatedPress => Ok(case.outdated()),
        Route::Other(kind) => Ok(handlers::text::other(context, &case, kind)),
        Route::CrowdedNotice => Ok(case.say(phrases.crowded())),
        Route::RateNotice { wait_secs } => Ok(case.say(phrases.rate_limited(wait_secs))),
        Route::NotAllowed => Ok(access::not_allowed(&case)),
        Route::Voice | Route::Nothing => Ok(Outcome::default()),
    }
}
