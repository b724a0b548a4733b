//! A question to a chat model beside the conversation: one object is asked for, and nothing of it enters the dialogue.
//!
//! Must not know what it is about, or who asked.

use super::HandlerContext;
use crate::domain::dialogue::estimate;
use crate::domain::judge::Prompt;
use crate::domain::stats::Count;
use crate::domain::{Change, Learner, Timestamp};
use crate::logging::Event;
use crate::model::{Ask, Completed, Message, ModelError, ModelName, Role, Usage};
use serde_json::Value;

/// Tokens for the answer, if `AI_MAX_TOKENS` is less: JSON takes more of them than what it says.
const ROOM: u32 = 1_024;
/// The likeliest words: it is not a conversation.
const TEMPERATURE: f64 = 0.2;

/// An answer, and what it cost.
pub struct Answer {
    pub said: Completed,
    /// To be kept with the learner who asked for it, whatever becomes of the answer.
    pub spent: Change,
}

/// Why there is none.
#[derive(Debug)]
pub enum Unasked {
    /// None is set up.
    NoModel,
    /// The learner's tokens of the day are used up.
    Spent,
    /// None answers.
    Silent,
}

/// Asks the learner's model, then those that stand in for it.
pub async fn ask(
    context: &HandlerContext,
    learner: &Learner,
    prompt: Prompt,
    schema: &Value,
    now: Timestamp,
) -> Result<Answer, Unasked> {
    let models = context.models.as_deref().ok_or(Unasked::NoModel)?;
    let rules = &context.rules.ai;
    if rules.tokens_per_day > 0 && learner.tokens.on(now) >= u64::from(rules.tokens_per_day) {
        context.telemetry.count(Count::BudgetRefusals);
        return Err(Unasked::Spent);
    }
    let chosen = match &learner.model {
        Some(chosen) => ModelName::new(chosen),
        None => models.default_model().await.map_err(|error| failed(context, &error))?,
    };
    let asked = estimate(&prompt.system).saturating_add(estimate(&prompt.user));
    let ask = Ask {
        messages: vec![Message::new(Role::System, prompt.system), Message::new(Role::User, prompt.user)],
        max_tokens: rules.max_tokens.max(ROOM),
        temperature: TEMPERATURE,
    };
    let stand_ins = models.stand_ins(&chosen).await;
    let mut error = Unasked::NoModel;
    for model in [chosen].iter().chain(&stand_ins) {
        match models.complete(model, &ask, schema).await {
            Ok((said, usage)) => return Ok(answer(said, usage, asked, now)),
            Err(other) => error = failed(context, &other),
        }
    }
    Err(error)
}

/// `asked`: the question's tokens, estimated.
fn answer(said: Completed, usage: Option<Usage>, asked: u32, now: Timestamp) -> Answer {
    let counted = usage.map(|usage| usage.input.saturating_add(usage.output));
    let written = match &said {
        Completed::Object(object) => estimate(&object.to_string()),
        Completed::Words(words) => estimate(words),
    };
    let tokens = counted.unwrap_or_else(|| asked.saturating_add(written));
    Answer { said, spent: Change::TokensSpent(u64::from(tokens), now) }
}

fn failed(context: &HandlerContext, error: &ModelError) -> Unasked {
    context.telemetry.model_failed(&error.server, error.fault.failure());
    tracing::warn!(
        event = %Event::ModelFailed,
        server = &*error.server,
        kind = error.fault.failure().name(),
        %error,
        "the chat model has not answered a question beside the conversation"
    );
    Unasked::Silent
}
