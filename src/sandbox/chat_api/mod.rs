//! A strict stand-in for a chat model's server that speaks OpenAI's wire: it owns the handle tests and `demo` hold. It must
//! not know the house.

mod answer;
mod serve;
mod state;
#[cfg(test)]
mod tests;
mod validate;

use std::{io, ops::Deref, sync::Arc};

use super::stand_in::StandIn;

pub use self::{
    answer::{ChatAnswer, Part},
    state::{ChatModel, ChatOptions, ChatState, Fate, Question, Refused, Wording},
};

/// A running stand-in, whose `base_url` goes into `AI_API_URL`; its calls are `POST /chat/completions` and `GET /models`.
#[derive(Clone)]
pub struct ChatApi(StandIn<ChatState>);

impl Deref for ChatApi {
    type Target = StandIn<ChatState>;

    fn deref(&self) -> &StandIn<ChatState> {
        &self.0
    }
}

impl ChatApi {
    /// Starts on a free port of 127.0.0.1.
    pub async fn start(options: ChatOptions) -> io::Result<Self> {
        Ok(Self(StandIn::start(ChatState::new(options)).await?))
    }

    /// Changes how it behaves from now on.
    pub fn configure(&self, change: impl FnOnce(&mut ChatOptions)) {
        self.with(|state| change(&mut state.options));
    }

    /// Answers by this script, after those queued.
    pub fn script(&self, script: impl Fn(&Question) -> ChatAnswer + Send + Sync + 'static) {
        self.with(|state| state.script = Some(Arc::new(script)));
    }

    /// Queues one answer for the next question that asks for words and has none.
    pub fn push_answer(&self, answer: ChatAnswer) {
        self.push_object(&[], answer);
    }

    /// Queues one answer for the next question that asks for an object of these required fields, in the order of its schema,
    /// and has none. Other questions, whoever may ask them in between, leave it alone.
    pub fn push_object(&self, fields: &[&str], answer: ChatAnswer) {
        let fields = fields.iter().map(|&field| field.to_owned()).collect();
        self.with(|state| state.queue.push_back((fields, answer)));
    }

    /// Every question that passed the checks, in order.
    pub fn questions(&self) -> Vec<Question> {
        self.read(|state| state.questions().to_vec())
    }

    /// Those of them that asked for an object of these fields; none: for words.
    pub fn questions_for(&self, fields: &[&str]) -> Vec<Question> {
        self.questions().into_iter().filter(|asked| asked.fields == fields).collect()
    }
}
